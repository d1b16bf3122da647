"""The measurement behind `tidu bench linkage`: links against truth, beside simpler methods in the same run."""

from __future__ import annotations

import time
from pathlib import Path

import polars as pl
from rich.table import Table

from tidu.cli.linkage_sets import LabelledSet, held_out, listed_companies, tax_list
from tidu.cli.screen import console
from tidu.identity.linkage.baselines import METHODS, agreement


def measure_sets(folder: Path) -> None:
    """Print precision and recall of every method on the labelled sets in a folder."""
    for labelled in (tax_list(folder / "jiangxi_tax_registry"), listed_companies(folder / "ashare_shortname")):
        console.print(set_report(labelled))


def set_report(labelled: LabelledSet) -> Table:
    """Measure every method on one set; the last columns count only parties no weight was trained on."""
    table = Table(
        "method", "links", "precision", "recall", "held out: precision", "recall", "seconds", title=labelled.name
    )
    apart = labelled.truth.filter(held_out(pl.col("party_id")))
    for name, method in METHODS.items():
        began = time.perf_counter()
        found = method(labelled.parties, labelled.registered)
        seconds = time.perf_counter() - began
        links, *whole = agreement(found, labelled.truth)
        _, *half = agreement(found, apart)
        table.add_row(name, str(links), *(f"{v:.4f}" for v in (*whole, *half)), f"{seconds:.1f}")
    return table
