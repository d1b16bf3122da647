"""Each dataset has all its parts, and no part belongs to a dataset that does not exist."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.architecture.tree import files_below, repository_files
from tidu.contracts import contracts, departments
from tidu.settings import PROJECT_ROOT

PARTS = {
    "contract": "plugins/tidu/contracts/{department}/{dataset}.yml",
    "expectations": "expectations/{department}/{dataset}.yml",
    "staging model": "dbt_project/models/staging/{department}/stg_{dataset}.sql",
    "staging model's description": "dbt_project/models/staging/{department}/stg_{dataset}.yml",
}
PARTS_OF_DEPARTMENT = {
    "dbt source": "dbt_project/models/staging/{department}/_{department}__sources.yml",
    "DAG": "dags/ingest_{department}.py",
    "page of the dictionary": "docs/dictionary/{department}.md",
}


@pytest.mark.parametrize("part", PARTS)
def test_every_dataset_has_its_part_and_no_part_is_without_dataset(part: str) -> None:
    pattern = PARTS[part]
    wanted = {pattern.format(department=c.department, dataset=c.name) for c in contracts().values()}
    assert len(wanted) == 24
    folder, suffix = pattern.partition("/{")[0], Path(pattern).suffix
    stem = Path(pattern).name.partition("{")[0]
    present = {
        str(p) for p in files_below(folder, suffix=suffix) if p.name.startswith(stem) and not p.name.startswith("_")
    }
    assert sorted(present) == sorted(wanted)


@pytest.mark.parametrize("part", PARTS_OF_DEPARTMENT)
def test_every_department_has_its_part(part: str) -> None:
    wanted = {PARTS_OF_DEPARTMENT[part].format(department=d) for d in departments()}
    assert len(wanted) == 6
    assert sorted(wanted - set(repository_files())) == []


def test_no_ingest_dag_is_without_department() -> None:
    stems = {p.stem for p in files_below("dags", suffix=".py") if p.stem.startswith("ingest_")}
    assert stems == {f"ingest_{d}" for d in departments()}


def test_every_model_is_described_once_beside_its_sql() -> None:
    models = sorted(str(p.with_suffix("")) for p in files_below("dbt_project/models", suffix=".sql"))
    described: list[str] = []
    for path in files_below("dbt_project/models", suffix=".yml"):
        for model in yaml.safe_load((PROJECT_ROOT / path).read_text(encoding="utf-8")).get("models", []):
            assert len(model.get("description", "")) > 20, f"{path}: {model['name']}"
            described.append(str(path.parent / model["name"]))
    assert {"without description": sorted(set(models) - set(described))} == {"without description": []}
    assert sorted(described) == models, "described twice, or described without SQL"


def test_staging_describes_every_field_of_its_contract() -> None:
    missing: dict[str, list[str]] = {}
    for c in contracts().values():
        path = PROJECT_ROOT / PARTS["staging model's description"].format(department=c.department, dataset=c.name)
        (model,) = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
        columns = {column["name"] for column in model["columns"]}
        fields = {f.name.removesuffix("_wan") + "_yuan" if f.unit == "wan" else f.name for f in c.fields}
        if fields - columns:
            missing[c.name] = sorted(fields - columns)
    assert missing == {}
