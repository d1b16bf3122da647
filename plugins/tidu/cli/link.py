"""`tidu link`: who is who — what waits for a reviewer, why a link is as it is, and decisions about it.

A party is written kind:number (taxpayer:123, employer:9, fn_loan:L1; the key of any record of an account will do), an
enterprise by its id, its credit code, or entity:<number>.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from tidu.cli.explain import explain
from tidu.cli.screen import console, plain

if TYPE_CHECKING:
    from tidu.identity.decisions import Signature

app = typer.Typer(no_args_is_help=True, help=__doc__)

By = Annotated[str, typer.Option("--by", help="Who decides; recorded with the decision.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, in a sentence; recorded with the decision.")]
ExpiresOn = Annotated[str | None, typer.Option(help="Last day, YYYY-MM-DD; left out: for good.")]
EnterpriseName = Annotated[str, typer.Argument(metavar="ENTERPRISE", help="Id, credit code or entity:<number>.")]


@app.command("list")
def list_waiting(
    limit: Annotated[int, typer.Option(min=1, help="At most so many parties.")] = 50,
    everything: Annotated[bool, typer.Option("--all", help="Also parties that merely have no counterpart.")] = False,
) -> None:
    """List the parties that wait for a reviewer, the largest effect on published figures first."""
    from tidu.identity.review import waiting

    found = waiting(limit + 1, everything=everything)
    table = Table("party", "name", "why", "share of a figure", "yuan", "heads", "counts", "records")
    for w in found[:limit]:
        table.add_row(
            escape(str(w.party)), escape(w.name or ""), escape("\n".join(w.questions)), f"{w.share:.4%}",
            f"{w.money_yuan:,.2f}", str(w.heads), str(w.counts), str(w.records),
        )  # fmt: skip
    console.print(table)
    if len(found) > limit:
        plain(f"more than {limit} parties; --limit shows more")


@app.command()
def show(subject: Annotated[str, typer.Argument(metavar="PARTY|ENTERPRISE", help="What to show.")]) -> None:
    """Show a party with its link, or an enterprise with its parties and the decisions about it."""
    from tidu.identity.explanation import decisions_naming
    from tidu.identity.parties import find_enterprise, find_link, members, party_of
    from tidu.ledger.database import connect

    with connect() as connection:
        if any(sign in subject for sign in ":|") and find_link(connection, party_of(subject)):
            explain(subject)
            return
        found = find_enterprise(connection, subject)
        plain(str(found))
        parties = members(connection, found.enterprise_id, 201)
        for party in parties[:200]:
            link = find_link(connection, party)
            plain(f"  {party} by {link.method if link else ''}")
        if len(parties) > 200:
            plain("  and more")
        for decision in decisions_naming(connection, parties[:200], found.enterprise_id):
            plain(decision.line())


app.command()(explain)


@app.command()
def merge(
    subject: Annotated[str, typer.Argument(metavar="PARTY|ENTERPRISE", help="What belongs to the other.")],
    into: EnterpriseName,
    by: By,
    reason: Reason,
    expires_on: ExpiresOn = None,
) -> None:
    """Decide that a party belongs to an enterprise, or that two enterprises are one; never two registered ones."""
    from tidu.identity import decisions

    _said(decisions.merge(subject, into, _signature(by, reason, expires_on)))


@app.command()
def split(
    parties: Annotated[list[str], typer.Argument(metavar="PARTY...", help="What does not belong there.")],
    from_: Annotated[str, typer.Option("--from", metavar="ENTERPRISE", help="Id, credit code or entity:<number>.")],
    by: By,
    reason: Reason,
    expires_on: ExpiresOn = None,
) -> None:
    """Decide that parties do not belong to an enterprise; together they get one of their own."""
    from tidu.identity import decisions

    _said(decisions.split(parties, from_, _signature(by, reason, expires_on)))


@app.command()
def override(
    enterprise: EnterpriseName,
    set_: Annotated[str, typer.Option("--set", help="ATTRIBUTE=VALUE, a column of mart.enterprise; no value empties.")],
    by: By,
    reason: Reason,
    expires_on: ExpiresOn = None,
) -> None:
    """Decide the value of an attribute of the master."""
    from tidu.identity import decisions

    attribute, sign, value = set_.partition("=")
    if not sign:
        raise typer.BadParameter(f"{set_!r} is not ATTRIBUTE=VALUE", param_hint="--set")
    _said(decisions.override(enterprise, attribute.strip(), value, _signature(by, reason, expires_on)))


@app.command()
def revoke(decision_id: Annotated[int, typer.Argument(help="Number of the decision.")], by: By, reason: Reason) -> None:
    """Take a decision back."""
    from tidu.identity import decisions

    decisions.revoke(decision_id, _signature(by, reason, None))
    plain(f"decision {decision_id} is revoked; the next build goes by the rules again")


@app.command()
def gate() -> None:
    """Show what the newest build of the links measured of itself, and the bounds it is held to."""
    from tidu.ledger.database import connect
    from tidu.transform.gate import measures

    with connect() as connection:
        for measure in measures(connection):
            plain(f"{measure.state:10} {measure.line()}")


@app.command()
def labels(
    source: Annotated[Path, typer.Option("--from", metavar="FILE", help="truth/xref.csv of a world.")],
    out: Annotated[Path, typer.Option(help="File to write: left,right,same.")],
    sample: Annotated[int, typer.Option(min=1, help="So many pairs, half of them of two enterprises.")] = 1000,
    seed: Annotated[int, typer.Option(help="Another seed draws other pairs.")] = 1,
) -> None:
    """Draw labelled pairs from a world's truth, in place of a reviewer's: for demonstration and tests alone."""
    from tidu.identity.label_sample import write_sample

    plain(f"{write_sample(source, out, sample, seed)} labelled pairs in {out}; policies/linkage.yml names such files")


@app.command()
def accept(by: By, reason: Reason) -> None:
    """Let the measures through that closed the gate last, at just the values they had."""
    from tidu.transform.gate import accept as accept_measures

    names = ", ".join(accept_measures(by, reason))
    plain(f"let through: {names}; run the build again")


def _signature(by: str, reason: str, expires_on: str | None) -> Signature:
    from tidu.identity.decisions import Signature

    try:
        until = dt.date.fromisoformat(expires_on) if expires_on else None
    except ValueError:
        raise typer.BadParameter(f"{expires_on!r} is no date like 2025-06-30", param_hint="--expires-on") from None
    return Signature(by, reason, until)


def _said(decision_id: int) -> None:
    plain(f"decision {decision_id} is recorded; the next build takes it in")
