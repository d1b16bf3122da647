"""dbt's own arrows: raw <- staging <- intermediate <- mart <- monitoring, tiers; nothing reads to its right."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
import yaml

from tests.architecture.tree import files_below
from tidu.contracts import contracts
from tidu.settings import PROJECT_ROOT

MODELS = Path("dbt_project/models")
READABLE = {
    "staging": {"seed"},
    "intermediate": {"staging", "intermediate", "seed"},
    "mart": {"staging", "intermediate", "mart", "seed"},
}
BACKWARD = {
    "int_monitoring__": "figures are made from the master: they stand to the right of mart and only share the schema",
    "int_tier__": "tiers are judged by the master: they stand to the right of mart and only share the schema",
    "int_enterprise__size_figure": "size follows from the enterprise's years and months, which are marts themselves",
}
"""Models of the intermediate schema that may read mart, with the reason."""


@cache
def layers() -> dict[str, str]:
    """Return the layer of every model and seed by its name."""
    models = {p.stem: p.relative_to(MODELS).parts[0] for p in files_below(str(MODELS), suffix=".sql")}
    seeds = {p.stem: "seed" for p in files_below("dbt_project/seeds", suffix=".csv")}
    assert set(models.values()) <= set(READABLE)
    return {**models, **seeds}


@cache
def reads(pattern: str) -> frozenset[tuple[str, str]]:
    """Return (model, what it names) for every match of a pattern in a model's SQL."""
    found = frozenset(
        (path.stem, named)
        for path in files_below(str(MODELS), suffix=".sql")
        for named in re.findall(pattern, (PROJECT_ROOT / path).read_text(encoding="utf-8"))
    )
    assert found
    return found


REF = r"""ref\(\s*['"](\w+)['"]\s*\)"""
SOURCE = r"""source\(\s*['"]\w+['"],\s*['"](\w+)['"]"""


@pytest.mark.parametrize("layer", READABLE)
def test_a_layer_reads_only_to_its_left(layer: str) -> None:
    backward = {(m, r) for m, r in reads(REF) if layers()[m] == layer and layers()[r] not in READABLE[layer]}
    waived = {(m, r) for m, r in backward if layers()[r] == "mart" and m.startswith(tuple(BACKWARD))}
    assert sorted(backward - waived) == []


def test_every_waiver_is_needed() -> None:
    backward = {m for m, r in reads(REF) if layers()[m] == "intermediate" and layers()[r] == "mart"}
    assert [start for start in BACKWARD if not any(m.startswith(start) for m in backward)] == []


def test_a_raw_table_is_read_by_its_own_staging_model_alone() -> None:
    readers = {(model, table) for model, table in reads(SOURCE) if table in contracts()}
    assert readers == {(f"stg_{name}", name) for name in contracts()}


def test_every_model_that_is_read_exists() -> None:
    assert {read for _, read in reads(REF)} <= set(layers())


def test_no_model_names_a_table_past_the_lineage() -> None:
    literal = r"(?:from|join)\s+((?:raw|mart|staging|intermediate)\.\w+)"
    texts = ((p, (PROJECT_ROOT / p).read_text(encoding="utf-8")) for p in files_below(str(MODELS), suffix=".sql"))
    assert [(path.stem, named) for path, text in texts for named in re.findall(literal, text)] == []


def test_the_lineage_knows_what_tiers_are_written_to_in_the_words_of_the_database() -> None:
    folder = PROJECT_ROOT / "plugins/tidu/transform/tiers"
    said = "".join((folder / name).read_text(encoding="utf-8") for name in ("tables.sql", "comments.sql"))
    told = re.findall(r"comment on (?:table|view) mart\.(\w+) is\s+'((?:[^']|'')*)'", said)
    file = PROJECT_ROOT / MODELS / "intermediate/tier/_tier__sources.yml"
    (source,) = yaml.safe_load(file.read_text(encoding="utf-8"))["sources"]
    known = {table["name"]: table["description"] for table in source["tables"]}
    assert known == {name: text.replace("''", "'") for name, text in told}
