"""Which attributes of the master a reviewer may decide, and how the value is read."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation

import psycopg
from psycopg import sql

from tidu.errors import DecisionRefused

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
KNOWN_VALUES: dict[str, tuple[str, ...]] = {
    "entity_category": ("企业", "个体工商户", "农民专业合作社"),
}


def checked_value(
    connection: psycopg.Connection, enterprise_id: str, attribute: str, value: str | None
) -> tuple[str, str | None, str | None]:
    """Return the register's field, the value as it will stand, and the one that stands now.

    Raises DecisionRefused for an attribute nobody but the register decides, and for a value that cannot be read.
    """
    if attribute not in ATTRIBUTES:
        raise DecisionRefused(f"{attribute} cannot be overridden; these can: {', '.join(ATTRIBUTES)}")
    read = (value or "").strip() or None
    if read is not None:
        read = _read(connection, attribute, read)
    elif attribute in ("name", "district_code"):
        raise DecisionRefused(f"{attribute} cannot be empty")
    row = connection.execute(
        sql.SQL("select {}::text from mart.enterprise where enterprise_id = %s").format(sql.Identifier(attribute)),
        [enterprise_id],
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
    known = KNOWN_VALUES.get(attribute)
    if attribute == "district_code":
        known = tuple(str(code) for (code,) in connection.execute("select code from intermediate.seed_district"))
    if known is not None and value not in known:
        raise DecisionRefused(f"{attribute}: {value!r} is none of {', '.join(sorted(known))}")
    return value
