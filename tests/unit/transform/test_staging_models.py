"""Every dataset has a staging model that says what its contract says."""

from __future__ import annotations

import re

import pytest
import yaml

from tidu.contracts import DatasetContract, Field, contracts
from tidu.settings import PROJECT_ROOT

STAGING = PROJECT_ROOT / "dbt_project/models/staging"
TYPES = {
    "string": "text", "code": "text", "integer": "bigint", "date": "date", "month": "date",
    "timestamp": "timestamptz", "flag": "boolean",
}  # fmt: skip


def column(field: Field) -> str:
    return field.name.removesuffix("_wan") + "_yuan" if field.unit == "wan" else field.name


def data_type(field: Field) -> str:
    if field.type == "decimal":
        return "numeric(24, 2)" if field.unit else "numeric(24, 6)"
    return TYPES[field.type]


def reading(contract: DatasetContract, field: Field) -> str:
    """Return the macro call that reads the field by its contract."""
    macro = field.unit or {"string": "text", "code": "text"}.get(field.type, field.type)
    sheet = ", 'sheet'" if contract.reading == "sheet" and field.type in ("decimal", "date") else ""
    return f"{{{{ read_{macro}('{field.name}'{sheet}) }}}} as {column(field)}"


def test_there_is_one_staging_model_per_contract() -> None:
    models = {p.stem for p in STAGING.glob("*/stg_*.sql")}
    assert models == {f"stg_{name}" for name in contracts()}


@pytest.mark.parametrize("dataset", contracts())
def test_the_model_reads_every_field_by_its_contract(dataset: str) -> None:
    contract = contracts()[dataset]
    sql = (STAGING / contract.department / f"stg_{dataset}.sql").read_text(encoding="utf-8")
    read = re.findall(r"\{\{ read_.*", sql)
    assert [r.rstrip(",") for r in read] == [reading(contract, f) for f in contract.fields]
    assert f"{{{{ delivered_rows(source('{contract.department}', '{dataset}'), '{dataset}') }}}}" in sql
    assert f"{{{{ accepted_rows('{dataset}') }}}}" in sql
    assert f"source_key([{', '.join(repr(k) for k in contract.key)}])" in sql


@pytest.mark.parametrize("dataset", contracts())
def test_the_description_has_every_field_with_type_and_meaning(dataset: str) -> None:
    contract = contracts()[dataset]
    path = STAGING / contract.department / f"stg_{dataset}.yml"
    (model,) = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    described = {c["name"]: c for c in model["columns"]}
    assert list(described) == [
        "delivery_id", "row_no", "delivered_on", "source_key", *(column(f) for f in contract.fields)
    ]  # fmt: skip
    for field in contract.fields:
        found = described[column(field)]
        assert found["data_type"] == data_type(field)
        assert found["description"].startswith(field.description)
        assert ("constraints" in found) == (field.key_position is not None)
