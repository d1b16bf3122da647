"""A workbook per district: who meets a tier or comes near it, what each lacks, which titles end soon, how to read it.

Figures that contracts call restricted are masked unless asked for: the file leaves the bureau.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tidu.errors import TiduError
from tidu.serving.reports.reading import Row, asked, assessed_on, item_of, policy_of, reading, text_of
from tidu.serving.reports.wording import (
    DRAFT,
    LEVERS,
    MASKED,
    VERDICTS,
    asked_for,
    is_number,
    is_restricted,
    told,
    unit_of,
    worded,
)  # fmt: skip
from tidu.serving.reports.workbook import Sheet, write_workbook

CITY = "370200"
NEAREST = 50
"""Enterprises listed per tier beside those that meet it."""
CANDIDATES = (
    ("层级", 18), ("规则版本", 20), ("性质", 8), ("序号", 6), ("结论", 16), ("企业名称", 34), ("统一社会信用代码", 22),
    ("企业编号", 20), ("区（市）", 10), ("规模", 8), ("得分下限", 9), ("得分上限", 9), ("差距项数", 9),
    ("按评分途径", 9),    ("其中企业自身", 9), ("其中时间", 9), ("其中部门", 9), ("已持有该层级", 9), ("有效期至", 12),
)  # fmt: skip
GAPS = (
    ("层级", 18), ("性质", 8), ("序号", 6), ("企业名称", 34), ("统一社会信用代码", 22), ("条款", 16), ("条件", 40),
    ("情况", 12), ("由谁补足", 10), ("现状", 28), ("需要", 28), ("还差", 14), ("需得分", 8),
)  # fmt: skip
EXPIRING = (
    ("层级", 18), ("企业名称", 34), ("统一社会信用代码", 22), ("企业编号", 20), ("区（市）", 10), ("登记状态", 8),
    ("证书或文号", 18), ("批次", 16), ("认定日期", 12), ("有效期至", 12), ("剩余天数", 9), ("按现行规则", 22),
)  # fmt: skip
NOTES = (("项目", 24), ("内容", 100))
MEANINGS = (
    ("候选", "每个层级先列符合的企业，再列最接近的企业；基本条件确定不符合的（如大型企业、在失信名单）不列。"),
    ("序号", "层级内的次序：符合者在前；其余依次按评分途径的差距项数、确定不符合的项数、得分下限、名称。"),
    ("结论", "符合、不符合，或待定：缺少的数据足以改变结论。性质为草案的，任何结论都不得作为正式结论使用。"),
    ("得分下限、得分上限", "评分制层级按现有数据得到的最低分和最高分；两者不等时，差额由缺失数据造成。其他层级为空。"),
    ("差距", "使结论变为符合的最小一组改变。情况为缺数据的，补充数据后可能已经达到。"),
    ("按评分途径", "不以直通条件（如科技奖励）代替评分时的差距项数；直通条件所需改变更少的，差距中列直通条件。"),
    ("由谁补足", "企业自身：企业可改变或可申报；时间：随时间满足；部门：需要其他部门提供数据或作出认定。"),
    (
        "到期",
        "十二个月内到期且尚无更晚到期同层级证书的认定；按现行规则一栏按首次认定评价，不是复核结论。",
    ),
    ("已持有该层级", "只看梯度培育认定名单；科技型中小企业和高新技术企业的资格在另一名录，不在此列。"),
)


def write_district(
    out: Path, district: str, as_of: dt.date | None = None, *, restricted: bool = False, nearest: int = NEAREST
) -> dt.date:
    """Write the workbook of a district; return the business date it tells of.

    Args:
        out: the file; an older one is replaced.
        district: a code of today's districts, or 370200 for the whole city.
        as_of: a business date; the last assessment on or before it counts.
        restricted: show figures that their contracts call restricted; otherwise they are masked.
        nearest: how many enterprises to list per tier, beside those that meet it.

    Four questions to the warehouse, one per sheet. Idempotence: the same assessment gives the same file.
    Raises TiduError for a district nothing is registered in, or where nothing was assessed by that date.
    """
    with reading() as connection:
        day = assessed_on(connection, as_of)
        wanted = {"as_of": day, "district": district, "nearest": nearest}
        in_use = asked(connection, "in_use.sql", wanted)
        if not in_use:
            raise TiduError(f"{district}: no enterprise of this district was assessed on {day}; the city is {CITY}")
        candidate = text_of("candidate.sql")
        found = asked(connection, "candidates.sql", wanted, candidate=candidate)
        lacking = asked(connection, "lacking.sql", wanted, candidate=candidate)
        expiring = asked(connection, "expiring.sql", wanted)
    sheets = (
        Sheet("候选", CANDIDATES, map(_candidate, found)),
        Sheet("差距", GAPS, (_gap(row, masked=not restricted) for row in lacking)),
        Sheet("到期", EXPIRING, map(_expiring, expiring)),
        Sheet("说明", NOTES, _notes(in_use, district, day, restricted=restricted)),
    )
    write_workbook(out, sheets, f"{district} 梯度培育候选与差距 {day}", day)
    return day


def _standing(version: str) -> str:
    return DRAFT if version.endswith("-draft") else "现行"


def _candidate(row: Row) -> tuple[Any, ...]:
    held_until = row["held_until"] or ("长期" if row["is_holder"] else None)
    return (
        row["tier"], row["policy_version"], _standing(row["policy_version"]), row["place"], VERDICTS[row["verdict"]],
        row["name"], row["uscc"], row["enterprise_id"], row["district_name"], row["size_class"], row["score_min"],
        row["score_max"], row["gaps"], row["ordinary"], row["by_enterprise"], row["by_time"], row["by_department"],
        "是" if row["is_holder"] else "否", held_until,
    )  # fmt: skip


def _gap(row: Row, *, masked: bool) -> tuple[Any, ...]:
    names, need = row["inputs"], row["need"]
    hidden = masked and any(is_restricted(name) for name in names)
    beside = need if is_number(need) else None
    item = item_of(row["policy_version"], row["code"])
    short = MASKED if hidden else worded(row["short"], unit_of(names), 0)
    return (
        row["tier"], _standing(row["policy_version"]), row["place"], row["name"], row["uscc"], row["clause"],
        row["asked"], "缺数据" if row["verdict"] == "unknown" else "未达到", LEVERS[row["lever"]],
        told(names, row["have"], beside, masked=masked), asked_for(names, need, item),
        short if row["short"] is not None else None, row["points"],
    )  # fmt: skip


def _expiring(row: Row) -> tuple[Any, ...]:
    draft = f"{DRAFT}：" if row["policy_version"] and row["policy_version"].endswith("-draft") else ""
    return (
        row["tier"], row["name"], row["uscc"], row["enterprise_id"], row["district_name"], row["status"],
        row["cert_no"],
        row["batch"], row["awarded_on"], row["valid_until"], row["days_left"],
        draft + VERDICTS[row["verdict"]] if row["verdict"] else "未评价",
    )  # fmt: skip


def _notes(in_use: list[Row], district: str, day: dt.date, *, restricted: bool) -> Iterator[tuple[str, str]]:
    yield "业务日期", str(day)
    yield "范围", "全市" if district == CITY else f"区（市）代码 {district}"
    shown = "已显示，仅限有权人员使用" if restricted else f"以 {MASKED} 遮盖"
    yield "受限数据", f"数据合同定为受限的字段（企业所得税申报的金额及由其计算的比率）{shown}。"
    for row in in_use:
        counts = f"评价 {row['assessed']} 家：符合 {row['met']}，不符合 {row['not_met']}，待定 {row['unknown']}"
        yield row["tier"], f"{_document(row['policy_version'])}。{counts}。"
    yield from MEANINGS


def _document(version: str) -> str:
    policy = policy_of(version)
    if policy is None:
        return f"规则版本 {version}"
    document, standing = policy.document, f"{DRAFT}，不作为正式结论" if policy.is_draft else "现行"
    named = f"《{document['name']}》{document['number']} {document.get('part', '')}".strip()
    certainty = document.get("label", "未注明")
    return f"{named}；{policy.valid_from} 起；规则版本 {version}（{standing}）；来源可信度 {certainty}"
