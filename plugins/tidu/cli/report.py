"""`tidu report`: what clerks hold in their hands: enterprise pages, district workbooks, target lists, rankings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer
from rich.table import Table

from tidu.cli.dates import day
from tidu.cli.screen import console, plain
from tidu.errors import TiduError

if TYPE_CHECKING:
    from tidu.serving.reports.ranking import Measure, Scope

app = typer.Typer(no_args_is_help=True, help=__doc__)
AsOf = Annotated[str, typer.Option("--as-of", help="Business date; the last assessment on or before it counts.")]
Restricted = Annotated[
    bool, typer.Option("--restricted", help="Show figures their contracts call restricted; else they are masked.")
]


@app.command()
def enterprise(
    enterprise: Annotated[str, typer.Argument(metavar="ID_OR_USCC", help="Enterprise id or credit code.")],
    as_of: AsOf = "",
    out: Annotated[Path | None, typer.Option("--out", help="HTML file; default <enterprise>.html.")] = None,
    part: Annotated[str, typer.Option(help="sheet (one A4 page), annex (every detail), or whole.")] = "whole",
) -> None:
    """Write one printable page about an enterprise, and its annex: verdicts, clauses, evidence, gaps."""
    from tidu.serving.reports import enterprise as pages

    if part not in get_args(pages.Part):
        raise TiduError(f"{part} is not known; there are {', '.join(get_args(pages.Part))}")
    text = pages.page(enterprise, day(as_of) if as_of else None, cast("pages.Part", part))
    target = out or Path(f"{enterprise}.html")
    target.write_text(text, encoding="utf-8")
    plain(f"written: {target}")


@app.command()
def district(
    code: Annotated[str, typer.Argument(help="District code, or 370200 for the whole city.")],
    as_of: AsOf = "",
    out: Annotated[Path | None, typer.Option("--out", help="Workbook; default district-<code>.xlsx.")] = None,
    nearest: Annotated[int, typer.Option(min=0, help="Enterprises per tier beside those that meet it.")] = 50,
    restricted: Restricted = False,
) -> None:
    """Write a district's workbook: candidates, gaps, titles that end soon, notes."""
    from tidu.serving.reports.district import write_district

    target = out or Path(f"district-{code}.xlsx")
    assessed = write_district(target, code, day(as_of) if as_of else None, restricted=restricted, nearest=nearest)
    plain(f"written: {target}, as of {assessed}")


@app.command()
def targets(
    *,
    tier: Annotated[str, typer.Option(help="Tier, such as 专精特新中小企业.")],
    district: Annotated[str, typer.Option(help="List candidates of this district alone.")] = "370200",
    year: Annotated[int | None, typer.Option(help="Year of the targets; default: the business date's.")] = None,
    as_of: AsOf = "",
    out: Annotated[Path | None, typer.Option("--out", help="Workbook to write; default: print the counts.")] = None,
) -> None:
    """List candidates for a tier by readiness and rank, beside the year's target, who holds it, and what is needed."""
    from tidu.serving.reports import targets as lists

    found = lists.target_list(tier, district, day(as_of) if as_of else None, year)
    if out is not None:
        lists.write_targets(out, found, district)
        plain(f"written: {out}, as of {found.as_of}, {len(found.candidates)} candidates")
        return
    for item in found.progress:
        said = f"新认定 {item.newly_held}，仍需 {item.needed}"
        plain(f"{item.plan.name_zh}：{item.target.name_zh} {item.target.written}，{said}")
    table = Table(*(name for name, _ in lists.DISTRICTS))
    for row in lists.districts(found, district):
        table.add_row(*("" if value is None else str(value) for value in row))
    console.print(table)
    for label, text in lists.notes(found, district):
        plain(f"{label}：{text}")


@app.command()
def returns(
    as_of: Annotated[str, typer.Option("--as-of", help="Business date; default: the one maintained last.")] = "",
    district: Annotated[str | None, typer.Option(help="Code of one district; default: all of them.")] = None,
) -> None:
    """Write the packages handed back to districts, those whose content has changed; list their files."""
    from tidu.serving.returning import files_of, write_packages

    written = write_packages(day(as_of) if as_of else None, district)
    if not written:
        plain("nothing new to hand back: every district has its package, or no release is published yet")
    for package in written:
        plain(f"{package.district_code}: returns/{package.folder}, release {package.release_id}")
        for file in files_of(package):
            plain(f"  {file.name}, {file.bytes} bytes" + (f", {file.rows} rows" if file.rows is not None else ""))


@app.command()
def ranking(
    *,
    measure: Annotated[str, typer.Option(help="revenue, tax_paid or rd_expense.")],
    year: Annotated[int, typer.Option(help="Year of the figures.")],
    scope: Annotated[str, typer.Option(help="private, or all.")] = "private",
    top: Annotated[int, typer.Option(min=1, help="Ranks to list.")] = 100,
    tag: Annotated[
        str | None, typer.Option(help="Only those whose class points to this tag of an industry system.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Workbook to write; default: print.")] = None,
    restricted: Restricted = False,
) -> None:
    """Rank enterprises by a measure of a year; ties share a rank, missing figures are counted."""
    from tidu.serving.reports import ranking as rankings

    for asked, known in ((measure, rankings.Measure), (scope, rankings.Scope)):
        if asked not in get_args(known):
            raise TiduError(f"{asked} is not known; there are {', '.join(get_args(known))}")
    found = rankings.ranking(cast("Measure", measure), year, cast("Scope", scope), top, tag)
    if out is not None:
        rankings.write_ranking(out, found, restricted=restricted)
        plain(f"written: {out}")
        return
    table = Table("名次", "企业名称", "统一社会信用代码", "区（市）", found.measure.zh)
    for place in found.places:
        shown = found.shown(place, restricted=restricted)
        table.add_row(str(place.rank), place.name, place.uscc or "", place.district_name or "", shown)
    console.print(table)
    for label, text in found.notes():
        plain(f"{label}：{text}")
