"""`tidu policy`: the rules of tiers: what they say, whether they can be honoured, what a change of them would do."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from tidu.cli.screen import console, plain

app = typer.Typer(no_args_is_help=True, help=__doc__)
AsOf = Annotated[str, typer.Option("--as-of", help="Business date, YYYY-MM-DD.")]


@app.command("list")
def list_(on: Annotated[str, typer.Option(help="Only what is in force on this day.")] = "") -> None:
    """Show every policy with its document, from when to when it is in force, and how sure its numbers are."""
    from tidu.transform.tiers.registry import in_force, policies

    table = Table("tier", "version", "in force", "document", "label", "items", "assumed")
    for policy in in_force(_day(on)) if on else policies():
        table.add_row(
            policy.tier, policy.version, f"{policy.valid_from} – {policy.valid_to or ''}",
            f"{policy.document['number']} {policy.document.get('part', '')}", str(policy.document.get("label", "")),
            str(len(policy.items)), str(sum(item.assumed for item in policy.items)),
        )  # fmt: skip
    console.print(table)


@app.command()
def show(name: str) -> None:
    """Show one policy item by item, as it decides; NAME is a version or a file."""
    from tidu.transform.tiers.rehearsal import policy_named

    policy = policy_named(name)
    label = policy.document["label"]
    plain(f"{policy.tier} {policy.version}: {policy.document['name']}（{policy.document['number']}），{label}")
    table = Table("code", "kind", "clause", "name", "asks", "points", "label", "changed by")
    for item in policy.items:
        points = "" if item.most is None else f"{item.most:f}"
        table.add_row(
            item.code, item.kind, item.clause, item.name, item.threshold, points, item.label or label, item.lever or ""
        )
    console.print(table)


@app.command()
def check(
    folder: Annotated[Path | None, typer.Argument(help="Folder of policies; without it the repository's own.")] = None,
) -> None:
    """Read every policy; say file, line and reason of the first that cannot be honoured."""
    from tidu.transform.plans import plans
    from tidu.transform.tiers.inputs import inputs
    from tidu.transform.tiers.pool import pool_rules
    from tidu.transform.tiers.registry import FOLDER, policies

    found = policies(folder or FOLDER)
    if folder is None:
        found += policies(FOLDER / "finance_whitelist")
        pool_rules()
        plans()
    items = sum(len(policy.items) for policy in found)
    plain(f"{len(found)} policies with {items} items, {len(inputs())} inputs: all can be honoured")


@app.command()
def diff(
    old: Annotated[str, typer.Argument(help="Version or file; with --between a tier, or the one rule for both.")],
    new: Annotated[str, typer.Argument(help="Version or file, also of a rule not in force yet.")] = "",
    as_of: AsOf = "",
    between: Annotated[tuple[str, str] | None, typer.Option(help="Two dates that were assessed.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write every change to this CSV file.")] = None,
) -> None:
    """Say who would enter and leave under another rule, or did between two dates: by clause and district.

    Between two dates a tier takes the rule in force on each of them, a version or file that rule for both.
    """
    from tidu.transform.tiers.policy import known_tiers
    from tidu.transform.tiers.rehearsal import compare_dates, policy_named, rehearse, rehearse_dates

    if between is not None:
        if new:
            raise typer.BadParameter("between two dates one rule, or one tier, is named")
        days = _day(between[0]), _day(between[1])
        found = compare_dates(old, *days) if old in known_tiers() else rehearse_dates(policy_named(old), *days)
    else:
        if not new or not as_of:
            raise typer.BadParameter("two rules and --as-of are needed, or a tier and --between")
        found = rehearse(policy_named(old), policy_named(new), _day(as_of))
    plain(f"{found.assessed:,} enterprises assessed, {len(found.changes):,} with another verdict")
    for title, heads, rows in (
        ("verdicts", ("before", "after", "enterprises"), [(*k, n) for k, n in sorted(found.by_verdict().items())]),
        ("districts", ("district", "enter", "leave"), [(d, *n) for d, n in found.by_district().items()]),
        ("clauses", ("way", "code", "enterprises"), [(*k, n) for k, n in sorted(found.by_clause().items())]),
    ):
        table = Table(*heads, title=title)
        for row in rows:
            table.add_row(*map(str, row))
        console.print(table)
    if out is not None:
        with out.open("w", encoding="utf-8-sig", newline="") as handle:
            writer = csv.writer(handle)
            writer.writerow(["district_code", "enterprise_id", "before", "after", "clauses"])
            writer.writerows(
                [c.district_code, c.enterprise_id, c.before, c.after, " ".join(c.clauses)] for c in found.changes
            )
        plain(f"{len(found.changes):,} changes in {out}")


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date, YYYY-MM-DD") from None
