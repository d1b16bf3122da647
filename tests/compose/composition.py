"""docker-compose.yml as a container engine would see it: anchors merged, variables filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import yaml

from tidu.settings import PROJECT_ROOT

FILE = PROJECT_ROOT / "docker-compose.yml"
VARIABLE = re.compile(r"\$\$|\$\{(?P<name>[A-Z0-9_]+)(?:(?P<how>:?[-?])(?P<rest>[^}]*))?\}|(?P<bare>\$)")
SECRETS = {
    "POSTGRES_PASSWORD": "p-postgres",
    "WAREHOUSE_PASSWORD": "p-warehouse",
    "AIRFLOW_DB_PASSWORD": "p-airflow",
    "TAX_FRONT_PASSWORD": "p-front",
    "AIRFLOW_JWT_SECRET": "j" * 64,
    "AIRFLOW_FERNET_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "AIRFLOW_ADMIN_PASSWORD": 'p-"admin"',
}


class NotSet(Exception):
    """A variable that must be set is not; engines refuse such a file."""


@cache
def raw() -> dict[str, Any]:
    """Return the file with its anchors merged and its variables as written."""
    document: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return document


def composed(settings: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the file with every variable filled in from `settings`, by default the secrets alone."""
    filled: dict[str, Any] = _fill(raw(), SECRETS if settings is None else settings)
    return filled


def services() -> dict[str, dict[str, Any]]:
    """Return the services, filled in; never none."""
    found: dict[str, dict[str, Any]] = composed()["services"]
    assert found
    return found


def variables(node: Any = None) -> Iterator[tuple[str, str | None]]:
    """Yield every variable the file names with its default, None where it has none."""
    for text in strings(raw() if node is None else node):
        for match in VARIABLE.finditer(text):
            assert match["bare"] is None, f"a lone $ in {text}"
            if match["name"]:
                yield match["name"], match["rest"] if (match["how"] or "").endswith("-") else None


def strings(node: Any) -> Iterator[str]:
    """Yield every text value below a node."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from strings(value)


def _fill(node: Any, settings: Mapping[str, str]) -> Any:
    if isinstance(node, str):
        return VARIABLE.sub(lambda match: _value(match, settings), node)
    if isinstance(node, dict):
        return {key: _fill(value, settings) for key, value in node.items()}
    if isinstance(node, list):
        return [_fill(value, settings) for value in node]
    return node


def _value(match: re.Match[str], settings: Mapping[str, str]) -> str:
    if match[0] == "$$":
        return "$"
    how, given = match["how"] or "", settings.get(match["name"])
    if given is None or (how.startswith(":") and not given):
        if how.endswith("?"):
            raise NotSet(match["name"])
        return match["rest"] or "" if how.endswith("-") else ""
    return given
