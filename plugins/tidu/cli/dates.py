"""Dates as they are typed on the command line."""

from __future__ import annotations

import datetime as dt

import typer


def day(text: str) -> dt.date:
    """Read YYYY-MM-DD. Raises BadParameter, which the command line turns into a message."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text} is no date; dates are YYYY-MM-DD, months YYYY-MM") from None
