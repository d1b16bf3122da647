"""The repository as its files: what is tracked, what is Python, what a module imports."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

import pytest

from tidu.settings import PROJECT_ROOT


@cache
def repository_files() -> tuple[str, ...]:
    """Return the path of every file that is in git or would be by the next `git add`."""
    if not (PROJECT_ROOT / ".git").exists():
        pytest.skip(f"{PROJECT_ROOT} is no git checkout, so nobody knows which files belong to it")
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found = tuple(sorted({p for p in listing.stdout.split("\0") if p and (PROJECT_ROOT / p).is_file()}))
    assert len(found) > 50
    return found


def files_below(*folders: str, suffix: str) -> list[Path]:
    """Return the repository's files of one suffix in the given folders, relative to the project; never none."""
    found = [
        Path(p) for p in repository_files() if p.startswith(tuple(f"{f}/" for f in folders)) and p.endswith(suffix)
    ]
    assert found, f"no {suffix} file below {folders}"
    return found


def lines(path: Path) -> int:
    """Return how many lines of a file of the repository hold something."""
    return sum(1 for line in (PROJECT_ROOT / path).read_text(encoding="utf-8").splitlines() if line.strip())


def imported_modules(path: Path) -> set[str]:
    """Return every module a Python file names in an import, wherever in the file it stands."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((PROJECT_ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: imports are absolute"
            found.add(node.module)
    return found


def is_below(module: str, package: str) -> bool:
    """Say whether `module` is `package` or in it."""
    return module == package or module.startswith(package + ".")
