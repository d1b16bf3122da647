"""A town small enough to count by hand: what its departments deliver, for test_monitoring."""

from __future__ import annotations

from tests.dbt.town import deliver, uscc

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
