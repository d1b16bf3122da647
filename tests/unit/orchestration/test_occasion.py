"""The business date of a run: its conf first, then the events that caused it, then Airflow's Variable, then today."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from tidu.errors import SettingsError
from tidu.orchestration import occasion as room
from tidu.orchestration.occasion import occasion


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put the current task into a run with this conf, these events and these Variables."""

    def give(conf: dict[str, Any] | None, extras: list[dict[str, Any]], variables: dict[str, str]) -> None:
        context = {
            "dag_run": SimpleNamespace(dag_id="ingest_tax", run_id="r1", conf=conf),
            "triggering_asset_events": {"asset": [SimpleNamespace(extra=extra) for extra in extras]},
        }
        monkeypatch.setattr(room, "get_current_context", lambda: context)
        monkeypatch.setattr(room.Variable, "get", lambda key, default=None: variables.get(key, default))

    return give


EVENTS = [{"as_of": "2025-03-01", "approver": "a"}, {"as_of": "2025-04-01", "approver": "b"}, {}]
VARIABLES = {"tidu_business_date": "2025-02-01", "tidu_series_start": "2025-01-01"}


@pytest.mark.parametrize(
    ("conf", "extras", "variables", "as_of", "approver"),
    [
        ({"as_of": "2025-05-01", "approver": ""}, EVENTS, VARIABLES, dt.date(2025, 5, 1), ""),
        ({}, EVENTS, VARIABLES, dt.date(2025, 4, 1), "b"),
        (None, [], VARIABLES, dt.date(2025, 2, 1), "demo"),
    ],
)
def test_the_nearest_word_counts(
    given: Callable[..., None], conf: Any, extras: Any, variables: Any, as_of: dt.date, approver: str
) -> None:
    given(conf, extras, variables)
    found = occasion()
    assert (found.as_of, found.approver, found.run_id) == (as_of, approver, "ingest_tax:r1")
    assert found.variables() == {"as_of": as_of.isoformat(), "series_start": "2025-01-01"}
    assert found.announce is True


def test_without_any_word_it_is_today_in_china(given: Callable[..., None]) -> None:
    given({"announce": False}, [], {})
    found = occasion()
    china = dt.timezone(dt.timedelta(hours=8))
    assert abs((found.as_of - dt.datetime.now(china).date()).days) <= 1
    assert found.variables() == {"as_of": found.as_of.isoformat()}
    assert found.announce is False


def test_a_date_that_does_not_exist_is_refused(given: Callable[..., None]) -> None:
    given({"as_of": "2025-02-31"}, [], {})
    with pytest.raises(SettingsError, match="'2025-02-31'"):
        occasion()
