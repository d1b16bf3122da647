"""Files stay small enough to read in one go, and are called by what they are."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import files_below, lines, repository_files
from tidu.settings import PROJECT_ROOT

LIMITS = {
    "DAG file": ((("dags",), ".py"), 60),
    "Python module": ((("plugins", "simulators"), ".py"), 300),
    "SQL model": ((("dbt_project/models",), ".sql"), 120),
    "contract": ((("plugins/tidu/contracts",), ".yml"), 150),
    "description of models": ((("dbt_project/models/intermediate", "dbt_project/models/mart"), ".yml"), 300),
    "expectations": ((("expectations",), ".yml"), 150),
    "page of documentation": ((("docs",), ".md"), 500),
}
WAIVED = {
    "dbt_project/models/mart/master/enterprise.sql": "30 columns, for registered enterprises and for others",
}
REFUSED = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "stuff", "base_utils"}
DATED = re.compile(r"_(v\d+|new|final|old|copy|bak|\d{8})(\.|$)")


@pytest.mark.parametrize("kind", LIMITS)
def test_files_keep_within_their_budget(kind: str) -> None:
    assert {path: n for path, n in too_long(kind).items() if path not in WAIVED} == {}


def test_every_waiver_is_needed() -> None:
    assert set(WAIVED) <= {path for kind in LIMITS for path in too_long(kind)}


def too_long(kind: str) -> dict[str, int]:
    """Return the files of a kind that are over its limit, with their lines."""
    (folders, suffix), limit = LIMITS[kind]
    return {str(p): n for p in files_below(*folders, suffix=suffix) if (n := lines(p)) > limit}


def test_no_module_bears_a_name_of_the_standard_library() -> None:
    modules = files_below("plugins", "simulators", suffix=".py")
    names = {p: p.parent.name if p.name == "__init__.py" else p.stem for p in modules}
    assert [str(p) for p, name in names.items() if name in sys.stdlib_module_names and name != "__main__"] == []


def test_no_name_says_nothing() -> None:
    files = files_below("plugins", "simulators", "dags", "tests", "dbt_project", suffix="")
    idle = [str(p) for p in files if REFUSED & {p.stem, *p.parent.parts}]
    assert idle == []


def test_no_name_holds_a_version_or_a_state() -> None:
    assert [p for p in repository_files() if DATED.search(Path(p).name) and not p.startswith("tests/fixtures/")] == []


def test_yaml_files_end_in_yml() -> None:
    assert any(p.endswith(".yml") for p in repository_files())
    # pre-commit looks for this one name only
    assert [p for p in repository_files() if p.endswith(".yaml")] == [".pre-commit-config.yaml"]


def test_airflow_does_not_read_the_package_as_plugins() -> None:
    ignored = (PROJECT_ROOT / "plugins/.airflowignore").read_text(encoding="utf-8").split()
    assert "tidu/" in ignored
    loaded = sorted(p for p in repository_files() if re.fullmatch(r"plugins/[^/]+\.py", p))
    assert loaded in ([], ["plugins/tidu_plugin.py"])


def test_dag_ids_are_file_stems_of_verb_and_object() -> None:
    stems = [p.stem for p in files_below("dags", suffix=".py")]
    assert all(re.fullmatch(r"(ingest|build|assess|publish|maintain)_[a-z_]+", stem) for stem in stems), stems
    assert not [s for s in stems if {"dag", "pipeline", "job", "etl"} & set(s.split("_"))]
