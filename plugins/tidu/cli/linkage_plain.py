"""Plain Splink on a world: the records it is given, and what its clusters say of every source key."""

from __future__ import annotations

import time
from collections.abc import Iterator

import polars as pl

from tidu.cli.linkage_worlds import organisation, register
from tidu.identity.linkage.plain import plain_clusters

PLACE = "^(山东省?)?(青岛市?)?(..[区市])?"
NO_CODE = "^(.{0,14}|0+|1+)$"
"""What stands where a code should and is none."""


def plain_links(rows: dict[str, pl.DataFrame], records_: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame, float]]:
    """Yield threshold, links (dataset, source_key, enterprise_id) and seconds, for the usual threshold first."""
    began = time.perf_counter()
    given, of = subjects(rows, records_)
    preparing = time.perf_counter() - began
    for clusters in plain_clusters(given):
        own = pl.concat_str(pl.lit("cluster|"), "cluster")
        links = of.join(clusters.found, on="record", how="left")
        links = links.select("dataset", "source_key", enterprise_id=pl.coalesce(own, "subject"))
        yield clusters.threshold, links, preparing + clusters.seconds


def subjects(rows: dict[str, pl.DataFrame], records_: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return what plain Splink is given, and which of it every record is: the newest word on every account, once.

    The first has record and plain.COLUMNS: accounts and register entries as last delivered, former names of the
    register, and what is said without an account. The second has dataset, source_key, subject, record (null: nothing
    is known of it but a number).
    """
    said = pl.concat_str(pl.lit("said"), "code", "name_key", separator="|", ignore_nulls=True)
    subject = pl.coalesce("account", pl.when(pl.coalesce("code", "name_key").is_not_null()).then(said))
    own = pl.concat_str(pl.lit("own"), "dataset", "source_key", separator="|")
    of = records_.with_columns(subject=pl.coalesce(subject, own))
    where = pl.concat(
        rows[name].select("district_code", address, subject=pl.concat_str(pl.lit(kind), number, separator="|"))
        for name, kind, number, address in (
            ("tx_taxpayer", "taxpayer", "taxpayer_no", "address"),
            ("ms_registration", "entity", "entity_no", "address"),
            ("hr_insurance", "employer", "employer_no", pl.lit(None, pl.String).alias("address")),
        )
    ).unique("subject", keep="last", maintain_order=True)
    names = register(rows).select(subject="entity", code="code", name="name_key", former="is_former")
    told = of.filter(~pl.col("subject").str.starts_with("entity|")).sort(
        pl.col("name_key").is_null(), maintain_order=True, descending=True
    )
    told = told.unique("subject", keep="last", maintain_order=True)
    frame = pl.concat([
        names.unique(maintain_order=True),
        told.select("subject", "code", name="name_key", former=pl.lit(False)),
    ]).join(where, on="subject", how="left", maintain_order="left").with_row_index("record")  # fmt: skip
    frame = frame.with_columns(code=pl.when(~pl.col("code").str.contains(NO_CODE)).then("code"))
    given = frame.select(
        pl.col("record").cast(pl.Int64), "code", "name", "district_code", "address", organisation=organisation(),
        beginning=pl.col("name").str.replace(PLACE, "").str.slice(0, 4),
    )  # fmt: skip
    current = frame.filter(~pl.col("former")).select("subject", pl.col("record").cast(pl.Int64)).unique("subject")
    return given, of.join(current, on="subject", how="left").select("dataset", "source_key", "subject", "record")
