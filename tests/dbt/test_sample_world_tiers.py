"""The sample world, as `make run` makes it, shows every verdict of the tiers that departments deliver data for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import psycopg
import pytest

from simulators.world.making import make_world
from simulators.world.truth import span
from tests.dbt.traced_verdicts import TIERS, page, without_hand
from tests.warehouses import new_warehouse
from tidu.cli.bench_linkage_world import accepted_rows, built, fill
from tidu.cli.run import SAMPLE_ENTERPRISES, SAMPLE_MONTHS, SAMPLE_SEED
from tidu.settings import PROJECT_ROOT
from tidu.stack.postgres import Cluster

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.proof]
TRACED = PROJECT_ROOT / "docs" / "tiers-traced.md"


@pytest.fixture(scope="module")
def sample(cluster: Cluster, warehouse_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """DSN of a warehouse with the sample world, assessed on its last day."""
    world = tmp_path_factory.mktemp("sample") / "world"
    make_world(world, SAMPLE_ENTERPRISES, SAMPLE_MONTHS, SAMPLE_SEED)
    _, as_of = span(world)
    with new_warehouse(cluster, warehouse_template, tmp_path_factory.mktemp("home")) as dsn:
        fill(accepted_rows(world, as_of))
        for stage in ("stage", "link", "mart", "tier"):
            built(stage, as_of)
        yield dsn


def test_each_of_the_five_tiers_is_met_not_met_and_unknown(sample: str) -> None:
    found = defaultdict(set)
    with psycopg.connect(sample) as connection:
        for tier, verdict in connection.execute("select distinct tier, verdict from mart.tier_finding"):
            found[tier].add(verdict)
    assert [found[tier] for tier in TIERS] == [{"met", "not_met", "unknown"}] * len(TIERS)


def test_ten_verdicts_are_what_the_page_traces_to_their_rows(sample: str) -> None:
    with psycopg.connect(sample) as connection:
        told = without_hand(page(connection))
    text = TRACED.read_text(encoding="utf-8")
    assert told == without_hand(text)
    assert text.count("\nBy hand: ") == 10
