"""Runs a dataset's suite through a Great Expectations Checkpoint and keeps its Data Docs.

One checkpoint judges all pending deliveries of a dataset at once, yes or no per rule: one scan for
most rules together. Only rules that failed run again, with the failing rows' delivery_id and row_no.
Data Docs hold the newest run alone (one site per dataset), so their cost never grows with history.
GX is imported here and nowhere else, late, because it takes seconds.
"""

# ruff: noqa: S608 - SQL is composed from contract names and the repository's own suites

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import psycopg

from tidu.contracts import DatasetContract
from tidu.errors import TiduError
from tidu.ledger.database import stage_dsn
from tidu.settings import settings
from tidu.validation.readings import table
from tidu.validation.suite import SuiteRule

SITE = "dataset"
LISTED_AT_MOST = 50_000
"""More failing rows than this are not listed one by one: the rule then runs once per delivery."""


@dataclass(frozen=True)
class SuiteVerdict:
    """What GX found for one rule: failing rows per delivery, or why it could not be judged."""

    rule: SuiteRule
    failed_rows: dict[int, int]
    raised: str | None = None


def run_suite(
    connection: psycopg.Connection, contract: DatasetContract, rules: Sequence[SuiteRule], run_id: str
) -> list[SuiteVerdict]:
    """Judge the readings table of `contract` by `rules`; return one verdict per rule, in their order.

    Needs the readings table committed. Writes Data Docs below settings().data_docs/<dataset>.
    Raises TiduError when GX drops a rule or does not list all failing rows of a rule.
    """
    found = {rule.rule_id: SuiteVerdict(rule, {}) for rule in rules}
    with _warehouse() as (context, source):
        run = _SuiteRun(connection, contract, context, source, run_id)
        run.empty_docs()
        results = run.checkpoint(contract.name, run.all_pending, rules, "BOOLEAN_ONLY")
        failing = [rule for rule in rules if not results[rule.rule_id].success]
        if failing:
            found |= run.details(failing, results)
    return [found[rule.rule_id] for rule in rules]


