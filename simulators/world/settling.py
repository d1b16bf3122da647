"""Works out what must become of every delivered row of a finished world.

Reads nothing but the world's files and truth/faults.csv. Deliveries are taken one by one in order of date, rows
in order of position, exactly as interface.md section 1 words it.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from simulators.world.reading import read
from tidu.contracts import DatasetContract, contracts

OUTCOMES = ("accepted", "quarantined", "duplicate", "superseded")


def deliveries(world: Path, promised: DatasetContract, as_of: date) -> pl.DataFrame:
    """All rows of a dataset delivered by `as_of`: fields as text, `_delivered_on`, `_row_no`.

    A file that lacks a required column is left out: it is rejected whole.
    """
    needed = {f.name for f in promised.fields if f.required}
    parts = []
    for path in sorted((world / promised.name).glob("*.csv")):
        day = date.fromisoformat(path.stem)
        if day > as_of:
            continue
        part = pl.read_csv(path, infer_schema=False, truncate_ragged_lines=True)
        if not needed <= set(part.columns):
            continue
        absent = [pl.lit(None, pl.String).alias(f) for f in promised.field_names if f not in part.columns]
        part = part.with_columns(*absent).select(promised.field_names)
        parts.append(part.with_columns(_delivered_on=pl.lit(day), _row_no=pl.int_range(1, pl.len() + 1)))
    if parts:
        return pl.concat(parts)
    schema: dict[str, type[pl.DataType]] = {f: pl.String for f in promised.field_names}
    return pl.DataFrame(schema={**schema, "_delivered_on": pl.Date, "_row_no": pl.Int64})


def settled(world: Path, as_of: date) -> dict[str, pl.DataFrame]:
    """Every delivered row of every dataset with `_outcome`, its fields as read, `_key`, `_rank` and `_source_key`."""
    listed = pl.read_csv(
        world / "truth" / "faults.csv",
        schema={"dataset": pl.String, "delivered_on": pl.Date, "row_no": pl.Int64, "rule": pl.String},
    )
    return {
        name: settle(deliveries(world, promised, as_of), promised, listed) for name, promised in contracts().items()
    }


def settle(rows: pl.DataFrame, promised: DatasetContract, listed: pl.DataFrame) -> pl.DataFrame:
    """Give every row of one dataset its outcome. A conflict that no fault lists is quarantined all the same."""
    faults = (
        listed.filter(pl.col("dataset") == promised.name)
        .select(_delivered_on="delivered_on", _row_no="row_no", _fault="rule")
        .unique(["_delivered_on", "_row_no"])
    )
    rows = rows.with_columns(
        _source_key=pl.concat_str(*(pl.col(k).fill_null("") for k in promised.key), separator="|")
    ).with_columns(read(f, promised).alias(f.name) for f in promised.fields)
    rank = pl.col(promised.version_field).cast(pl.Int64) if promised.version_field else pl.lit(0, pl.Int64)
    rows = rows.with_columns(
        _key=pl.concat_str(*(pl.col(k).cast(pl.String).fill_null("") for k in promised.identity_key), separator="|"),
        _rank=rank,
        _content=pl.struct(promised.field_names).hash(),
    ).join(faults, on=["_delivered_on", "_row_no"], how="left", maintain_order="left")
    sound = rows.filter(pl.col("_fault").is_null()).select("_delivered_on", "_row_no", "_key", "_rank", "_content")
    if promised.mode == "snapshot":
        verdicts = by_snapshot(sound)
    elif promised.mode == "delta" and promised.version_field is None:
        verdicts = by_current_row(sound)
    else:
        verdicts = by_version(sound)
    return rows.join(verdicts, on=["_delivered_on", "_row_no"], how="left", maintain_order="left").with_columns(
        pl.col("_outcome").fill_null("quarantined")
    )


def by_snapshot(sound: pl.DataFrame) -> pl.DataFrame:
    """Snapshots: within one delivery the first row of a key stands."""
    first = pl.col("_row_no") == pl.col("_row_no").min().over("_delivered_on", "_key")
    same = pl.col("_content") == pl.col("_content").first().over("_delivered_on", "_key")
    return verdict(sound, pl.when(first).then(pl.lit("accepted")).when(same).then(pl.lit("duplicate")))


def by_current_row(sound: pl.DataFrame) -> pl.DataFrame:
    """Deltas without updated_at: a delivery's first row that differs from the key's current row stands.

    Rows before it equal the current row and are duplicates; after it only its own content is one.
    """
    current = pl.DataFrame(schema={"_key": pl.String, "_known": sound.schema["_content"]})
    parts = []
    for delivery in sound.partition_by("_delivered_on", maintain_order=True):
        rows = delivery.join(current, on="_key", how="left", maintain_order="left")
        row_no, content = pl.col("_row_no"), pl.col("_content")
        differs = content.ne_missing(pl.col("_known"))
        rows = rows.with_columns(_taken=row_no.filter(differs).min().over("_key"))
        stands = (row_no == pl.col("_taken")).fill_null(False)
        idle = pl.col("_taken").is_null() | (row_no < pl.col("_taken"))
        same = content == content.filter(stands).first().over("_key")
        parts.append(
            verdict(rows, pl.when(stands).then(pl.lit("accepted")).when(idle | same).then(pl.lit("duplicate")))
        )
        taken = rows.filter(stands).select("_key", _known="_content")
        current = pl.concat([current.join(taken, on="_key", how="anti"), taken])
    return pl.concat(parts) if parts else verdict(sound, pl.lit(None, pl.String))


def by_version(sound: pl.DataFrame) -> pl.DataFrame:
    """Facts by version and deltas by updated_at: the delivery's highest version stands if none before is as high."""
    accepted = sound.head(0).select("_key", "_rank", _known="_content")
    parts = []
    for delivery in sound.partition_by("_delivered_on", maintain_order=True):
        highest = accepted.group_by("_key").agg(_before=pl.col("_rank").max())
        rows = delivery.join(highest, on="_key", how="left", maintain_order="left")
        newest = (pl.col("_rank") == pl.col("_rank").max().over("_key")) & (
            pl.col("_before").is_null() | (pl.col("_rank") > pl.col("_before"))
        )
        rows = rows.with_columns(_newest=newest)
        stands = pl.col("_newest") & (pl.col("_row_no") == pl.col("_row_no").min().over("_key", "_newest"))
        rows = rows.with_columns(_stands=stands)
        accepted = pl.concat([accepted, rows.filter("_stands").select("_key", "_rank", _known="_content")])
        rows = rows.join(accepted, on=["_key", "_rank"], how="left", maintain_order="left")
        parts.append(
            verdict(
                rows,
                pl.when("_stands").then(pl.lit("accepted"))
                .when(pl.col("_known").is_null()).then(pl.lit("superseded"))
                .when(pl.col("_known") == pl.col("_content")).then(pl.lit("duplicate")),
            )
        )  # fmt: skip
    return pl.concat(parts) if parts else verdict(sound, pl.lit(None, pl.String))


def verdict(rows: pl.DataFrame, outcome: pl.Expr) -> pl.DataFrame:
    """Row positions with their outcome; null is a conflict, which is quarantined."""
    return rows.select("_delivered_on", "_row_no", _outcome=outcome.fill_null("quarantined"))


def row_outcomes(rows: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Counts by delivery: dataset, delivered_on, rows, accepted, quarantined, duplicate, superseded."""
    parts = [
        frame.group_by("_delivered_on").agg(
            rows=pl.len().cast(pl.Int64), **{o: (pl.col("_outcome") == o).sum().cast(pl.Int64) for o in OUTCOMES}
        ).select(dataset=pl.lit(name), delivered_on="_delivered_on", rows="rows", **{o: pl.col(o) for o in OUTCOMES})
        for name, frame in rows.items()
    ]  # fmt: skip
    return pl.concat(parts).sort("dataset", "delivered_on")
