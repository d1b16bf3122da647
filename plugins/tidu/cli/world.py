"""`tidu world`: makes folders of deliveries for demonstration, tests and benchmarks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tidu.cli.screen import plain
from tidu.errors import TiduError

if TYPE_CHECKING:
    from simulators.world.placing import Faults

app = typer.Typer(help="Make worlds: folders of deliveries of all six departments.", no_args_is_help=True)
SHOWN = 20

Out = Annotated[Path, typer.Option("--out", help="New or empty folder to write the world into.")]
Months = Annotated[int, typer.Option("--months", min=1, max=60, help="Months the world lasts.")]
Start = Annotated[str, typer.Option("--start", help="First month, YYYY-MM.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same bytes.")]


def first_month(text: str) -> date:
    """Read YYYY-MM; typer.BadParameter when it is none."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no month like 2025-01") from None


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what the world making refuses into an error for an operator."""
    try:
        yield
    except (FileExistsError, ValueError) as error:
        raise TiduError(str(error)) from error


@app.command()
def make(
    out: Out,
    enterprises: Annotated[int, typer.Option("--enterprises", min=100, help="Registered market entities.")] = 20_000,
    months: Months = 18,
    start: Start = "2025-01",
    seed: Seed = 1,
    *,
    faults: Annotated[
        Literal["beside", "in-place", "none"],
        typer.Option(help="Faulty rows beside good ones, in place of them, or none: a clean world."),
    ] = "beside",
) -> None:
    """Write a synthetic world with its truth."""
    from simulators.world.making import make_world

    where: dict[str, Faults] = {"beside": "beside", "in-place": "in_place", "none": "none"}
    with refusals():
        make_world(out, enterprises, months, seed, first_month(start), faults=where[faults])
    plain(f"world written to {out}")


@app.command("from-registry")
def from_registry(
    file: Annotated[Path, typer.Argument(help="Registry extract, csv or csv.gz.", exists=True, dir_okay=False)],
    out: Out,
    months: Months = 18,
    start: Start = "2025-01",
    seed: Seed = 1,
) -> None:
    """Write a world around a real registry extract; the other departments are simulated around it."""
    from simulators.world.registry import UNREAD_FILE
    from simulators.world.registry import from_registry as build

    with refusals():
        report = build(file, out, months, first_month(start), seed)
    plain(f"world written to {out}: {report.rows} rows read, {report.faulty} faulty as they stand")
    plain(f"{report.repeated} rows left out because an earlier row bears their credit code")
    unread = report.capital_unread
    plain(f"{report.capital_read} capitals read, {len(unread)} not understood and left empty")
    for name, _, text in unread.head(SHOWN).iter_rows():
        plain(f"  {text}  ({name})")
    if len(unread) > SHOWN:
        plain(f"  ... all of them in {out / UNREAD_FILE}")
