"""What reviewers decide about quarantined rows: waive, repair, discard; and judging them again after a rule changed.

Each function is one transaction under the locks of the datasets concerned: the decision is recorded, the row's keys are
settled anew and the ledger moved, or nothing happens at all. Every decision is a row of ops.decision whose subject is
`quarantine:<id>`; what the department delivered stays as it is in raw and in the row's payload.
"""

# ruff: noqa: S608 - SQL is composed from contract names only; values are parameters

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from tidu.contracts import DatasetContract, contracts
from tidu.contracts import contract as contract_of
from tidu.errors import DecisionRefused
from tidu.ledger.database import connect
from tidu.ledger.decisions import record_decisions, retire_decisions
from tidu.ledger.quarantine import Held, held_rows
from tidu.ledger.roles import Role, acting_as
from tidu.validation.predicates import quoted
from tidu.validation.resettle import Moved, resettle
from tidu.validation.reviewing import moving, reviewing, signed
from tidu.validation.waivable import refusal

Correction = Mapping[str, str | None]


@acting_as(Role.REVIEW)
def waive(
    ids: Iterable[int],
    *,
    by: str,
    reason: str,
    expires_on: dt.date | None = None,
    rules: Sequence[str] | None = None,
) -> list[Moved]:
    """Let quarantined rows in although they break rules; return what became of them.

    `ids` are quarantine_ids of open rows, or of waived ones whose waiver is to be renewed. `expires_on` is the last day
    on which the waiver holds (None: for good); `replay` with a later date takes the row back. `rules` are the rules
    waived (None: all the row breaks).

    Raises DecisionRefused, changing nothing, when a row does not exist or is in another state, when a rule cannot be
    waived (see tidu.validation.waivable), or when a row breaks further rules.
    """
    by, reason = signed(by, reason)
    with reviewing(ids, ("open", "waived")) as (connection, found):
        for row in found:
            _check_waivable(contract_of(row.dataset), row, rules)
        detail = [{"rules": list(rules or row.rules), **_place(row)} for row in found]
        record_decisions(connection, "waiver", found, by=by, reason=reason, details=detail, expires_on=expires_on)
        for row, said in zip(found, detail, strict=True):
            connection.execute(
                "update ops.quarantine set waived_rules = %s, waived_until = %s, decided_by = %s, decided_at = now(),"
                " reason = %s where quarantine_id = %s",
                [said["rules"], expires_on, by, reason, row.quarantine_id],
            )
        return _settled(connection, found, by, reason)


@acting_as(Role.REVIEW)
def repair(corrections: Mapping[int, Correction], *, by: str, reason: str) -> list[Moved]:
    """Put corrected rows in place of quarantined ones and judge them by the same rules; return what became of them.

    `corrections` gives by quarantine_id the fields that change (name or the department's heading; None or '' empties
    one); all others stay as delivered, or as an earlier repair left them. Rows that were repaired or waived before may
    be repaired again. Raises DecisionRefused, changing nothing, when a field is unknown or a row still breaks a rule.
    """
    by, reason = signed(by, reason)
    with reviewing(corrections, ("open", "repaired", "waived")) as (connection, found):
        fields = {row.quarantine_id: _fields(row, corrections[row.quarantine_id]) for row in found}
        detail = [{"corrections": fields[row.quarantine_id], **_place(row)} for row in found]
        record_decisions(connection, "override", found, by=by, reason=reason, details=detail)
        for dataset in sorted({row.dataset for row in found}):
            lay_over(connection, contract_of(dataset), {r.quarantine_id: fields[r.quarantine_id] for r in found})
        connection.execute(
            "update ops.quarantine set repaired = true, decided_by = %s, decided_at = now(), reason = %s"
            " where quarantine_id = any(%s)",
            [by, reason, [row.quarantine_id for row in found]],
        )
        return _settled(connection, found, by, reason)


