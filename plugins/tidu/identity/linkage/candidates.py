"""Which registered enterprises a record might belong to: few, and found by equality of keys alone.

Every record gets short keys (its core, its core with one character left out, how it sounds, where and when it
registered). A pair is a candidate when it shares a key. Keys that very many registered records bear say nothing and are
left out. The registered side is thinned by the keys of the parties, so that the work grows with the parties still open.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tidu.identity.linkage.slips import may_be_near, near

CROWD = 200
"""A key borne by more registered records than this leads nowhere."""
NAME_KINDS = ("name", "core", "sound", "near", "beginning", "brand", "bigram")
KINDS = (*NAME_KINDS, "spot", "tail", "address", "day and district", "day and letter", "code")


def keys_of(
    records: pl.DataFrame, kinds: Sequence[str], *, is_party: bool, among: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Return one row per record and key of the given kinds, of those `among` only; columns record, kind, key."""
    core, day = pl.col("core"), pl.col("registered_on").cast(pl.String)
    expressions: dict[str, list[pl.Expr]] = {
        "name": [pl.col("name_key")],
        "core": [core],
        "sound": [pl.col("sound")],
        # a core with one character more is near to the whole of the other
        "near": [pl.col("near"), core],
        "beginning": [core.str.slice(0, 3)],
        "address": [pl.col("address")],
        "brand": [pl.when(pl.col("brand").str.len_chars() >= 2).then("brand")],
        "bigram": [pl.concat_list(*(core.str.slice(i, 2) for i in range(8)))],
        "spot": [pl.col("spot")],
        "tail": [pl.when(pl.col("tail").str.len_chars() >= 5).then(pl.col("tail").str.slice(0, 8))],
        "day and district": [pl.concat_str(day, "district_code", separator="|")],
        "day and letter": [pl.concat_str(day, core.str.slice(0, 1), separator="|")],
        "code": [pl.col("code_options") if is_party else pl.col("code")],
    }
    parts = []
    for kind in kinds:
        for expression in expressions[kind]:
            part = records.select("record", kind=pl.lit(kind), key=expression)
            if isinstance(part.schema["key"], pl.List):
                part = part.explode("key")
            if among is not None:
                part = part.join(among.filter(pl.col("kind") == kind), on="key", how="semi")
            parts.append(part.filter(pl.col("key").str.len_chars() >= 2))
    return pl.concat(parts).unique()


def candidate_pairs(
    parties: pl.DataFrame, registered: pl.DataFrame, crowd: int = CROWD, kinds: Sequence[str] = KINDS
) -> pl.DataFrame:
    """Return the pairs of records that share a key that is not crowded; columns party_record, registered_record."""
    wanted = keys_of(parties, kinds, is_party=True)
    borne = keys_of(registered, kinds, is_party=False, among=wanted)
    fine = borne.group_by("kind", "key").len().filter(pl.col("len") <= crowd).select("kind", "key")
    return (
        wanted.join(fine, on=["kind", "key"])
        .join(borne, on=["kind", "key"], suffix="_registered")
        .select(party_record="record", registered_record="record_registered")
        .unique()
        .sort("party_record", "registered_record")
    )


def pairs_of_names(
    parties: pl.DataFrame, registered: pl.DataFrame, crowd: int, kinds: Sequence[str] = NAME_KINDS
) -> pl.DataFrame:
    """Return the pairs of names that share a key as candidate_pairs does, of records that have yet no `near`.

    A register has names by the hundred thousand and texts near to them by the million: they are made only where they
    may be those of a party.
    """
    parties = parties.with_columns(near=near(parties["core"]))
    wanted = pl.concat([parties["near"].explode(), parties["core"]])
    meant = registered.filter(may_be_near(registered["core"], wanted))
    near_to = meant.select("record", near=near(meant["core"]))
    return candidate_pairs(parties, registered.join(near_to, on="record", how="left"), crowd, kinds)
