"""What a release holds and where it lies: the part of `tidu release` that decides nothing."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from tidu.cli.dates import day
from tidu.cli.screen import console, plain
from tidu.errors import TiduError

MOST_CELLS = 50
SDMX = ("sdmx_structure.json", "sdmx_monthly.csv")
ReleaseId = Annotated[int, typer.Argument(help="Number of the release.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to `tidu release`."""
    for command in (files, export, diff, calendar, reproduce):
        app.command()(command)


def files(release_id: ReleaseId) -> None:
    """List the files of a release with their hashes; those that are missing are written again, and checked."""
    from tidu.publishing.files import shelf
    from tidu.serving.cockpit import file_cockpits

    found = shelf.keep(release_id)
    file_cockpits()
    plain(f"release {release_id}: {shelf.address(release_id)}")
    for file in found:
        plain(f"{file.sha256}  {file.bytes:>12,}  {file.name}")


def export(
    release_id: ReleaseId,
    out: Annotated[Path, typer.Option(help="Folder to copy into.")],
    sdmx: Annotated[bool, typer.Option("--sdmx", help="Only the SDMX files: structure message and SDMX-CSV.")] = False,
) -> None:
    """Copy the files of a release into a folder, each checked against its hash."""
    from tidu.publishing.files import shelf

    found = [file for file in shelf.keep(release_id) if not sdmx or file.name in SDMX]
    out.mkdir(parents=True, exist_ok=True)
    for file in found:
        (out / file.name).write_bytes(shelf.read(release_id, file.name, file.sha256))
        plain(f"written: {out / file.name}")


def diff(
    earlier: Annotated[int, typer.Argument(help="Number of the earlier release.")],
    later: Annotated[int, typer.Argument(help="Number of the later release.")],
    cells: Annotated[int, typer.Option(min=0, help="List at most so many cells.")] = MOST_CELLS,
) -> None:
    """Say which cells two releases show otherwise, and which of their inputs differ."""
    from tidu.publishing import release
    from tidu.publishing.revision import causes, differences

    old, new = release(earlier), release(later)
    found = differences(earlier, later)
    by_indicator = Table("indicator", "cells", "values", "statuses")
    for code in sorted({r.indicator_code for r in found}):
        mine = [r for r in found if r.indicator_code == code]
        values, statuses = (sum(what in r.changed for r in mine) for what in ("value", "cell_status"))
        by_indicator.add_row(code, str(len(mine)), str(values), str(statuses))
    plain(f"{len(found)} cells differ, of the months to {min(old.period, new.period)}")
    if found:
        console.print(by_indicator)
        table = Table("indicator", "month", "district", "scope", "of", "was", "is", "differs in")
        for r in found[:cells]:
            was, now = (_cell(*pair) for pair in ((r.old_value, r.old_status), (r.new_value, r.new_status)))
            table.add_row(
                r.indicator_code, r.period, r.district_code, r.scope, r.breakdown_value, was, now, ", ".join(r.changed)
            )
        if cells:
            console.print(table)
    for cause in causes(old.manifest, new.manifest):
        plain(f"{cause.kind}: {cause.detail}")


def calendar(
    as_of: Annotated[str | None, typer.Option(help="Business date; default: today in Shanghai.")] = None,
) -> None:
    """Show when each month's figures are due, and what became of them."""
    from tidu.publishing import timetable

    today = day(as_of) if as_of else dt.datetime.now(ZoneInfo("Asia/Shanghai")).date()
    table = Table("month", "due on", "state", "published on", "release", "days late")
    for entry in timetable.entries(today):
        published_on, release_id = (str(v) if v else "" for v in (entry.published_on, entry.release_id))
        table.add_row(
            entry.period, str(entry.due_on), entry.state, published_on, release_id, str(entry.days_late or "")
        )
    console.print(table)
    plain(f"{timetable.calendar().owner} answers for the releases")


def reproduce(release_id: ReleaseId) -> None:
    """Make a release again from the landed deliveries of its manifest, on a server of its own; compare every hash."""
    from tidu.publishing.reproduction import reproduce as make_again
    from tidu.stack.postgres import throwaway

    with throwaway() as scratch:
        result = make_again(release_id, scratch, plain)
    for name in result.same:
        plain(f"the same bytes: {name}")
    if result.other:
        raise TiduError(f"release {release_id}: made again, these are otherwise: {', '.join(result.other)}")


def _cell(value: object, status: str | None) -> str:
    if status is None:
        return ""
    return status if value is None else f"{value}" + (f" ({status})" if status != "published" else "")
