"""Valid numbers by the thousand: credit codes, organisation codes, old registration numbers.

All are arrays in, arrays out. Check characters follow GB 32100-2015 (MOD 31), GB 11714-1997 (MOD 11) and
GS 15-2006 (ISO 7064 MOD 11,10).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = np.array([1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28])
_ORG_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])
_ORG_CHECKS = np.array(list("0123456789X0"))
_DIGITS = np.zeros(128, dtype=np.int64)
for _place, _letter in enumerate(USCC_ALPHABET):
    _DIGITS[ord(_letter)] = _place
_ORG_DIGITS = np.zeros(128, dtype=np.int64)
for _place, _letter in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"):
    _ORG_DIGITS[ord(_letter)] = _place

Strings = NDArray[np.str_]


def _letters(texts: Strings, width: int) -> NDArray[np.uint32]:
    return np.asarray(texts, dtype=f"<U{width}").view(np.uint32).reshape(len(texts), width)


def org_codes(bodies: Strings) -> Strings:
    """Append the check character to eight-character organisation code bodies."""
    values = _ORG_DIGITS[_letters(bodies, 8)]
    checks = _ORG_CHECKS[11 - (values * _ORG_WEIGHTS).sum(axis=1) % 11]
    return np.char.add(bodies, checks)


def usccs(prefixes: Strings, orgs: Strings) -> Strings:
    """Join an eight-character prefix (kind and authority) and an organisation code into a credit code."""
    heads = np.char.add(prefixes, orgs)
    values = _DIGITS[_letters(heads, 17)]
    checks = (31 - (values * _USCC_WEIGHTS).sum(axis=1) % 31) % 31
    return np.char.add(heads, np.array(list(USCC_ALPHABET))[checks])


def reg_nos(bodies: Strings) -> Strings:
    """Append the check digit to fourteen-digit registration number bodies."""
    digits = _letters(bodies, 14).astype(np.int64) - ord("0")
    p = np.full(len(bodies), 10, dtype=np.int64)
    for place in range(14):
        s = (p % 11 + digits[:, place]) % 10
        p = np.where(s == 0, 10, s) * 2
    return np.char.add(bodies, ((1 - p % 11) % 10).astype(str))


def org_bodies(serials: NDArray[np.int64], modern: NDArray[np.bool_]) -> Strings:
    """Turn distinct serials into distinct bodies: eight digits, or MA and six characters since 2015."""
    scrambled = (serials * 7_368_787 + 1_234_577) % 89_999_999 + 10_000_000
    digits = np.char.zfill(scrambled.astype(str), 8)
    rest = (serials * 7_368_787 + 9_176_543) % (31**5)
    letters = np.array(list(USCC_ALPHABET))
    text = np.full(len(serials), "MA3", dtype="<U8")
    for power in (4, 3, 2, 1, 0):
        text = np.char.add(text, letters[rest // 31**power % 31])
    return np.where(modern, text, digits)


def spoil(codes: Strings, rng: np.random.Generator) -> Strings:
    """Return each code with one character after the eighth replaced by another of the alphabet.

    The check character of MOD 31 finds every such error, so none of the results is a valid code.
    """
    spoiled = np.asarray(codes, dtype="<U18").copy()
    letters = spoiled.view(np.uint32).reshape(len(spoiled), 18)
    places = rng.integers(8, 17, len(spoiled))
    rows = np.arange(len(spoiled))
    values = (_DIGITS[letters[rows, places]] + rng.integers(1, 31, len(spoiled))) % 31
    letters[rows, places] = np.array([ord(c) for c in USCC_ALPHABET], dtype=np.uint32)[values]
    return spoiled
