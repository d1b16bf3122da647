"""The tables of a release as CSV and Parquet, by COPY and Arrow: rows in order of their key, no time of writing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from psycopg import Connection

from tidu.publishing.manifest import shapes

ROW_GROUP = 131_072
DIGITS, DECIMALS = 28, 10
"""Of every number in Parquet: ratios have ten decimals, money two; 18 digits before the point hold any sum in yuan."""
AS_TEXT = {"ARRAY": "array_to_string({0}, '|')", "boolean": "{0}::text"}
"""How a column goes into CSV where COPY's own way is PostgreSQL's alone, by type."""


def write_tables(connection: Connection[Any], release_id: int, folder: Path) -> list[str]:
    """Write <table>.csv and <table>.parquet of every released table into a folder; return the tables.

    CSV: UTF-8 without BOM, lines end in LF, a comma between, quotes where needed; an empty text is "", a null nothing.
    Parquet: zstd, numbers as decimals, the same rows in the same order.
    """
    names = []
    for table, (columns, order) in shapes(connection).items():
        types = _types(connection, table)
        wanted = ["release_id", *columns.split(", ")]
        chosen = ", ".join(f"{AS_TEXT.get(types[c], '{0}').format(c)} as {c}" for c in wanted)
        query = f"select {chosen} from publish.{table} where release_id = {int(release_id)} order by {order}"  # noqa: S608
        with (
            (folder / f"{table}.csv").open("wb") as file,
            connection.cursor() as cursor,
            cursor.copy(f"copy ({query}) to stdout (format csv, header)".encode()) as copied,
        ):
            for block in copied:
                file.write(block)
        _write_parquet(folder / f"{table}.csv", folder / f"{table}.parquet", {c: types[c] for c in wanted})
        names.append(table)
    return names


def _types(connection: Connection[Any], table: str) -> dict[str, str]:
    return dict(
        connection.execute(
            "select column_name, data_type from information_schema.columns"
            " where table_schema = 'publish' and table_name = %s",
            [table],
        ).fetchall()
    )


def _write_parquet(csv: Path, parquet: Path, types: dict[str, str]) -> None:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv
    from pyarrow import parquet as arrow_parquet

    arrow = {
        "bigint": pa.int64(),
        "integer": pa.int32(),
        "numeric": pa.decimal128(DIGITS, DECIMALS),
        "boolean": pa.bool_(),
    }
    table = arrow_csv.read_csv(
        csv,
        convert_options=arrow_csv.ConvertOptions(
            column_types={name: arrow.get(kind, pa.string()) for name, kind in types.items()},
            null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False,
        ),
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
    )  # fmt: skip
    arrow_parquet.write_table(table, parquet, row_group_size=ROW_GROUP, compression="zstd", version="2.6")
