"""The gate before the links: what linkage measured of itself, and whether it may replace the last good master.

dbt measures within the build (int_identity__linkage_verdict) and stops before links, ids and redirects when a measure
is beyond its bounds. mart.enterprise_xref reads links alone, so it and the master stay together as the last good build
left them. This module hands the bounds in, records what was measured, and says what moved.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from tidu.errors import DecisionRefused, LinkageGateClosed
from tidu.ledger.database import connect
from tidu.ledger.roles import Role, acting_as
from tidu.transform.linkage_policy import linkage_policy

if TYPE_CHECKING:
    from tidu.transform.runner import NodeRun

log = logging.getLogger(__name__)
VERDICT = "int_identity__linkage_verdict"
MEANING = {
    "precision": "labelled pairs that are tied and should be",
    "recall": "labelled pairs that should be tied and are",
    "labelled_pairs": "labelled pairs of the file whose both sides have records",
    "decided_pairs": "pairs that reviewers decided, which prove nothing of the rules",
    "size_drift": "share of enterprises whose number of parties is another than in the last good build",
    "tied_drop": "share of parties that were tied to a registered enterprise and are not any more",
    "several_codes": "share of enterprises whose records bear valid codes of others",
    "several_names": "share of enterprises whose records bear names registered for others",
    "several_cities": "share of enterprises in more than one city",
}


@dataclass(frozen=True)
class Measure:
    """One measure of one build, as ops.linkage_metric has it."""

    metric: str
    value: Decimal | None
    judged: Decimal | None
    previous: Decimal | None
    lowest: Decimal | None
    highest: Decimal | None
    state: str
    detail: dict[str, Any]

    @property
    def missing(self) -> str:
        """What could not be measured at all; empty where something was."""
        return str(self.detail.get("missing", ""))

    def line(self) -> str:
        """Say the measure, its bounds and what it was before in one line."""
        bounds = [f"at least {self.lowest.normalize():f}"] if self.lowest is not None else []
        bounds += [f"at most {self.highest.normalize():f}"] if self.highest is not None else []
        before = "" if self.previous is None else f", {self.previous.normalize():f} in the last good build"
        if self.missing:
            return f"{self.missing}: neither precision nor recall is known"
        said = f"{self.metric} is {'unknown' if self.value is None else format(self.value.normalize(), 'f')}{before}"
        if self.detail.get("high") is not None:
            d = self.detail
            said += f" ({d['hits']} of {d['tries']}, 95 % interval {d['low']:.4f} to {d['high']:.4f})"
        if "as_the_rules" in self.detail:
            said += f", {self.detail['as_the_rules']} of them as the rules alone say"
        if bounds:
            said += f"; allowed: {' and '.join(bounds)}"
        if self.detail.get("examples"):
            said += f"; for example {', '.join(self.detail['examples'][:3])}"
        return said


@acting_as(Role.TRANSFORM)
def set_bounds() -> None:
    """Hand the bounds and labelled pairs of policies/linkage.yml to the build. Raises PolicyError for faulty ones."""
    policy = linkage_policy()
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("delete from ops.linkage_bound")
        cursor.executemany(
            "insert into ops.linkage_bound (metric, lowest, highest) values (%s, %s, %s)",
            [(b.metric, b.lowest, b.highest) for b in policy.bounds],
        )
        cursor.execute("delete from ops.linkage_label")
        with cursor.copy(
            "copy ops.linkage_label (party_kind, party_no, other_kind, other_no, is_same) from stdin"
        ) as copy:
            for label in policy.labels:
                copy.write_row((label.left.kind, label.left.no, label.right.kind, label.right.no, label.same))


@acting_as(Role.TRANSFORM)
def judge(run_id: str, as_of: str, nodes: Iterable[NodeRun]) -> None:
    """Record what a build of the links measured; raise LinkageGateClosed where it was stopped for it.

    Nothing is recorded for a build that did not come to measure. One without labelled pairs is not stopped for it, but
    warned of in the log: what it ties is held to nothing but its own past.
    """
    if not any(node.model == VERDICT and node.status == "success" for node in nodes):
        return
    with connect() as connection:
        connection.execute(
            """
            insert into ops.linkage_metric
                (run_id, as_of, metric, value, judged, previous, lowest, highest, state, detail)
            select %s, %s, v.metric, v.value, v.judged, p.value, v.lowest, v.highest,
                -- of a build one row tells whether it was let through
                case when v.metric <> 'parties' then v.state when b.closed then 'beyond' else 'within' end, v.detail
            from intermediate.int_identity__linkage_verdict as v
            cross join (
                select bool_or(state = 'beyond') as closed from intermediate.int_identity__linkage_verdict
            ) as b
            left join lateral (
                select m.value from ops.linkage_metric as m
                where m.metric = v.metric and m.run_id = (
                    select g.run_id from ops.linkage_metric as g
                    where g.metric = 'parties' and g.state <> 'beyond' order by g.build_no desc limit 1)
                order by m.build_no desc limit 1
            ) as p on true
            order by v.metric
            """,
            [run_id, as_of],
        )
        connection.commit()
        found = measures(connection, run_id)
    beyond = [m for m in found if m.state == "beyond" and m.metric != "parties"]
    for measure in found:
        if measure.missing:
            log.warning("%s: as of %s: %s; see policies/linkage.yml", run_id, as_of, measure.line())
    if beyond:
        moved = "; ".join(f"{m.line()} ({MEANING.get(m.metric, m.metric)})" for m in beyond)
        raise LinkageGateClosed(
            f"{run_id}: the linkage gate is closed as of {as_of}: {moved}. Links and master stay as the last good"
            " build left them. `tidu link gate` shows every measure; having looked, `tidu link accept` lets it through"
        )


def measures(connection: psycopg.Connection, run_id: str | None = None) -> list[Measure]:
    """Return the measures of a run's last build of the links; of the newest run where none is named.

    What could not be measured comes first.
    """
    with connection.cursor(row_factory=class_row(Measure)) as cursor:
        return cursor.execute(
            """
            select metric, value, judged, previous, lowest, highest, state, detail
            from (
                select distinct on (metric) * from ops.linkage_metric
                where run_id = coalesce(%s, (select run_id from ops.linkage_metric order by build_no desc limit 1))
                order by metric, build_no desc
            ) as newest
            order by detail ? 'missing' desc, metric
            """,
            [run_id],
        ).fetchall()


@acting_as(Role.REVIEW)
def accept(by: str, reason: str) -> list[str]:
    """Let the measures through that closed the gate last, at the values they had; return their names.

    The decision is an exception about `linkage:<business date>`: other values, or another date, close the gate again.
    Raises DecisionRefused when the newest build was not stopped, or nobody or no reason is named.
    """
    if not by.strip() or not reason.strip():
        raise DecisionRefused("a decision needs a person (by) and a reason")
    with connect() as connection:
        row = connection.execute("select as_of from ops.linkage_metric order by build_no desc limit 1").fetchone()
        beyond = [m for m in measures(connection) if m.state == "beyond" and m.metric != "parties"]
        if row is None or not beyond:
            raise DecisionRefused("the newest build of the links was let through: there is nothing to accept")
        as_of: dt.date = row[0]
        judged = {m.metric: str(m.judged) for m in beyond}
        connection.execute(
            "insert into ops.decision (kind, subject, evidence_sha256, decided_by, reason, detail)"
            " values ('exception', %s, encode(sha256(convert_to(%s, 'UTF8')), 'hex'), %s, %s, %s)",
            [f"linkage:{as_of}", str(sorted(judged.items())), by.strip(), reason.strip(), Jsonb({"measures": judged})],
        )
    return sorted(judged)
