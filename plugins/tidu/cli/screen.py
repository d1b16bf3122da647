"""The one console all commands write to."""

from __future__ import annotations

import sys

from rich.console import Console

console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)


def plain(text: str) -> None:
    """Print a line as it is: no markup, no wrapping, fit for pipes."""
    console.print(text, markup=False, soft_wrap=True)
