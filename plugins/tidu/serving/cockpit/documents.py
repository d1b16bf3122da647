"""What the page is given: documents of one release, in the shape in which they travel.

Grain of figures: per indicator, arrays over the release's months (or over a breakdown's values), and `status`, one
letter per place of the arrays (see STATUS). An array of nothing but nulls is left out, a status of nothing but
published too. What is published is passed on, rates rounded to four places; nothing is computed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import psycopg

from tidu.contracts import contracts
from tidu.errors import TiduError
from tidu.publishing.registry import SCOPES, breakdowns
from tidu.serving.cockpit.reading import Row, asked, is_there

CITY = "370200"
STATUS = {"published": ".", "suppressed_primary": "1", "suppressed_secondary": "2", "incomplete": "i"}
ABSENT = "-"
"""Where a release has no cell at all."""
MEASURES = ("value", "yoy", "mom", "ytd")
KINDS = ("stock", "flow", "rate")

Document = dict[str, Any]


def heads(connection: psycopg.Connection) -> list[Row]:
    """Return every release, newest first."""
    return asked(connection, "heads.sql", {})


def start(connection: psycopg.Connection, release: Row) -> Document:
    """Return what a release holds: months, indicators in order of display, places, scopes and breakdowns."""
    key = {"release_id": release["release_id"]}
    months = [row["period"] for row in asked(connection, "months.sql", key)]
    if not months:
        return {"release": release, "months": [], "indicators": [], "places": [], "scopes": [], "breakdowns": []}
    last = {**key, "period": months[-1]}
    shape = asked(connection, "shape.sql", last)
    found = {row["scope"] for row in shape}
    return {
        "release": release,
        "months": months,
        "indicators": _indicators(asked(connection, "indicators.sql", key), shape),
        "places": asked(connection, "places.sql", last),
        "scopes": [scope for scope in SCOPES if scope in found],
        "breakdowns": _breakdowns(shape),
    }


def place(connection: psycopg.Connection, release_id: int, code: str, scope: str) -> Document:
    """Return the totals of one place in one scope over all months, how its stock moved, and its early signs.

    Raises TiduError where the release has no such place or scope.
    """
    key = {"release_id": release_id, "place": code, "scope": scope, "city": CITY}
    kind = "city" if code == CITY else "district"
    rows = asked(connection, f"{kind}_series.sql", key)
    if not rows:
        raise TiduError(f"release {release_id} has no figures of {code} in scope {scope}")
    index = {row["period"]: n for n, row in enumerate(asked(connection, "months.sql", key))}
    signs = asked(connection, "notes.sql", key) if is_there(connection, "publish.early_sign") else []
    return {
        "place": code,
        "scope": scope,
        "figures": _grouped(rows, "indicator_code", "period", index),
        "movement": asked(connection, f"{kind}_movement.sql", key),
        "signs": signs,
    }


def district_map(connection: psycopg.Connection, release_id: int, indicator: str, scope: str) -> Document:
    """Return the totals of one indicator in one scope for every district over all months."""
    key = {"release_id": release_id, "indicator": indicator, "scope": scope}
    index = {row["period"]: n for n, row in enumerate(asked(connection, "months.sql", key))}
    rows = asked(connection, "map.sql", key)
    if not rows:
        raise TiduError(f"release {release_id} has no indicator {indicator} in scope {scope}")
    return {"indicator": indicator, "scope": scope, "places": _grouped(rows, "district_code", "period", index)}


def cuts(connection: psycopg.Connection, release_id: int, code: str, scope: str, period: str) -> Document:
    """Return every breakdown of one place, scope and month; values in the order of `start`'s breakdowns."""
    key = {"release_id": release_id, "place": code, "scope": scope, "period": period}
    rows = asked(connection, f"{'city' if code == CITY else 'district'}_cuts.sql", key)
    values = {b["code"]: [v["value"] for v in b["values"]] for b in _breakdowns(rows)}
    by_cut: dict[str, list[Row]] = {}
    for row in rows:
        by_cut.setdefault(row["breakdown"], []).append(row)
    return {
        "values": values,
        "figures": {
            cut: _grouped(found, "indicator_code", "breakdown_value", {v: n for n, v in enumerate(values[cut])})
            for cut, found in sorted(by_cut.items())
        },
    }


