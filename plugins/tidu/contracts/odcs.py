"""Reads one ODCS v3 file into a DatasetContract; whatever it does not understand it refuses.

A key, type or rule that is skipped would be a promise nobody keeps, so all are closed sets here.
The wider ODCS schema is checked by datacontract-cli (`tidu contract lint`), not by this module.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

import yaml

from tidu.contracts.model import DECLARED_RULES, FIELD_TYPES, DatasetContract, Field, Mode, Severity
from tidu.errors import ContractError

CADENCES = ("daily", "weekly", "monthly", "yearly", "irregular")
TRANSPORTS = ("rest", "sql", "sftp_zip_csv", "sftp_xlsx", "folder_csv")
CLASSIFICATIONS = ("public", "internal", "restricted")
SHRINK_LIMIT = 0.5
"""A snapshot that says nothing else may lose half its rows."""
LOGICAL_TYPES = {"integer": "integer", "decimal": "number", "date": "date", "timestamp": "timestamp"}
"""ODCS logical type of each of our types; the others are strings."""
DRIFT = {
    "extraColumn": ("keep", "reject"),
    "missingColumn": ("warn", "reject"),
    "missingRequiredColumn": ("reject",),
    "renamedColumn": ("accept", "reject"),
    "reorderedColumn": ("accept", "reject"),
    "changedType": ("warn",),
    "newCode": ("warn",),
}
"""What may happen when a delivery departs from its contract: kept, accepted or warned of means reported and taken.

A renamed column is one under a heading that the field lists among its aliases. Rows that a changed type or a new code
makes unreadable are quarantined in any case; the policy speaks of the delivery.
"""
CHANGED_TYPE_SHARE = 0.1
"""Share of a column's values that may be unreadable before its type counts as changed, unless the contract says."""
CORRECTION_DAYS = 30
"""Days a department has to correct what a ticket names, unless its contract says otherwise."""
DOCUMENT_KEYS = {
    "apiVersion", "kind", "id", "name", "version", "status", "domain", "tenant", "dataProduct", "description", "team",
    "support", "slaProperties", "customProperties", "schema",
}  # fmt: skip
TABLE_KEYS = {"name", "businessName", "logicalType", "physicalType", "customProperties", "properties"}
FIELD_KEYS = {
    "name", "businessName", "logicalType", "physicalType", "primaryKey", "primaryKeyPosition", "required",
    "classification", "logicalTypeOptions", "enum", "quality", "customProperties", "description",
}  # fmt: skip


IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
RESERVED = ("delivery_id", "row_no", "delivered_on", "delivered_year", "delivery_ends", "source_key")
"""Columns that stand beside a dataset's own in raw, in the readings or in staging."""


def parse(path: Path) -> DatasetContract:
    """Read one contract file. Raises ContractError naming the file and the field at fault."""
    dataset = parse_text(path.read_text(encoding="utf-8"), str(path))
    if (dataset.department, dataset.name) != (path.parent.name, path.stem):
        said = f"path says {path.parent.name}/{path.stem}, content says {dataset.department}/{dataset.name}"
        raise ContractError(f"{path}: {said}")
    return dataset


def parse_text(text: str, where: str, *, of_the_past: bool = False) -> DatasetContract:
    """Read the text of one contract; `where` names it. Raises ContractError with that name and the field at fault.

    A contract `of_the_past` may lack policies that did not exist when it was written: the first one stands for them.
    """
    try:
        # libyaml: every task process reads all contracts, and it is six times as fast
        return _dataset(yaml.load(text, Loader=yaml.CSafeLoader), of_the_past)
    except KeyError as error:
        raise ContractError(f"{where}: {error} is missing") from error
    except (TypeError, ValueError, IndexError, AttributeError, yaml.YAMLError) as error:
        raise ContractError(f"{where}: {error}") from error


def _identifier(name: Any, longest: int) -> str:
    """Return a name that tables, columns, tasks, files and addresses can bear as it is."""
    if not isinstance(name, str) or not IDENTIFIER.fullmatch(name) or len(name) > longest:
        raise ValueError(f"name {name!r} is not made of small letters, digits and _, at most {longest}, a letter first")
    if name in RESERVED:
        raise ValueError(f"name {name} is taken by the platform's own columns")
    return name


def _dataset(document: dict[str, Any], of_the_past: bool) -> DatasetContract:
    _only(document, DOCUMENT_KEYS, "contract")
    (table,) = document["schema"]
    _only(table, TABLE_KEYS, "schema")
    sla = {p["property"]: p["value"] for p in document["slaProperties"]}
    custom = _custom(document, {"transport", "drift", "correctionDays", "changedTypeShare"})
    table_custom = _custom(table, {"mode", "rowRuleSeverity", "shrinkLimit"})
    if of_the_past:
        custom["drift"] = {case: policies[0] for case, policies in DRIFT.items()} | custom["drift"]
    for case, policies in DRIFT.items():
        _one_of(custom["drift"][case], policies, f"drift.{case}")
    _only(custom["drift"], DRIFT, "drift")
    fields = tuple(_named_field(p) for p in table["properties"])
    _check_fields(fields)
    return DatasetContract(
        name=_identifier(document["name"], 40),
        department=_identifier(document["domain"], 40),
        heading=table["businessName"],
        description=document["description"]["purpose"],
        usage=document["description"]["usage"],
        version=str(document["version"]),
        mode=_one_of(table_custom["mode"], get_args(Mode), "mode"),
        cadence=_one_of(sla["frequency"], CADENCES, "frequency"),
        latency_days=int(sla["latency"]),
        transport=_one_of(custom["transport"], TRANSPORTS, "transport"),
        owner=document["team"]["name"],
        contact=document["support"][0]["url"].removeprefix("mailto:"),
        drift=custom["drift"],
        type_share=_share(custom.get("changedTypeShare", CHANGED_TYPE_SHARE), "changedTypeShare"),
        correction_days=_days(custom.get("correctionDays", CORRECTION_DAYS), "correctionDays"),
        row_rule_severity=_one_of(table_custom["rowRuleSeverity"], get_args(Severity), "rowRuleSeverity"),
        shrink_limit=_shrink_limit(table_custom),
        fields=fields,
    )