@acting_as(Role.REVIEW)
def discard(ids: Iterable[int], *, by: str, reason: str) -> list[Moved]:
    """Hold rows back for good. A row that was repaired or waived leaves the accepted rows again.

    Raises DecisionRefused, changing nothing, when a row does not exist or is discarded already or released.
    """
    by, reason = signed(by, reason)
    with reviewing(ids, ("open", "repaired", "waived")) as (connection, found):
        detail = [{"discard": True, **_place(row)} for row in found]
        record_decisions(connection, "exception", found, by=by, reason=reason, details=detail)
        connection.execute(
            "update ops.quarantine set decided_by = %s, decided_at = now(), reason = %s where quarantine_id = any(%s)",
            [by, reason, [row.quarantine_id for row in found]],
        )
        return resettled(connection, found, by, reason, discarded=True)


@acting_as(Role.REVIEW)
def replay(
    datasets: Iterable[str] | None = None,
    *,
    by: str,
    reason: str,
    as_of: dt.date | None = None,
    contract: DatasetContract | None = None,
) -> list[Moved]:
    """Judge open rows again by today's contracts; with `as_of`, end waivers whose last day lies before it.

    Returns the rows whose state or rules changed, and nothing else is recorded: rows that still break what they broke
    stay as they are. `contract` replaces the catalogue's for its dataset. Idempotence: a second replay moves nothing.
    """
    by, reason = signed(by, reason)
    moved = []
    for promised in [contract] if contract else map(contract_of, datasets or contracts()):
        with moving([promised.name]) as connection:
            lapsed = _lapsed(connection, promised.name, as_of, by, reason) if as_of else []
            ended = {row.quarantine_id for row in lapsed}
            held = held_rows(connection, dataset=promised.name, states=("open",))
            found = [r for r in held if r.rules != ["row:conflict"] and r.quarantine_id not in ended]
            moved += _replayed(connection, promised, [*found, *lapsed], by, reason)
    return moved


@acting_as(Role.REVIEW)
def lapse_waivers(as_of: dt.date, *, by: str = "tidu") -> list[Moved]:
    """End the waivers whose last day lies before `as_of` and judge their rows again; return those that moved.

    What `replay` does with open rows besides is left out, so that a pipeline can call it before every build: with no
    waiver to end it reads one small table. Idempotence: a second call moves nothing.
    """
    reason = f"the waiver ended before {as_of}"
    with connect(autocommit=True) as connection:
        rows = connection.execute(
            "select distinct dataset from ops.quarantine where state in ('open', 'waived') and waived_until < %s"
            " order by 1",
            [as_of],
        ).fetchall()
    moved = []
    for (name,) in rows:
        with moving([name]) as connection:
            lapsed = _lapsed(connection, name, as_of, by, reason)
            moved += _replayed(connection, contract_of(name), lapsed, by, reason)
    return moved


def _replayed(
    connection: psycopg.Connection, contract: DatasetContract, found: Sequence[Held], by: str, reason: str
) -> list[Moved]:
    """Judge rows of one dataset again; record those whose state or rules changed, and return them."""
    after = resettled(connection, found, by, reason, contract=contract) if found else []
    known = {row.quarantine_id: row for row in found}
    changed = [m for m in after if (m.state, m.rules) != _standing(known[m.quarantine_id])]
    released = [known[m.quarantine_id] for m in changed if m.state != "open"]
    detail = [{"replay": contract.version, **_place(row)} for row in released]
    record_decisions(connection, "exception", released, by=by, reason=reason, details=detail)
    connection.execute(
        "update ops.quarantine set decided_by = %s, decided_at = now(), reason = %s where quarantine_id = any(%s)",
        [by, reason, [m.quarantine_id for m in changed]],
    )
    return changed


def _standing(row: Held) -> tuple[str, list[str]]:
    return row.state, row.rules


def _lapsed(connection: psycopg.Connection, dataset: str, as_of: dt.date, by: str, reason: str) -> list[Held]:
    """End the waivers whose last day lies before `as_of`; return their rows, those in conflict included."""
    found = [
        row
        for row in held_rows(connection, dataset=dataset, states=("open", "waived"))
        if row.waived_until is not None and row.waived_until < as_of
    ]
    ids = [row.quarantine_id for row in found]
    connection.execute(
        "update ops.quarantine set waived_rules = '{}', waived_until = null where quarantine_id = any(%s)", [ids]
    )
    retire_decisions(connection, "waiver", ids, by=by, reason=reason)
    return found


