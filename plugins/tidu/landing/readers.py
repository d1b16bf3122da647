"""From a landed file to the columns of its raw table: the reader goes by format, everything else by contract."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath

from tidu.contracts.model import DatasetContract
from tidu.errors import DeliveryRejected
from tidu.landing.csv_file import read_csv
from tidu.landing.parquet_file import read_parquet
from tidu.landing.shaping import Shaped, Sheet, shape
from tidu.landing.workbook import read_xlsx
from tidu.landing.zip_archive import read_zip
from tidu.ledger.deliveries import Delivery

Reader = Callable[[DatasetContract, str, bytes], Sheet]
READERS: dict[str, Reader] = {".csv": read_csv, ".zip": read_zip, ".xlsx": read_xlsx, ".parquet": read_parquet}


def read_delivery(contract: DatasetContract, delivery: Delivery, data: bytes) -> Shaped:
    """Read one delivery and hold it against what its sender announced.

    Raises DeliveryRejected, naming file, reason and contact, when it cannot be taken as a whole.
    """
    source = delivery.source_uri
    if delivery.announced_sha256 is not None and delivery.announced_sha256 != delivery.sha256:
        reason = f"wrong sha256: announced {delivery.announced_sha256}, the file has {delivery.sha256}"
        raise DeliveryRejected(contract.name, source, reason, contract.contact)
    shaped = shape(contract, source, READERS[PurePosixPath(delivery.landed_uri).suffix](contract, source, data))
    rows = shaped.table.num_rows
    if delivery.announced_rows is not None and delivery.announced_rows != rows:
        reason = f"wrong row count: announced {delivery.announced_rows}, the file has {rows}"
        raise DeliveryRejected(contract.name, source, reason, contract.contact)
    return shaped
