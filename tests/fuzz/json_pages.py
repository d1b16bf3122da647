"""Bad pages of the departments' REST API: what a page may hold, and what no page should."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from random import Random
from typing import Any

from tests.fuzz.bytes_mutation import damaged
from tests.fuzz.cells import nasty_text
from tests.fuzz.tables import Grid, bent, some_grid

RAW = (
    "1.10", "-0", "1e400", "1E+2", "9" * 400, "0." + "1" * 400, "true", "null", "[]", "{}", '{"a": {"b": 1}}', '["甲", 1]', "NaN",
    "Infinity", "-Infinity", '"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\\ud83d\\ude00"', "01", ".5", "1.", "'x'", '"\\x"', '"\n"',
    '"' + "x" * 3000 + '"', "12345678901234567890", "4.9e-324", "1e-400", '"1"', "0x10", "undefined",
)  # fmt: skip
BODIES = ("", "null", "[]", "{}", "1", '"x"', "true", "<html>502</html>", "{", '{"data": null}', '{"data": {}}', '{"data": [1]}',
          '{"data": [null]}', '{"data": [[]], "total": 1}', '{"data": [], "total": null}', '{"data": [], "total": {}}', '{"data": []}',
          '{"data": [{}], "total": 1}', '{"data": [{"batch_seq": 1}, {}], "total": 2}', '{"data": [], "total": 1e400}', '\ufeff{"data": []}')  # fmt: skip


def json_case(rng: Random) -> tuple[Grid, bytes]:
    """Return a bent table and the body of the one page that bears it."""
    grid = bent(rng, some_grid(rng, ("rest",), chinese=rng.random() < 0.2))
    build = rng.choices(_BUILDERS, _WEIGHTS)[0]
    grid.done.append(build.__name__.strip("_"))
    data = build(rng, grid).encode("utf-8", "surrogatepass")
    if rng.random() < 0.3:
        data = damaged(rng, data)
        grid.done.append("damaged")
    if rng.random() < 0.01:
        grid.done.append("utf-16")
        data = data.decode("utf-8", "replace").encode("utf-16")
    return grid, data


def gzip_bomb(rng: Random) -> bytes:
    """Return a body that gzip blows up a thousandfold, to 400 MiB at most."""
    unit, size = rng.choice((b" ", b"[", b'{"data":[', b"0")), rng.choice((1, 40, 400)) << 20
    return gzip.compress(unit * (size // len(unit)), 1)


def _objects(rng: Random, grid: Grid) -> list[dict[str, Any]]:
    rows = []
    for number, row in enumerate(grid.rows, start=1):
        cells: dict[str, Any] = dict(zip(grid.headings, row, strict=False))
        rows.append({"batch_seq": number, **{k: v or None for k, v in cells.items()}, "batch_date": "2025-07-01"})
    return rows


def _page(rng: Random, rows: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    return {"data": rows, "next_cursor": None, "total": len(rows), **changes}


def _sound(rng: Random, grid: Grid) -> str:
    return json.dumps(_page(rng, _objects(rng, grid)), ensure_ascii=rng.random() < 0.5)


def _spaced(rng: Random, grid: Grid) -> str:
    separators = rng.choice(((" , ", " : "), (",", ":"), (",", " :\t"), (",\n", "\n:\n")))
    rows = _objects(rng, grid)
    for row in rows:
        row[rng.choice(list(row))] = rng.choice((1, 1.10, -5, True, None, 1e300))
    return json.dumps(_page(rng, rows), separators=separators, ensure_ascii=False)


def _raw_values(rng: Random, grid: Grid) -> str:
    rows = _objects(rng, grid)
    for row in rows:
        for _ in range(rng.randrange(3)):
            row[rng.choice(list(row))] = f"RAW{rng.randrange(len(RAW))}W"
    text = json.dumps(
        _page(rng, rows), ensure_ascii=False, separators=rng.choice(((",", ":"), (", ", ": "), (" ,", " : ")))
    )
    for place, raw in enumerate(RAW):
        text = text.replace(f'"RAW{place}W"', raw)
    return text


def _nested(rng: Random, grid: Grid) -> str:
    depth = rng.choice((2, 20, 500, 1_100, 5_000, 100_000))
    opening, closing = rng.choice((("[", "]"), ('{"a":', "}"), ('{"a":[', "]}")))
    value = opening * depth + rng.choice(("", "1", '"x"')) + closing * rng.choice((depth, depth, 0))
    rows = _objects(rng, grid)
    text = json.dumps(_page(rng, rows), ensure_ascii=False)
    return text.replace("null", value, rng.choice((1, 2))) if rng.random() < 0.7 else value


def _bad_sequence(rng: Random, grid: Grid) -> str:
    rows = _objects(rng, grid)
    for row in rows:
        if rng.random() < 0.5:
            row["batch_seq"] = rng.choice(
                (0, -1, 1, 2, 2**31, 2**63, 2**80, 1.5, 1.0, "1", "x", "", None, True, [1], "１", " 1", 1e308)
            )
        elif rng.random() < 0.2:
            del row["batch_seq"]
    return json.dumps(_page(rng, rows), ensure_ascii=False)


def _bad_frame(rng: Random, grid: Grid) -> str:
    rows = _objects(rng, grid)
    odd = (None, -1, 0, 10**12, "x", "1", [], {}, True, 1.5, "9" * 5000, 10**30, float("inf"), float("nan"))
    change = rng.choice((
        {"total": rng.choice(odd)}, {"next_cursor": rng.choice(odd)}, {"data": rng.choice(odd)}, {"next_cursor": nasty_text(rng)},
        {"next_cursor": "a" * 100_000}, {"total": len(rows) + 1}, {"data": rows * 2, "total": 2 * len(rows)},
    ))  # fmt: skip
    return json.dumps(_page(rng, rows, **change), ensure_ascii=rng.random() < 0.5)


def _own_names(rng: Random, grid: Grid) -> str:
    """Every row bears names of its own: as many columns as values."""
    per_row, count = rng.choice(((3, 10), (50, 100), (1_000, 100), (20, 2_000)))
    rows = _objects(rng, grid)[:1] or [{}]
    rows = [
        {**rows[0], "batch_seq": r + 1, **{f"n{r}_{i}": rng.choice(("x", None, "1")) for i in range(per_row)}}
        for r in range(count)
    ]
    return json.dumps(_page(rng, rows))


def _names_twice(rng: Random, grid: Grid) -> str:
    text = json.dumps(_page(rng, _objects(rng, grid)), ensure_ascii=False)
    return text.replace('{"batch_seq"', '{"entity_no": "甲", "batch_seq": 7, "batch_seq"').replace(
        '"total"', '"total": 3, "total"'
    )


def _whole_body(rng: Random, grid: Grid) -> str:
    return rng.choice(BODIES)


_BUILDERS: tuple[Callable[[Random, Grid], str], ...] = (
    _sound, _spaced, _raw_values, _nested, _bad_sequence, _bad_frame, _own_names, _names_twice, _whole_body,
)  # fmt: skip
_WEIGHTS = (30, 10, 25, 6, 10, 10, 0.6, 4, 2)
