"""`tidu backup`: the warehouse and the landed files, into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tidu.cli.screen import plain


def backup(
    folder: Annotated[Path, typer.Argument(help="Where to; the same folder again copies only what is new.")],
) -> None:
    """Write a backup while everything goes on working; `tidu restore` brings it back."""
    from tidu.stack.backup import back_up

    done = back_up(folder)
    plain(
        f"{done.deliveries} deliveries, {done.files} landed files, dump of {done.dump_bytes / 1e6:.1f} MB in {folder}"
    )
