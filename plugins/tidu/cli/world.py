"""`tidu world`: makes folders of deliveries for demonstration, tests and benchmarks."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer(help="Make worlds: folders of deliveries of all six departments.", no_args_is_help=True)
console = Console()

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


@app.command()
def make(
    out: Out,
    enterprises: Annotated[int, typer.Option("--enterprises", min=100, help="Registered market entities.")] = 20_000,
    months: Months = 18,
    start: Start = "2025-01",
    seed: Seed = 1,
) -> None:
    """Write a synthetic world with its truth."""
    from simulators.world.making import make_world

    make_world(out, enterprises, months, seed, first_month(start))
    console.print(f"world written to {out}")
