"""Damage to bytes that knows nothing of their format: flips, cuts, repeats, swaps and splices."""

from __future__ import annotations

from random import Random

INTERESTING = (
    b"\x00", b"\xff", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80", b"\x80",
    b"\x81", b"\x84\x31\xa4\x37", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\x00\x00\x00", b'"', b'""', b"\r", b"\n", b"\r\n",
    b",", b"\x1a", b"\xe2\x80\xa8", b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"{", b"[", b"\\ud800", b"\\u0000", b"1e999",
)  # fmt: skip


def damaged(rng: Random, data: bytes, times: int | None = None) -> bytes:
    """Return the bytes after up to eight random changes."""
    content = bytearray(data)
    for _ in range(times if times is not None else rng.choice((1, 1, 1, 2, 3, 8))):
        at = rng.randrange(len(content) + 1)
        span = rng.choice((1, 1, 2, 4, 16, 64, 500))
        match rng.randrange(8):
            case 0 if content:
                content[min(at, len(content) - 1)] ^= 1 << rng.randrange(8)
            case 1:
                content[at : at + rng.choice((0, span))] = rng.choice(INTERESTING)
            case 2:
                del content[at : at + span]
            case 3:
                del content[at:]
            case 4:
                content[at:at] = content[at : at + span] * rng.choice((1, 2, 50))
            case 5:
                content[at : at + span] = rng.randbytes(span)
            case 6:
                other = rng.randrange(len(content) + 1)
                content[at : at + span] = content[other : other + span]
            case _:
                content[at : at + span] = bytes(reversed(content[at : at + span]))
    return bytes(content)
