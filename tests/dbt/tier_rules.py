"""The rules for tiers once more, in plain Python from the documents; nothing here reads policies/ or SQL made of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from fractions import Fraction

from tests.dbt.tier_answers import (
    WAN,
    Facts,
    Judged,
    Measures,
    among,
    both,
    compound,
    either,
    equals,
    from_above,
    ge,
    le,
    percent,
    points,
    raised,
    ratio,
    summed,
    total,
    unless,
    upto,
)

SOLID = "补短板锻长板填空白"
BASIC = ("工业六基或中华老字号", "关键产业链配套")
TABLE_11 = ((500, "10", 10), (400, "8", 8), (300, "6", 6), (200, "4", 4), (100, "3", 2))
"""R&D in 万元, or its share of revenue, and the points of either."""


def innovative(f: Facts) -> Judged:
    """63号 annex 1; section 2.1."""
    m = Measures(f)
    scored = {
        "1": points((ge(f["ip_class1_high_value"], 1), 20), (ge(f["ip_class1_own"], 1), 15),
                    (ge(f["ip_class1"], 1), 10), (ge(f["ip_class2"], 1), 5)),
        "2": from_above(m.rd1, (percent("5"), 20), (percent("3"), 15), (percent("2"), 10), (percent("1"), 5)),
        "3": from_above(m.growth, (percent("15"), 20), (percent("10"), 15), (percent("5"), 10), (0, 5)),
        "4": upto(m.debt, (percent("55"), 10), (percent("75"), 5)),
        "5": points((f["strategic_emerging"], 10), otherwise=5),
        "6": from_above(m.main, (percent("70"), 20), (percent("60"), 15), (percent("55"), 10), (percent("50"), 5)),
    }  # fmt: skip
    direct = {
        "D1": f["award_3y"],
        "D2": either(f["has_high_tech"], f["has_innovation_demonstration"], f["has_ip_demonstration"]),
        "D3": f["has_provincial_rd_institute"],
        "D4": raised(f, 3, 500 * WAN),
    }
    parts = {"": ((), 60), "创新能力": (("1", "2"), 20), "成长性": (("3", "4"), 15), "专业化": (("5", "6"), 15)}
    return Judged("innovative-2022", m.common, {}, scored, direct, parts)


def specialised_63(f: Facts) -> Judged:
    """63号 annex 2; section 2.2."""
    m = Measures(f)
    marks = [f[n] for n in ("has_quality_award", "has_management_certificate", "has_own_brand", "has_standard")]
    rd = f["rd_expense_y1"]
    feature = f["local_feature_score"]
    given = None if feature is None else min(max(Fraction(feature), Fraction(0)), Fraction(15))
    criteria = {
        "N1": m.niche(2),
        "N2": both(ge(rd, 100 * WAN), ge(m.rd1, percent("3"))),
        "N3": either(ge(f["revenue_y1"], 1000 * WAN), raised(f, 2, 2000 * WAN)),
    }
    scored = {
        "1": from_above(m.main, (percent("80"), 5), (percent("70"), 3), (percent("60"), 1)),
        "2": from_above(m.mean_growth, (percent("10"), 10), (percent("8"), 8), (percent("6"), 6), (percent("4"), 4),
                        (0, 2)),
        "3": points(*((m.niche(2 * p), p) for p in (5, 4, 3, 2, 1))),
        "4": points((equals(f["product_domain"], SOLID), 5), (among(f["product_domain"], BASIC), 3)),
        "5": from_above(f["digital_level"], (3, 5), (2, 3)),
        "6": (min(3 * marks.count(True), 5), min(3 * (marks.count(True) + marks.count(None)), 5)),
        "7": from_above(m.margin, *((percent(str(p)), p) for p in (10, 8, 6, 4, 2))),
        "8": upto(m.debt, (percent("50"), 5), (percent("60"), 3), (percent("70"), 1)),
        "9": (0, 15) if given is None else (given, given),
        "10": points((ge(f["ip_class1_high_value"], 1), 10), (ge(f["ip_class1_own"], 1), 8),
                     (ge(f["ip_class1"], 1), 6), (ge(f["ip_class2"], 1), 2)),
        "11": points(*((either(ge(rd, wan * WAN), ge(m.rd1, percent(share))), p)
                       for wan, share, p in TABLE_11)),
        "12": from_above(m.staff, (percent("20"), 5), (percent("10"), 3), (percent("5"), 1)),
        "13": points((f["has_national_rd_institute"], 10), (f["has_provincial_rd_institute"], 8),
                     (f["has_city_rd_institute"], 4), (f["has_rd_institute"], 2)),
    }  # fmt: skip
    direct = {
        "D1": f["award_top3_or_national_top5_3y"],
        "D2": m.rd_both(2 * 1000 * WAN),
        "D3": raised(f, 2, 6000 * WAN),
        "D4": f["maker_contest_top500_3y"],
    }
    return Judged("specialised-2022", m.common, criteria, scored, direct, {"": ((), 60)})


def specialised_2(f: Facts) -> Judged:
    """2号 annex 1; section 1.3."""
    m = Measures(f)
    criteria = {
        "A1": either(f["has_tech_sme"], f["holds_innovative"]),
        "A2": m.niche(3),
        "A3a": either(ge(f["revenue_y1"], 1500 * WAN), raised(f, 2, 2000 * WAN)),
        "A3b": ge(m.main, percent("80")),
        "A3c": le(m.debt, percent("80")),
        "A4": both(ge(f["rd_expense_y1"], 100 * WAN), ge(f["rd_expense_y2"], 100 * WAN),
                   ge(m.rd1, percent("3")), ge(m.rd2, percent("3"))),
        "A5": either(ge(f["ip_class1"], 1), f["award_top3_3y"], f["has_provincial_rd_institute"]),
        "A6": f["market_position_confirmed"],
        "A7": ge(f["platform_score"], 50),
    }  # fmt: skip
    return Judged("specialised-2026", m.common, criteria)


def little_giant_63(f: Facts) -> Judged:
    """63号 annex 3; section 2.3."""
    m = Measures(f)
    revenue = f["revenue_y1"]
    rd = either(
        both(ge(revenue, 10000 * WAN), ge(m.rd1, percent("3")), ge(m.rd2, percent("3"))),
        both(ge(revenue, 5000 * WAN), unless(ge(revenue, 10000 * WAN)), ge(m.rd1, percent("6")),
             ge(m.rd2, percent("6"))),
        both(unless(ge(revenue, 5000 * WAN)), raised(f, 2, 8000 * WAN), m.rd_both(3000 * WAN),
             ge(m.staff, percent("50"))),
    )  # fmt: skip
    criteria = {
        "专1": m.niche(3),
        "专2": ge(m.main, percent("70")),
        "专3": ge(m.mean_growth, percent("5")),
        "精1": f["core_business_on_it"],
        # or a product certified in developed countries, of which nobody delivers anything
        "精2": either(f["has_management_certificate"], None),
        "精3": le(m.debt, percent("70")),
        "特1": ge(f["domestic_market_share_pct"], 10),
        "特2": f["has_own_brand"],
        "新": either(f["national_award_top3_3y"], f["maker_contest_top50_3y"],
                     both(rd, f["has_rd_institute"], ge(f["ip_class1"], 2))),
        "链": either(f["key_chain_link"], equals(f["product_domain"], SOLID)),
        "品": f["key_field"],
    }  # fmt: skip
    return Judged("little-giant-2022", m.common, criteria)


def little_giant_2(f: Facts) -> Judged:
    """2号 annex 2; section 1.4."""
    m = Measures(f)
    criteria = {
        "B1": both(f["holds_specialised"], m.niche(3)),
        "B2a": ge(f["revenue_y1"], 5000 * WAN),
        "B2b": ge(m.main, percent("90")),
        "B2c": compound(f["revenue_y1"], f["revenue_y3"], "5"),
        "B2d": le(m.debt, percent("75")),
        "B3": both(m.rd_both(1200 * WAN), ge(m.rd1, percent("3")), ge(m.rd2, percent("3"))),
        "B4": either(ge(f["ip_class1"], 4), f["national_award_top3_3y"]),
        "B5": either(ge(f["domestic_market_share_pct"], 10), le(f["domestic_rank"], 3)),
        "B6": either(f["key_field"], f["key_chain_link"]),
        "B7": ge(f["platform_score"], 60),
    }
    return Judged("little-giant-2026", {**m.common, "G6": unless(f["holds_champion"])}, criteria)


def tech_sme(f: Facts) -> Judged:
    """115号; section 3.1. 科技人员 must not have no points."""
    m = Measures(f)
    gates = {
        "G2": le(f["headcount_y1"], 500),
        "G3": le(f["revenue_y1"], 20000 * WAN),
        "G4": le(f["total_assets_y1"], 20000 * WAN),
        "G5": unless(f["is_blacklisted"]),
        "G6": unless(f["is_large"]),
    }
    scored = {
        "1": from_above(m.staff, *((percent(str(5 * n)), 4 * n - 4) for n in (6, 5, 4, 3, 2))),
        "2": from_above(m.rd1, *((percent(str(n)), 10 * n - 10) for n in (6, 5, 4, 3, 2))),
        "3": points((ge(f["ip_class1"], 1), 30), *((ge(f["ip_class2"], n), 6 * n) for n in (4, 3, 2, 1))),
    }
    direct = {
        "D1": f["has_high_tech"],
        "D2": f["national_award_top3_5y"],
        "D3": f["has_provincial_rd_institute"],
        "D4": f["has_national_standard_5y"],
    }
    return Judged("tech-sme-2017", gates, {}, scored, direct, {"": ((), 60), "科技人员": (("1",), 1)})


def high_tech(f: Facts) -> Judged:
    """32号; section 3.2, as far as departments deliver it."""
    m = Measures(f)
    revenue = f["revenue_y1"]
    three = ratio(
        total(*(f[f"rd_expense_{y}"] for y in ("y1", "y2", "y3"))),
        total(*(f[f"revenue_{y}"] for y in ("y1", "y2", "y3"))),
    )
    small, middle = le(revenue, 5000 * WAN), le(revenue, 20000 * WAN)
    criteria = {
        "H1": m.days(365),
        "H2": either(ge(f["ip_class1"], 1), ge(f["ip_class2"], 1)),
        "H4": ge(m.staff, percent("10")),
        "H5": either(
            both(small, ge(three, percent("5"))),
            both(unless(small), middle, ge(three, percent("4"))),
            both(unless(middle), ge(three, percent("3"))),
        ),
    }
    gates = {"H0": unless(f["is_blacklisted"]), "H9": unless(f["is_large"])}
    return Judged("high-tech-2016-prescreen-draft", gates, criteria)


def champion(f: Facts) -> Judged:
    """138号; section 3.3."""
    m = Measures(f)
    three = [f[f"main_revenue_{y}"] for y in ("y1", "y2", "y3")]
    criteria = {
        # a new product does with five years; nobody delivers whether it is one
        "C1": either(m.niche(10), both(m.niche(5), None)),
        "C2": either(summed(3 * 40000 * WAN, *three),
                     both(summed(3 * 20000 * WAN, *three), either(f["holds_specialised"], f["holds_little_giant"]))),
        "C3": f["has_provincial_rd_institute"],
    }  # fmt: skip
    return Judged("champion-2023-draft", {"G2": m.common["G2"], "G1": m.common["G3"]}, criteria)


def gazelle(f: Facts) -> Judged:
    """鲁工信发〔2020〕8号; section 4.3."""
    m = Measures(f)
    revenue = f["revenue_y1"]
    upto_400_million = le(revenue, 40000 * WAN)
    edges = (
        (both(ge(revenue, 1000 * WAN), unless(ge(revenue, 2000 * WAN))), "25"),
        (both(ge(revenue, 2000 * WAN), unless(ge(revenue, 10000 * WAN))), "20"),
        (both(ge(revenue, 10000 * WAN), upto_400_million), "15"),
        (unless(upto_400_million), "10"),
    )
    founded = f["established_on"]
    years = None if founded is None else f["end_of_last_year"].year - founded.year
    big = ge(revenue, 10000 * WAN)
    criteria = {
        "Z1": ge(years, 3),
        "Z2": unless(ge(m.debt, percent("70"))),
        "Z3": unless(f["is_listed"]),
        "Z4": either(*(both(is_within, either(compound(revenue, f["revenue_y3"], growth),
                                              compound(f["net_profit_y1"], f["net_profit_y3"], growth)))
                       for is_within, growth in edges)),
        "Z5": either(both(big, ge(m.rd1, percent("2.5")), ge(m.rd2, percent("2.5"))),
                     both(unless(big), ge(m.rd1, percent("5")), ge(m.rd2, percent("5")))),
        "Z6": either(ge(f["invention_patents"], 2), ge(f["utility_models_and_software"], 8),
                     f["has_national_standard"]),
    }  # fmt: skip
    return Judged("gazelle-2020-draft", m.common, criteria)


def unicorn(f: Facts) -> Judged:
    """The Shandong standards of 2018 and 2019; section 4.3."""
    m = Measures(f)
    criteria = {"U1": m.young(10), "U2": f["has_qualified_investor"], "U3": unless(f["is_listed"])}
    return Judged("unicorn-2019-draft", m.common, criteria)


def hidden_unicorn(f: Facts) -> Judged:
    """The notice of 2024-09-10; section 4.4."""
    m = Measures(f)
    value = f["valuation"]
    criteria = {
        "Y1": both(ge(value, 20000 * WAN), le(value, 300000 * WAN)),
        "Y2": m.young(5),
        "Y3": unless(f["is_listed"]),
    }
    return Judged("hidden-unicorn-2024-draft", m.common, criteria)


def leading_private(f: Facts) -> Judged:
    """The selection of 2022; section 4.4: most of it is for experts."""
    return Judged("leading-private-2022-draft", Measures(f).common, {"L1": f["is_private"]})


def fledgling(f: Facts) -> Judged:
    """No rule is published: what the draft assumes."""
    return Judged("fledgling-2025-draft", Measures(f).common, {"F1": either(f["has_tech_sme"], f["has_high_tech"])})


ALWAYS: dict[str, Callable[[Facts], Judged]] = {
    "创新型中小企业": innovative,
    "科技型中小企业": tech_sme,
    "高新技术企业": high_tech,
    "制造业单项冠军": champion,
    "瞪羚企业": gazelle,
    "独角兽企业": unicorn,
    "隐形独角兽企业": hidden_unicorn,
    "民营领军标杆企业": leading_private,
    "雏鹰企业": fledgling,
}
UNTIL_2026_03: dict[str, Callable[[Facts], Judged]] = {
    "专精特新中小企业": specialised_63,
    "专精特新小巨人": little_giant_63,
}
SINCE_2026_04: dict[str, Callable[[Facts], Judged]] = {
    "专精特新中小企业": specialised_2,
    "专精特新小巨人": little_giant_2,
}


def rules(as_of: dt.date) -> dict[str, Callable[[Facts], Judged]]:
    """Return the rule of every tier on a day."""
    return ALWAYS | (UNTIL_2026_03 if as_of < dt.date(2026, 4, 1) else SINCE_2026_04)
