"""The whole of probabilistic linking for tables at hand: records, candidates, scores, decision."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from tidu.identity.linkage.candidates import candidate_pairs
from tidu.identity.linkage.decision import allowed, decide
from tidu.identity.linkage.features import records
from tidu.identity.linkage.model import model
from tidu.identity.linkage.scoring import rarity, score


@dataclass(frozen=True)
class Links:
    """What was found.

    Both tables have party_id, enterprise_id, match_probability, margin (bits before the next best), place, match_weight
    (bits), and per comparison its level and bits.
    """

    links: pa.Table
    """One row per party that is tied."""
    candidates: pa.Table
    """Up to five rows per party that is not, the most probable first."""


def link(
    parties: pa.Table,
    registered: pa.Table,
    *,
    size: int | None = None,
    frequencies: dict[str, pl.DataFrame] | None = None,
    backend: str = "duckdb",
) -> Links:
    """Tie parties to registered enterprises where one of them is the clear winner.

    Args:
        parties: party_id and what its records say (features.GIVEN); one row per spelling.
        registered: enterprise_id and what the register says; one row per name.
        size: how many enterprises the register holds, when `registered` is only that part of it that may be meant.
        frequencies: how rare names are in the whole register (scoring.rarity), in the same case.
        backend: what runs the comparisons, duckdb or spark; it changes nothing else.

    Deterministic: the same rows in any order, also repeated, give the same tables. Registered enterprises are never
    tied to each other. A party without a name, an address or a code to go by comes back in neither table.
    """
    left = records(pl.DataFrame(parties), "party_id")
    right = records(pl.DataFrame(registered), "enterprise_id")
    pairs = allowed(candidate_pairs(left, right), left, right)
    if pairs.is_empty():
        return Links(_nothing(), _nothing())
    prior = model().prior(size or right["owner"].n_unique())
    scored = score(
        left,
        right,
        pairs.select("party_record", "registered_record"),
        weights=model().weights,
        prior=prior,
        frequencies=frequencies or rarity(right, size),
        backend=backend,
    )
    links, candidates = decide(scored.join(pairs, on=["party_record", "registered_record"]))
    return Links(links.to_arrow(), candidates.to_arrow())


def _nothing() -> pa.Table:
    schema = {
        "party_id": pl.String, "enterprise_id": pl.String, "match_probability": pl.Float64, "margin": pl.Float64,
        "place": pl.UInt32, "match_weight": pl.Float64,
    }  # fmt: skip
    return pl.DataFrame(schema=schema).to_arrow()
