"""Which generated files exist and what must be in them; committed, so that a reader needs no tool.

Everything derived that is not committed (landing tables, predicates, suites, tasks) is made when used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tidu.contracts.derive.dbt_source import source_path, sources_yaml
from tidu.contracts.derive.dictionary import dictionary_index, dictionary_page, index_path, page_path
from tidu.contracts.model import DatasetContract

Departments = Mapping[str, Sequence[DatasetContract]]


def generated_files(departments: Departments) -> dict[str, str]:
    """Return every generated file by its path in the project, with its content."""
    files = {str(index_path()): dictionary_index(departments)}
    for department, contracts in departments.items():
        files[str(source_path(department))] = sources_yaml(contracts)
        files[str(page_path(department))] = dictionary_page(contracts)
    return dict(sorted(files.items()))


def stale_files(departments: Departments, root: Path) -> list[str]:
    """Return the generated files below `root` that are missing, differ or belong to no contract."""
    wanted = generated_files(departments)
    differing = [path for path, content in wanted.items() if _content(root / path) != content]
    present = [*root.glob("docs/dictionary/*.md"), *root.glob("dbt_project/models/staging/*/_*__sources.yml")]
    orphaned = [str(path.relative_to(root)) for path in present if str(path.relative_to(root)) not in wanted]
    return sorted(differing + orphaned)


def write_files(departments: Departments, root: Path) -> list[str]:
    """Bring the generated files below `root` up to date and return those that changed; orphans are removed."""
    wanted = generated_files(departments)
    stale = stale_files(departments, root)
    for path in stale:
        if path in wanted:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(wanted[path], encoding="utf-8")
        else:
            (root / path).unlink()
    return stale


def _content(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
