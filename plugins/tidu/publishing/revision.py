"""What a release changed of the one shown before it, cell by cell, and what of its inputs can have changed it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from tidu.ledger.database import connect

CELLS = (
    "period, district_code, indicator_code, scope, breakdown, breakdown_value, kind, changed,"
    " old_value, old_status, new_value, new_status"
)
SHARED = ("ms_registration", "ms_change_event", "tx_taxpayer")
"""Datasets that say who and where enterprises are: a change there can move cells of any indicator."""
RULES = {
    "policies_sha256": ("policy", "policies/"),
    "definitions_sha256": ("definition", "indicators/"),
    "models_sha256": ("model", "dbt_project/"),
    "code_sha256": ("code", "plugins/tidu/"),
    "libraries_sha256": ("library", "requirements.lock"),
}
"""Hashes of a manifest that speak of rules for all figures: kind of cause, and where it stands."""


@dataclass(frozen=True)
class Revision:
    """One cell that two releases show otherwise; see publish.revision."""

    period: str
    district_code: str
    indicator_code: str
    scope: str
    breakdown: str
    breakdown_value: str
    kind: str
    changed: list[str]
    old_value: Any
    old_status: str | None
    new_value: Any
    new_status: str | None


@dataclass(frozen=True)
class Cause:
    """One input that differs between two manifests."""

    kind: str
    subject: str
    detail: str
    dataset: str | None = None
    """The dataset it belongs to; None for a rule for all figures."""


def differences(earlier: int, later: int) -> list[Revision]:
    """Return the cells two releases show otherwise, of months both speak of, in order of their key."""
    with connect() as connection, connection.cursor(row_factory=class_row(Revision)) as cursor:
        return cursor.execute(
            f"select {CELLS} from publish.revision_between(%s, %s)"  # noqa: S608
            " order by indicator_code, period, district_code, scope, breakdown, breakdown_value",
            [earlier, later],
        ).fetchall()


def write(connection: Connection[Any], release_id: int, previous: int) -> int:
    """Enter the revisions of a draft against the release shown now, and their causes; return the cells revised.

    In the transaction that publishes: what is shown may change until then.
    """
    cells = connection.execute(
        f"insert into publish.revision (release_id, previous_release_id, {CELLS})"  # noqa: S608
        f" select %(new)s, %(old)s, {CELLS} from publish.revision_between(%(old)s, %(new)s)",
        {"new": release_id, "old": previous},
    ).rowcount
    if not cells:
        return 0
    manifests = dict(
        connection.execute(
            "select release_id, manifest from ops.release where release_id = any(%s)", [[release_id, previous]]
        ).fetchall()
    )
    revised = connection.execute(
        "select i.indicator_code, i.datasets from publish.indicator as i where i.release_id = any(%(both)s)"
        " and i.indicator_code in (select indicator_code from publish.revision where release_id = %(new)s)"
        " and i.release_id = (select max(j.release_id) from publish.indicator as j"
        "   where j.indicator_code = i.indicator_code and j.release_id = any(%(both)s))",
        {"both": [release_id, previous], "new": release_id},
    ).fetchall()
    found = list(causes(manifests[previous], manifests[release_id]))
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into publish.revision_cause"
            " (release_id, previous_release_id, indicator_code, kind, subject, is_own, detail)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            [
                [release_id, previous, indicator, cause.kind, cause.subject, cause.dataset in datasets, cause.detail]
                for indicator, datasets in revised
                for cause in found
                if cause.dataset is None or cause.dataset in datasets or cause.dataset in SHARED
            ],
        )
    return cells


def causes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Cause]:
    """Yield what differs between the inputs two manifests name. A hash only one of them knows tells nothing."""
    yield from _deliveries(old["deliveries"], new["deliveries"])
    before, after = _numbers(old["decisions"]), _numbers(new["decisions"])
    for number in sorted(before ^ after):
        how = "taken" if number in after else "ended"
        yield Cause("decision", str(number), f"decision {number} about who is who {how}")
    for name in sorted({*old["contracts"], *new["contracts"]}):
        one, other = (m["contracts"].get(name, {}) for m in (old, new))
        if one != other:
            versions = f"{one.get('version', 'none')} to {other.get('version', 'none')}"
            yield Cause("contract", name, f"contract of {name}: version {versions}", name)
    for key, (kind, place) in RULES.items():
        if key in old and key in new and old[key] != new[key]:
            yield Cause(kind, place, f"{place}: {old[key][:12]} to {new[key][:12]}")


def _deliveries(old: Iterable[Mapping[str, Any]], new: Iterable[Mapping[str, Any]]) -> Iterator[Cause]:
    before, after = ({d["delivery_id"]: d for d in some} for some in (old, new))
    for number in sorted({*before, *after}):
        was, now = before.get(number), after.get(number)
        said = now or was or {}
        words = f"{said['dataset']} delivered on {said['delivered_on']}"
        counts_now, counted = (d is not None and d["state"] == "accepted" for d in (now, was))
        if counts_now and not counted:
            yield Cause("delivery", str(number), words, said["dataset"])
        elif counted and not counts_now:
            yield Cause("delivery_withdrawn", str(number), f"{words}, kept out since", said["dataset"])
        elif counts_now and was and now and was["restated_taken"] != now["restated_taken"]:
            yield Cause("delivery_restated", str(number), f"{words}, rows changed by decisions", said["dataset"])


def _numbers(decisions: Iterable[Any]) -> set[int]:
    """Numbers of decisions; manifests of earlier times list nothing else."""
    return {int(d["decision_id"] if isinstance(d, Mapping) else d) for d in decisions}
