"""`tidu freshness`: how old each dataset is, and what is late by its contract."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from tidu.cli.dates import day
from tidu.cli.screen import console


def freshness(
    as_of: Annotated[str | None, typer.Option(help="Business date; default: the one maintained for last.")] = None,
) -> None:
    """Show every dataset's last good delivery with its age, and when the next one is due."""
    from tidu.ledger import freshness as ages

    table = Table("department", "dataset", "last delivery", "rows", "age", "due", "state", "kept out since")
    for f in ages.freshness(day(as_of) if as_of else None):
        state = f"[red]{f.state}[/red] {f.days_late or ''}".strip() if f.state != "fresh" else f.state
        known = (f.last_delivered_on, f.last_rows, f.age_days, f.due_on)
        kept_out = str(f.kept_out_since or "")
        table.add_row(f.department, f.dataset, *("" if v is None else str(v) for v in known), state, kept_out)
    console.print(table)