def _check_waivable(contract: DatasetContract, row: Held, rules: Sequence[str] | None) -> None:
    for rule in rules or row.rules:
        why = refusal(contract, rule)
        if why:
            raise DecisionRefused(
                f"quarantine {row.quarantine_id}: {rule} cannot be waived: {why}; repair or discard it"
            )


def _fields(row: Held, correction: Correction) -> dict[str, str | None]:
    """Return a correction by field names. Raises DecisionRefused for a name that is neither a field nor a heading."""
    contract = contract_of(row.dataset)
    names = {f.heading: f.name for f in contract.fields} | {f.name: f.name for f in contract.fields}
    unknown = [name for name in correction if name not in names]
    if unknown or not correction:
        said = f"no field {', '.join(unknown)}" if unknown else "nothing is corrected"
        raise DecisionRefused(
            f"quarantine {row.quarantine_id}: {said}; {row.dataset} has {', '.join(contract.field_names)}"
        )
    return {names[name]: value or None for name, value in correction.items()}


def lay_over(connection: psycopg.Connection, contract: DatasetContract, fields: Mapping[int, Correction]) -> None:
    """Write the corrected rows of one dataset beside raw; a row's misplaced cells count as put right."""
    name = contract.name
    columns = ", ".join(f"{quoted(f)} = excluded.{quoted(f)}" for f in contract.field_names)
    connection.execute(
        f"""
        insert into raw.{name}_repair as t
        select v.*
        from unnest(%s::bigint[], %s::jsonb[]) as c (quarantine_id, fields)
        join ops.quarantine as q on q.quarantine_id = c.quarantine_id and q.dataset = '{name}'
        join raw.{name} as r on r.delivery_id = q.delivery_id and r.row_no = q.row_no
        left join raw.{name}_repair as p on p.delivery_id = r.delivery_id and p.row_no = r.row_no
        cross join lateral jsonb_populate_record(null::raw.{name}_repair, to_jsonb(r) || coalesce(to_jsonb(p), '{{}}')
            || jsonb_build_object('_extra', nullif(r._extra - '__surplus__' - '__missing__', '{{}}')) || c.fields) as v
        on conflict (delivery_id, row_no) do update set {columns}, _extra = excluded._extra
        """.encode(),
        [list(fields), [Jsonb(dict(f)) for f in fields.values()]],
    )


def _place(row: Held) -> dict[str, Any]:
    return {"dataset": row.dataset, "delivery_id": row.delivery_id, "row_no": row.row_no}


def _settled(connection: psycopg.Connection, found: Sequence[Held], by: str, reason: str) -> list[Moved]:
    """Settle rows anew that must break no rule of their own now. Raises DecisionRefused naming those that do."""
    moved = resettled(connection, found, by, reason)
    broken = [m for m in moved if m.state == "open" and m.rules != ["row:conflict"]]
    if broken:
        said = "; ".join(f"quarantine {m.quarantine_id} breaks {', '.join(m.rules)}" for m in broken[:20])
        more = f"; and {len(broken) - 20} more" if len(broken) > 20 else ""
        raise DecisionRefused(f"nothing was changed, since rows would still break a rule: {said}{more}")
    return moved


def resettled(
    connection: psycopg.Connection,
    found: Sequence[Held],
    by: str,
    reason: str,
    *,
    discarded: bool = False,
    contract: DatasetContract | None = None,
) -> list[Moved]:
    """Settle the keys of the rows anew, dataset by dataset."""
    moved = []
    for dataset in sorted({row.dataset for row in found}):
        connection.execute(
            "drop table if exists pg_temp.moved_row, pg_temp.gone_delivery;"
            " create temporary table gone_delivery (delivery_id bigint primary key) on commit drop;"
            " create temporary table moved_row (quarantine_id bigint primary key, delivery_id bigint not null,"
            " row_no integer not null, discarded boolean not null) on commit drop"
        )
        connection.execute(
            "insert into pg_temp.moved_row select quarantine_id, delivery_id, row_no, %s from ops.quarantine"
            " where quarantine_id = any(%s)",
            [discarded, [row.quarantine_id for row in found if row.dataset == dataset]],
        )
        connection.execute("analyze pg_temp.moved_row")
        moved += resettle(connection, contract or contract_of(dataset), by, reason)
    return sorted(moved, key=lambda m: m.quarantine_id)
