"""`tidu ticket`: what departments are asked to correct."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.table import Table

from tidu.cli.screen import console, plain

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.command("list")
def list_tickets(
    department: Annotated[str | None, typer.Option(help="Only this department's.")] = None,
    dataset: Annotated[str | None, typer.Option(help="Only this dataset's.")] = None,
    state: Annotated[str, typer.Option(help="open, closed or all.")] = "open",
    origin: Annotated[str | None, typer.Option(help="quarantine, drift or disagreement.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many.")] = 100,
) -> None:
    """List tickets, the most urgent first."""
    from tidu.ledger.ticket_listing import tickets

    table = Table("ticket", "dataset", "key", "attribute", "theirs", "ours", "opened", "due", "state")
    for t in tickets(department, dataset, None if state == "all" else state, origin, limit):
        row = (t.source_key[:40], t.attribute or "", (t.theirs or "")[:40], (t.ours or "")[:40])
        closed = t.state if t.closed_on is None else f"{t.resolution} {t.closed_on}"
        table.add_row(str(t.ticket_id), t.dataset, *map(_literal, row), str(t.opened_on), str(t.due_on or ""), closed)
    console.print(table)


@app.command()
def show(ticket_id: Annotated[int, typer.Argument(help="Number of the ticket.")]) -> None:
    """Show one ticket with its evidence."""
    from tidu.ledger.ticket_listing import ticket

    t = ticket(ticket_id)
    plain(f"ticket {t.ticket_id}: {t.department}, {t.dataset}, {t.origin}, {t.state}")
    plain(f"key        {t.source_key[:200]}")
    plain(f"attribute  {t.attribute or 'the whole record'}")
    plain(f"theirs     {t.theirs if t.theirs is not None else '(empty)'}")
    plain(f"ours       {t.ours if t.ours is not None else '(nothing held)'}")
    plain(f"opened     {t.opened_on}, due {t.due_on}")
    if t.closed_on:
        by = f" by delivery {t.closed_by_delivery_id}" if t.closed_by_delivery_id else ""
        plain(f"closed     {t.closed_on}, {t.resolution}{by}")
    plain(f"evidence   {json.dumps(t.evidence, ensure_ascii=False)}")


def _literal(text: str) -> str:
    """Return text that rich takes for no markup."""
    return text.replace("[", r"\[")
