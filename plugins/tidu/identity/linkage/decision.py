"""Which candidate a party is tied to, if any: hard constraints first, then one clear winner or none.

Candidates compete with each other and with the possibility that none of them is right, so a second good candidate takes
from the first. What is not clear is not guessed: the party stays without a link and its candidates go to a reviewer.
"""

from __future__ import annotations

import polars as pl

from tidu.identity.linkage.comparisons import COMPARISONS

LEAST_PROBABILITY = 0.95
LEAST_MARGIN = 4.0
"""Bits between the best candidate and the second, sixteen to one."""
SHOWN_PROBABILITY = 0.01
"""Candidates below this are not worth a reviewer's time."""
MOST_CANDIDATES = 5
SUFFICIENT_NAMES = ("same name", "same core")
"""What a name has to be like to do alone; one slip away from a name lie the names of others, as registers show."""
BEYOND_NAMES = ("latin_name", "code", "district", "address", "industry", "date", "capital")
NAMELESS_PROOF = ("latin_name", "code")
"""What may tie a party whose name is like none of the enterprise's: neighbours and sisters share all the rest."""
LEAST_CONFIRMATION = 7.0
"""Bits that other fields have to add where a name is only similar: a street number, a day, or class and district."""


def allowed(pairs: pl.DataFrame, parties: pl.DataFrame, registered: pl.DataFrame) -> pl.DataFrame:
    """Leave out pairs that no likeness can make one, and add party_id and enterprise_id to the others.

    A branch is not its parent, and not another branch. A sound code that is not the enterprise's contradicts, in
    whatever spelling of the party it stands; a branch's does not, since branches file under their parent's.
    """
    left = parties.select(
        party_record="record", party_id="owner", part="branch", code=pl.when("is_sound_code").then("code")
    )
    right = registered.select(registered_record="record", enterprise_id="owner", its_part="branch", its_code="code")
    both = pairs.join(left, on="party_record").join(right, on="registered_record")
    both = both.filter(pl.col("part").eq_missing(pl.col("its_part")))
    organisations = pl.col("code").str.slice(8, 9) != pl.col("its_code").str.slice(8, 9)
    owners = ["party_id", "enterprise_id"]
    contradicted = both.filter(pl.col("part").is_null() & organisations).select(owners).unique()
    return both.join(contradicted, on=owners, how="anti").select("party_record", "registered_record", *owners)


def decide(scored: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return links and candidates from scored pairs (party_id, enterprise_id, match_weight, levels, bits).

    Grain: links, one row per party that is tied; candidates, up to five per party that is not. Both in order of party
    and probability, whatever the order of the pairs.
    """
    best = (
        scored.sort(
            "party_id",
            "enterprise_id",
            "match_weight",
            "party_record",
            "registered_record",
            descending=[False, False, True, False, False],
        )
        .unique(["party_id", "enterprise_id"], keep="first", maintain_order=True)
        .with_columns(_odds=pl.lit(2.0).pow(pl.col("match_weight").clip(-60, 60)))
    )
    best = best.with_columns(
        match_probability=(pl.col("_odds") / (1 + pl.col("_odds").sum().over("party_id"))).round(5),
        place=pl.col("match_weight").rank("ordinal", descending=True).over("party_id"),
    )
    second = best.filter(pl.col("place") == 2).select("party_id", _second="match_weight")
    best = best.join(second, on="party_id", how="left").with_columns(
        margin=(pl.col("match_weight") - pl.max_horizontal(pl.col("_second").fill_null(-60), pl.lit(-60.0))).round(3)
    )
    alone = len(COMPARISONS["name"]) - len(SUFFICIENT_NAMES)
    beyond = pl.sum_horizontal(f"bits_{name}" for name in BEYOND_NAMES)
    clear = (
        (pl.col("place") == 1)
        & ((pl.col("level_name") > alone) | (beyond >= LEAST_CONFIRMATION))
        & ((pl.col("level_name") != 0) | pl.any_horizontal(pl.col(f"level_{name}") > 0 for name in NAMELESS_PROOF))
        & (pl.col("match_probability") >= LEAST_PROBABILITY)
        & (pl.col("margin") >= LEAST_MARGIN)
    )
    links = best.filter(clear)
    open_ = best.join(links.select("party_id"), on="party_id", how="anti").filter(
        (pl.col("match_probability") >= SHOWN_PROBABILITY) & (pl.col("place") <= MOST_CANDIDATES)
    )
    order = ["party_id", "place", "enterprise_id"]
    return tuple(frame.drop("^_.*$").sort(order) for frame in (links, open_))  # type: ignore[return-value]
