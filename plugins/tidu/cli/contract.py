"""`tidu contract`: look at contracts, write what is generated from them, check both."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markdown import Markdown
from rich.table import Column, Table

from tidu.cli.screen import console
from tidu.contracts import contract, contracts, departments
from tidu.contracts.catalogue import contract_path
from tidu.contracts.derive.dictionary import dictionary_page
from tidu.contracts.derive.files import stale_files, write_files
from tidu.contracts.diff import compare
from tidu.contracts.lint import lint_findings
from tidu.contracts.versions import contract_version
from tidu.settings import PROJECT_ROOT

app = typer.Typer(no_args_is_help=True, help="What each dataset promises: list, show, derive, diff, lint.")


@app.command("list")
def list_contracts() -> None:
    """List every dataset with its department, mode, cadence and transport."""
    name = Column("dataset", no_wrap=True)
    table = Table(name, "名称", "department", "mode", "key", "cadence", "transport", "fields")
    for c in contracts().values():
        table.add_row(
            c.name, c.heading, c.department, c.mode, ", ".join(c.key), c.cadence, c.transport, str(len(c.fields))
        )
    console.print(table)


@app.command()
def show(name: str) -> None:
    """Show one dataset as the dictionary does."""
    console.print(Markdown(dictionary_page([contract(name)])))


@app.command()
def derive(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail if a file is not current.")] = False,
) -> None:
    """Write the dbt sources and the data dictionary from the contracts."""
    if not check:
        for path in write_files(departments(), PROJECT_ROOT):
            console.print(f"written {path}")
        return
    stale = stale_files(departments(), PROJECT_ROOT)
    for path in stale:
        console.print(f"[red]not current[/red] {path}: run `tidu contract derive`")
    raise typer.Exit(1 if stale else 0)


@app.command()
def diff(
    old: Annotated[str, typer.Argument(help="A file, a dataset, or REVISION:DATASET as git knows it.")],
    new: Annotated[str, typer.Argument(help="The same; what OLD became.")],
) -> None:
    """Say what changed and whom it breaks; fail when something breaks without a higher major version."""
    found = compare(contract_version(old), contract_version(new))
    table = Table("where", "change", "", "why", title=f"{found.old_version} -> {found.new_version}")
    for c in found.changes:
        table.add_row(c.what, c.change, "[red]breaking[/red]" if c.breaking else "compatible", c.why)
    console.print(table if found.changes else "no change")
    if not found.announced:
        console.print(f"[red]breaking[/red]: {found.new_version} needs a higher major version than {found.old_version}")
    raise typer.Exit(0 if found.announced else 1)


@app.command()
def lint() -> None:
    """Check every contract file against the Open Data Contract Standard with datacontract-cli."""
    failed = False
    for c in contracts().values():
        findings = lint_findings(contract_path(c))
        failed = failed or bool(findings)
        for finding in findings:
            console.print(f"[red]{c.name}[/red] {finding}")
    console.print(f"{len(contracts())} contracts, {'see above' if failed else 'all valid'}")
    raise typer.Exit(1 if failed else 0)
