"""How the weights of model.json come about; run by `tidu linkage train`, never by the pipeline.

u, the share of a level among records of different enterprises, is counted on real registers. m, the share among records
of one enterprise, is counted on labelled pairs and on what is assumed of slips (ASSUMED), which weighs as many pairs as
ASSUMED_PAIRS says. Neither names nor codes of anyone are kept.
"""

from __future__ import annotations

import polars as pl

from tidu.identity.linkage.candidates import candidate_pairs
from tidu.identity.linkage.comparisons import COMPARISONS, ELSE
from tidu.identity.linkage.scoring import rarity, score

Shares = dict[str, dict[str, float]]
Weights = dict[str, dict[str, tuple[float, float]]]
ASSUMED_PAIRS = {"name": 2000, "place in name": 5000, "form": 5000}
"""How many counted pairs an assumption weighs: much where the labelled pairs are short names of listed companies."""
ASSUMED_OTHERWISE = 400
ASSUMED: Shares = {
    "name": {
        "same name": 0.15, "same core": 0.25, "same sound": 0.1, "one slip": 0.27,
        "same brand": 0.08, "shortened": 0.08, ELSE: 0.07,
    },
    "place in name": {"same place": 0.85, "none on one side": 0.13, ELSE: 0.02},
    "form": {"same form": 0.9, "none on one side": 0.07, ELSE: 0.03},
    "latin name": {"brand as spelt": 0.3, "beginning as spelt": 0.3, ELSE: 0.4},
    "code": {"possible code": 0.9, ELSE: 0.1},
    "district": {"same district": 0.92, ELSE: 0.08},
    "address": {"same room": 0.2, "same number": 0.35, "same wording": 0.15, "same road": 0.1, ELSE: 0.2},
    "industry": {"same class": 0.75, "same division": 0.1, "same section": 0.05, ELSE: 0.1},
    "date": {"same day": 0.4, "within two months": 0.3, "within a year": 0.1, ELSE: 0.2},
    "capital": {"same capital": 0.8, ELSE: 0.2},
}  # fmt: skip
"""Shares of levels among records of one enterprise that no exact rule ties."""
ASSUMED_APART: Shares = {
    "latin name": {"brand as spelt": 0.002, "beginning as spelt": 0.02, ELSE: 0.978},
    "code": {"possible code": 0.0001, ELSE: 0.9999},
    "industry": {"same class": 0.02, "same division": 0.06, "same section": 0.15, ELSE: 0.77},
    "capital": {"same capital": 0.08, ELSE: 0.92},
}
"""The same among records of different enterprises, where the register at hand lacks the field."""
EVEN: Weights = {
    name: {level: (0.5, 0.5) for level in [*(label for label, _, _ in levels), ELSE]}
    for name, levels in COMPARISONS.items()
}


def level_counts(found: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Count the levels of scored pairs; pairs a comparison says nothing about do not count."""
    counts: dict[str, dict[str, int]] = {}
    for name, levels in COMPARISONS.items():
        labels = [ELSE, *reversed([label for label, _, _ in levels])]
        column = f"level_{name.replace(' ', '_')}"
        seen = dict(found.filter(pl.col(column) >= 0).group_by(column).len().iter_rows())
        counts[name] = {label: seen.get(i, 0) for i, label in enumerate(labels)}
    return counts


def levels_of(parties: pl.DataFrame, registered: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Return the levels of given pairs of records."""
    return score(parties, registered, pairs, weights=EVEN, prior=0.5, frequencies=rarity(registered))


def apart(city: pl.DataFrame, country: pl.DataFrame, random_pairs: int = 400_000, seed: int = 1) -> Shares:
    """Return the shares of levels among pairs of records of different enterprises.

    Everything but names is counted on random pairs of one city's register, since a city is what is linked. Names that
    are alike are too seldom for that; they are counted over all pairs of a larger register.
    """
    drawn = [
        pl.int_range(city.height, eager=True).sample(random_pairs, with_replacement=True, seed=s)
        for s in (seed, seed + 1)
    ]
    pairs = pl.DataFrame(dict(zip(("party_record", "registered_record"), drawn, strict=True)))
    pairs = pairs.filter(pl.col("party_record") != pl.col("registered_record")).cast(pl.UInt32).unique()
    counts = level_counts(levels_of(city, city, pairs))
    shares = {name: _shares(counts[name], ASSUMED_APART.get(name), 1) for name in COMPARISONS}
    alike = candidate_pairs(country, country, crowd=2000, kinds=("core", "sound", "near"))
    alike = alike.filter(pl.col("party_record") != pl.col("registered_record"))
    names = level_counts(levels_of(country, country, alike))["name"]
    every = country.height * (country.height - 1)
    close = {label: (names[label] + 0.5) / every for label in ("same name", "same core", "same sound", "one slip")}
    rest = 1 - sum(close.values())
    others = {label: share for label, share in shares["name"].items() if label not in close}
    shares["name"] = close | {label: share * rest / sum(others.values()) for label, share in others.items()}
    return shares


def together(counts: dict[str, dict[str, int]]) -> Shares:
    """Return the shares of levels among records of one enterprise: what was counted, and what is assumed."""
    return {
        name: _shares(counts[name], ASSUMED[name], ASSUMED_PAIRS.get(name, ASSUMED_OTHERWISE)) for name in COMPARISONS
    }


def train(
    city: pl.DataFrame, country: pl.DataFrame, labelled: list[tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]]
) -> Weights:
    """Return (m, u) by comparison and level.

    `city` and `country` are records of registers; `labelled` holds parties, registered records and the pairs of their
    numbers that are one enterprise.
    """
    found = pl.concat(levels_of(parties, registered, pairs) for parties, registered, pairs in labelled)
    m, u = together(level_counts(found)), apart(city, country)
    return {name: {label: (round(m[name][label], 7), round(u[name][label], 11)) for label in m[name]} for name in m}


def _shares(counts: dict[str, int], assumed: dict[str, float] | None, weight: float) -> dict[str, float]:
    even = {label: 1 / len(counts) for label in counts}
    prior = assumed or even
    total = sum(counts.values())
    if not total and assumed:
        return dict(assumed)
    return {label: (count + weight * prior[label]) / (total + weight) for label, count in counts.items()}
