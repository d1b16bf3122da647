"""`tidu explain`: why a record is tied to its enterprise, or why an enterprise has the verdict it has for a tier."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import typer

from tidu.cli.screen import plain

LinkName = Annotated[
    str,
    typer.Argument(
        metavar="LINK",
        help="A party (taxpayer:123) or a record (dataset:source_key); with --tier an enterprise, by id or code.",
    ),
]


def explain(
    link: LinkName,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of lines.")] = False,
    tier: Annotated[str, typer.Option(help="Explain the enterprise's verdict for this tier, down to raw rows.")] = "",
    as_of: Annotated[str, typer.Option("--as-of", help="Date of the verdict; without it the last one assessed.")] = "",
) -> None:
    """Say why a record is linked as it is: rules and rows of the register, or a waterfall; what else was possible.

    With --tier: say why an enterprise has its verdict, clause by clause, with the rows its figures were delivered in.
    """
    found = _verdict(link, tier, as_of) if tier else _link(link)
    if as_json:
        import orjson

        plain(orjson.dumps(found.as_dict(), option=orjson.OPT_INDENT_2, default=str).decode())
        return
    for line in found.lines():
        plain(line)


def _link(link: str) -> Any:
    from tidu.identity.explanation import explain as explanation

    return explanation(link)


def _verdict(who: str, tier: str, as_of: str) -> Any:
    from tidu.transform.tiers.explanation import explain_verdict

    try:
        day = dt.date.fromisoformat(as_of) if as_of else None
    except ValueError:
        raise typer.BadParameter(f"{as_of!r} is no date, YYYY-MM-DD") from None
    return explain_verdict(who, tier, day)
