"""Who is in the seed pool, how ready, and in which order: of enterprises written by hand, without a build."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.dbt.tier_ground import Facts, assessed, lay_ground, plain, rows
from tests.warehouses import new_warehouse
from tidu.stack.postgres import Cluster

pytestmark = [pytest.mark.postgres]
AS_OF = dt.date(2026, 4, 30)
INNOVATIVE, SPECIALISED, GIANT = "创新型中小企业", "专精特新中小企业", "专精特新小巨人"


def scored(**told: Any) -> Facts:
    """Return an enterprise with 70 of 100 points of 创新型: 20 + 20, 0 + 10, 5 + 15; growth is what it is short of."""
    figures = {
        "revenue_y1": 60_000_000, "main_revenue_y1": 36_000_000, "main_revenue_y2": 37_000_000,
        "rd_expense_y1": 6_000_000, "total_assets_y1": 50_000_000, "total_liabilities_y1": 10_000_000,
        "headcount_y1": 100, "rd_headcount_y1": 5, "strategic_emerging": False, "ip_class1_high_value": 1,
        "ip_class1_own": 1, "ip_class1": 1, "ip_class2": 1,
    }  # fmt: skip
    return plain(AS_OF, **{name: Decimal(v) if type(v) is int else v for name, v in figures.items()} | told)


TOWN = {
    "one item short": scored(),
    "two items short": scored(main_revenue_y1=Decimal(30_000_000)),
    "three items short": scored(
        main_revenue_y1=Decimal(30_000_000), rd_expense_y1=Decimal(0), ip_class1_high_value=Decimal(0),
        ip_class1_own=Decimal(0), ip_class1=Decimal(0),
    ),
    "size not known": scored(is_large=None, has_tech_sme=True, main_revenue_y2=Decimal(20_000_000)),
    "large": scored(is_large=True, has_tech_sme=True),
    "demonstrated in the province": plain(AS_OF, has_innovation_demonstration_of_any_level=True),
    "holds the highest alone": plain(AS_OF, has_tech_sme=True, held_tiers=[GIANT]),
    "holds the middle one alone": plain(AS_OF, has_tech_sme=True, held_tiers=[SPECIALISED]),
}  # fmt: skip


@pytest.fixture(scope="module")
def pool(cluster: Cluster, warehouse_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with new_warehouse(cluster, warehouse_template, tmp_path_factory.mktemp("pool")) as dsn:
        lay_ground(dsn)
        assessed(dsn, AS_OF, TOWN)
        yield {(r["enterprise_id"], r["tier"]): r for r in rows(dsn, "select * from mart.seed_pool")}


def test_an_award_to_be_won_brings_nobody_nearer(pool: Any) -> None:
    one, two = pool["one item short", INNOVATIVE], pool["two items short", INNOVATIVE]
    assert (one["readiness"], two["readiness"]) == ("near", "near")
    assert one["rank"] < two["rank"]
    assert (one["reasons"]["gaps"], one["reasons"]["ordinary"]) == (["3"], ["3"])
    assert len(two["reasons"]["gaps"]) == 1, "a direct condition is the smallest set"
    assert len(two["reasons"]["ordinary"]) == 2
    assert ("three items short", INNOVATIVE) not in pool


def test_a_gate_that_is_open_keeps_nobody_from_being_watched_but_one_that_fails_does(pool: Any) -> None:
    assert pool["size not known", INNOVATIVE]["readiness"] == "watch"
    assert ("large", INNOVATIVE) not in pool


def test_a_demonstration_enterprise_of_any_level_is_a_seed(pool: Any) -> None:
    assert pool["demonstrated in the province", INNOVATIVE]["readiness"] == "watch"


def test_who_holds_a_higher_tier_is_watched_for_no_lower_one(pool: Any) -> None:
    watched = {key for key, row in pool.items() if row["readiness"] == "watch"}
    assert not [key for key in watched if key[0] == "holds the highest alone"]
    assert [tier for who, tier in watched if who == "holds the middle one alone"] == [GIANT]
