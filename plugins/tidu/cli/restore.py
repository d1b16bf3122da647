"""`tidu restore`: a backup, into an empty state folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tidu.cli.screen import plain


def restore(folder: Annotated[Path, typer.Argument(help="What `tidu backup` wrote.", exists=True)]) -> None:
    """Bring a backup back into an empty warehouse and landing store, and prove that the ledger balances."""
    from tidu.stack.backup import restore as bring_back
    from tidu.stack.state import state

    done = bring_back(folder, state())
    plain(f"{done.deliveries} deliveries and {done.files} landed files are back; the ledger balances")
