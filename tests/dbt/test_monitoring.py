"""Every indicator on a town small enough to count by hand; each test says the rule it holds to."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from tests.dbt.monitored_town import (
    CHENGYANG,
    HUANGDAO,
    LICANG,
    MONTHS,
    NOWHERE,
    PINGDU,
    SHIBEI,
    SHINAN,
    bureau,
    finance,
    hr,
    market_supervision,
    statistics,
    tax,
)
from tests.dbt.town import Figures, build_figures
from tests.warehouses import new_warehouse
from tidu.stack.postgres import Cluster

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


@pytest.fixture(scope="module")
def town(cluster: Cluster, warehouse_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Figures]:
    with new_warehouse(cluster, warehouse_template, tmp_path_factory.mktemp("town")) as dsn:
        for department in (market_supervision, tax, hr, finance, bureau, statistics):
            department(dsn)
        build_figures("2026-03-05", "2025-01-01")
        yield Figures(dsn)


def test_every_complete_month_since_the_start_is_there(town: Figures) -> None:
    assert [p for (p,) in town.rows("select period from intermediate.int_monitoring__month order by 1")] == MONTHS


def test_an_entity_counts_from_its_establishment_while_in_status(town: Figures) -> None:
    # A, B, D, E; then C; C is 吊销 in June; E is 迁出 in August; F comes on New Year's Eve; G is gone within its month.
    expected = [4, 5, 5, 5, 5, 4, 4, 3, 3, 3, 3, 4, 4, 4]
    assert [town.value("market_entities", m) for m in MONTHS] == expected
    assert town.value("enterprises", "2025-02") == 4
    assert town.value("individual_businesses", "2025-02") == 1
    assert town.value("enterprises", "2026-02") == 3


def test_a_move_counts_from_the_day_of_the_change(town: Figures) -> None:
    assert [town.value("market_entities", m, SHINAN) for m in MONTHS[:4]] == [1, 1, 0, 0]
    assert [town.value("market_entities", m, SHIBEI) for m in MONTHS[:4]] == [0, 0, 1, 1]


def test_withdrawn_and_unknown_district_codes(town: Figures) -> None:
    assert town.value("market_entities", "2025-01", HUANGDAO) == 1
    assert town.value("market_entities", "2025-01", NOWHERE) == 1


@pytest.mark.parametrize(
    ("scope", "count"), [("all", 5), ("private", 3), ("no_state_no_foreign", 3), ("registration_type", 3)]
)
def test_scopes(town: Figures, scope: str, count: int) -> None:
    assert town.value("market_entities", "2025-02", scope=scope) == count


def test_openings_and_first_endings_are_flows(town: Figures) -> None:
    opened = {m: town.value("new_entities", m) for m in MONTHS}
    assert {m: v for m, v in opened.items() if v} == {"2025-01": 1, "2025-02": 1, "2025-05": 1, "2025-12": 1}
    closed = {m: town.value("closed_entities", m) for m in MONTHS}
    assert {m: v for m, v in closed.items() if v} == {"2025-05": 1, "2025-06": 1}
    assert town.cell("new_entities", "2025-12")["ytd"] == 4
    assert town.cell("new_entities", "2026-01")["ytd"] == 0


def test_counts_by_industry_section_add_up(town: Figures) -> None:
    parts = {
        s: town.value("market_entities", "2025-02", cut=("industry_section", s)) for s in ("C", "G", "H", "未分类")
    }
    assert parts == {"C": 2, "G": 1, "H": 1, "未分类": 1}


def test_movements_of_the_stock_are_shown(town: Figures) -> None:
    found = town.rows(
        "select period, district_code, entered, departed, left_city, moved_in, moved_out, other_change"
        " from intermediate.int_monitoring__stock_movement"
        " where entered + departed + left_city + moved_in + moved_out <> 0 or other_change <> 0 order by 1, 2"
    )
    assert found == [
        ("2025-01", NOWHERE, 1, 0, 0, 0, 0, 0),
        ("2025-02", LICANG, 1, 0, 0, 0, 0, 0),
        ("2025-03", SHINAN, 0, 0, 0, 0, 1, 0),
        ("2025-03", SHIBEI, 0, 0, 0, 1, 0, 0),
        ("2025-06", LICANG, 0, 1, 0, 0, 0, 0),
        ("2025-08", CHENGYANG, 0, 0, 1, 0, 0, 0),
        ("2025-12", PINGDU, 1, 0, 0, 0, 0, 0),
    ]


def test_tax_counts_where_the_enterprise_is_at_month_end(town: Figures) -> None:
    assert town.value("tax_paid_yuan", "2025-02", SHINAN) == 1500
    assert town.value("tax_paid_yuan", "2025-03", SHINAN) == 0
    assert town.value("tax_paid_yuan", "2025-03", SHIBEI) == 1000
    assert town.value("tax_paid_yuan", "2025-05") == Decimal("799.50")
    assert town.value("tax_paid_yuan", "2025-05", scope="private") == 1000


def test_money_of_unregistered_enterprises_stays_visible(town: Figures) -> None:
    assert town.value("tax_paid_yuan", "2025-01") == 1300
    assert town.value("tax_paid_yuan", "2025-01", NOWHERE) == 300
    assert town.value("tax_paid_yuan", "2025-01", scope="private") == 1000
    assert town.rows(
        "select total, unassigned, unregistered from intermediate.int_monitoring__unassigned"
        " where indicator_code = 'tax_paid_yuan' and period = '2025-01'"
    ) == [(1300, 300, 300)]


def test_a_month_whose_delivery_is_missing_is_incomplete_and_empty(town: Figures) -> None:
    missing = town.cell("tax_paid_yuan", "2025-07")
    assert missing == {"value": None, "yoy": None, "mom": None, "ytd": Decimal("6599.50"), "status": "incomplete"}
    assert town.cell("tax_paid_yuan", "2025-08")["mom"] is None
    assert town.cell("tax_paid_yuan", "2025-07", SHIBEI)["status"] == "incomplete"


def test_a_late_delivery_covers_the_month_it_carries(town: Figures) -> None:
    assert town.cell("tax_paid_yuan", "2025-10")["status"] == "published"
    assert town.value("tax_paid_yuan", "2025-10") == 1000


def test_a_rejected_snapshot_leaves_its_month_incomplete(town: Figures) -> None:
    assert town.cell("loan_balance_yuan", "2025-04")["value"] is None
    incomplete = town.rows(
        "select distinct indicator_code, period from intermediate.int_monitoring__district_month"
        " where cell_status = 'incomplete' order by 1, 2"
    )
    assert incomplete == [
        ("credit_loan_balance_yuan", "2025-04"),
        ("first_loan_count", "2025-04"),
        ("loan_balance_yuan", "2025-04"),
        ("tax_paid_yuan", "2025-07"),
    ]


def test_sales_by_period_highest_version(town: Figures) -> None:
    assert town.value("sales_yuan", "2025-01") == 2500
    assert town.value("export_sales_yuan", "2025-01") == 700
    assert town.value("sales_yuan", "2025-03") == 11000
    assert town.value("sales_yuan", "2025-03", NOWHERE) == 9000
    assert town.value("sales_yuan", "2025-03", NOWHERE, scope="registration_type") == 9000
    assert town.cell("sales_yuan", "2025-03")["ytd"] == 15500


def test_insured_heads_are_a_stock_of_the_month(town: Figures) -> None:
    assert [town.value("insured_headcount", m) for m in MONTHS[:3]] == [10, 12, 10]
    assert town.cell("insured_headcount", "2025-02")["mom"] == Decimal("0.2")
    assert town.cell("insured_headcount", "2025-02")["ytd"] is None
    assert town.cell("insured_headcount", "2026-02")["yoy"] == Decimal("-0.1666666667")


def test_loans_are_the_last_snapshot_of_the_month(town: Figures) -> None:
    assert town.value("loan_balance_yuan", "2025-01") == 3_000_000
    assert town.value("credit_loan_balance_yuan", "2025-01") == 1_000_000
    assert town.value("loan_balance_yuan", "2025-02") == 805_000
    assert town.value("loan_balance_yuan", "2025-02", HUANGDAO) == 0
    assert {m for m in MONTHS if town.value("first_loan_count", m)} == {"2025-01"}


@pytest.mark.parametrize("indicator", ["guarantee_yuan", "subsidy_yuan", "equity_financing_yuan"])
def test_financing_events_count_in_their_month(town: Figures, indicator: str) -> None:
    assert [town.value(indicator, m) for m in MONTHS[:3]] == [10_000, 20_000, 30_000]
    assert town.cell(indicator, "2025-03")["ytd"] == 60_000
    assert town.cell(indicator, "2026-01")["yoy"] == 12


def test_tiers_are_held_from_award_to_expiry_or_withdrawal(town: Figures) -> None:
    def holders(tier: str) -> list[Decimal | None]:
        return [town.value("tier_holders", m, cut=("tier", tier)) for m in MONTHS[:7]]

    assert holders("专精特新中小企业") == [1, 1, 1, 1, 1, 1, 0]
    assert holders("创新型中小企业") == [0, 1, 1, 0, 0, 0, 0]
    assert holders("瞪羚企业") == [1, 1, 1, 1, 1, 1, 1]
    assert [town.value("tier_holders", m) for m in MONTHS[:7]] == [2, 3, 3, 2, 2, 2, 1]
    assert town.value("tier_holders", "2025-03", SHIBEI) == 2
    assert town.value("tier_holders", "2025-03", NOWHERE, cut=("tier", "瞪羚企业")) == 1
    assert town.value("tier_holders", "2025-03", scope="private") == 2


def test_registers_hold_between_issue_and_expiry(town: Figures) -> None:
    assert [town.value("high_tech_enterprises", m) for m in ("2025-01", "2026-02")] == [1, 1]
    assert [town.value("tech_smes", m) for m in ("2025-02", "2025-03", "2025-12", "2026-01")] == [0, 1, 1, 0]


def test_above_scale_is_the_latest_list(town: Figures) -> None:
    assert [town.value("above_scale_enterprises", m) for m in MONTHS[:6]] == [1, 1, 3, 3, 3, 3]
    assert town.value("above_scale_enterprises", "2025-04", CHENGYANG) == 1
    assert town.value("above_scale_enterprises", "2025-05", CHENGYANG) == 0


def test_risen_enterprises_count_when_first_listed(town: Figures) -> None:
    risen = {m: town.value("small_to_above_scale", m) for m in MONTHS}
    assert {m: v for m, v in risen.items() if v} == {"2025-03": 1, "2025-05": 1}
    assert town.value("small_to_above_scale", "2025-03", HUANGDAO) == 1


def test_arrears_stand_while_open_at_the_amounts_now_known(town: Figures) -> None:
    open_ = [town.value("arrears_open_yuan", m) for m in MONTHS[:6]]
    assert open_ == [0, 600_000, 900_000, 900_000, 900_000, 600_000]
    assert town.value("arrears_open_yuan", "2025-02", SHINAN) == 600_000
    assert town.value("arrears_open_yuan", "2025-03", SHIBEI) == 600_000


def test_the_settlement_rate_comes_from_sums(town: Figures) -> None:
    rates = [town.value("arrears_settlement_rate", m) for m in MONTHS[:4]]
    assert rates == [None, Decimal("0.4"), Decimal("0.4375"), Decimal("0.4375")]
    assert town.value("arrears_settlement_rate", "2025-03", HUANGDAO) == Decimal("0.5")
    assert town.value("arrears_settlement_rate", "2026-02") == Decimal("0.4375")
    assert town.cell("arrears_settlement_rate", "2025-03")["mom"] == Decimal("0.09375")


def test_delivered_district_figures(town: Figures) -> None:
    assert town.value("private_trade_yuan", "2025-01", HUANGDAO) == 160
    assert town.value("private_trade_yuan", "2025-02", HUANGDAO) == 150
    assert town.value("private_trade_yuan", "2025-02", NOWHERE) == 7
    assert town.value("private_trade_yuan", "2025-06") == 157
    scopes = town.rows(
        "select distinct scope from intermediate.int_monitoring__city_month where indicator_code = 'private_trade_yuan'"
    )
    assert scopes == [("all",)]


def test_a_delivered_city_figure_that_differs_is_reported(town: Figures) -> None:
    found = town.rows(
        "select period, delivered_value, sum_of_districts, difference from intermediate.int_monitoring__city_difference"
        " order by 1"
    )
    assert found == [("2025-01", 157, 167, -10), ("2025-06", 158, 157, 1)]
