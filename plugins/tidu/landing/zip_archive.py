"""A zip that holds exactly one CSV, read in memory within a bound; nothing is ever unpacked to a path."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import PurePosixPath

from tidu.contracts.model import DatasetContract
from tidu.errors import DeliveryRejected
from tidu.landing.csv_file import read_csv
from tidu.landing.shaping import Sheet

LARGEST_MEMBER = 2 << 30
"""Bytes; ten times the largest monthly file of the catalogue, far below what exhausts a worker."""


def read_zip(contract: DatasetContract, source: str, data: bytes) -> Sheet:
    """Read the one CSV of an archive.

    Raises DeliveryRejected for a broken or encrypted archive, other than one CSV, a member whose name leaves
    the archive, and one larger than LARGEST_MEMBER.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            member = _only_csv(contract, source, archive)
            with archive.open(member) as handle:
                content = handle.read(LARGEST_MEMBER + 1)
    # zipfile lets errors of seeking and unpacking through as they are; all of them are about the bytes at hand.
    except (zipfile.BadZipFile, zlib.error, ValueError, RuntimeError, OSError, EOFError) as error:
        raise DeliveryRejected(contract.name, source, f"broken zip: {error}", contract.contact) from error
    if len(content) > LARGEST_MEMBER:
        raise DeliveryRejected(contract.name, source, f"{member.filename} is larger than it says", contract.contact)
    return read_csv(contract, source, content)


def _only_csv(contract: DatasetContract, source: str, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [m for m in archive.infolist() if not m.is_dir()]
    names = ", ".join(m.filename for m in members[:5])
    if len(members) != 1 or not members[0].filename.lower().endswith(".csv"):
        raise DeliveryRejected(contract.name, source, f"not exactly one CSV in the zip: {names}", contract.contact)
    path = PurePosixPath(members[0].filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise DeliveryRejected(contract.name, source, f"a name that leaves the zip: {names}", contract.contact)
    if members[0].file_size > LARGEST_MEMBER:
        size = members[0].file_size
        raise DeliveryRejected(contract.name, source, f"{names} would take {size} bytes", contract.contact)
    return members[0]
