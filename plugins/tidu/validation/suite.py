"""The Great Expectations suite of a dataset: contract rules compiled, plausibility rules from YAML.

Everything here is plain data; nothing imports Great Expectations. A rule is the dict that GX loads:
type, kwargs, severity, meta, description. All work on the columns of the readings table, so that GX
judges by its own SQL what the predicates judge by theirs.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tidu.contracts import DatasetContract
from tidu.contracts.model import Severity
from tidu.errors import ContractError
from tidu.settings import PROJECT_ROOT
from tidu.validation.compilation import native

EXPECTATIONS = PROJECT_ROOT / "expectations"
GX_SEVERITY: dict[Severity, str] = {"stop": "critical", "warn": "warning", "report": "info"}
SEVERITY: dict[str, Severity] = {gx: ours for ours, gx in GX_SEVERITY.items()}
Expectation = dict[str, Any]


@dataclass(frozen=True)
class SuiteRule:
    """One expectation with its name in the ledger."""

    rule_id: str
    severity: Severity
    column: str | None
    expectation: Expectation

    @property
    def query(self) -> str | None:
        """SQL of an unexpected_rows_expectation with {batch} for the table; None for native types."""
        found: str | None = self.expectation["kwargs"].get("unexpected_rows_query")
        return found


def suite_rules(contract: DatasetContract, *, root: Path | None = None) -> tuple[SuiteRule, ...]:
    """Return contract rules and plausibility rules of one dataset, in that order; rule ids are unique."""
    found = (*compiled_rules(contract), *plausibility_rules(contract, root=root))
    ids = [rule.rule_id for rule in found]
    twice = sorted({i for i in ids if ids.count(i) > 1})
    if twice:
        raise ContractError(f"{contract.name}: rule ids are not unique: {', '.join(twice)}")
    return found


def suite_version(contract: DatasetContract, rules: tuple[SuiteRule, ...]) -> str:
    """Return the contract's version and a digest of every rule: it changes with any of them."""
    text = json.dumps([rule.expectation for rule in rules], ensure_ascii=False, sort_keys=True, default=str)
    return f"{contract.version}+{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def compiled_rules(contract: DatasetContract) -> tuple[SuiteRule, ...]:
    """Return every contract rule as an expectation, in contract order."""
    found = []
    for rule in contract.rules:
        kind, kwargs = native(contract, rule)
        expectation: Expectation = {
            "type": kind,
            "kwargs": kwargs,
            "severity": GX_SEVERITY[rule.severity],
            "meta": {"rule_id": rule.rule_id, "source": f"contract {contract.name} {contract.version}"},
            "description": f"{rule.rule_id}: contract of {contract.heading}",
        }
        found.append(SuiteRule(rule.rule_id, rule.severity, rule.column, expectation))
    return tuple(found)


def plausibility_rules(contract: DatasetContract, *, root: Path | None = None) -> tuple[SuiteRule, ...]:
    """Return the native suite of expectations/<department>/<dataset>.yml.

    Raises ContractError when the file is missing, or a rule lacks its id, severity or reason.
    """
    path = (root or EXPECTATIONS) / contract.department / f"{contract.name}.yml"
    if not path.exists():
        raise ContractError(f"{path} is missing: every dataset has a plausibility suite")
    document = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return tuple(_plausibility_rule(e, path) for e in document["expectations"])


def _plausibility_rule(expectation: Expectation, path: Path) -> SuiteRule:
    try:
        kwargs = expectation["kwargs"]
        rule = SuiteRule(
            rule_id=f"plausible:{expectation['meta']['rule_id']}",
            severity=SEVERITY[expectation["severity"]],
            column=kwargs.get("column") or kwargs.get("column_A"),
            expectation=expectation,
        )
        if not expectation["description"] or not expectation["type"]:
            raise ContractError(f"{path}: {rule.rule_id} gives no reason")
    except KeyError as error:
        raise ContractError(f"{path}: a rule lacks {error}: {expectation}") from error
    return rule
