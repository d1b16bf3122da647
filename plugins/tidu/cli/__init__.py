"""The tidu command: one module per noun, imported only when its command is asked for."""

from __future__ import annotations

import importlib
import sys

import typer

from tidu.errors import TiduError

HELP = "Shares a city's enterprise data across departments."
COMMANDS = ("stack", "run")
"""Modules whose commands stand at the top level."""
NOUNS = (
    "world", "evaluate", "contract", "release", "quarantine", "delivery", "ledger", "ticket", "scorecard", "freshness",
    "rebuild", "backup", "restore", "bench", "linkage", "link", "explain", "survivorship", "policy", "report",
)  # fmt: skip
"""Modules mounted as `tidu <noun>`: each exposes `app`, or a function of its own name."""


def build(asked: str = "") -> typer.Typer:
    """Return the command line: one noun's part when `asked` is that noun, else all of it."""
    app = typer.Typer(
        name="tidu", help=HELP, no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False
    )

    @app.callback(help=HELP)
    def tidu() -> None:
        """Keep sub-commands sub-commands, also when only one is mounted."""

    for name in () if asked in NOUNS else COMMANDS:
        app.add_typer(importlib.import_module(f"tidu.cli.{name}").app)
    for name in (asked,) if asked in NOUNS else NOUNS:
        module = importlib.import_module(f"tidu.cli.{name}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name)
        else:
            app.command(name)(getattr(module, name))
    return app


def app() -> None:
    """Run the command line; errors tidu raises on purpose become one line and exit code 1."""
    try:
        build(sys.argv[1] if len(sys.argv) > 1 else "")()
    except TiduError as error:
        sys.stderr.write(f"tidu: {error}\n")
        sys.exit(1)
