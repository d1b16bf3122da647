"""The registry of indicators: complete, agreeing with contracts, and strict about what it is given."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tidu.contracts import contract
from tidu.errors import IndicatorError
from tidu.publishing.registry import ROOT, breakdowns, indicators, parse_breakdown, parse_indicator

INTERFACE = {
    "market_entities", "enterprises", "individual_businesses", "new_entities", "closed_entities", "tax_paid_yuan",
    "sales_yuan", "export_sales_yuan", "insured_headcount", "private_trade_yuan", "private_investment_yuan",
    "loan_balance_yuan", "first_loan_count", "credit_loan_balance_yuan", "guarantee_yuan", "subsidy_yuan",
    "equity_financing_yuan", "tier_holders", "high_tech_enterprises", "tech_smes", "above_scale_enterprises",
    "small_to_above_scale", "arrears_open_yuan", "arrears_settlement_rate", "tier_candidates",
}  # fmt: skip
FLOWS = {
    "new_entities", "closed_entities", "tax_paid_yuan", "sales_yuan", "export_sales_yuan", "private_trade_yuan",
    "private_investment_yuan", "first_loan_count", "guarantee_yuan", "subsidy_yuan", "equity_financing_yuan",
    "small_to_above_scale",
}  # fmt: skip


def test_every_indicator_of_the_interface_is_registered() -> None:
    assert set(indicators()) == INTERFACE


def test_flows_stocks_and_rates_are_those_of_the_interface() -> None:
    assert {c for c, i in indicators().items() if i.kind == "flow"} == FLOWS
    assert {c for c, i in indicators().items() if i.kind == "rate"} == {"arrears_settlement_rate"}


def test_only_figures_delivered_by_district_lack_private_scopes() -> None:
    bare = {c for c, i in indicators().items() if i.scopes == ("all",)}
    assert bare == {"private_trade_yuan", "private_investment_yuan"}
    assert all(len(i.scopes) == 4 for c, i in indicators().items() if c not in bare)


def test_what_could_tell_of_one_enterprise_is_protected_and_cut_in_one_scope() -> None:
    enterprise_figures = {"元", "人", "笔", "比率"}
    protected = {c for c, i in indicators().items() if i.unit in enterprise_figures and len(i.scopes) == 4}
    assert {c for c, i in indicators().items() if i.disclosure == "protected"} == protected
    assert {indicators()[c].breakdown_scopes for c in protected} == {("all",)}


def test_every_figure_of_enterprises_is_cut_by_section_size_and_zone() -> None:
    whole = {"private_trade_yuan", "private_investment_yuan"}
    for code, indicator in indicators().items():
        cut = set() if code in whole else {"industry_section", "size_class", "zone"}
        assert set(indicator.breakdowns) == cut | ({"tier"} if code.startswith("tier_") else set())


def test_the_tiers_are_those_of_the_contract() -> None:
    assert tuple(breakdowns()["tier"].values) == contract("mi_tier_holder").field("tier").values


def test_due_deliveries_follow_from_the_contracts_cadence() -> None:
    assert indicators()["tax_paid_yuan"].monthly_datasets == ("tx_payment",)
    assert indicators()["market_entities"].monthly_datasets == ()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"formula": "x"}, "unknown keys"),
        ({"unit": None}, "not one of"),
        ({"unit": "万元"}, "not one of"),
        ({"kind": "level"}, "not one of"),
        ({"datasets": ["tx_unknown"]}, "not one of"),
        ({"datasets": []}, "at least one dataset"),
        ({"scopes": ["most"]}, "not one of"),
        ({"breakdowns": ["colour"]}, "not one of"),
        ({"breakdowns": []}, "go together"),
        ({"breakdown_scopes": ["most"]}, "not one of"),
        ({"additive": False}, "a rate has unit"),
        ({"kind": "rate"}, "a rate has unit"),
        ({"name": {"zh": "税款"}}, "zh and en"),
        ({"definition": {"zh": "", "en": "x"}}, "zh and en"),
        ({"code": "other"}, "the file is called"),
    ],
)
def test_a_file_with_anything_amiss_is_refused(tmp_path: Path, change: dict[str, object], reason: str) -> None:
    document = yaml.safe_load((ROOT / "tax_paid_yuan.yml").read_text(encoding="utf-8")) | change
    path = tmp_path / "tax_paid_yuan.yml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    with pytest.raises(IndicatorError, match=reason):
        parse_indicator(path)


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    path = tmp_path / "tax_paid_yuan.yml"
    text = (ROOT / "tax_paid_yuan.yml").read_text(encoding="utf-8").replace("disclosure: protected\n", "")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(IndicatorError, match=r"missing keys \['disclosure'\]"):
        parse_indicator(path)


def test_a_breakdown_keeps_its_remainder_among_its_values(tmp_path: Path) -> None:
    path = tmp_path / "zone.yml"
    path.write_text(
        "code: zone\nname: {zh: 功能区, en: Zone}\nsource: x\nvalues: {a: A}\nother: b\nopen: true\n", encoding="utf-8"
    )
    with pytest.raises(IndicatorError, match="among them"):
        parse_breakdown(path)
