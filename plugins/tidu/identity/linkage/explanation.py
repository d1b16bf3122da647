"""Why a pair weighs what it weighs, in words a reviewer can read: the level and the bits of every comparison."""

from __future__ import annotations

from typing import Any

import polars as pl

from tidu.identity.linkage.comparisons import COMPARISONS, ELSE

LABELS = {name: [ELSE, *reversed([label for label, _, _ in levels])] for name, levels in COMPARISONS.items()}


def reasons(pairs: pl.DataFrame) -> list[dict[str, Any]]:
    """Return for every scored pair {weight, prior, comparisons: [{comparison, level, bits}, …]}, in order of the rows.

    weight and bits are logarithms to base 2; prior is what was believed before anything was compared, and prior and all
    bits add up to weight. Comparisons that say nothing are left out.
    """
    found = []
    for row in pairs.iter_rows(named=True):
        said = [
            {"comparison": name, "level": labels[row[f"level_{column}"]], "bits": round(row[f"bits_{column}"], 2)}
            for name, labels in LABELS.items()
            if row[f"level_{(column := name.replace(' ', '_'))}"] >= 0
        ]
        weight = round(row["match_weight"], 2)
        prior = round(weight - sum(s["bits"] for s in said), 2)
        found.append({"weight": weight, "prior": prior, "comparisons": said})
    return found
