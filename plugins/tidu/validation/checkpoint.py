"""Runs a dataset's suite through a Great Expectations Checkpoint and keeps its Data Docs.

One checkpoint judges all pending deliveries of a dataset at once, yes or no per rule: one scan for
most rules together. It also gives, for every rule, the query of the rows that fail it; only the
queries of rules that failed are run, once each, for counts by delivery and a few rows to look at.
Data Docs hold the newest run alone (one site per dataset), so their cost never grows with history.
GX is imported here and nowhere else, late, because it takes seconds.
"""

# ruff: noqa: S608 - SQL is composed from contract names and the repository's own suites

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any

import psycopg

from tidu.contracts import DatasetContract
from tidu.errors import TiduError
from tidu.ledger.database import stage_dsn
from tidu.settings import settings
from tidu.validation.readings import table
from tidu.validation.suite import SuiteRule

SITE = "dataset"
SHOWN = 20
"""Failing rows of a rule that Data Docs show; the ledger counts all of them, quarantine holds all of them."""
POINTED_AT = ("delivery_id", "row_no")
RESULT_FORMAT = {
    "result_format": "BOOLEAN_ONLY",
    "return_unexpected_index_query": True,
    "unexpected_index_column_names": list(POINTED_AT),
}


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
    with _warehouse() as (context, source):
        run = _SuiteRun(connection, contract, context, source, run_id)
        run.empty_docs()
        key, outcome = run.checkpoint(rules)
        results = {result.expectation_config.meta["rule_id"]: result for result in outcome.results}
        verdicts = [run.verdict(rule, results[rule.expectation["meta"]["rule_id"]]) for rule in rules]
        run.write_docs(key, outcome)
    return verdicts


@dataclass(frozen=True)
class _SuiteRun:
    """One dataset's rules on their way through GX."""

    connection: psycopg.Connection
    contract: DatasetContract
    context: Any
    source: Any
    run_id: str

    def checkpoint(self, rules: Sequence[SuiteRule]) -> tuple[Any, Any]:
        """Run the checkpoint; return GX's key and result. An unknown type would vanish silently: it raises."""
        import great_expectations as gx

        name = self.contract.name
        expectations = [rule.expectation for rule in rules]
        suite = self.context.suites.add(gx.ExpectationSuite(name=name, expectations=expectations))
        if len(suite.expectations) != len(expectations):
            known = {e.expectation_type for e in suite.expectations}
            lost = sorted({e["type"] for e in expectations} - known)
            raise TiduError(f"{name}: GX does not know these expectation types: {', '.join(lost)}")
        schema, _, relation = table(self.contract).partition(".")
        asset = self.source.add_table_asset(name, table_name=relation, schema_name=schema)
        batch = asset.add_batch_definition_whole_table("pending")
        validation = self.context.validation_definitions.add(
            gx.ValidationDefinition(name=name, data=batch, suite=suite)
        )
        checkpoint = self.context.checkpoints.add(
            gx.Checkpoint(name=name, validation_definitions=[validation], result_format=RESULT_FORMAT, actions=[])
        )
        ((key, outcome),) = checkpoint.run(run_id=gx.RunIdentifier(run_name=self.run_id)).run_results.items()
        return key, outcome

    def verdict(self, rule: SuiteRule, result: Any) -> SuiteVerdict:
        """Return what GX found, and leave in `result` what Data Docs show of it."""
        found, result.result = dict(result.result), {}
        if result.success:
            return SuiteVerdict(rule, {})
        raised = _raised(result.exception_info)
        query = rule.query.format(batch=table(self.contract)) if rule.query else found.get("unexpected_index_query")
        if raised is not None or query is None:
            return SuiteVerdict(rule, {}, raised or "it has no rows to point at")
        failed_rows, examples = self._failing(rule, str(query))
        result.result = _shown(sum(failed_rows.values()), self._pending, examples, native=rule.query is None)
        return SuiteVerdict(rule, failed_rows)

    @cached_property
    def _pending(self) -> int:
        (rows,) = self.connection.execute(f"select count(*) from {table(self.contract)}".encode()).fetchone() or (0,)
        return int(rows)

    def _failing(self, rule: SuiteRule, query: str) -> tuple[dict[int, int], list[dict[str, Any]]]:
        """Count a failed rule's rows by delivery; return also the first of them as the query gives them."""
        counted = self.connection.execute(
            f"with failing as ({query}) select delivery_id, count(*),"
            f" (array_agg(to_jsonb(failing)))[:{SHOWN}] from failing group by 1 order by 1".encode()
        ).fetchall()
        if not counted:
            raise TiduError(f"{self.contract.name}: {rule.rule_id}: GX finds rows where its own query finds none")
        examples = [row for _, _, rows in counted for row in rows][:SHOWN]
        return {int(delivery_id): int(count) for delivery_id, count, _ in counted}, examples

    def write_docs(self, key: Any, outcome: Any) -> None:
        """Build the dataset's page from the result as it stands now."""
        self.context.validation_results_store.store_validation_results(outcome, key)
        self.context.build_data_docs(site_names=[SITE], resource_identifiers=[key])

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


