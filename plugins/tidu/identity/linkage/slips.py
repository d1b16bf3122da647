"""One slip of the pen between two texts: each with one of its characters left out, they share a text.

A slip is one character wrong, too much or missing, or two neighbours swapped. Works on columns of texts.
"""

from __future__ import annotations

import polars as pl

NEAR_LENGTHS = (3, 24)
"""Shorter cores are near to too much; longer ones are sentences."""


def near(texts: pl.Series) -> pl.Series:
    """Return each text with every one of its characters left out, sorted; null for texts too short or too long.

    >>> near(pl.Series(["海天机", "海天"])).to_list()
    [['天机', '海天', '海机'], None]
    """
    text, place = pl.col("text"), pl.col("place")
    distinct = pl.select(text=texts.unique()).filter(text.str.len_chars().is_between(*NEAR_LENGTHS))
    places = distinct.with_row_index("number").with_columns(place=pl.int_ranges(0, text.str.len_chars()))
    left_out = pl.concat_str(text.str.slice(0, place), text.str.slice(place + 1))
    found = (
        places.explode("place")
        .with_columns(near=left_out)
        .group_by("number")
        .agg(text.first(), pl.col("near").unique().sort())
    )
    return pl.select(text=texts).join(found, on="text", how="left", maintain_order="left")["near"]


def may_be_near(texts: pl.Series, keys: pl.Series) -> pl.Series:
    """Tell which texts may be one of `keys` with one character left out: all that are, and few others.

    Proof that none is missed: a text of n characters, two or more, with one left out has n - 1. If that is neither the
    first nor the last, both ends stay; if it is the first, the second begins it and the last stays; if it is the last,
    the first stays and the last but one ends it. So length and ends of the key are one of three that the text tells.
    """
    text = pl.col("text")
    ends = pl.select(text=keys.drop_nulls().unique()).select(
        size=text.str.len_chars() + 1, first=text.str.head(1), last=text.str.tail(1)
    )
    known = pl.select(text=texts).with_row_index("number").with_columns(
        size=text.str.len_chars(), first=text.str.head(1), last=text.str.tail(1),
        second=text.str.slice(1, 1), last_but_one=text.str.slice(-2, 1),
    )  # fmt: skip
    found = [
        known.join(ends.unique(), left_on=["size", *two], right_on=["size", "first", "last"], how="semi")["number"]
        for two in (("first", "last"), ("second", "last"), ("first", "last_but_one"))
    ]
    return known["number"].is_in(pl.concat(found).implode()).alias("may_be_near")
