"""The suites as data: complete, compiled from the contract, and refused when they are not sound."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import yaml

from tidu.contracts import contract, contracts
from tidu.errors import ContractError
from tidu.validation.suite import EXPECTATIONS, compiled_rules, plausibility_rules, suite_rules, suite_version


@pytest.mark.parametrize("dataset", contracts())
def test_every_contract_rule_becomes_one_expectation(dataset: str) -> None:
    promised = contract(dataset)
    assert [rule.rule_id for rule in compiled_rules(promised)] == [rule.rule_id for rule in promised.rules]
    for rule in compiled_rules(promised):
        assert rule.expectation["severity"] == "warning"
        assert rule.expectation["meta"]["rule_id"] == rule.rule_id


@pytest.mark.parametrize("dataset", contracts())
def test_every_dataset_is_doubted_with_reason_and_source(dataset: str) -> None:
    promised = contract(dataset)
    rules = plausibility_rules(promised)
    assert len(rules) >= 3
    assert len({rule.rule_id for rule in suite_rules(promised)}) == len(rules) + len(promised.rules)
    for rule in rules:
        kwargs = rule.expectation["kwargs"]
        assert rule.severity in ("warn", "report"), "outliers are accepted"
        assert rule.expectation["meta"]["source"], rule.rule_id
        named = [kwargs[k] for k in ("column", "column_A", "column_B") if k in kwargs]
        assert set(named) <= set(promised.field_names), rule.rule_id
        assert rule.query is None or ("{batch}" in rule.query and "delivery_id" in rule.query)


def test_no_suite_without_a_contract() -> None:
    files = {(path.parent.name, path.stem) for path in EXPECTATIONS.glob("*/*.yml")}
    assert files == {(c.department, c.name) for c in contracts().values()}


def test_a_changed_field_changes_the_suite_and_its_version() -> None:
    promised = contract("mi_arrears")
    fields = tuple(
        dataclasses.replace(f, values=(*f.values, "外企")) if f.name == "debtor_kind" else f for f in promised.fields
    )
    changed = dataclasses.replace(promised, fields=fields)
    before, after = suite_rules(promised), suite_rules(changed)
    different = [b.rule_id for b, a in zip(before, after, strict=True) if b != a]
    assert different == ["debtor_kind:values"]
    assert suite_version(promised, before) != suite_version(changed, after)


@pytest.mark.parametrize("lost", ["severity", "meta", "description", "kwargs"])
def test_a_rule_without_its_particulars_is_refused(tmp_path: Path, lost: str) -> None:
    rule = {
        "type": "expect_column_values_to_be_between", "kwargs": {"column": "amount_wan", "max_value": 1},
        "severity": "warning", "meta": {"rule_id": "x"}, "description": "because",
    }  # fmt: skip
    del rule[lost]
    file = tmp_path / "industry" / "mi_arrears.yml"
    file.parent.mkdir()
    file.write_text(yaml.safe_dump({"expectations": [rule]}), encoding="utf-8")
    with pytest.raises(ContractError, match=lost):
        plausibility_rules(contract("mi_arrears"), root=tmp_path)


def test_a_missing_suite_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="is missing"):
        plausibility_rules(contract("mi_arrears"), root=tmp_path)
