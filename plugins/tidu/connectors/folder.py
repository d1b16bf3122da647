"""Transport folder_csv: {dataset}_{YYYYMMDD}.csv in a watched folder of this machine or a mounted share."""

from __future__ import annotations

import shutil
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
            shutil.copyfile(source, copy)
            after = source.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ConnectorError(f"{contract.name}: cannot read {source}: {error.strerror}") from error
        if ListedFile(source.name, after.st_size, after.st_mtime).token != delivery.token:
            return None
        return FetchedFile(copy, "csv")

    def _list(self, contract: DatasetContract) -> list[ListedFile]:
        try:
            entries = [(p.name, p.stat()) for p in self.folder.glob(f"{contract.name}_*")]
            if not entries and not self.folder.is_dir():
                raise ConnectorError(f"{contract.name}: the watched folder {self.folder} does not exist")
        except OSError as error:
            raise ConnectorError(f"{contract.name}: cannot list {self.folder}: {error.strerror}") from error
        return [ListedFile(name, stat.st_size, stat.st_mtime) for name, stat in entries]
