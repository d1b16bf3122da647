"""The cockpit of one release as one file that asks nothing of any network.

It holds the totals of every place, scope and month, the breakdowns of the newest months, and the plan's targets;
no enterprise, and no seed pool, which is part of no release. The page says so.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import psycopg

from tidu.errors import TiduError
from tidu.publishing.files import shelf
from tidu.serving.cockpit import documents, page
from tidu.serving.cockpit.reading import reading

FILED_AS = "cockpit.html"
CITY_MONTHS, DISTRICT_MONTHS = 12, 3
"""Newest months whose breakdowns are inside."""


def write_cockpit(release_id: int, path: Path) -> None:
    """Write a release's cockpit to a file; an older file is replaced.

    Idempotence: the same release and the same targets give the same bytes. Raises TiduError where there is no such
    release.
    """
    text = cockpit(release_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def file_cockpit(release_id: int) -> None:
    """Lay a release's cockpit beside its files as cockpit.html; one that lies there stays as it is."""
    if shelf.holds(release_id, FILED_AS):
        return
    with tempfile.TemporaryDirectory(prefix="tidu-cockpit-") as folder:
        made = Path(folder) / FILED_AS
        write_cockpit(release_id, made)
        shelf.add(release_id, made)


def file_cockpits() -> None:
    """Lay its cockpit beside the files of every published release that lacks one, whoever published it.

    Raises TiduError at the end, naming every release for which that could not be done.
    """
    with reading() as connection:
        published = [head["release_id"] for head in documents.heads(connection) if head["state"] == "published"]
    shelf.each(published, file_cockpit, "the cockpit of release")


def cockpit(release_id: int) -> str:
    """Return a release's cockpit as one HTML text, in whatever state the release is; the page names the state."""
    with reading() as connection:
        heads = [head for head in documents.heads(connection) if head["release_id"] == release_id]
        if not heads:
            raise TiduError(f"there is no release {release_id}; `tidu release list` shows those there are")
        start = documents.start(connection, heads[0])
        held = _held(connection, start) if start["months"] else {}
    return page.whole({**start, "releases": heads, "viewer": None}, held)


def _held(connection: psycopg.Connection, start: dict[str, Any]) -> dict[str, Any]:
    """Return all documents the page would ask for, by what it would ask."""
    release, months = start["release"], start["months"]
    number = release["release_id"]
    codes = [documents.CITY, *(p["code"] for p in start["places"])]
    wanted = [(code, scope) for code in codes for scope in start["scopes"]]
    newest = [
        (code, scope, period)
        for code, scope in wanted
        for period in months[-(CITY_MONTHS if code == documents.CITY else DISTRICT_MONTHS) :]
    ]
    return {
        "places": {f"{code}/{scope}": documents.place(connection, number, code, scope) for code, scope in wanted},
        "cuts": {"/".join(which): documents.cuts(connection, number, *which) for which in newest},
        "targets": documents.targets(connection, release),
    }
