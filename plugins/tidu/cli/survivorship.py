"""`tidu survivorship`: whose word stands for each attribute of the master."""

from __future__ import annotations

import typer
from rich.table import Table

from tidu.cli.screen import console, plain

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.command()
def show() -> None:
    """Show for every attribute who decides it and who else says something of it."""
    from tidu.transform.survivorship import survivorship

    rules = survivorship()
    table = Table("attribute", "of the unregistered", "said by", "a reviewer may decide")
    for name, rule in rules.attributes.items():
        other = rule["unregistered"]
        table.add_row(
            name,
            " ".join([other["by"], *other.get("rank", []), other.get("value", "")]).strip(),
            ", ".join(rule["claims"]),
            "yes" if name in rules.reviewer else "",
        )
    for name, bases in rules.derived.items():
        table.add_row(name, "", "derived from " + ", ".join(bases), "")
    console.print(table)


@app.command()
def derive() -> None:
    """Write dbt's macro of the rules unless it is current."""
    from tidu.transform.survivorship import MACRO
    from tidu.transform.survivorship import derive as write

    plain(f"{MACRO.name}: {'written' if write() else 'current'}")
