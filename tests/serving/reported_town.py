"""Five enterprises whose reports can be read by eye: one meets everything, each other falls short in its own way."""

from __future__ import annotations

from tests.dbt.town import deliver, take_in, uscc

AS_OF = "2026-06-30"
WHOLE, UNSAID, INDEBTED, SILENT, BLACKLISTED = (uscc(n) for n in (1, 2, 3, 4, 5))
NAMES = {
    WHOLE: "青岛甲机械有限公司", UNSAID: "青岛乙机械有限公司", INDEBTED: "青岛丙机械有限公司",
    SILENT: '=1+1<script>alert("丁")</script>有限公司', BLACKLISTED: "青岛戊机械有限公司",
}  # fmt: skip
REVENUE = {WHOLE: 150_000_000, UNSAID: 90_000_000, INDEBTED: 150_000_000, BLACKLISTED: 20_000_000}


def build_town(dsn: str) -> None:
    """Deliver what departments know of the five and assess them on the business date."""
    codes = list(NAMES)
    deliver(dsn, "ms_registration", "2026-06-01", [registration(code, number) for number, code in enumerate(codes)])
    deliver(dsn, "tx_taxpayer", "2026-06-01", [
        {"taxpayer_no": f"t{n}", "taxpayer_id": code, "taxpayer_name": NAMES[code], "updated_at": "2026-01-01T08:00:00"}
        for n, code in enumerate(codes) if code in REVENUE
    ])  # fmt: skip
    returns = [cit_return(codes.index(code), code, year) for code in REVENUE for year in (2023, 2024, 2025)]
    deliver(dsn, "tx_cit_return", "2026-06-20", returns)
    deliver(dsn, "hr_insurance", "2026-01-12", [
        {"employer_no": f"e{n}", "employer_name": NAMES[code], "uscc": code, "month": "2025-12", "version": 1,
         "insured_headcount": 120}
        for n, code in enumerate(codes) if code in REVENUE
    ])  # fmt: skip
    deliver(dsn, "hr_talent", "2026-03-20", [
        {"employer_no": f"e{n}", "employer_name": NAMES[code], "uscc": code, "as_of_year": 2025, "version": 1,
         "rd_headcount": 30}
        for n, code in enumerate(codes) if code in REVENUE
    ])  # fmt: skip
    deliver(dsn, "mi_declaration", "2026-05-10", [declaration(code) for code in REVENUE])
    deliver(dsn, "mi_tier_holder", "2025-03-15", [
        title("TD1", "创新型中小企业", WHOLE, "2027-12-31"), title("TD2", "专精特新中小企业", WHOLE, "2026-12-31"),
        title("TD3", "创新型中小企业", UNSAID, "2026-08-31"), title("TD4", "创新型中小企业", INDEBTED, "2026-05-31"),
        title("TD5", "创新型中小企业", BLACKLISTED, "2026-09-30"), title("TD6", "创新型中小企业", UNSAID, "2028-01-31"),
    ])  # fmt: skip
    deliver(dsn, "ms_irregularity", "2026-05-01", [
        {"record_no": "R1", "entity_no": "4", "uscc": BLACKLISTED, "list_kind": "经营异常名录",
         "listed_on": "2026-04-01"}
    ])  # fmt: skip
    take_in(AS_OF, until="tier")


def registration(code: str, number: int) -> dict[str, object]:
    return {
        "entity_no": str(number), "entity_name": NAMES[code], "uscc": code, "entity_category": "企业",
        "holding_type": "私人控股", "established_on": "2012-01-01", "reg_status": "存续",
        "industry_code": "C2710" if code == UNSAID else "C3851",
        "district_code": "370202" if code == INDEBTED else "370203", "updated_at": "2026-01-01T08:00:00",
    }  # fmt: skip


def cit_return(number: int, code: str, year: int) -> dict[str, object]:
    """Growth of 10 % a year, research of 6 %; one enterprise owes a hair more than 80 % of what it has."""
    revenue = round(REVENUE[code] / 1.1 ** (2025 - year), 2)
    owed = 0.800001 if code == INDEBTED else 0.4
    return {
        "taxpayer_no": f"t{number}", "tax_year": year, "version": 1, "operating_revenue_yuan": revenue,
        "main_business_revenue_yuan": round(revenue * 0.95, 2), "net_profit_yuan": round(revenue * 0.08, 2),
        "total_assets_yuan": 100_000_000, "total_liabilities_yuan": round(100_000_000 * owed, 2),
        "rd_expense_yuan": round(revenue * 0.06, 2), "updated_at": "2026-06-01T08:00:00",
    }  # fmt: skip


def declaration(code: str) -> dict[str, object]:
    return {
        "uscc": code, "enterprise_name": NAMES[code], "declared_year": 2026, "version": 1, "niche_since": "2019-01-01",
        "strategic_emerging": "是", "key_field": "是", "key_chain_link": "是", "domestic_market_share_pct": 12,
        "domestic_rank": 2, "market_position_confirmed": "是", "platform_score": None if code == UNSAID else 66,
        "ip_class1_high_value": 0, "ip_class1_own": 5, "ip_class1": 5, "ip_class2": 3,
    }  # fmt: skip


def title(number: str, tier: str, code: str, until: str) -> dict[str, object]:
    return {
        "cert_no": number, "tier": tier, "enterprise_name": NAMES[code], "uscc": code, "batch": "2024年第一批",
        "awarded_on": "2024-01-01", "valid_until": until,
    }  # fmt: skip
