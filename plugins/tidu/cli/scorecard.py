"""`tidu scorecard`: how departments deliver and correct."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from tidu.cli.dates import day
from tidu.cli.screen import console


def scorecard(
    department: Annotated[str | None, typer.Option(help="Only this department.")] = None,
    month: Annotated[str | None, typer.Option(help="YYYY-MM; default: the last month with a delivery.")] = None,
) -> None:
    """Show each department's datasets in one month: delivered, accepted, tickets, days to fix."""
    from tidu.ledger import scorecard as scores

    headings = ("delivered", "accepted", "share", "rejected files", "opened", "closed", "open", "days to fix")
    table = Table("department", "dataset", "month", *headings)
    for s in scores.scorecard(department, day(f"{month}-01") if month else None):
        share = "" if s.share_accepted is None else f"{s.share_accepted:.2%}"
        days = "" if s.median_days_to_fix is None else f"{s.median_days_to_fix:g}"
        counts = (s.deliveries_rejected, s.tickets_opened, s.tickets_closed, s.tickets_open)
        table.add_row(
            s.department, s.dataset, f"{s.month:%Y-%m}", f"{s.rows_delivered:,}", f"{s.rows_accepted:,}", share,
            *(f"{count:,}" for count in counts), days,
        )  # fmt: skip
    console.print(table)
