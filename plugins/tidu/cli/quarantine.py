"""`tidu quarantine`: look at rows that were held back, and decide about them in a person's name."""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Column, Table

from tidu.cli.screen import console, plain
from tidu.contracts import contract
from tidu.errors import DecisionRefused

if TYPE_CHECKING:
    from tidu.ledger.quarantine import Held
    from tidu.validation.resettle import Moved

app = typer.Typer(no_args_is_help=True, help=__doc__)
HEADINGS = ["quarantine_id", "field", "value"]

By = Annotated[str, typer.Option("--by", help="Who decides; recorded with the decision.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, in a sentence; recorded with the decision.")]
Ids = Annotated[list[int], typer.Argument(help="Numbers of the quarantined rows.")]
Dataset = Annotated[str | None, typer.Option(help="Only this dataset.")]


@app.command("list")
def list_rows(
    dataset: Dataset = None,
    state: Annotated[str, typer.Option(help="open, released, repaired, waived, discarded or all.")] = "open",
    rule: Annotated[str | None, typer.Option(help="Only rows that break this rule, such as uscc:uscc.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many rows.")] = 50,
) -> None:
    """List quarantined rows, oldest first."""
    from tidu.ledger.database import connect
    from tidu.ledger.quarantine import STATES, held_rows

    if state not in (*STATES, "all"):
        raise typer.BadParameter(f"{state!r} is none of {', '.join(STATES)}, all")
    if dataset:
        contract(dataset)
    with connect() as connection:
        found = held_rows(
            connection, dataset=dataset, states=None if state == "all" else [state], rule=rule, limit=limit + 1
        )
    number = Column("id", no_wrap=True)
    table = Table(number, Column("dataset", no_wrap=True), "delivered on", "row", "key", "rules", "state", "decided by")
    for row in found[:limit]:
        table.add_row(
            str(row.quarantine_id), row.dataset, str(row.delivered_on), str(row.row_no), row.source_key[:40],
            "\n".join(row.rules), row.state, row.decided_by or "",
        )  # fmt: skip
    console.print(table)
    if len(found) > limit:
        plain(f"more than {limit} rows; --limit shows more, --dataset and --rule narrow them")


@app.command()
def show(quarantine_id: Annotated[int, typer.Argument(help="Number of the quarantined row.")]) -> None:
    """Show one row: every field as delivered and as it stands, what it breaks, and what was decided."""
    from tidu.ledger.database import connect
    from tidu.ledger.decisions import decisions_about
    from tidu.ledger.quarantine import held_rows, repaired_row

    with connect() as connection:
        found = held_rows(connection, ids=[quarantine_id])
        if not found:
            raise DecisionRefused(f"no quarantined row {quarantine_id}")
        (row,) = found
        stands = repaired_row(connection, row)
        decided = decisions_about(connection, f"quarantine:{quarantine_id}")
    plain(
        f"quarantine {row.quarantine_id}: {row.dataset}, delivery {row.delivery_id} of {row.delivered_on},"
        f" row {row.row_no}"
    )
    plain(f"state {row.state}" + (f", by {row.decided_by}: {row.reason}" if row.decided_by else ""))
    if row.redelivered_by:
        plain(f"delivered right by delivery {row.redelivered_by} since")
    console.print(_fields(row, stands))
    for decision in decided:
        plain(decision.line())


def _fields(row: Held, stands: dict[str, Any] | None) -> Table:
    """Return every field beside what it breaks and, where the row was repaired, its value now."""
    broken: dict[str, list[str]] = {}
    for rule in row.rules:
        column, _, kind = rule.partition(":")
        broken.setdefault(column, []).append(kind)
    table = Table("field", "heading", "as delivered", "as it stands", "breaks")
    headings = {f.name: f.heading for f in contract(row.dataset).fields}
    for name, value in row.payload.items():
        now = "" if stands is None or stands.get(name) == value else str(stands.get(name) or "(empty)")
        delivered = "" if value is None else str(value)
        table.add_row(name, headings.get(name, ""), delivered, now, ", ".join(broken.get(name, ())))
    if "row" in broken:
        table.add_row("(row)", "", "", "", ", ".join(broken["row"]))
    return table


