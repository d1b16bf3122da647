"""What each department is handed back: one CSV of its tickets, immutable, below <TIDU_HOME>/returns/<department>/.

A return holds every open ticket and those closed since the return before it. It opens in a spreadsheet, so no cell may
be taken for a formula; its manifest beside it names its sha256. A department finds its own tickets only.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import class_row

from tidu.ledger.database import connect
from tidu.ledger.roles import Role, acting_as
from tidu.settings import settings

LOCK = 7_411_006
BOM = b"\xef\xbb\xbf"
"""Without it spreadsheets take UTF-8 for another encoding."""
READ_ONLY = 0o440
RULE_TEXTS = {
    "required": "必填项为空",
    "type": "无法按约定类型读取",
    "values": "不在代码表内",
    "minimum": "小于允许的最小值",
    "not_after_delivery": "日期晚于交付日期",
    "year_not_after_delivery": "年度晚于交付年度",
    "no_broken_text": "含乱码字符",
    "not_placeholder_name": "名称为占位内容或代码",
    "uscc": "统一社会信用代码校验不通过",
    "reg_no": "注册号校验不通过",
    "column_count": "列数与表头不符或单元格错位",
    "conflict": "与已接收的同键同版本记录内容不一致",
    "extra_column": "出现契约之外的列",
    "missing_column": "缺少契约约定的列",
    "renamed_column": "列名已改变",
    "reordered_column": "列的顺序已改变",
    "changed_type": "列的取值类型疑似改变",
    "new_code": "出现代码表之外的新代码",
    "disagreement": "与市场监管登记信息不一致",
}
"""How a rule or a kind of drift is put to the department."""
TICKETS = """
select t.ticket_id as "工单编号", t.dataset as "数据集", c.heading as "数据集名称",
    ops.csv_safe(t.source_key) as "记录主键", t.attribute as "字段", f.heading as "字段名称",
    case t.origin when 'quarantine' then '数据质量' when 'drift' then '结构变化' else '部门间不一致' end as "问题类别",
    p.text as "问题说明", ops.csv_safe(t.theirs) as "贵方数据", ops.csv_safe(t.ours) as "平台数据",
    t.evidence ->> 'delivery_id' as "交付编号", d.delivered_on as "交付日期", t.evidence ->> 'row_no' as "行号",
    t.opened_on as "发现日期", t.due_on as "要求更正日期",
    case t.state when 'open' then '待更正' else '已关闭' end as "状态", t.closed_on as "关闭日期",
    case t.resolution when 'redelivered' then '重新交付已更正' when 'agreed' then '已一致'
        when 'decided' then '复核决定' end as "关闭方式"
from ops.correction_ticket as t
join ops.contract_dataset as c using (dataset)
left join ops.contract_field as f on f.dataset = t.dataset and f.field = t.attribute
left join ops.delivery as d on d.delivery_id = (t.evidence ->> 'delivery_id')::bigint
cross join lateral (
    select string_agg(x.text, '；' order by x.text) as text
    from unnest(%(kinds)s::text[], %(texts)s::text[]) as x (kind, text)
    where x.kind in (
        select split_part(r, ':', 2) from jsonb_array_elements_text(t.evidence -> 'rules') as r
        union all select case t.origin when 'drift' then t.attribute when 'disagreement' then t.origin end)
) as p
where t.department = %(department)s
    and (t.state = 'open' or t.closed_in_return is null or t.closed_in_return = %(last_id)s)