def _shrink_limit(custom: dict[str, Any]) -> float | None:
    """Read the share of rows a snapshot may lose; only a snapshot has one."""
    if custom["mode"] != "snapshot":
        _only({"shrinkLimit"} & set(custom), (), f"a {custom['mode']}")
        return None
    limit = custom.get("shrinkLimit", SHRINK_LIMIT)
    if isinstance(limit, bool) or not isinstance(limit, int | float) or not 0 < limit <= 1:
        raise ValueError(f"shrinkLimit {limit!r} is no share above 0 and up to 1")
    return float(limit)


def _named_field(node: dict[str, Any]) -> Field:
    """Read one field; whatever is wrong with it is said with its name."""
    try:
        return _field(node)
    except KeyError as error:
        raise ValueError(f"field {node.get('name')}: {error} is missing") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"field {node.get('name')}: {error}") from error


def _field(node: dict[str, Any]) -> Field:
    _only(node, FIELD_KEYS, "field")
    custom = _custom(node, {"unit", "oftenEmpty", "standard", "aliases"})
    options = node.get("logicalTypeOptions", {})
    _only(options, {"minimum"}, "logicalTypeOptions")
    physical = _one_of(node["physicalType"], FIELD_TYPES, "physicalType")
    _one_of(node["logicalType"], (LOGICAL_TYPES.get(physical, "string"),), f"logicalType of a {physical}")
    for rule in node.get("quality", ()):
        _only(rule, {"type", "engine", "implementation"}, "quality")
    return Field(
        name=_identifier(node["name"], 50),
        heading=node["businessName"],
        type=physical,
        required=bool(node.get("required", False)),
        key_position=node.get("primaryKeyPosition") if node.get("primaryKey") else None,
        unit=_one_of(custom.get("unit"), ("yuan", "wan", None), "unit"),
        values=("是", "否") if physical == "flag" else tuple(e["value"] for e in node.get("enum", ())),
        minimum=options.get("minimum"),
        classification=_one_of(node["classification"], CLASSIFICATIONS, "classification"),
        often_empty=bool(custom.get("oftenEmpty", False)),
        standard=custom.get("standard"),
        description=node.get("description", ""),
        declared_rules=tuple(_one_of(q["implementation"], DECLARED_RULES, "rule") for q in node.get("quality", ())),
        aliases=_texts(custom.get("aliases", []), "aliases"),
    )


def _texts(value: Any, what: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(text, str) and text.strip() for text in value):
        raise ValueError(f"{what} {value!r} is not a list of texts")
    return tuple(value)


def _share(value: Any, what: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= 1:
        raise ValueError(f"{what} {value!r} is no share above 0 and up to 1")
    return float(value)


def _days(value: Any, what: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{what} {value!r} is not a whole number of days above 0")
    return value


def _check_fields(fields: tuple[Field, ...]) -> None:
    """Refuse what no single field shows: a name or heading twice, a broken key, a unit at odds with the name."""
    for attribute in ("name", "heading"):
        _once([getattr(f, attribute) for f in fields], attribute)
    _once([h for f in fields for h in {f.name, f.heading, *f.aliases}], "heading or alias")
    positions = sorted(f.key_position for f in fields if f.key_position is not None)
    if not positions or positions != list(range(1, len(positions) + 1)):
        raise ValueError(f"key positions are {positions}, not 1, 2, ...")
    for f in fields:
        if f.key_position is not None and not f.required:
            raise ValueError(f"field {f.name}: a key field must be required")
        suffix = f.name.rpartition("_")[2]
        if (suffix if suffix in ("yuan", "wan") else None) != f.unit:
            raise ValueError(f"field {f.name}: the name says {suffix}, the unit {f.unit}")


def _once(texts: list[str], what: str) -> None:
    twice = sorted({text for text in texts if texts.count(text) > 1})
    if twice:
        raise ValueError(f"{what} given twice: {', '.join(twice)}")


def _custom(node: dict[str, Any], allowed: set[str]) -> dict[str, Any]:
    custom = {c["property"]: c["value"] for c in node.get("customProperties", ())}
    _only(custom, allowed, "customProperties")
    return custom


def _only(node: Iterable[str], allowed: Iterable[str], where: str) -> None:
    unknown = set(node) - set(allowed)
    if unknown:
        raise ValueError(f"unknown in {where}: {', '.join(sorted(unknown))}")


def _one_of(value: Any, allowed: tuple[Any, ...], what: str) -> Any:
    if value not in allowed:
        raise ValueError(f"{what} {value!r} is not one of {', '.join(str(a) for a in allowed)}")
    return value
