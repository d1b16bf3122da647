"""What policies may ask of an enterprise (policies/inputs.yml), and the SQL that computes what is derived."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from tidu.settings import PROJECT_ROOT
from tidu.transform.tiers.dimensions import check_unit
from tidu.transform.tiers.located import Located, read
from tidu.transform.tiers.quantities import UNITS

FILE = PROJECT_ROOT / "policies" / "inputs.yml"
SQL_TYPES = {"日期": "date", "是否": "boolean", "文本": "text"}
"""Of units that are no numbers."""
LEVERS = ("enterprise", "time", "department")
_OPERATORS: dict[type, str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}
_FUNCTIONS = {
    "years": "trunc((extract(year from age({1}, {0})) * 12 + extract(month from age({1}, {0}))"
    " + extract(day from age({1}, {0})) / 31) / 12, 4)",
    "days": "({1} - {0})",
    "year": "extract(year from {0})",
    "positive": "(case when {0} > 0 then {0} end)",
    "growth_2y": "(case when {1} > 0 and {0} is not null then sqrt(greatest({0}, 0) / {1}) - 1 end)",
}
"""Years are whole on anniversaries, and four digits tell days apart; days are counted. Growth is compound."""
_TAKES = {"years": 2, "days": 2, "year": 1, "positive": 1, "growth_2y": 2}


@dataclass(frozen=True)
class Input:
    """One thing that is known, or not, of an enterprise."""

    name: str
    zh: str
    unit: str
    sql: str
    """Over the columns of int_tier__input; null where it is not known."""
    evidence: tuple[str, ...]
    """Groups of rows of int_tier__evidence."""
    lever: str
    """Who can supply it when it is missing."""
    bases: frozenset[str] = field(default_factory=frozenset)
    """Columns it is computed from."""
    meaning: str = ""
    least: Input | None = None
    """What it is at least while it is not known; zero or more, as is what is missing of it."""
    never_negative: bool = False
    """Whether zero is the least it can be: rows with less are held back."""


@cache
def inputs(file: Path = FILE) -> Mapping[str, Input]:
    """Return every input by its name. Raises PolicyError with file and line."""
    known: dict[str, Input] = {}
    found = read(file)
    for name, entry in found.items():
        if not isinstance(entry, Located):
            found.refuse(f"`{name}` has to be a mapping")
        entry.expect(("zh", "unit"), ("of", "evidence", "lever", "meaning", "least", "never_negative", "undelivered"))
        if entry["unit"] not in UNITS:
            entry.refuse(f"the unit {entry['unit']} is not known; there are {'、'.join(sorted(UNITS))}")
        for key in ("least", "never_negative"):
            if "of" in entry and key in entry:
                entry.refuse(f"what is computed has no `{key}` of its own: it follows from what it is computed from")
        if entry.get("never_negative", True) is not True:
            entry.refuse("`never_negative` says true, or is left out")
        ways = [way for way in _WAYS if way in entry]
        if len(ways) != 1:
            entry.refuse(
                "an input has one of `evidence`, a column of its own, `of`, what it is computed from, and"
                " `undelivered`, why there is none"
            )
        known[name] = _WAYS[ways[0]](name, entry, known)
        if (least := known[name].least) is not None:
            known.setdefault(least.name, least)
    return known


def _column(name: str, entry: Located, known: Mapping[str, Input]) -> Input:
    lever = entry.get("lever", "department")
    if lever not in LEVERS:
        entry.refuse(f"the lever {lever} is not known; there are {', '.join(LEVERS)}")
    least = known.get(entry["least"]) if "least" in entry else None
    if "least" in entry and (least is None or least.unit != entry["unit"]):
        entry.refuse(f"`least: {entry['least']}` names no input in {entry['unit']} further above")
    return Input(
        name, entry["zh"], entry["unit"], f"i.{name}", tuple(entry["evidence"]), lever, frozenset({name}),
        entry.get("meaning", ""), least, entry.get("never_negative", False),
    )  # fmt: skip


def _derived(name: str, entry: Located, known: Mapping[str, Input]) -> Input:
    try:
        tree = ast.parse(str(entry["of"]), mode="eval").body
    except SyntaxError as error:
        entry.refuse(f"`{entry['of']}` cannot be read: {error.msg}")
    used: dict[str, Input] = {}
    sql = _sql(tree, entry, known, used)
    try:
        check_unit(tree, entry["unit"], {base: found.unit for base, found in used.items()})
    except ValueError as error:
        entry.refuse(str(error))
    evidence = dict.fromkeys(group for base in used.values() for group in base.evidence)
    # the business date and what follows from it is never missing
    lever = "department" if any(b.lever == "department" for b in used.values() if b.evidence) else "enterprise"
    made = Input(
        name, entry["zh"], entry["unit"], sql, tuple(evidence), lever,
        frozenset().union(*(base.bases for base in used.values())), entry.get("meaning", str(entry["of"])),
    )  # fmt: skip
    floor = _floor(tree, known) if len(used) > 1 else None
    return made if floor is None else replace(made, least=_least_of(made, floor))


def _unknown(name: str, entry: Located, _known: Mapping[str, Input]) -> Input:
    """Return what is always unknown: no department delivers it, so that the enterprise has to show it."""
    sql = f"null::{SQL_TYPES.get(entry['unit'], 'numeric')}"
    return Input(name, entry["zh"], entry["unit"], sql, (), "enterprise", frozenset(), str(entry["undelivered"]))


def _least_of(made: Input, floor: str) -> Input:
    """Return the input that says what a sum is at least where a part of it is missing; null where all of it is."""
    parts = ", ".join(f"i.{base}" for base in sorted(made.bases))
    sql = f"(case when {made.sql} is null and num_nonnulls({parts}) > 0 then {floor} end)"
    return replace(made, name=f"{made.name}_least", zh=f"{made.zh}（已知部分）", sql=sql, meaning="缺的部分按零计")


def _floor(node: ast.expr, known: Mapping[str, Input]) -> str | None:
    """Return SQL of what an expression is at least; None where it may fall below that or needs all of its parts."""
    match node:
        case ast.Name(id=name) if known[name].never_negative:
            return f"coalesce({known[name].sql}, 0)"
        case ast.Constant(value=int() | float() as number) if number > 0:
            return f"{number}::numeric"
        case ast.BinOp(left=left, op=ast.Add() | ast.Mult() as op, right=right):
            parts = _floor(left, known), _floor(right, known)
            return None if None in parts else f"({parts[0]} {_OPERATORS[type(op)]} {parts[1]})"
        case ast.BinOp(left=left, op=ast.Div(), right=ast.Constant() as right):
            parts = _floor(left, known), _floor(right, known)
            return None if None in parts else f"({parts[0]} / {parts[1]})"
    return None


def _sql(node: ast.expr, entry: Located, known: Mapping[str, Input], used: dict[str, Input]) -> str:
    """Return SQL of an expression: names of inputs, numbers, + - * /, and the functions above; refuse anything else."""
    match node:
        case ast.Name(id=name):
            if name not in known:
                entry.refuse(f"the input {name} is not known, or stands further below")
            used[name] = known[name]
            return known[name].sql
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return f"{number}::numeric"
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return f"({_sql(left, entry, known, used)} / nullif({_sql(right, entry, known, used)}, 0)::numeric)"
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return f"({_sql(left, entry, known, used)} {_OPERATORS[type(op)]} {_sql(right, entry, known, used)})"
        case ast.Call(func=ast.Name(id=function), args=args) if len(args) == _TAKES.get(function):
            return _FUNCTIONS[function].format(*(_sql(a, entry, known, used) for a in args))
        case _:
            entry.refuse(f"`{ast.unparse(node)}` is no sum, product or quotient of inputs")


_WAYS: Mapping[str, Callable[[str, Located, Mapping[str, Input]], Input]] = {
    "evidence": _column, "of": _derived, "undelivered": _unknown,
}  # fmt: skip
"""By the key that says where an input comes from."""
