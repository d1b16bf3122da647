"""Writes a world's folder: one CSV per delivery, world.yaml, and the truth about it.

truth/xref.csv and truth/faults.csv come from the making; row_outcomes.csv and monthly.csv are worked out from
the written files by `simulators.world.truth`.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import yaml

from simulators.world.timetable import Timetable
from simulators.world.truth import computed
from tidu.contracts import DatasetContract, contract


def as_text(frame: pl.DataFrame, promised: DatasetContract) -> pl.DataFrame:
    """Turn typed columns into the text the catalogue asks for; text columns stay as they are."""
    out = []
    for field in promised.fields:
        column, dtype = pl.col(field.name), frame.schema[field.name]
        if dtype == pl.Date:
            column = column.dt.strftime("%Y-%m-%d")
        elif dtype.is_temporal():
            column = column.dt.strftime("%Y-%m-%dT%H:%M:%S+08:00")
        elif dtype.is_float():
            places = 6 if field.name == "registered_capital_wan" else 2
            column = column.cast(pl.Decimal(24, places)).cast(pl.String).str.replace(r"(\.\d\d\d*?)0+$", "${1}")
        else:
            column = column.cast(pl.String)
        out.append(column)
    return frame.select(*out, *(c for c in frame.columns if c.startswith("_")))


def write_world(out: Path, datasets: dict[str, pl.DataFrame], time: Timetable, notes: dict[str, object]) -> None:
    """Write the deliveries in row order and the truth about them; a world appears whole or not at all.

    Each dataset's frame holds the catalogue's fields as text, `_delivered_on`, `_place` (order within the
    delivery), `_true_id` and `_rule` (the rule a row breaks on purpose).
    Raises FileExistsError when `out` holds anything.
    """
    vacant(out)
    making = out.with_name(out.name + ".making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    write_files(making, datasets, time)
    head = {"city": "370200", "start": time.start, "end": time.end, "notes": notes}
    (making / "world.yaml").write_text(yaml.safe_dump(head, allow_unicode=True, sort_keys=False), encoding="utf-8")
    if out.exists():
        out.rmdir()
    making.rename(out)


def vacant(out: Path) -> None:
    """Raise FileExistsError when `out` holds anything."""
    if out.exists() and any(out.iterdir()):
        raise FileExistsError(f"{out} is not empty")


def write_files(out: Path, datasets: dict[str, pl.DataFrame], time: Timetable) -> None:
    """Write the deliveries and their truth."""
    faults, xref = [], []
    for name, frame in datasets.items():
        promised = contract(name)
        rows = frame.sort("_delivered_on", "_place", maintain_order=True).with_columns(
            _row_no=pl.int_range(1, pl.len() + 1).over("_delivered_on")
        )
        folder = out / name
        folder.mkdir()
        for (day,), delivery in rows.group_by(["_delivered_on"], maintain_order=True):
            delivery.select(promised.field_names).write_csv(folder / f"{day}.csv")
        key = pl.concat_str(*(pl.col(k).fill_null("") for k in promised.key), separator="|")
        faults.append(
            rows.filter(pl.col("_rule").is_not_null()).select(
                dataset=pl.lit(name), delivered_on="_delivered_on", row_no="_row_no", rule="_rule"
            )
        )
        xref.append(
            rows.filter(pl.col("_rule").is_null() & pl.col("_true_id").is_not_null())
            .select(dataset=pl.lit(name), source_key=key, true_id="_true_id")
            .unique(maintain_order=True)
        )
    truth = out / "truth"
    truth.mkdir()
    pl.concat(faults).write_csv(truth / "faults.csv")
    pl.concat(xref).write_csv(truth / "xref.csv")
    found = computed(out, time.start, time.end)
    found.row_outcomes.write_csv(truth / "row_outcomes.csv")
    found.monthly.write_csv(truth / "monthly.csv")
