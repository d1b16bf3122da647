"""One change in one contract file reaches everything that is derived from it, and nothing it does not concern."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tidu.contracts import DatasetContract, catalogue
from tidu.contracts.derive.dbt_source import sources_yaml
from tidu.contracts.derive.ddl import landing_ddl
from tidu.contracts.derive.dictionary import dictionary_page


def raw_table(c: DatasetContract) -> str:
    return landing_ddl(c)


def dbt_source(c: DatasetContract) -> str:
    return sources_yaml(catalogue.departments()[c.department])


def quarantine_predicates(c: DatasetContract) -> str:
    from tidu.validation.predicates import predicates

    return repr(predicates(c))


def gx_suite(c: DatasetContract) -> str:
    from tidu.validation.suite import compiled_rules

    return repr(compiled_rules(c))


def ingest_tasks(c: DatasetContract) -> str:
    """The DAG as operators and the scheduler know it: tasks, groups, owners, pools, times."""
    from tidu.orchestration.ingest import ingest_dag

    dag = ingest_dag(c.department, doc_md=None)
    tasks = [(t.task_id, t.owner, t.pool, sorted(t.downstream_task_ids)) for t in dag.tasks]
    groups = [(g.group_id, g.tooltip) for g in dag.task_group.children.values() if hasattr(g, "tooltip")]
    return repr((sorted(tasks), sorted(groups), dag.schedule))


def dictionary(c: DatasetContract) -> str:
    return dictionary_page(catalogue.departments()[c.department])


DERIVED: dict[str, Callable[[DatasetContract], str]] = {
    f.__name__: f for f in (raw_table, dbt_source, quarantine_predicates, gx_suite, ingest_tasks, dictionary)
}


@dataclass(frozen=True)
class Change:
    """One edit of one contract file, and what it must and must not reach."""

    dataset: str
    old: str
    """Text to replace; {} stands for whatever the line holds there and keeps."""
    new: str
    reaches: frozenset[str]

    def apply(self, path: Path) -> None:
        """Make the edit."""
        text = path.read_text(encoding="utf-8")
        pattern = re.escape(self.old).replace(re.escape("{}"), "(.*?)")
        kept = "\\g<1>" if "{}" in self.old else ""
        edited, edits = re.subn(pattern, self.new.replace("{}", kept), text)
        assert edits, f"{path.name} does not say {self.old}"
        path.write_text(edited, encoding="utf-8")


DESCRIBING = frozenset({"dbt_source", "dictionary"})
JUDGING = frozenset({"quarantine_predicates", "gx_suite"})
CHANGES = {
    "a field's name": Change(
        "ms_change_event", "name: value_before", "name: value_of_before", DESCRIBING | {"raw_table"}
    ),
    "a judged field's name": Change(
        "tx_vat_return", "name: filed_at", "name: submitted_at", DESCRIBING | JUDGING | {"raw_table"}
    ),
    "a field's heading": Change(
        "fn_subsidy", "businessName: 资金级次", "businessName: 资金来源", DESCRIBING | {"raw_table"}
    ),
    "a field's type": Change(
        "mi_tier_holder",
        "name: batch, businessName: 批次, logicalType: string, physicalType: string",
        "name: batch, businessName: 批次, logicalType: integer, physicalType: integer",
        DESCRIBING | JUDGING,
    ),
    "a field's unit": Change(
        "fn_guarantee",
        "name: amount_wan, {} customProperties: [{property: unit, value: wan}]",
        "name: amount_yuan, {} customProperties: [{property: unit, value: yuan}]",
        DESCRIBING | JUDGING | {"raw_table"},
    ),
    "a code list": Change("tx_credit_rating", "{value: D}", "{value: E}", DESCRIBING | JUDGING),
    "a field that becomes required": Change(
        "tx_payment",
        "name: tax_kind, businessName: 征收项目, logicalType: string, physicalType: code,",
        "name: tax_kind, businessName: 征收项目, logicalType: string, physicalType: code, required: true,",
        DESCRIBING | JUDGING,
    ),
    "a field's rule": Change(
        "mi_tier_holder",
        "{type: custom, engine: tidu, implementation: no_broken_text}, ",
        "",
        JUDGING | {"dictionary"},
    ),
    "a field's lower bound": Change(
        "hr_talent",
        "name: rd_headcount, {} logicalTypeOptions: {minimum: 0}",
        "name: rd_headcount, {} logicalTypeOptions: {minimum: 1}",
        JUDGING | {"dictionary"},
    ),
    "a field's classification": Change("fn_loan", "classification: restricted", "classification: internal", DESCRIBING),
    "the way values are read": Change(
        "hr_stability_subsidy", "value: sftp_zip_csv", "value: sftp_xlsx", DESCRIBING | {"quarantine_predicates"}
    ),
    "the dataset's heading": Change(
        "st_district_indicator",
        "businessName: 区市统计指标\n",
        "businessName: 区市指标\n",
        DESCRIBING | {"raw_table", "ingest_tasks", "gx_suite"},
    ),
    "the department's name": Change(
        "st_district_indicator", "name: 统计局与海关", "name: 统计局", DESCRIBING | {"ingest_tasks"}
    ),
    "the cadence": Change(
        "st_district_indicator", "frequency, value: monthly", "frequency, value: daily", DESCRIBING | {"ingest_tasks"}
    ),
}


@pytest.fixture
def copied_contracts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of all contract files, which the catalogue reads instead of the real ones."""
    copy = tmp_path / "contracts"
    shutil.copytree(catalogue.ROOT, copy, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    monkeypatch.setattr(catalogue, "ROOT", copy)
    catalogue.contracts.cache_clear()
    yield copy
    catalogue.contracts.cache_clear()


@pytest.mark.parametrize("derived", DERIVED)
@pytest.mark.parametrize("what", CHANGES)
def test_a_change_reaches_what_is_derived(copied_contracts: Path, what: str, derived: str) -> None:
    change, derive = CHANGES[what], DERIVED[derived]
    before = catalogue.contract(change.dataset)
    was = derive(before)
    change.apply(copied_contracts / before.department / f"{before.name}.yml")
    catalogue.contracts.cache_clear()
    after = catalogue.contract(change.dataset)
    assert after != before
    assert (derive(after) != was) == (derived in change.reaches)


def test_a_new_dataset_needs_nothing_but_its_contract(copied_contracts: Path) -> None:
    source = copied_contracts / "tax/tx_credit_rating.yml"
    added = copied_contracts / "tax/tx_refund.yml"
    added.write_text(source.read_text(encoding="utf-8").replace("tx_credit_rating", "tx_refund"), encoding="utf-8")
    catalogue.contracts.cache_clear()
    c = catalogue.contract("tx_refund")
    missing = [name for name, derive in DERIVED.items() if name not in JUDGING and "tx_refund" not in derive(c)]
    assert missing == []
    assert all(DERIVED[name](c) for name in JUDGING)


def test_every_derived_thing_is_reached_by_some_change() -> None:
    assert {name for change in CHANGES.values() for name in change.reaches} == set(DERIVED)
