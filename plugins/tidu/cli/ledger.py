"""`tidu ledger`: prove that every delivered row is accounted for."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from tidu.cli.screen import plain
from tidu.contracts import contract, contracts

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.callback()
def ledger() -> None:
    """Keep `prove` a sub-command, whatever is asked of the ledger one day."""


@app.command()
def prove(
    dataset: Annotated[list[str] | None, typer.Option(help="Only this dataset; may be given several times.")] = None,
) -> None:
    """Count every delivery anew from raw and from the outcomes; exit with 1 where the ledger says otherwise."""
    from tidu.ledger.proof import prove as differences

    for name in dataset or ():
        contract(name)
    began = time.perf_counter()
    found = differences(dataset or None)
    for difference in found:
        plain(str(difference))
    datasets = len(dataset or contracts())
    plain(f"{datasets} datasets proved in {time.perf_counter() - began:.1f} s: {len(found)} differences")
    raise typer.Exit(1 if found else 0)
