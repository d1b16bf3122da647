"""A contract that says what tidu does not understand is refused, with file and field named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contracts.conftest import Edited
from tidu.contracts import contract, contracts
from tidu.contracts.catalogue import contract_path
from tidu.contracts.lint import lint_findings
from tidu.errors import ContractError

MISTAKES = {
    "unknown type": ("physicalType: month", "physicalType: quarter", "period", "quarter"),
    "logical type at odds": ("logicalType: number", "logicalType: string", "sales_yuan", "logicalType"),
    "unknown rule": ("implementation: not_after_delivery", "implementation: not_too_late", "period", "not_too_late"),
    "unknown unit": ("{property: unit, value: yuan}", "{property: unit, value: fen}", "sales_yuan", "fen"),
    "unit at odds with name": ("{property: unit, value: yuan}", "{property: unit, value: wan}", "sales_yuan", "wan"),
    "unknown custom property": ("{property: unit,", "{property: colour,", "sales_yuan", "colour"),
    "unknown field key": ("classification: restricted", "secrecy: restricted", "sales_yuan", "secrecy"),
    "unknown option": ("{minimum: 0}", "{maximum: 0}", "version", "maximum"),
    "unknown classification": ("classification: restricted", "classification: secret", "sales_yuan", "secret"),
    "aliases that are no list": (
        "{property: unit, value: yuan}",
        "{property: unit, value: yuan}, {property: aliases, value: 销售收入}",
        "sales_yuan",
        "aliases",
    ),
    "missing heading": ("businessName: 销售额, ", "", "sales_yuan", "businessName"),
    "optional key field": (
        "primaryKeyPosition: 2, required: true",
        "primaryKeyPosition: 2, required: false",
        "period",
        "required",
    ),
}
DOCUMENT_MISTAKES = {
    "unknown mode": ("value: append", "value: replace", "replace"),
    "unknown cadence": ("value: monthly", "value: hourly", "hourly"),
    "unknown transport": ("value: sql", "value: fax", "fax"),
    "unknown drift policy": ("extraColumn: keep", "extraColumn: drop", "drop"),
    "unknown policy for renamed columns": ("renamedColumn: accept", "renamedColumn: guess", "renamedColumn"),
    "unknown policy for changed types": ("changedType: warn", "changedType: cast", "changedType"),
    "unknown policy for new codes": ("newCode: warn", "newCode: learn", "newCode"),
    "no policy for reordered columns": ("reorderedColumn: accept, ", "", "reorderedColumn"),
    "unknown case of drift": ("newCode: warn", "newCode: warn, movedColumn: warn", "movedColumn"),
    "share above 1": (
        "{property: transport, value: sql}",
        "{property: transport, value: sql}\n  - {property: changedTypeShare, value: 10}",
        "changedTypeShare",
    ),
    "a limit to shrinking where nothing shrinks": (
        "{property: rowRuleSeverity, value: warn}",
        "{property: rowRuleSeverity, value: warn}\n      - {property: shrinkLimit, value: 0.5}",
        "shrinkLimit",
    ),
    "days that are none": (
        "{property: transport, value: sql}",
        "{property: transport, value: sql}\n  - {property: correctionDays, value: soon}",
        "correctionDays",
    ),
    "alias that is another field's heading": (
        "{property: unit, value: yuan}",
        "{property: unit, value: yuan}, {property: aliases, value: [更新时间]}",
        "更新时间",
    ),
    "heading twice": ("businessName: 申报时间", "businessName: 更新时间", "更新时间"),
    "field twice": ("name: filed_at", "name: updated_at", "updated_at"),
    "key with a gap": ("primaryKeyPosition: 3", "primaryKeyPosition: 4", "key positions"),
    "unknown key": ("tenant: qingdao", "tenants: qingdao", "tenants"),
    "no purpose": ("  purpose:", "  purposes:", "purpose"),
    "name at odds with path": ("name: tx_vat_return\nversion", "name: tx_vat\nversion", "path says"),
    "broken YAML": ("kind: DataContract", "kind: [", "tx_vat_return.yml"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_field_names_file_and_field(edited: Edited, mistake: str) -> None:
    old, new, field, word = MISTAKES[mistake]
    with pytest.raises(ContractError) as refusal:
        edited("tx_vat_return", old, new)
    assert "tax/tx_vat_return.yml" in str(refusal.value)
    assert f"field {field}" in str(refusal.value)
    assert word in str(refusal.value)


@pytest.mark.parametrize("mistake", DOCUMENT_MISTAKES)
def test_a_mistake_in_the_dataset_names_file_and_cause(edited: Edited, mistake: str) -> None:
    old, new, word = DOCUMENT_MISTAKES[mistake]
    with pytest.raises(ContractError) as refusal:
        edited("tx_vat_return", old, new)
    assert "tax/tx_vat_return.yml" in str(refusal.value)
    assert word in str(refusal.value)


def test_an_unknown_dataset_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ContractError, match=r"no contract for dataset tx_vat; known: .*tx_vat_return"):
        contract("tx_vat")


@pytest.mark.parametrize("name", sorted(contracts()))
def test_the_standards_own_linter_accepts_the_contract(name: str) -> None:
    assert lint_findings(contract_path(contract(name))) == []


def test_the_standards_own_linter_can_refuse(tmp_path: Path) -> None:
    text = contract_path(contract("tx_payment")).read_text(encoding="utf-8")
    assert "kind: DataContract\n" in text
    broken = tmp_path / "tx_payment.yml"
    broken.write_text(text.replace("kind: DataContract\n", "kind: Treaty\n"), encoding="utf-8")
    assert lint_findings(broken)


def test_a_contract_says_what_becomes_of_drift(edited: Edited) -> None:
    policies = {
        "extraColumn": "keep", "missingColumn": "warn", "missingRequiredColumn": "reject", "renamedColumn": "accept",
        "reorderedColumn": "accept", "changedType": "warn", "newCode": "warn",
    }  # fmt: skip
    assert {name: c.drift for name, c in contracts().items()} == dict.fromkeys(contracts(), policies)
    for case in ("extraColumn: keep", "missingColumn: warn", "renamedColumn: accept", "reorderedColumn: accept"):
        assert edited("tx_vat_return", case, f"{case.partition(':')[0]}: reject").drift != policies


def test_a_contract_gives_aliases_and_bounds(edited: Edited) -> None:
    old = "{property: oftenEmpty, value: true}"
    changed = edited("tx_taxpayer", old, f"{old}, {{property: aliases, value: [销户日期]}}")
    assert changed.field("cancelled_on").aliases == ("销户日期",)
    assert (changed.type_share, changed.correction_days) == (0.1, 30)
    transport = "{property: transport, value: sql}"
    more = "\n  - {property: changedTypeShare, value: 0.25}\n  - {property: correctionDays, value: 7}"
    bounded = edited("tx_taxpayer", transport, transport + more)
    assert (bounded.type_share, bounded.correction_days) == (0.25, 7)
