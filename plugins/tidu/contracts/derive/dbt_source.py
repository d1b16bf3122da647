"""The dbt source of a department: the raw tables as dbt sees them, described by the contracts.

Which file a source lives in is decided here too; writing it is left to `tidu.contracts.derive.files`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

import yaml

from tidu.contracts.model import DatasetContract, Field

HEADER = (
    "# Generated from plugins/tidu/contracts/{department}/ by `tidu contract derive`; change the contract instead.\n"
)
ADDED_COLUMNS: tuple[dict[str, Any], ...] = (
    {"name": "delivery_id", "description": "Delivery the row came with, see ops.delivery", "data_type": "bigint"},
    {"name": "row_no", "description": "1-based place of the row in its delivery", "data_type": "integer"},
)
EXTRA_COLUMN = {"name": "_extra", "description": "What the contract does not name, by heading", "data_type": "jsonb"}


def source_path(department: str) -> PurePosixPath:
    """Return where the source of `department` lives, relative to the project."""
    return PurePosixPath(f"dbt_project/models/staging/{department}/_{department}__sources.yml")


def sources_yaml(contracts: Sequence[DatasetContract]) -> str:
    """Return the dbt source of one department, given its contracts: one table per dataset in schema raw.

    Every column is described by its heading and meaning; type, unit and the like stand in its meta,
    since raw itself holds text only.
    """
    departments = {c.department for c in contracts}
    (department,) = departments
    owner, contact = contracts[0].owner, contracts[0].contact
    lines = [
        HEADER.format(department=department),
        "version: 2\n\n",
        "sources:\n",
        f"  - name: {department}\n",
        f"    description: {_flow(f'{owner}; ask {contact}')}\n",
        "    schema: raw\n",
        "    tables:\n",
    ]
    for c in contracts:
        lines += [
            f"      - name: {c.name}\n",
            f"        description: {_flow(f'{c.heading}. {c.usage}')}\n",
            f"        config: {_flow({'meta': _table_meta(c)})}\n",
            "        columns:\n",
        ]
        columns = [*ADDED_COLUMNS, *(_column(f) for f in c.fields), EXTRA_COLUMN]
        lines += [f"          - {_flow(column)}\n" for column in columns]
    return "".join(lines)


def _table_meta(contract: DatasetContract) -> dict[str, Any]:
    return {
        "mode": contract.mode,
        "key": list(contract.key),
        "cadence": contract.cadence,
        "transport": contract.transport,
        "contract_version": contract.version,
    }


def _column(field: Field) -> dict[str, Any]:
    meta: dict[str, Any] = {"type": field.type, "classification": field.classification}
    if field.unit:
        meta["unit"] = field.unit
    if field.values:
        meta["values"] = list(field.values)
    if field.required:
        meta["required"] = True
    return {
        "name": field.name,
        "description": f"{field.heading}: {field.description}",
        "data_type": "text",
        "config": {"meta": meta},
    }


def _flow(value: Any) -> str:
    """Write `value` as YAML on one line."""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=10**9)
    return text.removesuffix("...\n").strip()
