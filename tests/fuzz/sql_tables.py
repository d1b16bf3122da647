"""Bad tables of a department's front database: values of every PostgreSQL type under any column name."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from tests.fuzz.cells import nasty_text
from tests.fuzz.tables import bent, some_grid
from tidu.contracts import DatasetContract

TYPES: dict[str, tuple[str, ...]] = {
    "smallint": ("-32768", "32767"), "integer": ("-2147483648", "7"), "bigint": ("9223372036854775807", "-1"),
    "numeric": ("NaN", "Infinity", "-Infinity", "9" * 400, "1e-1000", "0." + "1" * 3000, "1" + "0" * 100_000, "1.10"),
    "numeric(20,2)": ("1.10", "-0.00"), "real": ("NaN", "Infinity", "1e-40", "0.1"), "double precision": ("1e308", "-0", "NaN", "0.1"),
    "money": ("$1,234.50", "-92233720368547758.08"), "boolean": ("t", "f"), "bytea": ("\\x00ff", ""), "bit(3)": ("101",), "varbit": ("", "1" * 999),
    "date": ("infinity", "-infinity", "4713-01-01 BC", "5874897-12-31", "0001-01-01", "9999-12-31"),
    "timestamp": ("infinity", "4713-01-01 00:00:00 BC", "294276-12-31 23:59:59.999999", "2025-01-01 00:00:00"),
    "timestamptz": ("infinity", "-infinity", "294276-12-31 23:59:59.999999+00", "0001-01-01 00:00:00+15:59", "2025-06-01 08:00:00+08"),
    "time": ("24:00:00", "00:00:00.000001"), "timetz": ("24:00:00-15:59", "00:00:00+08"), "interval": ("1 year -3 days 04:05:06", "infinity", "-178000000 years"),
    "text": ("", "甲", "\ufffd", "x" * 300_000), "varchar(8)": ("", "甲乙"), "char(5)": ("a", ""), '"char"': ("a", "\\377"), "name": ("x" * 63,),
    "uuid": ("00000000-0000-0000-0000-000000000000",), "json": ('{"a": "\\u0000"}', "[1e400]", '"\\ud800"'), "jsonb": ('{"a": [1]}', "null", "1" + "0" * 500),
    "jsonpath": ("$.a",), "int4[]": ("{}", "{1,NULL}", "{{1},{2}}"), "text[]": ('{"a,b","\\"",NULL}', "{NULL}"), "date[]": ("{infinity}",),
    "int4range": ("empty", "[1,5)"), "tstzrange": ("(,)", "[2025-01-01,infinity)"), "nummultirange": ("{}", "{[1,2],[3,4]}"), "datemultirange": ("{}",),
    "point": ("(NaN,Infinity)", "(1,2)"), "line": ("{1,2,3}",), "lseg": ("[(0,0),(1,1)]",), "box": ("(1,1),(0,0)",), "path": ("((0,0),(1,1))",),
    "polygon": ("((0,0),(1,1),(2,0))",), "circle": ("<(0,0),1>",), "inet": ("::1", "10.0.0.1/8"), "cidr": ("10.0.0.0/8",), "macaddr": ("08:00:2b:01:02:03",),
    "macaddr8": ("08:00:2b:01:02:03:04:05",), "tsvector": ("'a':1A 'b'", ""), "tsquery": ("'a' & !'b'",), "oid": ("0", "4294967295"), "regclass": ("pg_class",),
    "regtype": ("int4",), "xid8": ("1",), "pg_lsn": ("0/0", "FFFFFFFF/FFFFFFFF"), "txid_snapshot": ("1:2:",), "int4[][]": ("{{1,2}}",), "aclitem": ("=r/postgres",),
    "public.mood": ("好", ""), "public.pair": ('(1,"a,b")', "(,)"), "public.amount": ("1.5",), "bpchar": ("a  ",), "varchar": ("x",), "interval[]": ("{infinity}",),
}  # fmt: skip
"""Text forms of values, by type as it stands in a column definition."""
OWN_TYPES = (
    "create type public.mood as enum ('好', '')",
    "create type public.pair as (a integer, b text)",
    "create domain public.amount as numeric(9, 3)",
)
DAY_TYPES = (*["date"] * 12, "text", "timestamp", "timestamptz", "varchar(10)", "char(12)", "char(10)", "integer")
CONTROL_ROWS = (
    (None, "1", "x"), ("infinity", "1", "2025-07-01"), ("2025-7-1", "1", "x"), ("2025/07/01", "1", "x"), ("2025-07-01", None, "x"), ("2025-07-01", "-1", ""),
    ("2025-07-01", "99999999999999999999", "x"), ("2025-07-01", "1.5", "x"), ("2025-07-01", "x", "x"), ("0000-00-00", "0", "x"), ("2025-07-01", "0", None),
    ("10000-01-01", "1", "x"), ("2025-07-01T00:00:00", "{rows}", "&=#?%00"), ("", "0", ""), ("0044-03-15 BC", "1", "x"),
)  # fmt: skip
COMPLETE = ("2025-07-01", "{rows}", "2025-07-01 20:00:00")


@dataclass(frozen=True)
class SqlTable:
    """A front table of one batch: column definitions, one row of text forms per row, and the control row."""

    contract: DatasetContract
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str | None, ...], ...]
    control: tuple[str | None, str | None, str | None]
    day_type: str
    done: tuple[str, ...]


def sql_case(rng: Random) -> SqlTable:
    """Return a table with the contract's columns (most of them text), one or more of other types, and bad values."""
    grid = bent(rng, some_grid(rng, ("sql",), chinese=False))
    names = _column_names(grid.headings)[:300]
    types = [rng.choices(("text", rng.choice(list(TYPES))), (15, 1))[0] for _ in names]
    rows = [
        tuple(_value(rng, kind, row[i] if i < len(row) else None) for i, kind in enumerate(types)) for row in grid.rows[:10]
    ]  # fmt: skip
    sequence = rng.choice(("integer", "integer", "integer", "bigint", "text", "numeric", "double precision"))
    numbers = [str(n) for n in range(1, len(rows) + 1)]
    if rows and rng.random() < 0.15:
        numbers[0] = rng.choice(("0", "-1", "2", "2147483647"))
    columns = [("batch_seq", sequence), *zip(names, types, strict=True)]
    if rng.random() < 0.03:
        columns[0] = ("seq", sequence)
    first, count, at = rng.choice(CONTROL_ROWS) if rng.random() < 0.2 else COMPLETE
    control = (first, count and count.format(rows=len(rows)), at)
    whole = tuple((numbers[i], *row) for i, row in enumerate(rows))
    return SqlTable(grid.contract, tuple(columns), whole, control, rng.choice(DAY_TYPES), tuple(grid.done))


def _column_names(headings: list[str]) -> list[str]:
    """Return the headings as PostgreSQL can hold them: no NUL, 63 bytes at most, none twice or empty."""
    found: dict[str, None] = {}
    for heading in headings:
        name = heading.replace("\0", "").encode()[:63].decode(errors="ignore")
        if name and name not in ("batch_seq", "batch_date", "seq"):
            found.setdefault(name)
    return list(found)


def _value(rng: Random, kind: str, sound: str | None) -> str | None:
    if rng.random() < 0.1:
        return None
    if kind == "text":
        bad = rng.random() < 0.2
        text = nasty_text(rng) if bad else sound or ""
        return text.replace("\0", "")
    return rng.choice(TYPES[kind])
