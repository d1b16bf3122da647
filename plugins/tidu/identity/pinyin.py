"""How Chinese texts sound: what mistypings by ear, and names in Latin letters, are compared by.

A text is read character by character, the most frequent reading of each; tones do not count. Characters are looked up
once each, texts are put together by expressions.
"""

from __future__ import annotations

import os

import polars as pl


def syllables(characters: pl.Series) -> pl.DataFrame:
    """Return character, syllable (itself where it has none) and sound (accents levelled), once per character."""
    # characters are read one by one: the dictionary of phrases would only be loaded
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
    from pypinyin import Style, lazy_pinyin

    distinct = characters.unique().drop_nulls().sort()
    read = lazy_pinyin(distinct.to_list(), style=Style.NORMAL, errors="default") if len(distinct) else []
    syllable = pl.col("syllable").str.to_lowercase()
    sound = syllable.str.replace(r"^(z|c|s)h", "$1").str.replace("ng$", "n")
    frame = pl.DataFrame({"character": distinct, "syllable": pl.Series(read, dtype=pl.String)})
    return frame.with_columns(syllable=syllable, sound=sound)


def spoken(texts: pl.Series) -> pl.DataFrame:
    """Return text, pinyin (syllables run together) and sound (accents levelled) of every row.

    >>> spoken(pl.Series(["海天", "海添"])).rows()
    [('海天', 'haitian', 'haitian'), ('海添', 'haitian', 'haitian')]
    """
    frame = pl.select(text=texts).with_row_index("_row")
    letters = frame.select("_row", character=pl.col("text").str.split("")).explode("character")
    letters = letters.filter(pl.col("character").fill_null("") != "")
    read = letters.join(syllables(letters["character"]), on="character", how="left", maintain_order="left")
    joined = read.group_by("_row", maintain_order=True).agg(
        pinyin=pl.col("syllable").str.join(""), sound=pl.col("sound").str.join("")
    )
    return frame.join(joined, on="_row", how="left", maintain_order="left").select("text", "pinyin", "sound")
