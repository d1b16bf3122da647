"""Why a verdict is what it is: from the clause down to the raw rows the figures were delivered in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tidu.contracts import contracts
from tidu.errors import TiduError
from tidu.ledger.database import connect
from tidu.ledger.roles import Role, acting_as
from tidu.transform.tiers.inputs import inputs
from tidu.transform.tiers.registry import policies

VERDICTS = {"met": "符合", "not_met": "不符合", "unknown": "未知", "assumed": "假设"}
LEVERS = {"enterprise": "企业", "time": "时间", "department": "部门"}
TOLD = """
select a.*, e.name, e.uscc from mart.tier_assessment as a
left join mart.enterprise as e using (enterprise_id)
where a.tier = %(tier)s and a.as_of = coalesce(%(as_of)s, (select max(as_of) from mart.tier_run))
    and a.enterprise_id in (select %(who)s union select enterprise_id from mart.enterprise where uscc = %(who)s
        union select new_enterprise_id from mart.enterprise_redirect where old_enterprise_id = %(who)s)
"""
RAW_ROW = """
select r.*, d.delivered_on from raw.{dataset} as r
join staging.stg_{dataset} as s using (delivery_id, row_no)
join ops.delivery as d using (delivery_id)
where s.delivery_id = %s and s.source_key = %s
"""


@dataclass(frozen=True)
class TierExplanation:
    """One verdict with everything it rests on."""

    told: dict[str, Any]
    """The row of mart.tier_assessment."""
    rows: dict[tuple[str, str, int], dict[str, Any]]
    """(dataset, source_key, delivery_id) -> the row as delivered."""

    def as_dict(self) -> dict[str, Any]:
        """Return it as one object for JSON."""
        rows = [{"dataset": d, "source_key": k, "delivery_id": i, "row": row} for (d, k, i), row in self.rows.items()]
        return {**self.told, "rows": rows}

    def lines(self) -> list[str]:
        """Say it in words, the verdict first, then clause by clause, then the rows."""
        told = self.told
        asked = _asked(told["policy_version"])
        score = "" if told["score_min"] is None else f"，得分 {_span(told['score_min'], told['score_max'])}"
        said = [
            f"{told['name']}（{told['uscc'] or told['enterprise_id']}）",
            f"{told['tier']}：{VERDICTS[told['verdict']]}{score}",
            f"  按 {told['policy_version']}，业务日期 {told['as_of']}",
            "条款:",
        ]
        for item in told["criteria"]:
            said += [f"  {line}" for line in _item(item, asked.get(item["code"], item["threshold"]))]
        said.append("差距:" if told["gaps"] else "差距: 无")
        for gap in told["gaps"]:
            short = "" if gap["short"] is None else f"，差 {gap['short']}"
            said.append(f"  {gap['code']} {gap['name']}（{LEVERS[gap['lever']]}）")
            said.append(f"      需 {_value(gap['need'])}，现 {_value(gap['have'])}{short}")
        said.append("来源行:" if self.rows else "来源行: 无")
        for (dataset, key, delivery_id), row in self.rows.items():
            said.append(f"  {dataset} {key}，第 {delivery_id} 次交付（{row['delivered_on']}）第 {row['row_no']} 行")
            said += [f"    {line}" for line in _fields(dataset, row)]
        return said


@acting_as(Role.TRANSFORM)
def explain_verdict(who: str, tier: str, as_of: dt.date | None = None) -> TierExplanation:
    """Return the verdict of an enterprise (id, also a former one, or credit code) for a tier, with its rows.

    Raises TiduError where there is none: not assessed on that date, or no such enterprise.
    """
    with connect() as connection, connection.cursor(row_factory=dict_row) as cursor:
        if cursor.execute("select to_regclass('mart.tier_assessment') as view").fetchone() == {"view": None}:
            raise TiduError("tiers were never assessed here: run the pipeline, or the DAG assess_tiers, first")
        told = cursor.execute(TOLD, {"tier": tier, "who": who, "as_of": as_of}).fetchone()
        if told is None:
            day = as_of or "the last date assessed"
            raise TiduError(f"{who}: no verdict for {tier} on {day}; assessed are standing 企业 that are legal persons")
        witnesses = dict.fromkeys(
            (w["dataset"], w["source_key"], w["delivery_id"]) for item in told["criteria"] for w in item["evidence"]
        )
        rows = {witness: row for witness in witnesses if (row := _raw(cursor, *witness)) is not None}
    return TierExplanation(told, rows)


def _raw(cursor: psycopg.Cursor[dict[str, Any]], dataset: str, key: str, delivery_id: int) -> dict[str, Any] | None:
    return cursor.execute(RAW_ROW.format(dataset=contracts()[dataset].name).encode(), [delivery_id, key]).fetchone()


def _asked(version: str) -> dict[str, str]:
    """Return what the items of a policy ask, in words; none where the policy is not in the repository any more."""
    return {item.code: item.threshold for p in policies() if p.version == version for item in p.items}


def _item(item: dict[str, Any], asked: Any) -> Iterator[str]:
    points = ""
    if item["max_points"] is not None:
        points = f"，{_span(item['points_min'], item['points_max'])}/{item['max_points']} 分"
    yield f"{item['code']} {item['name']}（{item['clause']}）：{VERDICTS[item['verdict']]}{points}"
    if item["verdict"] != "assumed":
        least = f"，至少 {_value(item['value_least'])}" if item.get("value_least") else ""
        yield f"    要求 {asked}，实际 {_value(item['value'])}{least}"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "；".join(f"{inputs()[name].zh} {_value(found)}" for name, found in value.items())
    if isinstance(value, bool):
        return "是" if value else "否"
    return "未知" if value is None else str(value)


def _span(least: Any, most: Any) -> str:
    return str(least) if least == most else f"{least}–{most}"


def _fields(dataset: str, row: dict[str, Any]) -> Iterator[str]:
    for found in contracts()[dataset].fields:
        if row.get(found.name) is not None:
            yield f"{found.heading}（{found.name}）: {row[found.name]}"
