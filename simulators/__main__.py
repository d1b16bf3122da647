"""`python -m simulators`: serve, publish and connections; TAX_FRONT_DSN names the tax front database."""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from simulators.connections import connections as connection_uris
from simulators.deliveries import latest_date
from simulators.errors import SimulatorError
from simulators.front_database import OpenKind
from simulators.home import Home, Ports
from simulators.publishing import Wishes
from simulators.publishing import publish as publish_world
from tidu.errors import TiduError

app = typer.Typer(help="The departments, for demonstration and tests.", no_args_is_help=True, add_completion=False)

HomeOption = Annotated[Path, typer.Option("--home", help="Folder that holds everything the simulators keep.")]


@app.command()
def serve(  # noqa: PLR0917 typer reads options from parameters
    home: HomeOption,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    rest_port: Annotated[int, typer.Option(help="0: the last one, or any free one.")] = 0,
    sftp_port: Annotated[int, typer.Option(help="0: the last one, or any free one.")] = 0,
    token_seconds: Annotated[float, typer.Option(help="How long a token is good for.")] = 300.0,
    throttle_every: Annotated[int, typer.Option(help="Every n-th REST request gets 429; 0 never.")] = 97,
    unavailable_every: Annotated[int, typer.Option(help="Every n-th REST request gets 503; 0 never.")] = 61,
) -> None:
    """Run the REST and SFTP servers until SIGTERM; ports.json says where they listen."""
    from simulators.rest_gate import Behaviour
    from simulators.service import Listening, run

    def ready(ports: Ports) -> None:
        typer.echo(f"listening: REST on {host}:{ports.rest}, SFTP on {host}:{ports.sftp}")

    behaviour = Behaviour(
        token_seconds=token_seconds, throttle_every=throttle_every, unavailable_every=unavailable_every
    )
    run(Home(home), Listening(host, rest_port, sftp_port), behaviour, ready)


@app.command()
def publish(  # noqa: PLR0917 typer reads options from parameters
    home: HomeOption,
    world: Annotated[Path, typer.Option(help="The world's folder.")],
    as_of: Annotated[str | None, typer.Option(help="Serve up to this date; default: the world's own.")] = None,
    leave_open: Annotated[
        list[str] | None, typer.Option(help="DATASET:DATE[:rows|:control], left unfinished; may be repeated.")
    ] = None,
    rewrite: Annotated[
        list[str] | None, typer.Option(help="DATASET:DATE, a tax batch to write again; may be repeated.")
    ] = None,
    rewrite_later: Annotated[bool, typer.Option(help="Rewrite an earlier tax batch when newer ones arrive.")] = True,
) -> None:
    """Serve a world up to a date, at once and without restart; only what is new is prepared."""
    began = time.monotonic()
    tax_dsn = os.environ.get("TAX_FRONT_DSN")
    until = _day(as_of) if as_of else latest_date(world)
    wishes = Wishes(dict(_open_wish(w) for w in leave_open or ()), frozenset(rewrite or ()), rewrite_later)
    done = publish_world(Home(home), world, until, tax_dsn, wishes)
    typer.echo(
        f"{done.deliveries} deliveries, {done.rows} rows up to {until}: {done.prepared} prepared, "
        f"{done.withdrawn} withdrawn, {time.monotonic() - began:.1f} s"
        + ("" if tax_dsn else "; tax left out, for TAX_FRONT_DSN is not set")
    )


@app.command()
def connections(
    home: HomeOption, host: Annotated[str, typer.Option(help="Where the platform finds the servers.")] = "127.0.0.1"
) -> None:
    """Print {department: Airflow connection URI} as JSON; it holds passwords."""
    typer.echo(json.dumps(connection_uris(Home(home), os.environ.get("TAX_FRONT_DSN"), host), indent=1))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SimulatorError(f"--as-of {text}: a date is written YYYY-MM-DD") from None


def _open_wish(text: str) -> tuple[str, OpenKind]:
    dataset, _, rest = text.partition(":")
    day, _, kind = rest.partition(":")
    if kind in ("", "control"):
        return f"{dataset}:{day}", "control"
    if kind == "rows":
        return f"{dataset}:{day}", "rows"
    raise SimulatorError(f"--leave-open {text}: after the date comes nothing, rows or control")


if __name__ == "__main__":
    try:
        app()
    except TiduError as error:
        typer.echo(str(error), err=True)
        sys.exit(1)
