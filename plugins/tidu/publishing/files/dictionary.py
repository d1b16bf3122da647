"""The dictionary of a release: every column with its Chinese and English name, unit and meaning, and every code."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from psycopg import Connection

from tidu.publishing.registry import breakdowns

FILE = Path(__file__).with_name("dictionary.yml")
HEADINGS = ("table", "column", "code", "name_zh", "name_en", "unit", "meaning_zh", "meaning_en")
Line = tuple[str, str, str, str, str, str, str, str]
"""One row: a table (column empty), a column of it (code empty), or a code of a column (table empty: of any)."""


@cache
def texts() -> dict[str, Any]:
    """Return what dictionary.yml says of tables, columns and codes."""
    found: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return found


def dictionary(connection: Connection[Any], release_id: int) -> list[Line]:
    """Return the dictionary of one release, in order of table and column."""
    return [*_columns(connection), *_fixed_codes(), *_own_codes(connection, release_id)]


def write_dictionary(lines: list[Line], path: Path) -> None:
    """Write the dictionary as CSV: UTF-8 without BOM, lines end in LF."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADINGS)
        writer.writerows(lines)


def _columns(connection: Connection[Any]) -> Iterator[Line]:
    said = texts()
    for table, title in said["tables"].items():
        yield (table, "", "", title["zh"], title["en"], "", "", "")
        rows = connection.execute(
            "select column_name from information_schema.columns where table_schema = 'publish' and table_name = %s"
            " order by ordinal_position",
            [table],
        ).fetchall()
        for (column,) in rows:
            known = said["columns"][column]
            meaning = known["meaning"]
            yield (table, column, "", known["zh"], known["en"], known.get("unit", ""), meaning["zh"], meaning["en"])


def _fixed_codes() -> Iterator[Line]:
    for column, codes in texts()["codes"].items():
        for code, name in codes.items():
            yield ("", column, code, name["zh"], name["en"], "", "", "")


def _own_codes(connection: Connection[Any], release_id: int) -> Iterator[Line]:
    """Codes that the rows of a release define themselves."""
    districts = connection.execute(
        "select district_code, min(district_name) from publish.district_monthly where release_id = %s"
        ' group by district_code order by district_code collate "C"',
        [release_id],
    ).fetchall()
    for code, name in districts:
        yield ("", "district_code", code, name, "", "", "", "")
    indicators = connection.execute(
        "select indicator_code, indicator_name, indicator_name_en, unit, definition, definition_en"
        ' from publish.indicator where release_id = %s order by indicator_code collate "C"',
        [release_id],
    ).fetchall()
    for indicator in indicators:
        yield ("", "indicator_code", *indicator)
    for breakdown, value in breakdown_values(connection, release_id):
        named = breakdowns()[breakdown].values if breakdown in breakdowns() else {}
        yield ("", "breakdown_value", value, named.get(value, value), "", "", breakdown, breakdown)


def breakdown_values(connection: Connection[Any], release_id: int) -> list[tuple[str, str]]:
    """Return the breakdowns of a release's cells with their values, in byte order."""
    return connection.execute(
        "select breakdown, breakdown_value from publish.city_monthly where release_id = %s and breakdown <> ''"
        ' group by breakdown, breakdown_value order by breakdown collate "C", breakdown_value collate "C"',
        [release_id],
    ).fetchall()
