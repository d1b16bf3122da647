"""Whose word stands for each attribute of the master: reads policies/survivorship.yml, refuses what it does not know.

dbt reads no YAML of ours, so the rules become a macro of its project: generated here, kept in the tree, tested current.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import yaml

from tidu.contracts import contracts
from tidu.errors import SurvivorshipError
from tidu.settings import PROJECT_ROOT

RULES = PROJECT_ROOT / "policies" / "survivorship.yml"
MACRO = PROJECT_ROOT / "dbt_project" / "macros" / "survivorship.sql"
REGISTER = "ms_registration"
TIED_BY = ("record", "taxpayer", "employer")
READINGS = ("text", "date", "money", "code", "org_code", "district")
COMPARED_AS = ("name", "code", "industry", "district")
HEADER = """{#- Generated from policies/survivorship.yml by `tidu survivorship derive`; change the rules there. -#}
{% macro survivorship() -%}
    {{ return("""


@dataclass(frozen=True)
class Survivorship:
    """The rules as read, checked against the contracts; plain values, ready to be written for dbt."""

    datasets: dict[str, dict[str, str]]
    """Who says something, the best first: how its rows are tied, and the field that dates them."""
    attributes: dict[str, dict[str, Any]]
    derived: dict[str, list[str]]
    gathered: dict[str, str]
    reviewer: list[str]
    """What a reviewer's decision may set, above every department."""

    @property
    def names(self) -> set[str]:
        """Every attribute of the master the rules speak of."""
        return {*self.attributes, *self.derived, *self.gathered}


@cache
def survivorship() -> Survivorship:
    """Return the rules. Raises SurvivorshipError naming file, place and fault."""
    return parse(RULES)


def parse(path: Path) -> Survivorship:
    """Read one file of rules."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    try:
        _keys("the file", document, {"reviewer", "datasets", "attributes", "derived", "gathered"})
        datasets = {name: _dataset(name, given) for name, given in document["datasets"].items()}
        attributes = {name: _attribute(name, given, datasets) for name, given in document["attributes"].items()}
        for name, bases in document["derived"].items():
            for base in bases or [""]:
                _one_of(f"derived.{name}", base, tuple(attributes))
        may = [_one_of("reviewer", name, _decidable(attributes)) for name in document["reviewer"]]
        found = Survivorship(datasets, attributes, document["derived"], document["gathered"], may)
        if len(found.names) < len(found.attributes) + len(found.derived) + len(found.gathered):
            raise ValueError("an attribute is named in two parts of the file")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SurvivorshipError(f"{path}: {error}") from error
    return found


def macro_text(rules: Survivorship) -> str:
    """Return the dbt macro that hands the rules to the models."""
    told = {
        "reviewer": rules.reviewer,
        "datasets": rules.datasets,
        "attributes": rules.attributes,
        "derived": rules.derived,
    }
    text = orjson.dumps(told, option=orjson.OPT_INDENT_2).decode().replace("null", "none")
    return HEADER + text.replace("\n", "\n    ") + ") }}\n{%- endmacro %}\n"


def derive() -> bool:
    """Write the macro unless it is current; return whether it was written. Idempotent."""
    text = macro_text(survivorship())
    if MACRO.exists() and MACRO.read_text(encoding="utf-8") == text:
        return False
    MACRO.write_text(text, encoding="utf-8")
    return True


def _decidable(attributes: dict[str, dict[str, Any]]) -> tuple[str, ...]:
    """Return the attributes a person may decide at all: who it is and whether it exists only the register says."""
    return tuple(a for a, rule in attributes.items() if rule["reads"] not in ("code", "org_code") and a != "status")


def _dataset(name: str, given: dict[str, str]) -> dict[str, str]:
    place = f"datasets.{name}"
    _one_of(place, name, tuple(contracts()))
    _keys(place, given, {"tied_by"}, {"observed"})
    _one_of(f"{place}.tied_by", given["tied_by"], TIED_BY)
    if "observed" in given:
        _staged(place, name, given["observed"])
    return given


def _attribute(name: str, given: dict[str, Any], datasets: dict[str, dict[str, str]]) -> dict[str, Any]:
    place = f"attributes.{name}"
    _keys(place, given, {"reads", "claims"}, {"unregistered", "tickets"})
    _one_of(f"{place}.reads", given["reads"], READINGS)
    if REGISTER not in given["claims"]:
        raise ValueError(f"{place}.claims: {REGISTER} decides what a registered enterprise is, and has to say it")
    claims = {_one_of(f"{place}.claims", d, tuple(datasets)): _staged(place, d, f) for d, f in given["claims"].items()}
    # newest of an account: only where rows belong to accounts and bear the instant of their update
    accounts = tuple(d for d in claims if datasets[d]["tied_by"] != "record" and datasets[d].get("observed"))
    tickets = given.get("tickets")
    if tickets is not None:
        _keys(f"{place}.tickets", tickets, {"as", "of"})
        _one_of(f"{place}.tickets.as", tickets["as"], COMPARED_AS)
        for dataset in tickets["of"]:
            _one_of(f"{place}.tickets.of", dataset, tuple(claims))
    return {
        "unregistered": _unregistered(f"{place}.unregistered", given.get("unregistered"), accounts),
        "reads": given["reads"],
        # in the order of the datasets, the best first
        "claims": {d: claims[d] for d in datasets if d in claims},
        "tickets": tickets,
    }


def _unregistered(place: str, given: Any, accounts: tuple[str, ...]) -> dict[str, Any]:
    if given is None:
        return {"by": "none"}
    if given == "agreement":
        return {"by": "agreement"}
    if isinstance(given, dict) and set(given) == {"given"}:
        return {"by": "given", "value": str(given["given"])}
    return {"by": "rank", "rank": _rank(place, given, accounts)}


def _rank(place: str, given: Any, accounts: tuple[str, ...]) -> list[str]:
    if not isinstance(given, dict) or set(given) != {"rank"} or not given["rank"]:
        raise ValueError(f"{place}: {given!r} is no rule; rules are agreement, rank: [datasets] and given: value")
    return [_one_of(f"{place}.rank", dataset, accounts) for dataset in given["rank"]]


def _staged(place: str, dataset: str, field: str) -> str:
    """Return the staged column of a field of a contract: money is in yuan there."""
    known = {f.name: f for f in contracts()[dataset].fields}
    _one_of(f"{place}: {dataset}", field, tuple(known))
    return field.removesuffix("_wan") + "_yuan" if known[field].unit == "wan" else field


def _keys(place: str, given: Any, needed: set[str], allowed: Set[str] = frozenset()) -> None:
    if not isinstance(given, dict):
        raise ValueError(f"{place}: not a mapping")
    unknown, missing = set(given) - needed - allowed, needed - set(given)
    if unknown or missing:
        raise ValueError(f"{place}: unknown keys {sorted(unknown)}, missing keys {sorted(missing)}")


def _one_of(place: str, value: Any, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise ValueError(f"{place}: {value!r} is not one of {', '.join(allowed)}")
    return str(value)