order by t.state desc, t.due_on, t.ticket_id
"""


@dataclass(frozen=True)
class Return:
    """One row of ops.department_return."""

    return_id: int
    department: str
    as_of: dt.date
    part: int
    file: str
    """Path below <TIDU_HOME>/returns."""
    sha256: str
    tickets_open: int
    tickets_closed: int


_COLUMNS = ", ".join(Return.__annotations__)


@acting_as(Role.CORRECT)
def write_returns(as_of: dt.date) -> list[Return]:
    """Write the return of every department for a business date; return the ones written now.

    Idempotence: where the last return of the date says the same already nothing is written; should tickets have
    changed since, a further part of that date is. Files appear whole or not at all and are never written again.
    """
    with connect() as connection:
        departments = connection.execute(
            "select distinct department from ops.contract_dataset order by department"
        ).fetchall()
    return [made for (department,) in departments if (made := _write(department, as_of)) is not None]


def _write(department: str, as_of: dt.date) -> Return | None:
    folder = settings().home / "returns" / department
    folder.parent.mkdir(parents=True, exist_ok=True)
    # others than the account that runs tidu get in where an administrator lets them
    folder.mkdir(mode=0o750, exist_ok=True)
    with connect() as connection:
        connection.execute("select pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK, department])
        last = _last(connection, department)
        if last is not None and last.as_of == as_of:
            same = _content(connection, department, last.return_id)
            if hashlib.sha256(same).hexdigest() == last.sha256:
                _keep(folder.parent / last.file, same)
                return None
        content = _content(connection, department, None)
        part = last.part + 1 if last is not None and last.as_of == as_of else 1
        while not _keep(folder / _name(as_of, part), content):
            part += 1
        made = _record(connection, department, as_of, part, content)
        _keep((folder.parent / made.file).with_suffix(".json"), _manifest(made, content, last))
    return made


def _last(connection: psycopg.Connection, department: str) -> Return | None:
    with connection.cursor(row_factory=class_row(Return)) as cursor:
        return cursor.execute(
            f"select {_COLUMNS} from ops.department_return where department = %s"  # noqa: S608
            " order by as_of desc, part desc limit 1",
            [department],
        ).fetchone()


def _content(connection: psycopg.Connection, department: str, last_id: int | None) -> bytes:
    """Return the CSV: open tickets, those closed and not told yet, and those that return `last_id` told as closed."""
    values: dict[str, Any] = {
        "department": department, "last_id": last_id, "kinds": list(RULE_TEXTS), "texts": list(RULE_TEXTS.values()),
    }  # fmt: skip
    connection.execute("set local datestyle = 'ISO'")
    with (
        connection.cursor() as cursor,
        cursor.copy(f"copy ({TICKETS}) to stdout with (format csv, header)".encode(), values) as rows,
    ):
        return BOM + b"".join(bytes(block) for block in rows)


def _record(connection: psycopg.Connection, department: str, as_of: dt.date, part: int, content: bytes) -> Return:
    """Enter the return and tell the closed tickets in it that they have been told."""
    with connection.cursor(row_factory=class_row(Return)) as cursor:
        (made,) = cursor.execute(
            "insert into ops.department_return (department, as_of, part, file, sha256, tickets_open, tickets_closed)"  # noqa: S608
            " select %(department)s, %(as_of)s, %(part)s, %(file)s, %(sha256)s, count(*) filter (where state = 'open'),"
            " count(*) filter (where state = 'closed' and closed_in_return is null)"
            f" from ops.correction_ticket where department = %(department)s returning {_COLUMNS}",
            {
                "department": department, "as_of": as_of, "part": part, "file": f"{department}/{_name(as_of, part)}",
                "sha256": hashlib.sha256(content).hexdigest(),
            },
        ).fetchall()  # fmt: skip
    connection.execute(
        "update ops.correction_ticket set closed_in_return = %s"
        " where department = %s and state = 'closed' and closed_in_return is null",
        [made.return_id, department],
    )
    return made


def _name(as_of: dt.date, part: int) -> str:
    return f"{as_of}.csv" if part == 1 else f"{as_of}_{part}.csv"


def _manifest(made: Return, content: bytes, last: Return | None) -> bytes:
    said = {
        "department": made.department,
        "as_of": made.as_of.isoformat(),
        "file": Path(made.file).name,
        "sha256": made.sha256,
        "bytes": len(content),
        "tickets_open": made.tickets_open,
        "tickets_closed": made.tickets_closed,
        "return_before": Path(last.file).name if last else None,
    }
    return json.dumps(said, ensure_ascii=False, indent=1).encode() + b"\n"


def _keep(file: Path, content: bytes) -> bool:
    """Make a file with this content that nobody writes again; False when one of other content is there already."""
    with contextlib.suppress(FileNotFoundError):
        return file.read_bytes() == content
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=".incoming-")
    try:
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        os.chmod(name, READ_ONLY)  # noqa: PTH101 - the name is no Path yet
        # a link, not a rename: it never takes the place of a file that is there
        os.link(name, file)
    except FileExistsError:
        return file.read_bytes() == content
    finally:
        os.unlink(name)  # noqa: PTH108
    return True
