"""Transport folder_csv: {dataset}_{YYYYMMDD}.csv in a watched folder of this machine or a mounted share.

Only files of the folder itself are taken: a link would let whoever writes there read any file of ours.
"""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

from tidu.connectors.file_listing import ListedFile, named_deliveries, settled
from tidu.connectors.protocol import AvailableDelivery, ConnectorSession, Endpoint, FetchedFile
from tidu.contracts.model import DatasetContract
from tidu.errors import ConnectorError


class WatchedFolder(ConnectorSession):
    """Reads the folder of `file:///path`; never writes into it."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.folder = Path(endpoint.path)

    def available(self, contract: DatasetContract) -> list[AvailableDelivery]:
        """List the dataset's files that are not being written, by date."""
        return [
            AvailableDelivery(contract.name, n.delivered_on, f"folder:{n.file.name}", None, n.file.token)
            for n in named_deliveries(contract, settled(lambda: self._list(contract)))
        ]

    def fetch(self, contract: DatasetContract, delivery: AvailableDelivery, target: Path) -> FetchedFile | None:
        """Copy one file; None when it is gone or changed while it was copied."""
        source = self.folder / delivery.source_uri.removeprefix("folder:")
        copy = target / source.name
        try:
            with os.fdopen(_open_itself(source), "rb") as original, copy.open("wb") as written:
                shutil.copyfileobj(original, written)
                after = os.fstat(original.fileno())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ConnectorError(f"{contract.name}: cannot read {source}: {error.strerror}") from error
        if ListedFile(source.name, after.st_size, after.st_mtime).token != delivery.token:
            return None
        return FetchedFile(copy, "csv")

    def _list(self, contract: DatasetContract) -> list[ListedFile]:
        try:
            entries = [(p.name, p.lstat()) for p in self.folder.glob(f"{contract.name}_*")]
            if not entries and not self.folder.is_dir():
                raise ConnectorError(f"{contract.name}: the watched folder {self.folder} does not exist")
        except OSError as error:
            raise ConnectorError(f"{contract.name}: cannot list {self.folder}: {error.strerror}") from error
        return [ListedFile(name, s.st_size, s.st_mtime) for name, s in entries if stat.S_ISREG(s.st_mode)]


def _open_itself(path: Path) -> int:
    """Open a file and no link to one, not waiting for whoever might write into a pipe of that name."""
    return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