@dataclass(frozen=True)
class _SuiteRun:
    """One dataset's rules on their way through GX."""

    connection: psycopg.Connection
    contract: DatasetContract
    context: Any
    source: Any
    run_id: str

    @cached_property
    def all_pending(self) -> Any:
        """Return the batch definition of the whole readings table."""
        schema, _, name = table(self.contract).partition(".")
        asset = self.source.add_table_asset(self.contract.name, table_name=name, schema_name=schema)
        return asset.add_batch_definition_whole_table("pending")

    def checkpoint(
        self, name: str, batch: Any, rules: Sequence[SuiteRule], result_format: Any, *, documented: bool = True
    ) -> dict[str, Any]:
        """Run a checkpoint; return GX's result per rule id. An unknown type would vanish silently: it raises."""
        import great_expectations as gx
        from great_expectations.checkpoint import UpdateDataDocsAction

        expectations = [rule.expectation for rule in rules]
        suite = self.context.suites.add(gx.ExpectationSuite(name=name, expectations=expectations))
        if len(suite.expectations) != len(expectations):
            known = {e.expectation_type for e in suite.expectations}
            lost = sorted({e["type"] for e in expectations} - known)
            raise TiduError(f"{name}: GX does not know these expectation types: {', '.join(lost)}")
        validation = self.context.validation_definitions.add(
            gx.ValidationDefinition(name=name, data=batch, suite=suite)
        )
        actions = [UpdateDataDocsAction(name="docs", site_names=[SITE])] if documented else []
        checkpoint = self.context.checkpoints.add(
            gx.Checkpoint(name=name, validation_definitions=[validation], result_format=result_format, actions=actions)
        )
        (outcome,) = checkpoint.run(run_id=gx.RunIdentifier(run_name=self.run_id)).run_results.values()
        ids = {rule.expectation["meta"]["rule_id"]: rule.rule_id for rule in rules}
        return {ids[result.expectation_config.meta["rule_id"]]: result for result in outcome.results}

    def details(self, failing: Sequence[SuiteRule], verdicts: dict[str, Any]) -> dict[str, SuiteVerdict]:
        """Find the rows behind the failing rules: native rules run again, the text of query rules says it itself."""
        found: dict[str, SuiteVerdict] = {}
        again: list[SuiteRule] = []
        for rule in failing:
            raised = _raised(verdicts[rule.rule_id].exception_info)
            if raised is not None:
                found[rule.rule_id] = SuiteVerdict(rule, {}, raised)
            elif rule.query is not None:
                found[rule.rule_id] = SuiteVerdict(rule, self._by_query(rule))
            else:
                again.append(rule)
        return found | (self._listed(again) if again else {})

    def _listed(self, rules: Sequence[SuiteRule]) -> dict[str, SuiteVerdict]:
        """Run native rules again with delivery and row of every failing row."""
        complete = {
            "result_format": "COMPLETE",
            "unexpected_index_column_names": ["delivery_id", "row_no"],
            "partial_unexpected_count": LISTED_AT_MOST,
        }
        results = self.checkpoint(f"{self.contract.name} failing", self.all_pending, rules, complete)
        found: dict[str, SuiteVerdict] = {}
        too_many: list[SuiteRule] = []
        for rule in rules:
            result = results[rule.rule_id].result
            if "unexpected_count" not in result:
                raised = f"no rows to point at; observed {result.get('observed_value')}"
                found[rule.rule_id] = SuiteVerdict(rule, {}, raised)
            elif result["unexpected_count"] > LISTED_AT_MOST:
                too_many.append(rule)
            else:
                found[rule.rule_id] = SuiteVerdict(rule, self._by_list(rule, result))
        return found | self._one_by_one(too_many)

    def _by_list(self, rule: SuiteRule, result: dict[str, Any]) -> dict[int, int]:
        listed, counted = result["unexpected_index_list"], result["unexpected_count"]
        if len(listed) != counted:
            raise TiduError(
                f"{self.contract.name}: {rule.rule_id}: GX counts {counted} failing rows and lists {len(listed)}"
            )
        return dict(Counter(row["delivery_id"] for row in listed))

    def _by_query(self, rule: SuiteRule) -> dict[int, int]:
        """GX shows at most 200 rows of a query; the deliveries of all of them come from the same text."""
        query = (rule.query or "").format(batch=table(self.contract))
        rows = self.connection.execute(f"select delivery_id, count(*) from ({query}) as q group by 1".encode())
        counted = {int(delivery_id): int(count) for delivery_id, count in rows}
        if not counted:
            raise TiduError(f"{self.contract.name}: {rule.rule_id}: GX finds rows where its query finds none")
        return counted

    def _one_by_one(self, rules: Sequence[SuiteRule]) -> dict[str, SuiteVerdict]:
        """Count failing rows delivery by delivery, without listing them."""
        failed: dict[str, dict[int, int]] = {rule.rule_id: {} for rule in rules}
        deliveries = f"select distinct delivery_id from {table(self.contract)} order by 1"
        for (delivery_id,) in self.connection.execute(deliveries.encode()).fetchall() if rules else ():
            name = f"{self.contract.name} {delivery_id}"
            query = f"select * from {table(self.contract)} where delivery_id = {int(delivery_id)}"
            batch = self.source.add_query_asset(name, query=query).add_batch_definition_whole_table("delivery")
            results = self.checkpoint(name, batch, rules, {"result_format": "BASIC"}, documented=False)
            for rule in rules:
                count = int(results[rule.rule_id].result["unexpected_count"])
                if count:
                    failed[rule.rule_id][int(delivery_id)] = count
        return {rule.rule_id: SuiteVerdict(rule, failed[rule.rule_id]) for rule in rules}

    def empty_docs(self) -> None:
        """Point Data Docs at the dataset's folder, emptied of the run before."""
        folder = settings().data_docs / self.contract.name
        for part in ("validations", "expectations"):
            shutil.rmtree(folder / part, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        self.context.add_data_docs_site(
            site_name=SITE,
            site_config={
                "class_name": "SiteBuilder",
                "site_index_builder": {"class_name": "DefaultSiteIndexBuilder", "view": _view("IndexPageView")},
                # the suite stands in the repository, and each result page lists its rules
                "site_section_builders": {"expectations": "None", "validations": {"view": _view("ResultPageView")}},
                "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
            },
        )


def _view(name: str) -> dict[str, str]:
    return {"module_name": "tidu.validation.views", "class_name": name}


@contextmanager
def _warehouse() -> Iterator[tuple[Any, Any]]:
    """Yield an ephemeral GX context and its data source; the source's connections are closed at the end."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx

    _spare_the_stack()
    context: Any = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    scheme, _, rest = stage_dsn().partition("://")
    if scheme not in ("postgresql", "postgres"):
        raise TiduError("TIDU_DSN must be a postgresql:// URI")
    source = context.data_sources.add_postgres("warehouse", connection_string=f"postgresql+psycopg://{rest}")
    try:
        yield context, source
    finally:
        source.get_execution_engine().engine.dispose()


def _spare_the_stack() -> None:
    """Keep GX from walking the whole call stack for every decimal it writes.

    It only asks whether its own profiler is at work, which never is here. Below Airflow, with its thousands of modules,
    one answer takes some 30 ms, and a dataset with broken amounts 10 to 90 seconds more.
    """
    import great_expectations.util

    great_expectations.util.stack = list


def _raised(exception_info: Any) -> str | None:
    """Return the message of an expectation that could not be judged; GX nests them by metric."""
    found = [exception_info] if "raised_exception" in exception_info else list(exception_info.values())
    messages = [info["exception_message"] for info in found if info.get("raised_exception")]
    return "; ".join(dict.fromkeys(messages)) or None
