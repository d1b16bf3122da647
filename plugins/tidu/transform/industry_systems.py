"""Industry systems (policies/industry_systems/<system>/<valid_from>.yml): which tags the class of an enterprise bears.

A tag is a member of a system, such as 智能家电 of “10+1”. Systems follow one another, and a class may bear several.
Where no official crosswalk to GB/T 4754-2017 is published a class is a `candidate`: a hint for a person, never proof,
and nothing that decides about an enterprise may rest on it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from tidu.errors import PolicyError
from tidu.settings import PROJECT_ROOT
from tidu.transform.tiers.located import Located, read

FOLDER = PROJECT_ROOT / "policies" / "industry_systems"
CERTAINTIES = ("certain", "candidate")
PREFIX = re.compile(r"[A-T]\d{2,4}")


@dataclass(frozen=True)
class IndustryClass:
    """A section letter with the first digits of classes, and how sure it is that they bear the tag."""

    prefix: str
    name: str
    certainty: str


@dataclass(frozen=True)
class Tag:
    """A member of a system."""

    code: str
    name: str
    group: str
    label: str
    """How sure it is that the system has this member."""
    classes: tuple[IndustryClass, ...]


@dataclass(frozen=True)
class IndustrySystem:
    """A system while it is in force: `valid_to` is the first day on which it is not any more."""

    file: Path
    name: str
    document: dict[str, str]
    valid_from: dt.date
    valid_to: dt.date | None
    tags: tuple[Tag, ...]
    missing: str
    """What would have to be known to make its classes certain."""

    def in_force(self, day: dt.date) -> bool:
        """Tell whether it holds on a day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True)
class Borne:
    """One tag of one class: grain of `tags_of`."""

    system: str
    tag: Tag
    industry: IndustryClass


@cache
def systems(folder: Path = FOLDER) -> tuple[IndustrySystem, ...]:
    """Return every version of every system, by name and first day in force.

    Raises PolicyError with file and line for what cannot be honoured, and for two versions in force on one day.
    """
    found = sorted((_system(file) for file in folder.glob("*/*.yml")), key=lambda s: (s.file.parent.name, s.valid_from))
    for before, after in pairwise(found):
        if before.file.parent == after.file.parent and before.in_force(after.valid_from):
            raise PolicyError(
                f"{after.file}:1: {before.file} is in force on {after.valid_from} too: give it a `valid_to`"
            )
    return tuple(found)


def tags_of(industry_code: str | None, day: dt.date, folder: Path = FOLDER) -> tuple[Borne, ...]:
    """Return the tags a class of GB/T 4754-2017, such as C3851, bears on a day; of a tag the longest prefix counts."""
    if not industry_code:
        return ()
    borne = []
    for system in systems(folder):
        for tag in system.tags if system.in_force(day) else ():
            fitting = [c for c in tag.classes if industry_code.startswith(c.prefix)]
            if fitting:
                borne.append(Borne(system.name, tag, max(fitting, key=lambda c: len(c.prefix))))
    return tuple(borne)


def _system(file: Path) -> IndustrySystem:
    found = read(file)
    found.expect(("system", "document", "valid_from", "tags", "missing"), ("valid_to",))
    for key in ("valid_from", "valid_to"):
        if key in found and not isinstance(found[key], dt.date):
            found.refuse(f"`{key}` has to be a date, YYYY-MM-DD")
    if found.get("valid_to") is not None and found["valid_to"] <= found["valid_from"]:
        found.refuse("`valid_to`, the first day it is not in force any more, has to lie after `valid_from`")
    if found["valid_from"].isoformat() != file.stem:
        found.refuse(f"the file is named by the first day in force, {found['valid_from']}")
    document = found["document"]
    if not isinstance(document, Located):
        found.refuse("`document` has to be a mapping")
    document.expect(("name", "number", "label"))
    tags = tuple(_tag(entry) for entry in found.items_of("tags"))
    codes = [tag.code for tag in tags]
    for code in codes:
        if codes.count(code) > 1:
            found.refuse(f"the tag {code} is given twice")
    return IndustrySystem(
        file, found["system"], dict(document), found["valid_from"], found.get("valid_to"), tags, found["missing"]
    )


def _tag(entry: Located) -> Tag:
    entry.expect(("code", "name", "group", "label", "classes"))
    return Tag(entry["code"], entry["name"], entry["group"], entry["label"], tuple(_classes(entry)))


def _classes(entry: Located) -> Iterator[IndustryClass]:
    prefixes: list[str] = []
    for found in entry.items_of("classes"):
        found.expect(("prefix", "name", "certainty"))
        if not PREFIX.fullmatch(str(found["prefix"])):
            found.refuse(f"{found['prefix']} is no section letter with two to four digits, such as C385")
        if found["certainty"] not in CERTAINTIES:
            found.refuse(f"the certainty {found['certainty']} is not known; there are {', '.join(CERTAINTIES)}")
        if found["certainty"] == "certain" and not str(entry["label"]).startswith("FOUND"):
            found.refuse(f"a class is not certain of a tag that is itself {entry['label']}")
        if found["prefix"] in prefixes:
            found.refuse(f"the prefix {found['prefix']} is given twice")
        prefixes.append(found["prefix"])
        yield IndustryClass(found["prefix"], found["name"], found["certainty"])
