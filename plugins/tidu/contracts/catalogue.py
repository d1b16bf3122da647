"""Finds, parses and caches the contract files; the file's path is the dataset's address."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tidu.contracts.model import DECLARED_RULES, FIELD_TYPES, DatasetContract, Field
from tidu.errors import ContractError

ROOT = Path(__file__).parent


@cache
def contracts() -> dict[str, DatasetContract]:
    """Return every contract by dataset name, in order of department and name."""
    found = [parse(path) for path in sorted(ROOT.glob("*/*.yml"))]
    if not found:
        raise ContractError(f"no contract found below {ROOT}")
    return {c.name: c for c in found}


def contract(dataset: str) -> DatasetContract:
    """Return one dataset's contract; ContractError when there is none of that name."""
    try:
        return contracts()[dataset]
    except KeyError:
        raise ContractError(f"no contract for dataset {dataset}; known: {', '.join(contracts())}") from None


def departments() -> dict[str, tuple[DatasetContract, ...]]:
    """Return the departments with their datasets."""
    grouped: dict[str, list[DatasetContract]] = {}
    for c in contracts().values():
        grouped.setdefault(c.department, []).append(c)
    return {department: tuple(cs) for department, cs in grouped.items()}


def parse(path: Path) -> DatasetContract:
    """Read one contract file. Raises ContractError naming the file and the field at fault."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    try:
        return _dataset(document, path)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ContractError(f"{path}: {type(error).__name__}: {error}") from error


def _dataset(document: dict[str, Any], path: Path) -> DatasetContract:
    (table,) = document["schema"]
    sla = {p["property"]: p["value"] for p in document["slaProperties"]}
    custom = _custom(document)
    table_custom = _custom(table)
    if document["name"] != path.stem or document["domain"] != path.parent.name:
        raise ValueError(f"path says {path.parent.name}/{path.stem}, content {document['domain']}/{document['name']}")
    return DatasetContract(
        name=document["name"],
        department=document["domain"],
        heading=table["businessName"],
        description=document["description"]["purpose"],
        version=document["version"],
        mode=_one_of(table_custom["mode"], ("snapshot", "delta", "append")),
        cadence=_one_of(sla["frequency"], ("daily", "weekly", "monthly", "yearly", "irregular")),
        latency_days=int(sla["latency"]),
        transport=_one_of(custom["transport"], ("rest", "sql", "sftp_zip_csv", "sftp_xlsx", "folder_csv")),
        owner=document["team"]["name"],
        contact=document["support"][0]["url"].removeprefix("mailto:"),
        drift=custom["drift"],
        row_rule_severity=_one_of(table_custom["rowRuleSeverity"], ("stop", "warn", "report")),
        fields=tuple(_field(p) for p in table["properties"]),
    )


def _field(p: dict[str, Any]) -> Field:
    custom = _custom(p)
    unknown = set(custom) - {"unit", "oftenEmpty", "standard"}
    if unknown:
        raise ValueError(f"{p['name']}: unknown custom properties {sorted(unknown)}")
    return Field(
        name=p["name"],
        heading=p["businessName"],
        type=_one_of(p["physicalType"], FIELD_TYPES),
        required=bool(p.get("required", False)),
        key_position=p.get("primaryKeyPosition") if p.get("primaryKey") else None,
        unit=_one_of(custom.get("unit"), ("yuan", "wan", None)),
        values=("是", "否") if p["physicalType"] == "flag" else tuple(e["value"] for e in p.get("enum", ())),
        minimum=p.get("logicalTypeOptions", {}).get("minimum"),
        classification=_one_of(p["classification"], ("public", "internal", "restricted")),
        often_empty=bool(custom.get("oftenEmpty", False)),
        standard=custom.get("standard"),
        description=p.get("description", ""),
        declared_rules=tuple(_one_of(q["implementation"], DECLARED_RULES) for q in p.get("quality", ())),
    )


def _custom(node: dict[str, Any]) -> dict[str, Any]:
    return {c["property"]: c["value"] for c in node.get("customProperties", ())}


def _one_of(value: Any, allowed: tuple[Any, ...]) -> Any:
    if value not in allowed:
        raise ValueError(f"{value!r} is not one of {allowed}")
    return value
