"""`tidu explain`: why a record is tied to the enterprise it is tied to."""

from __future__ import annotations

from typing import Annotated

import typer

from tidu.cli.screen import plain

LinkName = Annotated[
    str, typer.Argument(metavar="LINK", help="A party, such as taxpayer:123, or a record, dataset:source_key.")
]


def explain(
    link: LinkName,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of lines.")] = False,
) -> None:
    """Say why a record is linked as it is: rules and rows of the register, or a waterfall; what else was possible."""
    from tidu.identity.explanation import explain as explanation

    found = explanation(link)
    if as_json:
        import orjson

        plain(orjson.dumps(found.as_dict(), option=orjson.OPT_INDENT_2, default=str).decode())
        return
    for line in found.lines():
        plain(line)