def _shown(failed: int, rows: int, examples: list[dict[str, Any]], *, native: bool) -> dict[str, Any]:
    """Return a failed rule's result in GX's own form: SUMMARY of a map expectation, COMPLETE of a query."""
    if not native:
        return {"observed_value": failed, "details": {"unexpected_rows": examples}}
    values = [next((v for k, v in row.items() if k not in POINTED_AT), None) for row in examples]
    return {
        "element_count": rows,
        "unexpected_count": failed,
        "unexpected_percent": 100 * failed / rows,
        "partial_unexpected_list": values,
        "unexpected_index_list": examples,
        "unexpected_index_column_names": list(POINTED_AT),
    }


def _view(name: str) -> dict[str, str]:
    return {"module_name": "tidu.validation.views", "class_name": name}


@contextmanager
def _warehouse() -> Iterator[tuple[Any, Any]]:
    """Yield an ephemeral GX context and its data source; the source's connections are closed at the end."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx

    _spare_the_stack()
    _configure_once()
    _literal_queries()
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


def _configure_once() -> None:
    """Let GX derive an expectation's configuration once for a question about it, not once for each of its keywords.

    Nothing changes an expectation while it is asked.
    """
    from great_expectations.expectations.expectation import Expectation

    derive, ask = Expectation.configuration.fget, Expectation._get_runtime_kwargs
    if hasattr(ask, "__wrapped__"):
        return
    derived: dict[int, Any] = {}

    @wraps(ask)
    def answered(expectation: Any, runtime_configuration: Any = None) -> Any:
        derived[id(expectation)] = derive(expectation)
        try:
            return ask(expectation, runtime_configuration)
        finally:
            del derived[id(expectation)]

    Expectation._get_runtime_kwargs = answered
    Expectation.configuration = property(lambda expectation: derived.get(id(expectation)) or derive(expectation))


def _literal_queries() -> None:
    """Let GX write the query of failing rows with SQL's literals.

    It puts Python's own into the text: dates as datetime.date(1990, 1, 1), backslashes twice, apostrophes unescaped.
    """
    from great_expectations.expectations.metrics.map_metric_provider import map_condition_auxilliary_methods

    map_condition_auxilliary_methods.sqlalchemy_select_to_sql_string = _as_sql


def _as_sql(engine: Any, select_statement: Any) -> str:
    """Return a statement as text to run without parameters; for those the driver doubles every percent sign."""
    compiled = select_statement.compile(engine.engine, compile_kwargs={"literal_binds": True})
    return str(compiled).replace("%%", "%")


def _raised(exception_info: Any) -> str | None:
    """Return the message of an expectation that could not be judged; GX nests them by metric."""
    found = [exception_info] if "raised_exception" in exception_info else list(exception_info.values())
    messages = [info["exception_message"] for info in found if info.get("raised_exception")]
    return "; ".join(dict.fromkeys(messages)) or None
