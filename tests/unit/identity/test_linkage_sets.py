"""Real registers and real lists: how much is found, and how little of it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tidu.cli.linkage_sets import listed_companies, tax_list
from tidu.identity.linkage.baselines import agreement, ours

SETS = Path(__file__).resolve().parents[4] / "shared" / "reference" / "data" / "linkage"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("read", "name", "precision", "recall"),
    [(tax_list, "jiangxi_tax_registry", 0.998, 0.985), (listed_companies, "ashare_shortname", 0.95, 0.70)],
)
def test_links_of_a_labelled_set_are_right_and_many(read: object, name: str, precision: float, recall: float) -> None:
    folder = SETS / name
    if not folder.exists():
        pytest.skip(f"no labelled set at {folder}")
    assert callable(read)
    labelled = read(folder)
    links, found_precision, found_recall = agreement(ours(labelled.parties, labelled.registered), labelled.truth)
    assert links > 100
    assert (found_precision >= precision, found_recall >= recall) == (True, True), (found_precision, found_recall)
