"""Which valid codes lie one slip away from a broken one.

A slip is one character written wrong, or two neighbours swapped. The check sums of GB 32100 and GB 11714 say for each
place which character it must have been, so the few possible codes are computed, not searched. A possible code is a
question, never an answer: it counts only where a register has it and another field confirms it.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

UNIFIED = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""Alphabet of GB 32100-2015."""
UNIFIED_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
ORGANISATION = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
Values = NDArray[np.int64]


def possible_codes(codes: pl.Series) -> pl.DataFrame:
    """Return the valid 18-character codes one slip away from each broken one; columns code_key, code.

    Only codes of 18 characters of the alphabet that fail their check are looked at; a code both of whose check sums
    hold is taken at its word. Grain: one row per pair, without repetition.

    >>> possible_codes(pl.Series(["91370200737264051X"])).filter(pl.col("code") == "91370200737264051Q").height
    1
    """
    distinct = codes.drop_nulls().unique().sort()
    distinct = distinct.filter(distinct.str.contains(f"^[{UNIFIED}]{{18}}$"))
    read = _values(distinct, UNIFIED)
    broken = ~_unified(read)
    distinct, read = distinct.filter(pl.Series(broken)), read[broken]
    weights = np.array([*UNIFIED_WEIGHTS, 1])
    pairs: list[tuple[Values, Values]] = []
    rows = np.arange(len(read))
    error = read @ weights % 31
    for place in range(18):
        fixed = read.copy()
        inverse = pow(int(weights[place]), -1, 31)
        fixed[:, place] = (read[:, place] - error * inverse) % 31
        pairs.append((rows, fixed))
    for place in range(17):
        swapped = read.copy()
        swapped[:, [place, place + 1]] = read[:, [place + 1, place]]
        pairs.append((rows, swapped))
    whose = np.concatenate([p[0] for p in pairs])
    found = np.concatenate([p[1] for p in pairs])
    valid = _unified(found) & _organisation(found)
    texts = ["".join(UNIFIED[v] for v in row) for row in found[valid].tolist()]
    frame = pl.DataFrame(
        {"code_key": distinct.gather(whose[valid].tolist()), "code": pl.Series(texts, dtype=pl.String)},
        schema={"code_key": pl.String, "code": pl.String},
    )
    return frame.filter(pl.col("code_key") != pl.col("code")).unique().sort("code_key", "code")


def sound_codes(codes: pl.Series) -> pl.Series:
    """Tell which codes are unified credit codes whose check character holds; false for anything else."""
    distinct = codes.drop_nulls().unique().sort()
    distinct = distinct.filter(distinct.str.contains(f"^[{UNIFIED}]{{18}}$"))
    sound = distinct.filter(pl.Series(_unified(_values(distinct, UNIFIED)), dtype=pl.Boolean))
    return codes.is_in(sound.implode()).fill_null(False)


def organisation_codes(codes: pl.Series) -> pl.Series:
    """Return the organisation code within each sound code; null for anything else.

    Of a unified credit code whose check character holds, places 9 to 17; of 9 characters, or of 15 (six of a district
    before it), the last nine where their own check character (GB 11714) holds.

    >>> organisation_codes(pl.Series(["91370200737264051Q", "370203737264051", "370203737264052"])).to_list()
    ['737264051', '737264051', None]
    """
    frame = pl.select(code=codes).with_columns(
        _old=pl.col("code").str.extract(r"^(?:[0-9A-Z]{6})?([0-9A-Z]{8}[0-9X])$")
    )
    distinct = frame["_old"].drop_nulls().unique().sort()
    read = _values(distinct, ORGANISATION)
    held = -(read[:, :8] @ np.array(ORGANISATION_WEIGHTS)) % 11 == np.minimum(read[:, -1], 10)
    sound = distinct.filter(pl.Series(held, dtype=pl.Boolean))
    found = (
        pl.when(sound_codes(frame["code"]))
        .then(pl.col("code").str.slice(8, 9))
        .when(pl.col("_old").is_in(sound.implode()))
        .then("_old")
    )
    return frame.select(organisation=found).to_series()


def _values(codes: pl.Series, alphabet: str) -> Values:
    """Read codes of one length as places in an alphabet, one row per code."""
    table = np.zeros(128, dtype=np.int64)
    table[[ord(c) for c in alphabet]] = np.arange(len(alphabet))
    if not len(codes):
        return np.zeros((0, 18), dtype=np.int64)
    return table[np.frombuffer("".join(codes.to_list()).encode("ascii"), dtype=np.uint8).reshape(len(codes), -1)]


def _unified(read: Values) -> NDArray[np.bool_]:
    """Tell which rows hold the check of the whole code."""
    held: NDArray[np.bool_] = read @ np.array([*UNIFIED_WEIGHTS, 1]) % 31 == 0
    return held


def _organisation(read: Values) -> NDArray[np.bool_]:
    """Tell which rows hold the check of the organisation code in places 9 to 17."""
    value = np.array([ORGANISATION.index(c) for c in UNIFIED])[read[:, 8:17]]
    check = -(value[:, :8] @ np.array(ORGANISATION_WEIGHTS)) % 11
    stated = np.where(read[:, 16] == UNIFIED.index("X"), 10, np.where(value[:, 8] <= 9, value[:, 8], -1))
    held: NDArray[np.bool_] = check == stated
    return held
