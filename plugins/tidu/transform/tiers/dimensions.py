"""Units of what is computed: what is added is of one unit, what is divided by its like is a ratio."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping
from typing import Any

_DIMENSIONLESS = "比率"
_FROM_DATES = {"years": "年", "year": "年", "days": "日"}
_NO_NUMBERS = ("是否", "文本")


def check_unit(node: ast.expr, unit: str, units: Mapping[str, str]) -> None:
    """Raise ValueError that says what does not fit where an expression of inputs does not come out in a unit."""
    found = _dimensions(node, units)
    if found != _of(unit):
        raise ValueError(f"`{ast.unparse(node)}` comes out in {_written(found)}, not in {unit}")


def _dimensions(node: ast.expr, units: Mapping[str, str]) -> dict[str, int]:
    """Return the units an expression comes out in, with their exponents; nothing for a ratio."""
    match node:
        case ast.Name(id=name):
            if units[name] in _NO_NUMBERS:
                raise ValueError(f"`{name}` is in {units[name]}: nothing can be computed from it")
            return _of(units[name])
        case ast.BinOp(left=left, op=ast.Div(), right=ast.Constant(value=100)) if _is_percentage(left, units):
            return {}
        case ast.BinOp(left=left, op=op, right=right):
            return _combined(node, op, _dimensions(left, units), _dimensions(right, units))
        case ast.Call(func=ast.Name(id=function), args=args):
            return _called(node, function, [_dimensions(arg, units) for arg in args])
    return {}


def _combined(node: ast.expr, op: ast.operator, left: dict[str, int], right: dict[str, int]) -> dict[str, int]:
    if isinstance(op, ast.Mult | ast.Div):
        total = Counter(left)
        total.update(right) if isinstance(op, ast.Mult) else total.subtract(right)
        return {unit: power for unit, power in total.items() if power}
    if left != right:
        raise ValueError(f"`{ast.unparse(node)}` adds or subtracts {_written(left)} and {_written(right)}")
    return left


def _called(node: ast.expr, function: str, of: list[dict[str, int]]) -> dict[str, int]:
    if function == "positive":
        return of[0]
    if any(one != of[0] for one in of):
        raise ValueError(f"`{ast.unparse(node)}` compares {' and '.join(map(_written, of))}")
    if function not in _FROM_DATES:
        return {}
    if of[0] != _of("日期"):
        raise ValueError(f"`{ast.unparse(node)}` takes dates, not {_written(of[0])}")
    return _of(_FROM_DATES[function])


def _is_percentage(node: ast.expr, units: Mapping[str, str]) -> bool:
    return isinstance(node, ast.Name) and units[node.id] == "百分数"


def _of(unit: Any) -> dict[str, int]:
    return {} if unit == _DIMENSIONLESS else {str(unit): 1}


def _order(one: tuple[str, int]) -> tuple[int, str]:
    """Order units as they are written: what is multiplied before what is divided by."""
    return -one[1], one[0]


def _written(dimensions: Mapping[str, int]) -> str:
    told = [unit if power == 1 else f"{unit}^{power}" for unit, power in sorted(dimensions.items(), key=_order)]
    return "·".join(told) or _DIMENSIONLESS
