"""Deliveries no department promised: unknown accounts, corrections of every kind, silence; each test says the rule."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.dbt.town import Figures, build_figures, deliver, uscc

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.proof]
NOWHERE = "370299"
UPDATED = "2025-01-01T08:00:00"


def entity(number: int, name: str, **more: object) -> dict[str, object]:
    """Return a private enterprise of 市南区 in 存续."""
    return {
        "entity_no": f"N{number}", "entity_name": name, "uscc": uscc(number), "entity_category": "企业",
        "holding_type": "私人控股", "established_on": "2020-01-01", "reg_status": "存续", "district_code": "370202",
        "updated_at": UPDATED, **more,
    }  # fmt: skip


def paid(voucher: str, taxpayer: str, month: str, amount: object, version: int = 1) -> dict[str, object]:
    return {"voucher_no": voucher, "version": version, "taxpayer_no": taxpayer, "paid_month": month,
            "amount_yuan": amount, "updated_at": UPDATED}  # fmt: skip


def xref(town: Figures) -> dict[tuple[object, object], tuple[object, object]]:
    """Return name and method by dataset and key, and hold the view to one row per key."""
    rows = town.rows(
        "select x.dataset, x.source_key, e.name, x.method from mart.enterprise_xref as x"
        " join mart.enterprise as e using (enterprise_id)"
    )
    found = {(d, k): (n, m) for d, k, n, m in rows}
    assert len(found) == len(rows) > 0
    return found


def test_nothing_delivered_at_all(warehouse: str) -> None:
    build_figures("2025-03-31", "2025-01-15")
    town = Figures(warehouse)
    periods = "select distinct period from intermediate.int_monitoring__city_month order by 1"
    assert town.rows(periods) == [("2025-01",), ("2025-02",)]
    assert town.cell("market_entities", "2025-02")["value"] == 0
    assert town.cell("tax_paid_yuan", "2025-02") == {
        "value": None, "yoy": None, "mom": None, "ytd": None, "status": "incomplete",
    }  # fmt: skip


def test_a_month_is_complete_only_after_its_last_day(warehouse: str) -> None:
    deliver(warehouse, "ms_registration", "2025-01-05", [entity(1, "青岛甲机械有限公司")])
    build_figures("2025-02-28", "2025-01-15")
    town = Figures(warehouse)
    assert town.rows("select period from intermediate.int_monitoring__month") == [("2025-01",)]
    build_figures("2025-01-31", "2025-01-15")
    assert town.rows("select * from intermediate.int_monitoring__city_month") == []
    build_figures("2025-03-01", "2025-01-15")
    assert town.value("market_entities", "2025-02") == 1


def test_accounts_without_a_registration_of_theirs_keep_their_money_and_keys(warehouse: str) -> None:
    # a former name that no index would take
    endless = "".join(chr(0x4E00 + 7919 * n % 20_000) for n in range(4_000))
    deliver(warehouse, "ms_registration", "2025-01-05", [entity(1, "青岛甲机械有限公司", former_names=endless)])
    deliver(warehouse, "tx_payment", "2025-01-31", [paid("1", "T?", "2025-01", "5.25"), paid("2", "T2", "2025-01", 1)])
    long_code = "".join(f"{7919**n:X}" for n in range(200))
    deliver(warehouse, "fn_loan", "2025-01-31", [{"loan_no": "1", "borrower_name": "甲", "borrower_uscc": long_code}])
    returned = {"taxpayer_no": "T?", "tax_year": 2024, "version": 1, "operating_revenue_yuan": 7, "updated_at": UPDATED}
    deliver(warehouse, "tx_cit_return", "2025-01-31", [returned])
    build_figures("2025-02-01", "2025-01-01")
    town = Figures(warehouse)
    assert xref(town) == {
        ("ms_registration", "N1"): ("青岛甲机械有限公司", "minted"), ("tx_payment", "1|1"): (None, "minted"),
        ("tx_payment", "2|1"): (None, "minted"), ("tx_cit_return", "T?|2024|1"): (None, "minted"),
        ("fn_loan", "1"): ("甲", "minted"),
    }  # fmt: skip
    assert town.value("tax_paid_yuan", "2025-01") == Decimal("6.25")
    assert town.value("tax_paid_yuan", "2025-01", NOWHERE) == Decimal("6.25")
    assert town.value("tax_paid_yuan", "2025-01", scope="private") == 0
    assert len(town.rows("select from mart.enterprise where status = '未登记'")) == 3
    # registered later, as the taxpayer's registration arrives: the same keys, the provisional id keeps resolving
    deliver(warehouse, "tx_taxpayer", "2025-02-10", [
        {"taxpayer_no": "T?", "taxpayer_id": uscc(1), "taxpayer_name": "甲", "updated_at": UPDATED}])  # fmt: skip
    build_figures("2025-02-10", "2025-01-01")
    assert xref(town)["tx_payment", "1|1"] == ("青岛甲机械有限公司", "uscc")
    assert town.value("tax_paid_yuan", "2025-01", "370202") == Decimal("5.25")
    assert len(town.rows("select from mart.enterprise_redirect where cause = 'merge'")) == 1


def test_a_correction_moves_a_record_to_another_month_and_enterprise(warehouse: str) -> None:
    deliver(warehouse, "ms_registration", "2025-01-05", [
        entity(1, "青岛甲机械有限公司"), entity(2, "青岛乙食品有限公司", district_code="370211")])  # fmt: skip
    account = {"taxpayer_no": "T1", "taxpayer_id": uscc(1), "taxpayer_name": "甲", "updated_at": UPDATED}
    deliver(warehouse, "tx_taxpayer", "2025-01-05", [account])
    deliver(warehouse, "tx_payment", "2025-01-31", [paid("1", "T1", "2025-01", 100)])
    deliver(warehouse, "tx_payment", "2025-02-28", [paid("1", "T1", "2025-02", 90, 2)])
    holder = {
        "cert_no": "1",
        "tier": "瞪羚企业",
        "enterprise_name": "名称有误",
        "uscc": uscc(1),
        "awarded_on": "2025-01-02",
    }
    deliver(warehouse, "mi_tier_holder", "2025-01-10", [holder])
    deliver(warehouse, "mi_tier_holder", "2025-02-10", [{**holder, "uscc": uscc(2)}])
    entry = {"entity_no": "无", "list_kind": "经营异常名录", "listed_on": "2025-01-02"}
    deliver(warehouse, "ms_irregularity", "2025-01-10", [
        {**entry, "record_no": "1", "uscc": uscc(1)}, {**entry, "record_no": "2", "uscc": uscc(2)},
        {**entry, "record_no": "3", "entity_no": None}, {**entry, "record_no": "4", "entity_no": "N9"}])  # fmt: skip
    build_figures("2025-03-01", "2025-01-01")
    town = Figures(warehouse)
    assert [town.value("tax_paid_yuan", m) for m in ("2025-01", "2025-02")] == [0, 90]
    assert town.cell("tax_paid_yuan", "2025-01")["status"] == "published"
    assert town.value("tier_holders", "2025-01", "370211") == 1
    assert town.value("tier_holders", "2025-01") == 1
    links = xref(town)
    assert links["mi_tier_holder", "1"] == ("青岛乙食品有限公司", "uscc")
    assert [links["ms_irregularity", str(n)] for n in range(1, 5)] == [
        ("青岛甲机械有限公司", "uscc"), ("青岛乙食品有限公司", "uscc"), (None, "minted"), (None, "minted"),
    ]  # fmt: skip
    assert town.rows("select distinct dataset from mart.enterprise_xref order by 1") == [
        (d,) for d in ("mi_tier_holder", "ms_irregularity", "ms_registration", "tx_payment", "tx_taxpayer")
    ]


def test_what_never_came_is_incomplete_and_what_came_late_fills_its_month(warehouse: str) -> None:
    deliver(warehouse, "ms_registration", "2025-01-01", [entity(1, "青岛甲机械有限公司")])
    loan = {"loan_no": "1", "borrower_name": "青岛甲机械有限公司", "loan_kind": "信用", "balance_wan": "1"}
    deliver(warehouse, "fn_loan", "2025-02-28", [loan])
    deliver(warehouse, "fn_loan", "2025-03-31", [loan])
    grant = {"grant_no": "1", "enterprise_name": "青岛甲机械有限公司", "amount_wan": "2", "paid_on": "2025-01-20"}
    deliver(warehouse, "fn_subsidy", "2025-02-15", [grant])
    deliver(warehouse, "fn_subsidy", "2025-03-15", [{**grant, "grant_no": "2", "paid_on": "2025-02-20"}])
    build_figures("2025-04-01", "2025-01-01")
    town = Figures(warehouse)
    status = {
        (i, p): s
        for i, p, s in town.rows(
            "select indicator_code, period, cell_status from intermediate.int_monitoring__city_month"
            " where scope = 'all' and breakdown = ''"
        )
    }
    months = ("2025-01", "2025-02", "2025-03")
    assert [status["loan_balance_yuan", m] for m in months] == ["incomplete", "published", "published"]
    assert [status["subsidy_yuan", m] for m in months] == ["published", "published", "incomplete"]
    assert {status["tax_paid_yuan", m] for m in months} == {"incomplete"}
    assert {status[i, m] for i in ("market_entities", "tier_holders", "arrears_open_yuan") for m in months} == {
        "published"
    }
    assert [town.value("loan_balance_yuan", m) for m in months] == [None, 10_000, 10_000]
    assert [town.value("subsidy_yuan", m) for m in months] == [20_000, 20_000, None]
