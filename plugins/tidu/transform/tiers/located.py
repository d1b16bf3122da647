"""YAML whose mappings know where they stand, so that what is wrong in a policy is refused with its file and line."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, NoReturn

import yaml

from tidu.errors import PolicyError


class Located(dict[str, Any]):
    """A mapping of a file, with its line."""

    file: Path
    line: int

    def refuse(self, reason: str) -> NoReturn:
        """Raise PolicyError that names file and line."""
        raise PolicyError(f"{self.file}:{self.line}: {reason}")

    def expect(self, needed: Collection[str], allowed: Collection[str] = ()) -> None:
        """Refuse a mapping that lacks a needed key or has one that means nothing here."""
        for key in needed:
            if key not in self:
                self.refuse(f"`{key}` is missing")
        for key in self:
            if key not in needed and key not in allowed:
                self.refuse(f"`{key}` means nothing here")

    def items_of(self, key: str) -> Iterator[Located]:
        """Yield the mappings listed under a key; refuse anything else there."""
        listed = self.get(key, [])
        if not isinstance(listed, list) or not all(isinstance(item, Located) for item in listed):
            self.refuse(f"`{key}` has to be a list of entries")
        yield from listed


class _Loader(yaml.SafeLoader):
    """Makes Located mappings and refuses a key that is written twice."""

    file: Path

    def construct_located(self, node: yaml.MappingNode) -> Located:
        made = Located()
        made.file, made.line = self.file, node.start_mark.line + 1
        for key_node, value_node in node.value:
            key = str(self.construct_object(key_node, deep=True))
            if key in made:
                made.refuse(f"`{key}` is written twice")
            made[key] = self.construct_object(value_node, deep=True)
        return made


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _Loader.construct_located)


def read(path: Path) -> Located:
    """Return the mapping of a file. Raises PolicyError for a file that is no YAML or holds something else."""
    loader = _Loader(path.read_text(encoding="utf-8"))
    loader.file = path
    try:
        found = loader.get_single_data()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise PolicyError(f"{path}:{line}: {error.problem}") from error
    finally:
        loader.dispose()
    if not isinstance(found, Located):
        raise PolicyError(f"{path}:1: a mapping is expected")
    return found
