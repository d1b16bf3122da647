"""The tidu command: one module per noun. Every module is imported only when its command is called."""

from __future__ import annotations

import importlib
import sys
from importlib.util import find_spec

import typer

from tidu.errors import TiduError

HELP = "Shares a city's enterprise data across departments."
COMMANDS = ("stack", "run")
"""Modules whose commands stand at the top level."""
NOUNS = ("world", "evaluate", "contract", "release", "bench")
"""Modules mounted as `tidu <noun>`: each exposes `app`, or a function of its own name."""


def build() -> typer.Typer:
    """Return the whole command line."""
    app = typer.Typer(
        name="tidu", help=HELP, no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False
    )
    for name in COMMANDS:
        if find_spec(f"tidu.cli.{name}"):
            app.add_typer(importlib.import_module(f"tidu.cli.{name}").app)
    for name in NOUNS:
        if not find_spec(f"tidu.cli.{name}"):
            continue
        module = importlib.import_module(f"tidu.cli.{name}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name)
        else:
            app.command(name)(getattr(module, name))
    return app


def app() -> None:
    """Run the command line; errors tidu raises on purpose become one line and exit code 1."""
    try:
        build()()
    except TiduError as error:
        sys.stderr.write(f"tidu: {error}\n")
        sys.exit(1)
