"""The sample world, as `make run` makes it, shows every verdict of the tiers that departments deliver data for."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import psycopg
import pytest

from simulators.world.making import make_world
from simulators.world.truth import span
from tidu.cli.bench_linkage_world import accepted_rows, built, fill
from tidu.cli.run import SAMPLE_ENTERPRISES, SAMPLE_MONTHS, SAMPLE_SEED

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.proof]
DECIDED = ("创新型中小企业", "专精特新中小企业", "专精特新小巨人", "科技型中小企业", "高新技术企业")


def test_each_of_the_five_tiers_is_met_not_met_and_unknown(warehouse: str, tmp_path: Path) -> None:
    world = tmp_path / "world"
    make_world(world, SAMPLE_ENTERPRISES, SAMPLE_MONTHS, SAMPLE_SEED)
    _, as_of = span(world)
    fill(accepted_rows(world, as_of))
    for stage in ("stage", "link", "mart", "tier"):
        built(stage, as_of)
    found = defaultdict(set)
    with psycopg.connect(warehouse) as connection:
        for tier, verdict in connection.execute("select distinct tier, verdict from mart.tier_finding"):
            found[tier].add(verdict)
    assert [found[tier] for tier in DECIDED] == [{"met", "not_met", "unknown"}] * len(DECIDED)
