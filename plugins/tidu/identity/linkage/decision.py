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

    A pair of spellings passes where both have the same branch's part, or both none. Beyond that parties and enterprises
    are ruled out as wholes, whatever other spellings of theirs agree:

    - A party that anywhere bears a branch's part which no name of the enterprise has: it is not the parent for being
      called like the parent elsewhere, and one that is called by two branches is neither. The other way round nothing
      follows: a branch may be called like its parent now and then, and passes by the names that have its part.
    - A party that anywhere bears a sound code which is not the enterprise's. A branch's spelling does not count, nor do
      codes against a branch, since branches file under their parent's. An organisation code in an old number counts
      only where another enterprise of `registered` bears it: too many other numbers look like one.
    """
    owners = ["party_id", "enterprise_id"]
    left = parties.select(party_record="record", party_id="owner", part="branch")
    right = registered.select(registered_record="record", enterprise_id="owner", its_part="branch")
    both = pairs.join(left, on="party_record").join(right, on="registered_record")
    both = both.filter(pl.col("part").eq_missing(pl.col("its_part")))
    met = both.select(owners).unique()
    ruled_out = pl.concat([_other_branches(met, parties, registered), _other_codes(met, parties, registered)])
    return both.join(ruled_out, on=owners, how="anti").select("party_record", "registered_record", *owners)


def _other_branches(met: pl.DataFrame, parties: pl.DataFrame, registered: pl.DataFrame) -> pl.DataFrame:
    """Return those who met though the party bears a branch's part that the enterprise has in none of its names."""
    parts = parties.select("branch", party_id="owner").drop_nulls().unique()
    its_parts = registered.select("branch", enterprise_id="owner").drop_nulls().unique()
    named = met.join(parts, on="party_id").join(its_parts, on=["enterprise_id", "branch"], how="anti")
    return named.select(met.columns)


def _other_codes(met: pl.DataFrame, parties: pl.DataFrame, registered: pl.DataFrame) -> pl.DataFrame:
    """Return those who met though the party bears the sound code of someone else."""
    plain = pl.col("branch").is_null()
    borne = registered.filter(plain).select(enterprise_id="owner", its_code=pl.col("code").str.slice(8, 9))
    is_unified = pl.col("code").str.len_chars() == 18
    is_borne = pl.col("organisation").is_in(registered["code"].str.slice(8, 9).drop_nulls().unique().implode())
    said = parties.filter(plain & (is_unified | is_borne)).select("organisation", party_id="owner").drop_nulls()
    both = met.join(said.unique(), on="party_id").join(borne.drop_nulls().unique(), on="enterprise_id")
    return both.filter(pl.col("organisation") != pl.col("its_code")).select(met.columns)


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
