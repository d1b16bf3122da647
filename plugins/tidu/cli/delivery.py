"""`tidu delivery`: look at deliveries, take one back, or let in a snapshot that is held."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Column, Table

from tidu.cli.screen import console, plain
from tidu.contracts import contract
from tidu.errors import DecisionRefused

app = typer.Typer(no_args_is_help=True, help=__doc__)
DeliveryId = Annotated[int, typer.Argument(help="Number of the delivery.")]
By = Annotated[str, typer.Option("--by", help="Who decides; recorded with the decision.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, in a sentence; recorded with the decision.")]
STATES = ("received", "loaded", "validated", "accepted", "rejected")


@app.command("list")
def list_deliveries(
    dataset: Annotated[str | None, typer.Option(help="Only this dataset.")] = None,
    state: Annotated[str | None, typer.Option(help=f"Only this state: {', '.join(STATES)}.")] = None,
    held: Annotated[bool, typer.Option("--held", help="Only those that wait for a decision.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, newest first.")] = 50,
) -> None:
    """List deliveries, newest first."""
    from tidu.ledger.outcomes import listed

    if dataset:
        contract(dataset)
    if state and state not in STATES:
        raise typer.BadParameter(f"{state!r} is none of {', '.join(STATES)}")
    name = Column("dataset", no_wrap=True)
    table = Table("id", name, "delivered on", "rows", "accepted", "quarantined", "state", "why")
    for d in listed(dataset=dataset, state="validated" if held else state, limit=limit):
        rows, accepted, quarantined = ("" if n is None else f"{n:,}" for n in (d.rows, d.accepted, d.quarantined))
        table.add_row(
            str(d.delivery_id), d.dataset, str(d.delivered_on), rows, accepted, quarantined,
            "held" if d.state == "validated" else d.state, d.hold_reason or d.reject_reason or "",
        )  # fmt: skip
    console.print(table)


@app.command()
def show(delivery_id: DeliveryId) -> None:
    """Show one delivery: where it came from, what became of its rows, what was decided."""
    from tidu.ledger.database import connect
    from tidu.ledger.decisions import decisions_about
    from tidu.ledger.outcomes import listed

    found = listed(delivery_id=delivery_id)
    if not found:
        raise DecisionRefused(f"no delivery {delivery_id}")
    (d,) = found
    table = Table("", "")
    facts = {
        "dataset": d.dataset,
        "delivered on": d.delivered_on,
        "source": d.source_uri,
        "received at": d.received_at,
        "sha256": d.sha256,
        "state": "held" if d.state == "validated" else d.state,
        "why": d.hold_reason or d.reject_reason,
        "repeats delivery": d.repeats_delivery_id,
        "rows": d.rows,
        "accepted": d.accepted,
        "quarantined": d.quarantined,
        "duplicate": d.duplicate,
        "superseded": d.superseded,
        "changed by decisions": d.restated or None,
    }
    for name, value in facts.items():
        if value is not None:
            table.add_row(name, str(value))
    console.print(table)
    with connect() as connection:
        for decided in decisions_about(connection, f"delivery:{delivery_id}"):
            plain(decided.line())


@app.command()
def withdraw(delivery_id: DeliveryId, by: By, reason: Reason) -> None:
    """Take a delivery back, and what repeats it: as if it had never come."""
    from tidu.validation.deliveries import withdraw as take_back

    ids = take_back(delivery_id, by=by, reason=reason)
    plain(f"withdrawn: {', '.join(map(str, ids))}; the next build takes the change in")


@app.command()
def accept(delivery_id: DeliveryId, by: By, reason: Reason) -> None:
    """Let a held snapshot in as it is, and settle it at once."""
    from tidu.validation.deliveries import accept as let_in

    outcome = let_in(delivery_id, by=by, reason=reason)
    plain(
        f"settled: {', '.join(map(str, outcome.settled)) or 'nothing'}; {outcome.rows_accepted:,} rows accepted,"
        f" {outcome.rows_quarantined:,} quarantined; the next build takes the change in"
    )