def targets(connection: psycopg.Connection, release: Row) -> Document:
    """Return the plans' targets as the release shows them; none of releases older than the plans."""
    rows = asked(connection, "targets.sql", {"release_id": release["release_id"]})
    both = ("name", "plan_name")
    return {
        "targets": [
            {
                **{key: value for key, value in row.items() if key.removesuffix("_en") not in both},
                **{key: {"zh": row[key], "en": row[f"{key}_en"]} for key in both},
            }
            for row in rows
        ]
    }


def _indicators(rows: Iterable[Row], shape: Iterable[Row]) -> list[Document]:
    """In groups by the department whose rows come first; within one stocks, flows, rates, the largest first.

    Departments whose figures are public come first: registers that everybody knows, then what is protected.
    """
    scopes: dict[str, set[str]] = {}
    cuts: dict[str, set[str]] = {}
    size: dict[str, float] = {}
    for cell in shape:
        code = cell["indicator_code"]
        scopes.setdefault(code, set()).add(cell["scope"])
        if cell["breakdown"]:
            cuts.setdefault(code, set()).add(cell["breakdown"])
        elif cell["scope"] == "all":
            size[code] = abs(cell["value"] or 0)
    found = [
        {
            "code": row["code"],
            "name": {"zh": row["indicator_name"], "en": row["indicator_name_en"]},
            "definition": {"zh": row["definition"], "en": row["definition_en"]},
            "unit": row["unit"],
            "kind": row["kind"],
            "additive": row["additive"],
            "disclosure": row["disclosure"],
            "department": _department(row["datasets"]),
            "scopes": [scope for scope in SCOPES if scope in scopes.get(row["code"], ())],
            "breakdowns": sorted(cuts.get(row["code"], ())),
        }
        for row in rows
    ]
    protected: dict[str, list[bool]] = {}
    for i in found:
        protected.setdefault(i["department"], []).append(i["disclosure"] != "public")
    found.sort(
        key=lambda i: (
            sum(protected[i["department"]]) / len(protected[i["department"]]),
            -len(protected[i["department"]]),
            i["department"],
            KINDS.index(i["kind"]),
            -size.get(i["code"], 0),
            i["code"],
        )
    )
    return found


def _department(datasets: Sequence[str]) -> str:
    """Return the name of the department that delivers the first of the datasets; empty where it is not known."""
    known = contracts()
    return known[datasets[0]].owner.partition("（")[0] if datasets and datasets[0] in known else ""


def _breakdowns(rows: Iterable[Row]) -> list[Document]:
    """Return the breakdowns and values that occur; names from the registry, order too, what it lacks comes last."""
    values: dict[str, set[str]] = {}
    for row in rows:
        if row["breakdown"]:
            values.setdefault(row["breakdown"], set()).add(row["breakdown_value"])
    found = []
    for code in sorted(values):
        known = breakdowns().get(code)
        names: Mapping[str, str] = known.values if known else {}
        order = [v for v in names if v in values[code]] + sorted(values[code] - set(names))
        found.append(
            {
                "code": code,
                "name": {"zh": known.name_zh if known else code, "en": known.name_en if known else code},
                "values": [{"value": v, "name": names.get(v, v)} for v in order],
            }
        )
    return found


def _grouped(rows: Iterable[Row], group: str, axis: str, index: Mapping[str, int]) -> dict[str, Document]:
    """Turn rows into arrays along an axis, one set of arrays per group."""
    found: dict[str, dict[str, list[Any]]] = {}
    for row in rows:
        measures = [m for m in MEASURES if m in row]
        arrays = found.setdefault(
            row[group], {**{m: [None] * len(index) for m in measures}, "status": [ABSENT] * len(index)}
        )
        at = index[row[axis]]
        for measure in measures:
            arrays[measure][at] = _number(row[measure])
        arrays["status"][at] = STATUS[row["cell_status"]]
    return {key: _compact(arrays) for key, arrays in sorted(found.items())}


def _compact(arrays: Mapping[str, list[Any]]) -> Document:
    told: Document = {m: a for m, a in arrays.items() if m != "status" and any(v is not None for v in a)}
    status = "".join(arrays["status"])
    return told if status.strip(".") == "" else {**told, "status": status}


def _number(value: float | None) -> float | int | None:
    """Return a number as short as JSON can have it.

    >>> _number(12.0), _number(0.25), _number(None)
    (12, 0.25, None)
    """
    return int(value) if value is not None and value == int(value) else value
