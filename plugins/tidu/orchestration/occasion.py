"""What a task has to know about its run: the ledger's run id, the business date, where a department's system is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import Connection, Variable, get_current_context

from tidu.connectors import Endpoint
from tidu.errors import SettingsError
from tidu.settings import settings

DATE_VARIABLE = "tidu_business_date"
START_VARIABLE = "tidu_series_start"
SCHEMES = {"postgres": "postgresql"}
"""Airflow's names of connection types where they differ from the URI's."""


@dataclass(frozen=True)
class Occasion:
    """The run a task belongs to."""

    run_id: str
    """As in ops.pipeline_run: `<dag id>:<Airflow's run id>`."""
    as_of: dt.date
    """Business date: deliveries up to this day count, figures are as of its end."""
    series_start: str
    """First day of the published series, YYYY-MM-DD; empty: as early as the data go."""
    approver: str
    """Who approves the release; empty: it waits as draft."""
    announce: bool
    """False when whoever started the run starts the next DAG too."""

    def extra(self) -> dict[str, str]:
        """Return what an asset event hands to the runs it causes."""
        return {"as_of": self.as_of.isoformat(), "series_start": self.series_start, "approver": self.approver}

    def variables(self) -> dict[str, str]:
        """Return the dbt variables of the run: the same in every stage, so that dbt parses once."""
        found = {"as_of": self.as_of.isoformat()}
        return found | ({"series_start": self.series_start} if self.series_start else {})


def occasion() -> Occasion:
    """Read the current task's run: its conf, else the events that caused it, else Variables, else today.

    Raises SettingsError when a date cannot be read.
    """
    context = get_current_context()
    run = context["dag_run"]
    given = {**_from_events(context), **(run.conf or {})}
    as_of = given.get("as_of") or Variable.get(DATE_VARIABLE, default=None)
    return Occasion(
        run_id=ledger_run_id(run.dag_id, run.run_id),
        as_of=_date(as_of) if as_of else dt.datetime.now(ZoneInfo("Asia/Shanghai")).date(),
        series_start=str(given.get("series_start") or Variable.get(START_VARIABLE, default=None) or ""),
        approver=str(given.get("approver", settings().release_approver)),
        announce=given.get("announce") is not False,
    )


def ledger_run_id(dag_id: str, run_id: str) -> str:
    """Return the run's name in the ledger; Airflow's run ids are unique within a DAG only."""
    return f"{dag_id}:{run_id}"


def endpoint(department: str) -> Endpoint:
    """Return where a department's system is, from the Airflow Connection of its name."""
    found = Connection.get(department)
    return Endpoint(
        scheme=SCHEMES.get(found.conn_type, found.conn_type),
        host=found.host or "",
        port=found.port,
        login=found.login or "",
        password=found.password or "",
        path=f"/{found.schema.lstrip('/')}" if found.schema else "",
        extra={str(name): str(value) for name, value in found.extra_dejson.items()},
    )


def _from_events(context: Any) -> dict[str, str]:
    """Return the extra of the latest business date among the asset events that caused the run."""
    events = context.get("triggering_asset_events") or {}
    extras = [dict(event.extra) for key in events for event in events[key] if event.extra.get("as_of")]
    return max(extras, key=lambda extra: extra["as_of"], default={})


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise SettingsError(
            f"business date {text!r} is not a date (YYYY-MM-DD); see conf or Variable {DATE_VARIABLE}"
        ) from None
