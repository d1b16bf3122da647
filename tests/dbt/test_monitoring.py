"""Every indicator on a town small enough to count by hand; each test says the rule it holds to."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from tests.dbt.town import Figures, build_figures, deliver, new_warehouse, uscc
from tidu.stack.postgres import Cluster

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.xdist_group("monitoring")]
SHINAN, SHIBEI, HUANGDAO, LICANG, CHENGYANG, PINGDU, NOWHERE = (
    "370202", "370203", "370211", "370213", "370214", "370283", "370299",
)  # fmt: skip
MONTHS = [f"2025-{m:02d}" for m in range(1, 13)] + ["2026-01", "2026-02"]
NAMES = {
    "A": "青岛甲机械有限公司",
    "B": "青岛乙港务有限公司",
    "C": "李沧区丙餐馆",
    "D": "青岛丁软件有限公司",
    "E": "青岛戊食品有限公司",
    "F": "平度己果蔬专业合作社",
    "G": "胶州市庚理发店",
}
CODES = {letter: uscc(100 + n) for n, letter in enumerate(NAMES)}


def entity(letter: str, category: str, district: str, established_on: str, **more: object) -> dict[str, object]:
    """Return a registration row; in 存续 unless told otherwise."""
    return {
        "entity_no": f"N{letter}", "uscc": CODES[letter], "entity_name": NAMES[letter], "entity_category": category,
        "established_on": established_on, "reg_status": "存续", "district_code": district,
        "updated_at": "2024-12-20T09:00:00", **more,
    }  # fmt: skip


A = entity("A", "企业", SHINAN, "2020-05-01", holding_type="私人控股", reg_type_code="173", industry_code="C3511")
B = entity("B", "企业", "370284", "2019-03-01", holding_type="国有控股", reg_type_code="110", industry_code="G5521")
C = entity("C", "个体工商户", LICANG, "2025-02-10", industry_code="H6210", updated_at="2025-02-10T10:00:00")
D = entity("D", "企业", "370900", "2025-01-20", reg_type_code="171", updated_at="2025-01-20T10:00:00")
E = entity(
    "E", "企业", CHENGYANG, "2018-07-01", holding_type="港澳台商控股", reg_type_code="210", industry_code="C1439"
)
F = entity("F", "农民专业合作社", PINGDU, "2025-12-31", industry_code="A0141", updated_at="2025-12-31T10:00:00")
G = entity("G", "个体工商户", "370281", "2025-05-10", reg_status="注销", status_on="2025-05-25",
           updated_at="2025-05-25T10:00:00")  # fmt: skip


def market_supervision(dsn: str) -> None:
    deliver(dsn, "ms_registration", "2025-01-01", [A, B, E])
    deliver(dsn, "ms_registration", "2025-03-01", [C, D])
    moved = {**A, "district_code": SHIBEI, "updated_at": "2025-03-28T09:00:00"}
    deliver(dsn, "ms_registration", "2025-04-01", [moved])
    deliver(
        dsn,
        "ms_change_event",
        "2025-04-01",
        [{"change_no": "1", "entity_no": "NA", "change_item": "登记机关", "changed_on": "2025-03-15"}],
    )
    deliver(
        dsn,
        "ms_registration",
        "2025-07-01",
        [G, {**C, "reg_status": "吊销", "status_on": "2025-06-20", "updated_at": "2025-06-20T10:00:00"}],
    )
    deliver(
        dsn,
        "ms_registration",
        "2025-09-10",
        [
            {**C, "reg_status": "注销", "status_on": "2025-09-05", "updated_at": "2025-09-05T10:00:00"},
            {**E, "reg_status": "迁出", "status_on": "2025-08-15", "updated_at": "2025-08-15T10:00:00"},
        ],
    )
    deliver(dsn, "ms_registration", "2026-01-02", [F])


def tax(dsn: str) -> None:
    updated_at = "2025-01-01T00:00:00"
    deliver(
        dsn,
        "tx_taxpayer",
        "2025-01-01",
        [
            {"taxpayer_no": f"T{x}", "taxpayer_id": CODES[x], "taxpayer_name": NAMES[x], "updated_at": updated_at}
            for x in "ABD"
        ]
        + [{"taxpayer_no": "T9", "taxpayer_id": uscc(999), "taxpayer_name": "外地某某公司", "updated_at": updated_at}],
    )

    def paid(voucher: str, taxpayer: str, month: str, amount: object, version: int = 1) -> dict[str, object]:
        return {"voucher_no": voucher, "version": version, "taxpayer_no": taxpayer, "paid_month": month,
                "tax_kind": "增值税", "amount_yuan": amount, "updated_at": updated_at}  # fmt: skip

    def filed(taxpayer: str, period: str, sales: object, export: object = None, version: int = 1) -> dict[str, object]:
        return {"taxpayer_no": taxpayer, "period": period, "version": version, "sales_yuan": sales,
                "export_sales_yuan": export, "updated_at": updated_at}  # fmt: skip

    more_paid = {
        "2025-01": [paid("X1", "T9", "2025-01", 300)],
        "2025-03": [paid("A2025-02", "TA", "2025-02", 1500, 2)],
        "2025-05": [paid("B5", "TB", "2025-05", "-200.50")],
        "2025-11": [paid("A2025-10", "TA", "2025-10", 1000)],
    }
    more_filed = {"2025-03": [filed("TD", "2025-03", 9000, 0), filed("TA", "2025-01", 2500, 700, 2)]}
    for n, month in enumerate(MONTHS):
        due = f"{MONTHS[n + 1]}-05" if n + 1 < len(MONTHS) else "2026-03-05"
        # July's payments never came; October's came with November's.
        if month not in ("2025-07", "2025-10"):
            deliver(dsn, "tx_payment", due, [paid(f"A{month}", "TA", month, 1000), *more_paid.get(month, [])])
        deliver(dsn, "tx_vat_return", due, [filed("TA", month, 2000, 500), *more_filed.get(month, [])])


def hr(dsn: str) -> None:
    for n, month in enumerate(MONTHS):
        due = f"{MONTHS[n + 1]}-08" if n + 1 < len(MONTHS) else "2026-03-04"
        rows = [{"employer_no": "P1", "employer_name": NAMES["A"], "uscc": CODES["A"], "month": month, "version": 1,
                 "insured_headcount": 10}]  # fmt: skip
        if month == "2025-03":
            rows += [{**rows[0], "month": "2025-02", "version": 2, "insured_headcount": 12}]
        deliver(dsn, "hr_insurance", due, rows)


def finance(dsn: str) -> None:
    def loan(number: str, letter: str, kind: str, balance: object, first: str, starts_on: str) -> dict[str, object]:
        return {"loan_no": number, "borrower_name": NAMES[letter], "borrower_uscc": CODES[letter], "loan_kind": kind,
                "is_first_loan": first, "amount_wan": 500, "balance_wan": balance, "starts_on": starts_on}  # fmt: skip

    for month in MONTHS:
        if month == "2025-04":
            deliver(dsn, "fn_loan", "2025-04-15", state="rejected")
            continue
        snapshot = [loan("L1", "A", "信用", 100, "是", "2025-01-10"), loan("L2", "B", "抵押", 200, "否", "2024-06-01")]
        deliver(dsn, "fn_loan", f"{month}-10", snapshot)
        if month == "2025-02":
            deliver(dsn, "fn_loan", "2025-02-20", [loan("L1", "A", "信用", "80.5", "是", "2025-01-10")])
    events = {
        "fn_guarantee": ("guarantee_no", "signed_on", "amount_wan"),
        "fn_subsidy": ("grant_no", "paid_on", "amount_wan"),
        "fn_equity": ("deal_no", "paid_on", "paid_in_wan"),
    }
    for dataset, (key, day, amount) in events.items():
        for n, month in enumerate(MONTHS):
            due = f"{MONTHS[n + 1]}-03" if n + 1 < len(MONTHS) else "2026-03-03"
            rows = [{key: f"{dataset}{month}", "enterprise_name": NAMES["A"], "uscc": CODES["A"], day: f"{month}-15",
                     amount: n + 1}]  # fmt: skip
            deliver(dsn, dataset, due, rows)


def bureau(dsn: str) -> None:
    def holder(number: str, tier: str, letter: str, awarded_on: str, **more: object) -> dict[str, object]:
        return {"cert_no": number, "tier": tier, "enterprise_name": NAMES[letter], "uscc": CODES[letter],
                "awarded_on": awarded_on, **more}  # fmt: skip

    deliver(
        dsn,
        "mi_tier_holder",
        "2025-02-05",
        [
            holder("1", "专精特新中小企业", "A", "2025-01-10", valid_until="2025-06-30"),
            holder("2", "创新型中小企业", "A", "2025-02-01"),
            holder("3", "创新型中小企业", "A", "2025-02-03", valid_until="2025-03-31"),
            {"cert_no": "4", "tier": "瞪羚企业", "enterprise_name": "无人知晓的企业", "awarded_on": "2025-01-31"},
        ],
    )
    deliver(
        dsn,
        "mi_tier_holder",
        "2025-05-05",
        [holder("2", "创新型中小企业", "A", "2025-02-01", withdrawn_on="2025-04-30")],
    )
    deliver(
        dsn,
        "mi_tech_register",
        "2025-02-05",
        [
            {
                "cert_no": "1",
                "register": "高新技术企业",
                "enterprise_name": NAMES["A"],
                "uscc": CODES["A"],
                "issued_on": "2025-01-31",
                "valid_until": "2028-01-30",
            },
            {
                "cert_no": "2",
                "register": "科技型中小企业",
                "enterprise_name": NAMES["D"],
                "uscc": CODES["D"],
                "issued_on": "2025-03-01",
                "valid_until": "2025-12-31",
            },
            {
                "cert_no": "3",
                "register": "质量奖",
                "enterprise_name": NAMES["B"],
                "uscc": CODES["B"],
                "issued_on": "2025-01-05",
            },
        ],
    )
    for day, year, letters in (
        ("2025-01-05", 2024, "A"), ("2025-03-10", 2025, "ABE"), ("2025-05-10", 2025, "ABD"),
    ):  # fmt: skip
        deliver(
            dsn,
            "mi_above_scale",
            day,
            [{"uscc": CODES[x], "enterprise_name": NAMES[x], "list_year": year} for x in letters],
        )
    complaint = {"complaint_no": "1", "creditor_name": NAMES["A"], "creditor_uscc": CODES["A"], "district_code": LICANG,
                 "amount_wan": 100, "paid_wan": 0, "filed_on": "2025-02-10"}  # fmt: skip
    deliver(dsn, "mi_arrears", "2025-02-12", [complaint])
    deliver(
        dsn,
        "mi_arrears",
        "2025-06-18",
        [
            {**complaint, "paid_wan": 40},
            {
                **complaint,
                "complaint_no": "2",
                "creditor_name": NAMES["B"],
                "creditor_uscc": CODES["B"],
                "amount_wan": 60,
                "paid_wan": 30,
                "filed_on": "2025-03-31",
                "closed_on": "2025-06-15",
            },
        ],
    )


def statistics(dsn: str) -> None:
    def figure(district: str, period: str, value: object, version: int = 1) -> dict[str, object]:
        return {"district_code": district, "period": period, "indicator_code": "private_trade_yuan",
                "version": version, "value": value}  # fmt: skip

    for n, month in enumerate(MONTHS):
        due = f"{MONTHS[n + 1]}-20" if n + 1 < len(MONTHS) else "2026-03-01"
        rows = [figure(HUANGDAO, month, 100), figure("370284", month, 50), figure("370999", month, 7)]
        rows += [figure("370200", month, 158 if month == "2025-06" else 157)]
        rows += [figure(HUANGDAO, "2025-01", 110, 2)] if month == "2025-02" else []
        deliver(dsn, "st_district_indicator", due, rows)


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
        s: town.value("market_entities", "2025-02", cut=("industry_section", s)) for s in ("C", "G", "H", "未分类", "T")
    }
    assert parts == {"C": 2, "G": 1, "H": 1, "未分类": 1, "T": 0}


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
