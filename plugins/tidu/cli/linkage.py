"""`tidu linkage`: train the weights that linkage compares records with."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidu.cli.screen import plain

if TYPE_CHECKING:
    import polars as pl

    from tidu.cli.linkage_sets import LabelledSet

app = typer.Typer(help="How records are compared.", no_args_is_help=True)


@app.command()
def train(
    sets: Annotated[Path, typer.Argument(help="Folder that holds the labelled sets.")],
    city: Annotated[Path, typer.Option(help="Register of one city, csv.")],
    country: Annotated[Path, typer.Option(help="A larger register, csv.")],
) -> None:
    """Train the weights anew and write model.json; takes some minutes.

    Labelled pairs with an even number are counted, the odd ones are held out for measuring.
    """
    from tidu.cli.linkage_sets import listed_companies, register, tax_list
    from tidu.identity.linkage import training
    from tidu.identity.linkage.features import records
    from tidu.identity.linkage.model import FILE

    labelled = [tax_list(sets / "jiangxi_tax_registry"), listed_companies(sets / "ashare_shortname")]
    here = register(city)
    everywhere = records(_with(here, register(country)), "enterprise_id")
    weights = training.train(records(here, "enterprise_id"), everywhere, [_labelled_pairs(s) for s in labelled])
    held = {
        "version": str(date.today()),
        "trained_by": "tidu linkage train",
        "u": {
            "names": f"all pairs of {everywhere.height} records of {country.name} and {city.name}",
            "other": f"400000 random pairs of {here.height} records of {city.name}",
            "assumed": training.ASSUMED_APART,
        },
        "m": {
            "counted": {s.name: s.truth["enterprise_id"].count() for s in labelled},
            "held_out": "parties with an odd number, and pairs whose names are equal",
            "assumed": training.ASSUMED,
            "assumed_pairs": {"else": training.ASSUMED_OTHERWISE} | training.ASSUMED_PAIRS,
        },
        "inputs_sha256": {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in (city, country)},
        "weights": {n: {label: list(pair) for label, pair in levels.items()} for n, levels in weights.items()},
    }
    FILE.write_text(json.dumps(held, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    plain(f"wrote {FILE.name}")


def _with(one: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    return pl.concat([one, other]).unique("enterprise_id", maintain_order=True)


def _labelled_pairs(labelled: LabelledSet) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return records of both sides and the true pairs to count: no exact names, which exact rules tie before."""
    import polars as pl

    from tidu.cli.linkage_sets import held_out
    from tidu.identity.linkage.features import records

    parties = records(labelled.parties, "party_id")
    registered = records(labelled.registered, "enterprise_id")
    truth = labelled.truth.drop_nulls().filter(~held_out(pl.col("party_id")))
    pairs = (
        parties.select("name_key", party_record="record", party_id="owner")
        .join(truth, on="party_id")
        .join(registered.select("name_key", registered_record="record", enterprise_id="owner"), on="enterprise_id")
        .filter(pl.col("name_key") != pl.col("name_key_right"))
    )
    return parties, registered, pairs.select("party_record", "registered_record")