@app.command()
def waive(
    ids: Ids,
    by: By,
    reason: Reason,
    expires_on: Annotated[str | None, typer.Option(help="Last day, YYYY-MM-DD; left out: for good.")] = None,
    rule: Annotated[list[str] | None, typer.Option(help="Waive this rule only; may be given several times.")] = None,
) -> None:
    """Let rows in although they break rules."""
    from tidu.validation import decisions

    until = _day(expires_on, "--expires-on")
    _report(decisions.waive(ids, by=by, reason=reason, expires_on=until, rules=rule or None))


@app.command()
def repair(
    by: By,
    reason: Reason,
    quarantine_id: Annotated[int | None, typer.Argument(help="Number of the row; left out with --file.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="FIELD=VALUE, field by name or heading; no value empties it.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(help="CSV with the columns quarantine_id, field, value.", exists=True, dir_okay=False),
    ] = None,
) -> None:
    """Put corrected rows in place of what was delivered; they are judged by the same rules."""
    from tidu.validation import decisions

    if (file is None) == (quarantine_id is None) or (file is None) == (not set_):
        raise typer.BadParameter("give a row and --set FIELD=VALUE, or --file alone")
    corrections = _corrections(file) if file else {quarantine_id or 0: dict(map(_assignment, set_ or ()))}
    _report(decisions.repair(corrections, by=by, reason=reason))


def _assignment(text: str) -> tuple[str, str | None]:
    name, sign, value = text.partition("=")
    if not sign:
        raise typer.BadParameter(f"{text!r} is not FIELD=VALUE")
    return name.strip(), value


def _corrections(path: Path) -> dict[int, dict[str, str | None]]:
    """Read a file of corrections. Raises DecisionRefused naming the line at fault."""
    found: dict[int, dict[str, str | None]] = {}
    with path.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.reader(lines)
        if next(reader, None) != HEADINGS:
            raise DecisionRefused(f"{path}: the first line must be {','.join(HEADINGS)}")
        for cells in reader:
            if len(cells) != len(HEADINGS) or not cells[0].strip().isdigit():
                raise DecisionRefused(f"{path}, line {reader.line_num}: expected a number, a field and a value")
            of_row = found.setdefault(int(cells[0]), {})
            if cells[1] in of_row:
                raise DecisionRefused(f"{path}, line {reader.line_num}: {cells[1]} of row {cells[0]} is given twice")
            of_row[cells[1].strip()] = cells[2]
    return found


@app.command()
def discard(ids: Ids, by: By, reason: Reason) -> None:
    """Hold rows back for good."""
    from tidu.validation import decisions

    _report(decisions.discard(ids, by=by, reason=reason))


@app.command()
def replay(
    by: By,
    reason: Reason,
    dataset: Annotated[list[str] | None, typer.Option(help="Only this dataset; may be given several times.")] = None,
    as_of: Annotated[str | None, typer.Option(help="Business date; waivers that ended before it lapse.")] = None,
) -> None:
    """Judge open rows again by today's contracts."""
    from tidu.validation import decisions

    for name in dataset or ():
        contract(name)
    moved = decisions.replay(dataset or None, by=by, reason=reason, as_of=_day(as_of, "--as-of"))
    if not moved:
        plain("nothing moves: every row stands as its rules say")
        return
    _report(moved)


def _day(text: str | None, option: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date like 2025-06-30", param_hint=option) from None


def _report(moved: Sequence[Moved]) -> None:
    """Print what became of rows: one by one where there are few, then counted."""
    if len(moved) <= 50:
        table = Table("id", "dataset", "delivery", "row", "state", "counts as", "rules")
        for m in moved:
            place = (str(m.quarantine_id), m.dataset, str(m.delivery_id), str(m.row_no))
            table.add_row(*place, m.state, m.outcome, "\n".join(m.rules))
        console.print(table)
    counted = Counter((m.state, m.outcome) for m in moved)
    said = ", ".join(f"{rows} {state} ({outcome})" for (state, outcome), rows in sorted(counted.items()))
    plain(f"{len(moved)} rows: {said}; the next build takes the change in")
