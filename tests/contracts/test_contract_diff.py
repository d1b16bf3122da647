"""Each kind of change of a contract is named, judged, and held against the version number."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tidu.cli import build
from tidu.contracts import DatasetContract, contract, contracts
from tidu.contracts.catalogue import contract_path
from tidu.contracts.diff import CONTRACT_RULES, FIELD_RULES, SETS, Change, compare
from tidu.contracts.model import Field
from tidu.contracts.versions import contract_version
from tidu.errors import ContractError

VAT = contract("tx_vat_return")
LOAN = contract("fn_loan")


def with_field(name: str, of: DatasetContract = VAT, /, **changes: Any) -> DatasetContract:
    fields = tuple(dataclasses.replace(f, **changes) if f.name == name else f for f in of.fields)
    assert fields != of.fields
    return dataclasses.replace(of, fields=fields)


def with_terms(of: DatasetContract = VAT, /, **changes: Any) -> DatasetContract:
    return dataclasses.replace(of, **changes)


def policy(of: DatasetContract = VAT, **cases: str) -> DatasetContract:
    return dataclasses.replace(of, drift={**of.drift, **cases})


def only(old: DatasetContract, new: DatasetContract) -> Change:
    (change,) = compare(old, new).changes
    return change


EXTRA = dataclasses.replace(VAT.field("sales_yuan"), name="other_yuan", heading="其他", key_position=None)
ADDED = with_terms(fields=(*VAT.fields, EXTRA))
GROWN = with_field("filing_kind", values=("月", "季", "年"))
LATER = with_field("filing_kind", aliases=("周期",))
BREAKING = {
    "field removed": (ADDED, VAT, "other_yuan", "removed"),
    "required field added": (
        VAT, with_terms(fields=(*VAT.fields, dataclasses.replace(EXTRA, required=True))), "other_yuan", "required",
    ),
    "field added where columns must not be missing": (
        policy(missingColumn="reject"), policy(ADDED, missingColumn="reject"), "other_yuan", "added",
    ),
    "field renamed": (VAT, with_field("filed_at", name="submitted_at"), "filed_at", "renamed to submitted_at"),
    "heading changed": (VAT, with_field("filed_at", heading="提交时间"), "filed_at", "heading"),
    "type changed": (VAT, with_field("version", type="decimal"), "version", "integer -> decimal"),
    "unit changed": (VAT, with_field("sales_yuan", unit="wan"), "sales_yuan", "yuan -> wan"),
    "field becomes required": (VAT, with_field("filed_at", required=True), "filed_at", "False -> True"),
    "field becomes optional": (VAT, with_field("updated_at", required=False), "updated_at", "True -> False"),
    "code removed": (GROWN, VAT, "filing_kind", "code 年 removed"),
    "code list given": (VAT, with_field("sales_yuan", values=("1",)), "sales_yuan", "code list given"),
    "code list dropped": (VAT, with_field("filing_kind", values=()), "filing_kind", "code list dropped"),
    "minimum raised": (VAT, with_field("version", minimum=1), "version", "0 -> 1"),
    "minimum lowered": (VAT, with_field("version", minimum=None), "version", "0 -> none"),
    "rule added": (VAT, with_field("sales_yuan", declared_rules=("no_broken_text",)), "sales_yuan", "rule"),
    "rule removed": (VAT, with_field("period", declared_rules=()), "period", "rule not_after_delivery removed"),
    "more secret": (with_field("sales_yuan", classification="internal"), VAT, "sales_yuan", "restricted"),
    "alias removed": (LATER, VAT, "filing_kind", "alias 周期 removed"),
    "other department": (VAT, with_terms(department="hr"), "contract", "department"),
    "other dataset": (VAT, with_terms(name="tx_vat"), "contract", "name"),
    "mode changed": (VAT, with_terms(mode="delta"), "contract", "append -> delta"),
    "transport changed": (VAT, with_terms(transport="rest"), "contract", "sql -> rest"),
    "delivered less often": (VAT, with_terms(cadence="yearly"), "contract", "monthly -> yearly"),
    "late later": (VAT, with_terms(latency_days=90), "contract", "40 -> 90"),
    "more severe": (VAT, with_terms(row_rule_severity="stop"), "contract", "warn -> stop"),
    "less time to correct": (VAT, with_terms(correction_days=5), "contract", "30 -> 5"),
    "drift refused": (VAT, policy(extraColumn="reject"), "contract", "drift.extraColumn: keep -> reject"),
    "order refused": (
        policy(reorderedColumn="reject"),
        with_terms(policy(reorderedColumn="reject"), fields=(*VAT.fields[:3], *reversed(VAT.fields[3:]))),
        "contract", "order of fields",
    ),
}  # fmt: skip
COMPATIBLE = {
    "optional field added": (VAT, ADDED, "other_yuan", "added, optional"),
    "heading changed with alias": (
        with_field("filed_at", aliases=("申报时间",), heading="甲"),
        with_field("filed_at", aliases=("申报时间", "甲"), heading="申报时点"), "filed_at", "heading",
    ),
    "code added": (VAT, GROWN, "filing_kind", "code 年 added"),
    "codes in another order": (VAT, with_field("filing_kind", values=("季", "月")), "filing_kind", "order of codes"),
    "alias added": (VAT, LATER, "filing_kind", "alias 周期 added"),
    "less secret": (VAT, with_field("sales_yuan", classification="internal"), "sales_yuan", "internal"),
    "field described": (VAT, with_field("sales_yuan", description="x"), "sales_yuan", "description"),
    "standard named": (VAT, with_field("sales_yuan", standard="x"), "sales_yuan", "standard"),
    "often empty": (VAT, with_field("filing_kind", often_empty=True), "filing_kind", "often_empty"),
    "dataset renamed for people": (VAT, with_terms(heading="x"), "contract", "heading"),
    "purpose": (VAT, with_terms(description="x"), "contract", "description"),
    "usage": (VAT, with_terms(usage="x"), "contract", "usage"),
    "owner": (VAT, with_terms(owner="x"), "contract", "owner"),
    "contact": (VAT, with_terms(contact="x"), "contract", "contact"),
    "delivered more often": (VAT, with_terms(cadence="weekly"), "contract", "weekly"),
    "late sooner": (VAT, with_terms(latency_days=5), "contract", "40 -> 5"),
    "less severe": (with_terms(row_rule_severity="stop"), VAT, "contract", "stop -> warn"),
    "more time to correct": (VAT, with_terms(correction_days=60), "contract", "30 -> 60"),
    "bound of changed types": (VAT, with_terms(type_share=0.5), "contract", "type_share"),
    "bound of shrinking": (LOAN, with_terms(LOAN, shrink_limit=0.9), "contract", "shrink_limit"),
    "drift let in": (policy(extraColumn="reject"), VAT, "contract", "reject -> keep"),
    "other order": (
        VAT, with_terms(fields=(*VAT.fields[:3], *reversed(VAT.fields[3:]))), "contract", "order of fields",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", BREAKING)
def test_a_breaking_change_is_named_with_its_reason(kind: str) -> None:
    old, new, what, words = BREAKING[kind]
    found = compare(old, new)
    change = next(c for c in found.changes if words in c.change)
    assert (change.what, change.breaking, len(found.changes)) == (what, True, 1), found
    assert len(change.why) > 10
    assert not found.announced
    assert compare(old, with_terms(new, version="2.0.0")).announced
    assert not compare(old, with_terms(new, version="1.9.0")).announced


@pytest.mark.parametrize("kind", COMPATIBLE)
def test_a_compatible_change_is_named_with_its_reason(kind: str) -> None:
    old, new, what, words = COMPATIBLE[kind]
    found = compare(old, new)
    assert words in " ".join(c.change for c in found.changes)
    assert {c.what for c in found.changes} == {what}
    assert not found.breaking
    assert found.announced


def test_a_changed_key_breaks_every_source_key() -> None:
    fields = {f.name: f for f in VAT.fields}
    swapped = {"taxpayer_no": 2, "period": 1}
    new = with_terms(
        fields=tuple(dataclasses.replace(f, key_position=swapped.get(n, f.key_position)) for n, f in fields.items())
    )
    assert only(VAT, new) == Change(
        "contract", "key: taxpayer_no, period, version -> period, taxpayer_no, version", True,
        "other rows are the same row; every source key changes",
    )  # fmt: skip


def test_an_alias_that_becomes_the_heading_breaks_nobody() -> None:
    new = with_field("filing_kind", heading="周期", aliases=("申报周期",))
    assert not compare(LATER, new).breaking


def test_what_no_rule_knows_counts_as_breaking() -> None:
    judged = {*CONTRACT_RULES, "version", "fields", "drift"}
    assert {f.name for f in dataclasses.fields(DatasetContract)} == judged
    assert {f.name for f in dataclasses.fields(Field)} == {*FIELD_RULES, *SETS, "name", "heading", "key_position"}


def test_every_property_of_a_contract_has_a_case_here() -> None:
    changed: set[str] = set()
    for old, new, *_ in (*BREAKING.values(), *COMPATIBLE.values()):
        changed |= {f.name for f in dataclasses.fields(old) if getattr(old, f.name) != getattr(new, f.name)}
        for before, after in zip(old.fields, new.fields, strict=False):
            changed |= {f"field.{f.name}" for f in dataclasses.fields(before)
                        if getattr(before, f.name) != getattr(after, f.name)}  # fmt: skip
    assert {f.name for f in dataclasses.fields(DatasetContract)} - changed == {"version"}
    # a key is compared as a whole, in a test of its own
    assert {f"field.{f.name}" for f in dataclasses.fields(Field)} - changed == {"field.key_position"}


@pytest.mark.parametrize("name", sorted(contracts()))
def test_a_contract_does_not_differ_from_itself(name: str) -> None:
    assert compare(contract(name), contract(name)).changes == ()


def test_the_command_fails_for_a_break_without_a_major_version(tmp_path: Path) -> None:
    source = contract_path(VAT)
    changed = tmp_path / "changed.yml"
    text = source.read_text(encoding="utf-8").replace("{property: unit, value: yuan}", "{property: unit, value: wan}")
    changed.write_text(text.replace("sales_yuan", "sales_wan").replace("payable_yuan", "payable_wan"), encoding="utf-8")
    run = CliRunner().invoke
    assert run(build("contract"), ["contract", "diff", str(source), str(changed)]).exit_code == 1
    changed.write_text(
        changed.read_text(encoding="utf-8").replace("version: 1.0.0", "version: 2.0.0"), encoding="utf-8"
    )
    assert run(build("contract"), ["contract", "diff", str(source), str(changed)]).exit_code == 0
    assert run(build("contract"), ["contract", "diff", "tx_vat_return", str(source)]).exit_code == 0


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git repository with an earlier version of one contract, from before there were policies for renamed columns."""
    folder = tmp_path / "contracts" / "tax"
    folder.mkdir(parents=True)
    file = folder / "tx_vat_return.yml"
    shutil.copy(contract_path(VAT), file)
    text = file.read_text(encoding="utf-8")
    assert "renamedColumn: accept, " in text
    earlier = text.replace("renamedColumn: accept, ", "").replace("{value: 季}", "{value: 季}, {value: 年}")
    for content in (earlier, text):
        file.write_text(content, encoding="utf-8")
        for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x", "--allow-empty"]):
            subprocess.run(
                ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *command], cwd=folder.parent, check=True
            )
    monkeypatch.setattr("tidu.contracts.versions.ROOT", folder.parent)
    monkeypatch.setattr("tidu.contracts.versions.contract_path", lambda _: file)
    return file


def test_a_git_revision_of_a_dataset_can_be_compared(history: Path) -> None:
    old = contract_version("HEAD~1:tx_vat_return")
    assert old.drift["renamedColumn"] == "accept"
    assert only(old, contract_version("HEAD:tx_vat_return")).change == "code 年 removed"


def test_what_is_no_version_of_a_contract_is_told(history: Path) -> None:
    for reference, words in (
        ("nowhere:tx_vat_return", "nowhere"), ("tx_nothing", "no contract for dataset"), ("-p:tx_vat_return", "-p"),
    ):  # fmt: skip
        with pytest.raises(ContractError, match=words):
            contract_version(reference)
