"""Commands about the local stack: up, down, status, logs, dsn, migrate."""

from __future__ import annotations

import typer
from rich.table import Table

from tidu.cli.screen import console, plain
from tidu.ledger.database import migrate as migrate_warehouse
from tidu.settings import settings
from tidu.stack import lifecycle
from tidu.stack.state import state

app = typer.Typer()


@app.command()
def up() -> None:
    """Start PostgreSQL, the department simulators and Airflow; wait until all are healthy."""
    where = state()
    lifecycle.up(where, plain)
    show_addresses()


@app.command()
def down() -> None:
    """Stop everything `up` started; the state stays."""
    lifecycle.down(state(), plain)


@app.command()
def status() -> None:
    """Show what runs. Exit code 1 when something does not."""
    table = Table("part", "state", "detail")
    parts = lifecycle.status(state())
    for part in parts:
        table.add_row(part.name, "[green]up[/]" if part.running else "[red]down[/]", part.detail)
    console.print(table)
    if not all(part.running for part in parts):
        raise typer.Exit(1)


@app.command()
def logs(component: str = typer.Argument("", help="part of the stack; without it the log files are listed")) -> None:
    """Print the end of a part's log."""
    folder = state().logs
    if not component:
        for path in sorted(folder.glob("*.log")):
            plain(str(path))
        return
    path = folder / f"{component}.log"
    if not path.exists():
        raise typer.BadParameter(f"no log of {component} in {folder}")
    plain("\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-100:]))


@app.command()
def dsn() -> None:
    """Print the warehouse's connection string."""
    plain(settings().warehouse_dsn())


@app.command()
def migrate() -> None:
    """Bring the warehouse to the newest version; harmless when it is."""
    applied = migrate_warehouse()
    plain("\n".join(applied) if applied else "nothing to do")


def show_addresses() -> None:
    """Print where to look, and where the password is; never the password's neighbours."""
    where = state()
    found = lifecycle.addresses(where)
    password = where.secrets()["airflow_admin"]
    plain(f"Airflow    {found.airflow}   user {found.user}, password {password} (kept in {found.password_file})")
    plain(f"Cockpit    {found.cockpit}   (same sign-in)")
    plain(f"Data Docs  {found.data_docs}   (same sign-in)")
    plain("Warehouse  tidu dsn")
