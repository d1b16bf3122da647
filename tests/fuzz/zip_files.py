"""Bad archives: sound ones around bad CSV, bombs, names that climb, forged sizes, overlaps, quines, encryption."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable
from random import Random

from tests.fuzz.bytes_mutation import damaged
from tests.fuzz.csv_files import csv_case
from tests.fuzz.tables import Grid

TRANSPORTS = ("sftp_zip_csv",)
NAMES = (
    "../../etc/cron.d/x.csv", "/etc/passwd.csv", "C:\\x.csv", "..\\..\\x.csv", "a/../../b.csv", "x.csv\0.exe", "", ".csv",
    "\u202evsc.exe.csv", "a" * 60_000 + ".csv", "con.csv", "x.CSV", "dir/x.csv", "x.csv/", "数据.csv", "x.csv.zip", "\udcff.csv",
)  # fmt: skip
BOMB_BYTES = 96 << 20
QUINE_HEAD = b"PK\x03\x04"


def zip_case(rng: Random) -> tuple[Grid, bytes]:
    """Return the table inside and the bytes of an archive; three in four are built to be bad as archives."""
    grid, text = csv_case(rng, TRANSPORTS, rng.choice(("utf-8", "gb18030", "gb18030", "")))
    build = rng.choices(_BUILDERS, _WEIGHTS)[0]
    grid.done.append(build.__name__.strip("_"))
    data = build(rng, text)
    if rng.random() < 0.35:
        data = damaged(rng, data)
        grid.done.append("damaged zip")
    return grid, data


def packed(members: list[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return an archive of the members in order; a name may come twice."""
    target = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(target, "w", method) as archive:
        warnings.filterwarnings("ignore", "Duplicate name")
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return target.getvalue()


def _sound(rng: Random, text: bytes) -> bytes:
    return packed([("x.csv", text)], rng.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED)))


def _other_method(rng: Random, text: bytes) -> bytes:
    return packed([("x.csv", text)], rng.choice((zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)))


def _odd_name(rng: Random, text: bytes) -> bytes:
    name = rng.choice(NAMES).encode("utf-8", "surrogateescape")
    local = struct.pack(
        "<4s5H3L2H", QUINE_HEAD, 20, 0x800, 0, 0, 0, zlib.crc32(text), len(text), len(text), len(name), 0
    )
    return local + name + text + _directory(name, text, 0, len(local) + len(name) + len(text), 0x800)


def _members(rng: Random, text: bytes) -> bytes:
    names = rng.choice(
        (("a.csv", "b.csv"), ("x.csv", "x.csv"), (), ("readme.txt",), ("x.csv", "d/"), ("x.csv", "__MACOSX/._x.csv"))
    )
    return packed([(name, b"" if name.endswith("/") else text) for name in names])


def _thousands(rng: Random, text: bytes) -> bytes:
    return packed([(f"{i}.csv", text[:10]) for i in range(rng.choice((100, 3_000)))])


def _nested(rng: Random, text: bytes) -> bytes:
    data = text
    for depth in range(rng.randrange(1, 20)):
        data = packed([(rng.choice(("x.zip", "x.csv", f"{depth}.zip")), data)])
    return data


def _bomb(rng: Random, text: bytes) -> bytes:
    fill = rng.choice((b"\0", b",", b"\n", b'"', b"a,", b"0,0\n", b"x", b"\xe9\x95\xbf"))
    bulk = fill * (rng.choice((1 << 20, 4 << 20, 30 << 20, BOMB_BYTES)) // len(fill))
    return packed([("x.csv", text + bulk if rng.random() < 0.5 else bulk)])


def _forged_size(rng: Random, text: bytes) -> bytes:
    """The directory announces another size than is there."""
    data = bytearray(packed([("x.csv", text + b"\n" * rng.choice((0, 1 << 20)))]))
    directory = data.find(b"PK\x01\x02")
    size = rng.choice((0, 1, 100, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF))
    struct.pack_into("<L", data, directory + 24, size)
    if rng.random() < 0.5:
        struct.pack_into("<L", data, directory + 20, rng.choice((0, 5, 0xFFFFFFFF)))
    return bytes(data)


def _encrypted(rng: Random, text: bytes) -> bytes:
    data = bytearray(packed([("x.csv", text)]))
    for head, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(head) + place
        struct.pack_into("<H", data, at, rng.choice((0x1, 0x41, 0x2001, 0x20)))
    return bytes(data)


def _overlapping(rng: Random, text: bytes) -> bytes:
    """Many entries of the directory point at one local file, as in Fifield's bomb."""
    name = b"x.csv"
    packed_text = zlib.compress(text + b"\n" * (1 << 20))[2:-4]
    local = struct.pack(
        "<4s5H3L2H", QUINE_HEAD, 20, 0, 8, 0, 0, 0, len(packed_text), len(text) + (1 << 20), len(name), 0
    )
    body = local + name + packed_text
    entries = rng.choice((1, 2, 500))
    entry = _entry(name, text + b"\n" * (1 << 20), 0, 0, 8, len(packed_text))
    return body + entry * entries + _end(entries, len(entry) * entries, len(body))


def _quine_like(rng: Random, text: bytes) -> bytes:
    """A member whose content is the archive around it, and one inside another's comment."""
    data = packed([("x.csv", text)])
    return packed([("x.csv", data + data)], zipfile.ZIP_STORED) if rng.random() < 0.5 else data + data


def _not_a_zip(rng: Random, text: bytes) -> bytes:
    return rng.choice(
        (b"", text, b"PK", b"PK\x05\x06" + b"\0" * 18, b"\x1f\x8b\x08" + text, b"Rar!" + text, b"7z\xbc\xaf" + text)
    )


def _extra_field(rng: Random, text: bytes) -> bytes:
    info = zipfile.ZipInfo("x.csv")
    info.extra = struct.pack("<HH", rng.choice((1, 0x7075, 0x9901, 0x5455)), rng.choice((0, 4, 8, 24))) + rng.randbytes(
        rng.choice((0, 4, 8, 24))
    )
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(info, text)
    return target.getvalue()


def _entry(name: bytes, text: bytes, at: int, flags: int, method: int, size: int) -> bytes:
    return struct.pack(
        "<4s6H3L5H2L", b"PK\x01\x02", 20, 20, flags, method, 0, 0, zlib.crc32(text), size, len(text), len(name), 0, 0, 0, 0, 0, at
    ) + name  # fmt: skip


def _end(entries: int, size: int, at: int) -> bytes:
    return struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, entries, entries, size, at, 0)


def _directory(name: bytes, text: bytes, at: int, start: int, flags: int) -> bytes:
    entry = _entry(name, text, at, flags, 0, len(text))
    return entry + _end(1, len(entry), start)


_BUILDERS: tuple[Callable[[Random, bytes], bytes], ...] = (
    _sound, _other_method, _odd_name, _members, _thousands, _nested, _bomb, _forged_size, _encrypted, _overlapping,
    _quine_like, _not_a_zip, _extra_field,
)  # fmt: skip
_WEIGHTS = (40, 4, 6, 4, 0.5, 3, 0.6, 6, 4, 2, 3, 2, 4)
