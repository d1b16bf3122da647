"""Which module carries a delivery over which transport of the catalogue; SQL, a database, is `front_database`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from simulators.deliveries import Delivery, Rows
from simulators.home import Entry, Home
from simulators.watched_folder import WatchedFolder
from simulators.xlsx_outbox import XlsxOutbox
from simulators.zip_outbox import ZipOutbox


class Carrier(Protocol):
    """What a transport other than SQL does with one delivery."""

    can_stay_open: bool

    def prepare(self, home: Home, delivery: Delivery, rows: Rows, entry: Entry) -> None:
        """Put the delivery where the department leaves it."""

    def files(self, home: Home, delivery: Delivery) -> tuple[Path, ...]:
        """Name the files a delivery may have; the first is always there once it is prepared."""


class Listing:
    """market_supervision has no files: its server reads the world, guided by world.json."""

    can_stay_open = True

    def prepare(self, home: Home, delivery: Delivery, rows: Rows, entry: Entry) -> None:
        """Nothing to write; reading the rows has counted them."""

    def files(self, home: Home, delivery: Delivery) -> tuple[Path, ...]:
        """None."""
        return ()


CARRIERS: Mapping[str, Carrier] = {
    "rest": Listing(),
    "sftp_zip_csv": ZipOutbox(),
    "sftp_xlsx": XlsxOutbox(),
    "folder_csv": WatchedFolder(),
}
