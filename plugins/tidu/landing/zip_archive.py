"""A zip that holds exactly one CSV, read in memory within a bound; nothing is ever unpacked to a path."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import PurePosixPath

from tidu.contracts.model import DatasetContract
from tidu.errors import DeliveryRejected
from tidu.landing.csv_file import read_csv
from tidu.landing.limits import check_size, unpacked_limit
from tidu.landing.shaping import Sheet

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What every program packs with; others of the format may ask for gigabytes of memory to unpack a byte."""
BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, ValueError, RuntimeError, OSError, EOFError, LookupError)
"""What zipfile lets through of damaged bytes."""


def read_zip(contract: DatasetContract, source: str, data: bytes) -> Sheet:
    """Read the one CSV of an archive.

    Raises DeliveryRejected for a broken or encrypted archive, other than one CSV, a member whose name leaves
    the archive, and one larger than tidu.landing.limits.unpacked_limit.
    """
    limit = unpacked_limit(len(data))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            member = _only_csv(contract, source, archive)
            check_size(contract, source, member.file_size, limit)
            with archive.open(member) as handle:
                content = handle.read(limit + 1)
    # zipfile lets errors of seeking and unpacking through as they are; all of them are about the bytes at hand.
    except BROKEN as error:
        raise DeliveryRejected(contract.name, source, f"broken zip: {error}", contract.contact) from error
    check_size(contract, source, len(content), limit)
    return read_csv(contract, source, content)


def _only_csv(contract: DatasetContract, source: str, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [m for m in archive.infolist() if not m.is_dir()]
    names = ", ".join(m.filename for m in members[:5])
    if len(members) != 1 or not members[0].filename.lower().endswith(".csv"):
        raise DeliveryRejected(contract.name, source, f"not exactly one CSV in the zip: {names}", contract.contact)
    path = PurePosixPath(members[0].filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in "".join(path.parts[:1]):
        raise DeliveryRejected(contract.name, source, f"a name that leaves the zip: {names}", contract.contact)
    if members[0].compress_type not in METHODS:
        reason = f"{names} is packed by method {members[0].compress_type}: pack it with deflate"
        raise DeliveryRejected(contract.name, source, reason, contract.contact)
    return members[0]
