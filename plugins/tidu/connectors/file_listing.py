"""Which names in an outbox are deliveries of a dataset, in which order, and which still grow."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from tidu.contracts.model import DatasetContract

SETTLE_SECONDS = 2.0
"""A file changed more recently than this is looked at again before it counts as complete."""
SUFFIXES = {"sftp_zip_csv": "zip", "sftp_xlsx": "xlsx", "folder_csv": "csv"}


@dataclass(frozen=True)
class ListedFile:
    """One entry of a folder, as its system states it; `modified` in seconds since 1970."""

    name: str
    size: int
    modified: float

    @property
    def token(self) -> str:
        """How the file looks; changes when it is written again."""
        return f"{self.size}:{self.modified:.0f}"


@dataclass(frozen=True)
class NamedFile:
    """A file whose name says that it is a delivery."""

    file: ListedFile
    delivered_on: dt.date
    sequence: int


def named_deliveries(contract: DatasetContract, files: list[ListedFile]) -> list[NamedFile]:
    """Return the files called {dataset}_{YYYYMMDD}[_{seq}].{suffix}, by date and sequence; others are not ours.

    Names of half-written files (.part, .tmp, a leading dot or ~$) do not fit the pattern.
    """
    sequence = r"_(?P<seq>\d+)" if contract.transport == "sftp_zip_csv" else ""
    suffix = SUFFIXES[contract.transport]
    pattern = re.compile(rf"{re.escape(contract.name)}_(?P<day>\d{{8}}){sequence}\.{suffix}", re.ASCII)
    found = []
    for file in files:
        match = pattern.fullmatch(file.name)
        if match and (day := _date(match["day"])):
            found.append(NamedFile(file, day, int(match.groupdict().get("seq") or 0)))
    return sorted(found, key=lambda n: (n.delivered_on, n.sequence))


def settled(listing: Callable[[], list[ListedFile]]) -> list[ListedFile]:
    """List a folder; when something changed just now, list once more and keep what stayed as it was.

    Compares two looks of the same system, so a clock that differs from ours costs a wait at most.
    """
    first = listing()
    youngest = max((f.modified for f in first), default=0.0)
    wait = SETTLE_SECONDS - (time.time() - youngest)
    if wait <= 0:
        return first
    time.sleep(min(wait, SETTLE_SECONDS))
    again = set(listing())
    return [f for f in first if f in again]


def _date(digits: str) -> dt.date | None:
    try:
        return dt.datetime.strptime(digits, "%Y%m%d").date()
    except ValueError:
        return None
