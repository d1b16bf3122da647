"""Where a deterministic link comes from: the rows of the register that bear a party's code or name."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import psycopg
from psycopg.rows import class_row

from tidu.identity.names import is_branch, name_key

ROWS = """
select 'ms_registration' as dataset, r.source_key, r.delivery_id, r.row_no, r.delivered_on, r.uscc, r.reg_no,
    array[r.entity_name] || coalesce(string_to_array(translate(r.former_names, ';', '；'), '；'), '{}') as names
from staging.stg_ms_registration as r
join intermediate.int_identity__registered_entity as e using (entity_no)
where e.enterprise_id = %(id)s
union all
select 'ms_change_event', c.source_key, c.delivery_id, c.row_no, c.delivered_on, null, null,
    array[c.value_before, c.value_after]
from staging.stg_ms_change_event as c
join intermediate.int_identity__registered_entity as e using (entity_no)
where e.enterprise_id = %(id)s and c.change_item = '名称'
order by dataset desc, delivered_on desc, delivery_id desc, row_no
"""


@dataclass(frozen=True)
class Variant:
    """One spelling of a party's code and name, and where each leads."""

    code_key: str | None
    name_key: str | None
    name: str | None
    weight: int
    last_delivered_on: dt.date | None
    code_method: str | None
    code_enterprise_id: str | None
    org_code: str | None
    name_enterprise_id: str | None
    name_holders: int | None
    bearers: str | None
    """Ids of the registered enterprises that bear or bore the name, where they are several."""

    @property
    def spelling(self) -> str:
        """What it looks like, and in how many records."""
        until = f", last on {self.last_delivered_on}" if self.last_delivered_on else ""
        times = f"{self.weight} record{'s' if self.weight != 1 else ''}{until}"
        return f"{times}: code {self.code_key or 'none'}, name {self.name or 'none'}"


@dataclass(frozen=True)
class RegisterRow:
    """A row of the register that says a code or a name of an enterprise."""

    dataset: str
    source_key: str
    delivery_id: int
    row_no: int
    delivered_on: dt.date
    uscc: str | None
    reg_no: str | None
    names: list[str | None]

    def __str__(self) -> str:
        row = f"delivery {self.delivery_id} of {self.delivered_on}, row {self.row_no}"
        return f"{self.dataset} {self.source_key}, {row}"

    def bears(self, method: str, variant: Variant) -> bool:
        """Tell whether this row says what the method found the variant by."""
        if method == "name_exact":
            return variant.name_key in {name_key(name) for name in self.names if name}
        if method == "reg_no":
            return self.reg_no == variant.code_key
        return self.uscc is not None and (self.uscc == variant.code_key or self.uscc[8:17] == variant.org_code)


@dataclass(frozen=True)
class Proof:
    """The spelling that a deterministic rule went by, and the newest row of the register that bears it."""

    method: str
    variant: Variant
    row: RegisterRow | None

    def lines(self) -> list[str]:
        """Say it, the record first."""
        what = {
            "uscc": f"code {self.variant.code_key}",
            "org_code": f"organisation code {self.variant.org_code} within {self.variant.code_key}",
            "reg_no": f"registration number {self.variant.code_key}",
            "name_exact": f"name {self.variant.name_key}",
        }[self.method]
        borne = f"{what} is borne by {self.row}" if self.row else f"{what}: no row of the register bears it any more"
        return [self.variant.spelling, borne]


def register_rows(connection: psycopg.Connection, enterprise_id: str) -> list[RegisterRow]:
    """Return what the register says of an enterprise's codes and names, registrations before changes, newest first."""
    with connection.cursor(row_factory=class_row(RegisterRow)) as cursor:
        return cursor.execute(ROWS.encode(), {"id": enterprise_id}).fetchall()


def proof(connection: psycopg.Connection, method: str, enterprise_id: str, variants: list[Variant]) -> Proof | None:
    """Return what a deterministic rule went by; None for other methods."""
    if method not in ("uscc", "org_code", "reg_no", "name_exact"):
        return None
    by_name = method == "name_exact"
    for v in variants:
        found = v.name_enterprise_id if by_name else v.code_enterprise_id if v.code_method == method else None
        if found == enterprise_id:
            rows = register_rows(connection, enterprise_id)
            return Proof(method, v, next((row for row in rows if row.bears(method, v)), None))
    return None


def ruled_out(
    method: str, enterprise_id: str, variants: list[Variant], *, doubted: bool = False
) -> list[tuple[str, str]]:
    """Return every other registered enterprise that a spelling leads to, with the reason it is not that one.

    `doubted`: one name alone leads to it, and everything else that is known of the party contradicts.
    """
    found: dict[str, str] = {}
    for v in variants:
        if v.code_enterprise_id not in (None, enterprise_id):
            found[str(v.code_enterprise_id)] = f"the code {v.code_key} is its own, but {_against_code(method, v)}"
        if v.name_enterprise_id not in (None, enterprise_id):
            found.setdefault(str(v.name_enterprise_id), f"it bears the name, but {_against_name(method, doubted)}")
        for bearer in (v.bearers or "").split():
            if bearer != enterprise_id:
                found.setdefault(bearer, f"the name is or was that of {v.name_holders}, so it tells none of them")
    return sorted(found.items())


def _against_code(method: str, variant: Variant) -> str:
    if method == "reviewer":
        return "a reviewer decided otherwise"
    if is_branch(variant.name):
        return "the name is a branch's, and a branch is not its parent"
    return "a better code, or more and newer records, speak for another"


def _against_name(method: str, doubted: bool) -> str:
    if method == "reviewer":
        return "a reviewer decided otherwise"
    if doubted:
        return "everything else, such as district, trade and years, says otherwise"
    if method in ("uscc", "org_code", "reg_no"):
        return "a code goes before a name"
    return "a sound code beside it is not its own"
