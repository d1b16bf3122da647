"""`tidu release cockpit`: the cockpit of a release as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tidu.cli.screen import plain


def cockpit(
    release_id: Annotated[int, typer.Argument(help="Number of the release.")],
    out: Annotated[Path | None, typer.Option("--out", help="HTML file; default cockpit-<release>.html.")] = None,
) -> None:
    """Write a release's cockpit as one file that opens in any browser, without a network."""
    from tidu.serving.cockpit import write_cockpit

    target = out or Path(f"cockpit-{release_id}.html")
    write_cockpit(release_id, target)
    plain(f"written: {target}")
