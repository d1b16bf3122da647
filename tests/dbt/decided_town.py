"""Two registered enterprises that bore one name, and records of whom is not clear: reviewers decide about them."""

from __future__ import annotations

import psycopg

from tests.dbt.town import deliver, take_in, uscc
from tidu.identity.decisions import Signature, minted_id
from tidu.transform import build

AS_OF = "2025-06-30"
ALPHA, BETA, STRANGE = uscc(1), uscc(2), uscc(9)
ME = Signature("审核员", "looked it up")
REGISTERED = {n: minted_id(f"ms_registration|{n}") for n in ("1", "2")}
HOMONYM = "青岛同名贸易有限公司"


def relink(as_of: str = AS_OF) -> None:
    """Decide anew who is who among the records there are."""
    build("link", "test", {"as_of": as_of, "series_start": ""})


def entity(number: str, name: str, code: str, **more: object) -> dict[str, object]:
    return {
        "entity_no": number, "entity_name": name, "uscc": code, "entity_category": "企业", "holding_type": "私人控股",
        "established_on": "2020-01-01", "reg_status": "存续", "district_code": "370203", "industry_code": "C3511",
        "address": "青岛市市北区1号", "updated_at": "2025-01-01T08:00:00", **more,
    }  # fmt: skip


def loan(number: str, name: str, balance: str = "1", code: str | None = None) -> dict[str, object]:
    return {"loan_no": number, "borrower_name": name, "borrower_uscc": code, "balance_wan": balance}


def build_town(dsn: str) -> None:
    """Deliver four loans, two of the one name and two of a stranger, and one account; build the master."""
    deliver(dsn, "ms_registration", "2025-01-10", [
        entity("1", "青岛甲机械有限公司", ALPHA, former_names=HOMONYM),
        entity("2", HOMONYM, BETA),
    ])  # fmt: skip
    deliver(dsn, "fn_loan", "2025-02-05", [
        loan("big", HOMONYM, "900"), loan("small", HOMONYM, "1"), loan("s1", "外地某某有限公司", "5", STRANGE),
        loan("s2", "外地某某有限公司", "6"), loan("own", "青岛甲机械有限公司", "7", ALPHA),
    ])  # fmt: skip
    deliver(dsn, "tx_taxpayer", "2025-01-10", [
        {"taxpayer_no": "t1", "taxpayer_id": ALPHA, "taxpayer_name": "甲", "updated_at": "2025-01-01T08:00:00"}
    ])  # fmt: skip
    take_in(AS_OF)


def links(dsn: str) -> dict[str, tuple[str, str]]:
    with psycopg.connect(dsn) as connection:
        found = connection.execute(
            "select dataset || ':' || source_key, enterprise_id, method, match_probability from mart.enterprise_xref"
        ).fetchall()
    assert found and all(p == 1 for *_, p in found)
    return {key: (enterprise, method) for key, enterprise, method, _ in found}


def states(dsn: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute("select kind, state from ops.decision order by decision_id").fetchall()


def reasons(dsn: str) -> list[object]:
    with psycopg.connect(dsn) as connection:
        found = connection.execute("select detail #>> '{ended,reason}' from ops.decision order by decision_id")
        return [reason for (reason,) in found]
