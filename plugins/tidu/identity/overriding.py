"""Which attributes of the master a reviewer may decide, and how the value is read."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation

import psycopg
from psycopg import sql

from tidu.contracts import contracts
from tidu.errors import DecisionRefused, TiduError
from tidu.identity.parties import Enterprise

ATTRIBUTES = {
    "name": "entity_name",
    "entity_category": "entity_category",
    "reg_type_code": "reg_type_code",
    "holding_type": "holding_type",
    "established_on": "established_on",
    "registered_capital_amount": "registered_capital_yuan",
    "currency": "currency",
    "district_code": "district_code",
    "zone_code": "zone_code",
    "address": "address",
    "industry_code": "industry_code",
}
"""Column of mart.enterprise -> field of the register that is evidence about it; codes and status are the register's."""
OF_THE_UNREGISTERED = ("name", "address")
"""What departments tell of an enterprise the register does not know; it has no district and no class yet."""
NEVER_EMPTY = ("name", "entity_category", "established_on", "district_code")
SHAPES = {
    "reg_type_code": re.compile(r"\d{3}"),
    "industry_code": re.compile(r"[A-T]\d{2,4}"),
}


def checked_value(
    connection: psycopg.Connection, enterprise: Enterprise, attribute: str, value: str | None
) -> tuple[str, str | None, str | None]:
    """Return the register's field, the value as it will stand, and the one that stands now.

    Raises DecisionRefused for an attribute nobody but the register decides, and for a value that cannot be read;
    TiduError where links stand and no master was ever built on them.
    """
    if attribute not in ATTRIBUTES:
        raise DecisionRefused(f"{attribute} cannot be overridden; these can: {', '.join(ATTRIBUTES)}")
    if not enterprise.is_registered and attribute not in OF_THE_UNREGISTERED:
        raise DecisionRefused(
            f"{enterprise} is not registered, so it has no {attribute} to decide about;"
            f" these can be overridden: {', '.join(OF_THE_UNREGISTERED)}"
        )
    read = (value or "").strip() or None
    if read is not None:
        read = _read(connection, attribute, read)
    elif attribute in NEVER_EMPTY:
        raise DecisionRefused(f"{attribute} cannot be empty")
    if connection.execute("select to_regclass('mart.enterprise')").fetchone() == (None,):
        raise TiduError("no master is built on the links yet, so there is no value to decide about; run `make run`")
    row = connection.execute(
        sql.SQL("select {}::text from mart.enterprise where enterprise_id = %s").format(sql.Identifier(attribute)),
        [enterprise.enterprise_id],
    ).fetchone()
    return ATTRIBUTES[attribute], read, row[0] if row else None


def _read(connection: psycopg.Connection, attribute: str, value: str) -> str:
    try:
        if attribute == "established_on":
            return date.fromisoformat(value).isoformat()
        if attribute == "registered_capital_amount":
            amount = Decimal(value)
            if not amount.is_finite() or amount < 0:
                raise ValueError
            return f"{amount:.2f}"
    except (ValueError, InvalidOperation):
        raise DecisionRefused(f"{attribute}: {value!r} cannot be read") from None
    if attribute in SHAPES and not SHAPES[attribute].fullmatch(value):
        raise DecisionRefused(f"{attribute}: {value!r} cannot be read")
    known = next((f.values for f in contracts()["ms_registration"].fields if f.name == attribute), None)
    if attribute == "district_code":
        known = tuple(str(code) for (code,) in connection.execute("select code from intermediate.seed_district"))
    if known and value not in known:
        raise DecisionRefused(f"{attribute}: {value!r} is none of {', '.join(sorted(known))}")
    return value
