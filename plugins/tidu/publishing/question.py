"""What a person is asked before a draft is published."""

from __future__ import annotations

from dataclasses import dataclass

from tidu.ledger.database import connect
from tidu.ledger.roles import Role, acting_as
from tidu.publishing import steps

NEWEST_DRAFT = f"""
select r.release_id, r.period, r.as_of::text, r.manifest_sha256, r.manifest -> 'tables'
from ops.release as r
where r.state = 'draft' and not {steps.OVERTAKEN}
    and not exists (
        select from ops.release_event_log as e where e.release_id = r.release_id and e.event = 'rejected')
order by r.release_id desc limit 1
"""  # noqa: S608 - a condition of this room
CHANGED = """
select count(*), count(distinct indicator_code), count(*) filter (where 'value' = any(changed))
from publish.revision_between(%s, %s)
"""


@dataclass(frozen=True)
class Question:
    """One draft that waits, and what is said of it; the body is Markdown."""

    release_id: int
    subject: str
    body: str


@acting_as(Role.PUBLISH)
def question() -> Question | None:
    """Return the question about the newest draft that nobody rejected and nothing overtook; None when none waits."""
    with connect() as connection:
        row = connection.execute(NEWEST_DRAFT.encode()).fetchone()
        if row is None:
            return None
        release_id, period, as_of, sha256, tables = row
        before = steps.shown(connection)
        rows = ", ".join(f"{name} {held['rows']:,}" for name, held in sorted(tables.items()))
        lines = [
            f"- 截至月份 Period: {period}；业务日期 As of: {as_of}",
            f"- 行数 Rows: {rows}",
            f"- 清单 Manifest: `{sha256}`",
            "- 恒等关系已核对 The identities hold.",
        ]
        if before is not None:
            cells, indicators, values = connection.execute(CHANGED, [before, release_id]).fetchone() or (0, 0, 0)
            lines.append(
                f"- 与已发布的第 {before} 号相比 Against release {before}: {cells} 个单元格有变 cells differ"
                f" ({values} 个数值 values, {indicators} 个指标 indicators)；`tidu release diff {before} {release_id}`"
            )
    return Question(
        release_id, f"发布第 {release_id} 号草稿（{period}）？ Publish draft {release_id}?", "\n".join(lines)
    )
