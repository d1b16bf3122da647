"""The command line shows tickets, scores and ages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import psycopg
import pytest
from typer.testing import CliRunner

from tests.integration.test_tickets import bring, taxpayer
from tidu.cli import build
from tidu.cli.screen import console
from tidu.ledger.scorecard import scorecard
from tidu.ledger.tickets import refresh

pytestmark = pytest.mark.postgres
Say = Callable[..., str]


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch) -> Say:
    """Run a command; return what it said."""

    def run(*arguments: str, code: int = 0) -> str:
        monkeypatch.setattr(console, "width", 250)
        with console.capture() as said:
            result = CliRunner().invoke(build(arguments[0]), list(arguments))
        assert result.exit_code == code, result.output
        return said.get() + result.output

    return run


@pytest.fixture
def corrected(warehouse: str) -> str:
    """Two faulty rows in July, one of them corrected ten days later, one in August; a rejected delivery."""
    faulty = [taxpayer("1", registered_on="x"), taxpayer("2", registered_on="[bold]y"), taxpayer("3"), taxpayer("4")]
    *_, rejected = bring(
        warehouse,
        "tx_taxpayer",
        ("2025-07-01", faulty),
        ("2025-07-11", [taxpayer("1", updated_at="2025-07-10T08:00:00")]),
        ("2025-08-01", [taxpayer("5", registered_on="z"), taxpayer("6")]),
        ("2025-08-02", []),
    )
    with psycopg.connect(warehouse) as connection:
        connection.execute("delete from ops.row_ledger where delivery_id = %s", [rejected])
        connection.execute("update ops.delivery set state = 'rejected' where delivery_id = %s", [rejected])
    refresh(dt.date(2025, 8, 31))
    return warehouse


def test_the_scorecard_counts_by_month_of_delivery(corrected: str) -> None:
    july, august = (scorecard("tax", dt.date(2025, month, 15)) for month in (7, 8))
    ((first,), (second,)) = (july, august)
    assert (first.rows_delivered, first.rows_accepted, first.rows_quarantined) == (5, 3, 2)
    assert float(first.share_accepted or 0) == 0.6
    assert (first.tickets_opened, first.tickets_closed, first.tickets_open) == (2, 1, 1)
    assert first.median_days_to_fix == 10
    assert (second.deliveries, second.deliveries_rejected, second.rows_delivered) == (2, 1, 2)
    assert (second.tickets_opened, second.tickets_closed, second.tickets_open) == (1, 0, 2)
    assert second.median_days_to_fix is None
    assert scorecard() == august
    assert scorecard("hr") == []


def test_tickets_stay_open_in_months_without_a_delivery(corrected: str) -> None:
    bring(corrected, "mi_arrears", ("2025-10-06", []))
    ((october,),) = (scorecard("tax"),)
    assert (october.month, october.deliveries, october.share_accepted) == (dt.date(2025, 10, 1), 0, None)
    assert (october.tickets_opened, october.tickets_closed, october.tickets_open) == (0, 0, 2)


def test_commands_show_scores_tickets_and_ages(corrected: str, say: Say) -> None:
    assert "60.00%" in say("scorecard", "--month", "2025-07")
    assert "50.00%" in say("scorecard")
    listed = say("ticket", "list", "--department", "tax")
    assert "[bold]y" in listed
    assert "redelivered" not in listed
    assert "redelivered 2025-07-11" in say("ticket", "list", "--state", "all")
    assert "tx_taxpayer" not in say("ticket", "list", "--department", "hr")
    with psycopg.connect(corrected) as connection:
        ((number,),) = connection.execute(
            "select ticket_id from ops.correction_ticket where state = 'closed'"
        ).fetchall()
    shown = say("ticket", "show", str(number))
    assert "registered_on:type" in shown
    assert "closed     2025-07-11, redelivered by delivery" in shown
    ages = say("freshness", "--as-of", "2025-08-03")
    assert "tx_taxpayer" in ages
    assert "fresh" in ages
    assert "never" in ages


def test_a_date_that_is_none_is_told(warehouse: str, say: Say) -> None:
    assert "is no date" in say("freshness", "--as-of", "yesterday", code=2)
