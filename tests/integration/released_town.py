"""Thirty-six enterprises of three districts with three months of figures, ready to be released; none stands out."""

from __future__ import annotations

import datetime as dt

import psycopg

from tests.dbt.town import build_figures, deliver, uscc

AS_OF = dt.date(2025, 4, 2)
DISTRICTS = ("370202", "370203", "370285")
EMPLOYERS = range(1, 37)


def build_town(dsn: str) -> None:
    """Deliver a register and the insured of three months, and build the figures as of AS_OF."""
    deliver(dsn, "ms_registration", "2025-01-01", [
        {"entity_no": f"N{n}", "uscc": uscc(n), "entity_name": f"青岛第{n}贸易有限公司", "entity_category": "企业",
         "reg_type_code": "171", "reg_status": "存续", "established_on": f"2024-1{n % 3}-11",
         "district_code": DISTRICTS[n % 3], "industry_code": "F5191", "updated_at": "2024-12-30T08:00:00"}
        for n in EMPLOYERS])  # fmt: skip
    for month, due in (("2025-01", "2025-02-03"), ("2025-02", "2025-03-03"), ("2025-03", "2025-04-01")):
        deliver(dsn, "hr_insurance", due, [insured(n, month, n) for n in EMPLOYERS])
    build_figures(str(AS_OF))


def insured(number: int, month: str, headcount: int, version: int = 1) -> dict[str, object]:
    """One employer's insured of one month."""
    return {
        "employer_no": f"P{number}", "employer_name": f"青岛第{number}贸易有限公司", "uscc": uscc(number),
        "month": month, "version": version, "insured_headcount": headcount,
    }  # fmt: skip


def correct(dsn: str, headcount: int, delivered_on: str = "2025-04-02", version: int = 2) -> int:
    """Deliver another headcount of the first employer for March and build the figures anew; return the delivery."""
    found = deliver(dsn, "hr_insurance", delivered_on, [insured(1, "2025-03", headcount, version)])
    build_figures(str(AS_OF), run_id=f"corrected to {headcount}")
    return found


def count(dsn: str, query: str) -> int:
    """Return the number a query gives."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row
    return int(row[0])
