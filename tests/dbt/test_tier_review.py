"""The re-check of holders, and what is told where part of a figure is known: of enterprises written by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from tests.dbt.test_tier_pool import scored
from tests.dbt.tier_ground import Facts, assessed, lay_ground, plain, rows
from tests.warehouses import new_warehouse
from tidu.stack.postgres import Cluster

pytestmark = [pytest.mark.postgres]
EARLY, AS_OF = dt.date(2025, 1, 31), dt.date(2026, 3, 31)
SPECIALISED = "专精特新中小企业"
TITLES = {
    "two items short": "创新型中小企业",
    "two items short, an award open": "创新型中小企业",
    "blacklisted": "创新型中小企业",
    "large gazelle": "瞪羚企业",
    "listed unicorn": "独角兽企业",
    "fledgling in no register": "雏鹰企业",
    "no longer registered": "独角兽企业",
    "no last day": "专精特新中小企业",
}
SHORT = {"main_revenue_y1": Decimal(30_000_000), "rd_expense_y1": Decimal(0)}


def fact(**told: Any) -> Facts:
    return scored() | {"as_of": AS_OF, "end_of_last_year": dt.date(2025, 12, 31)} | told


TOWN = {
    "two items short": fact(**SHORT),
    "two items short, an award open": fact(**SHORT, award_3y=None),
    "blacklisted": fact(is_blacklisted=True),
    "large gazelle": fact(is_large=True),
    "listed unicorn": fact(is_listed=True, has_qualified_investor=True, established_on=dt.date(2020, 1, 1)),
    "fledgling in no register": fact(),
    "no last day": fact(niche_since=dt.date(2010, 1, 1), equity_2y=Decimal(90_000_000)),
    "research of one year known": fact(rd_expense_y1=Decimal(25_000_000), rd_expense_y2=None),
    "research of the other year known": fact(rd_expense_y1=Decimal(3_000_000), rd_expense_y2=Decimal(16_999_999)),
}


@dataclass
class Found:
    review: dict[str, dict[str, Any]]
    assessment: dict[tuple[str, str], dict[str, Any]]
    early: dict[str, str]

    def failing(self, who: str) -> list[str]:
        return [item["code"] for item in self.review[who]["failing_criteria"]]


@pytest.fixture(scope="module")
def found(cluster: Cluster, warehouse_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Found]:
    with new_warehouse(cluster, warehouse_template, tmp_path_factory.mktemp("review")) as dsn:
        lay_ground(dsn)
        days = {"365 days": dt.date(2024, 2, 1), "364 days": dt.date(2024, 2, 2)}
        assessed(dsn, EARLY, {who: plain(EARLY, established_on=day) for who, day in days.items()})
        titles = [(who, {"tier": tier, "awarded_on": dt.date(2024, 7, 1)}) for who, tier in TITLES.items()]
        for who, title in titles:
            title["valid_until"] = None if who == "no last day" else dt.date(2027, 6, 30)
        town = {who: facts | {"held_tiers": [TITLES[who]] if who in TITLES else []} for who, facts in TOWN.items()}
        assessed(dsn, AS_OF, town, titles)
        age = "jsonb_path_query_first(criteria, '$[*] ? (@.code == \"H1\")') ->> 'verdict' as verdict"
        early = rows(dsn, f"select enterprise_id, {age} from mart.tier_assessment where as_of = %s"
                          " and tier = '高新技术企业'", EARLY)  # fmt: skip
        review = rows(dsn, "select * from mart.tier_holder_review where as_of = %s", AS_OF)
        assessment = rows(dsn, "select * from mart.tier_assessment where as_of = %s", AS_OF)
        yield Found(
            {row["enterprise_id"]: row for row in review},
            {(row["enterprise_id"], row["tier"]): row for row in assessment},
            {row["enterprise_id"]: row["verdict"] for row in early},
        )


def test_a_holder_fails_what_it_is_short_of_and_no_award_it_need_not_have(found: Found) -> None:
    assert found.failing("two items short") == ["3", "5"]
    assert found.review["two items short"]["state"] == "at_risk"
    growth, field = found.review["two items short"]["failing_criteria"]
    assert (growth["verdict"], growth["lever"], growth["is_draft"]) == ("not_met", "enterprise", False)
    assert growth["short"] > growth["need"] > growth["have"]
    assert (field["need"], field["have"]) == (True, False)


def test_what_is_open_puts_nobody_at_risk(found: Found) -> None:
    row = found.review["two items short, an award open"]
    assert (row["state"], row["failing_criteria"]) == ("valid", [])


def test_a_holder_of_whom_a_gate_fails_fails_the_gate(found: Found) -> None:
    assert found.failing("blacklisted") == ["G3"]


def test_what_asks_candidates_alone_is_not_asked_of_holders(found: Found) -> None:
    assert found.assessment["large gazelle", "瞪羚企业"]["verdict"] == "not_met"
    assert "G2" not in found.failing("large gazelle")
    assert found.assessment["fledgling in no register", "雏鹰企业"]["verdict"] == "not_met"
    assert (found.review["fledgling in no register"]["state"], found.failing("fledgling in no register")) == (
        "valid",
        [],
    )


def test_a_draft_puts_no_title_at_risk_but_says_what_it_finds(found: Found) -> None:
    row = found.review["listed unicorn"]
    assert row["state"] == "valid"
    assert [(item["code"], item["is_draft"]) for item in row["failing_criteria"]] == [("U3", True)]
    assert found.review["no longer registered"]["state"] == "at_risk", "that is no finding of a rule"


def test_a_title_without_its_last_day_stands(found: Found) -> None:
    assert found.review["no last day"]["state"] == "valid"
    assert found.review["no last day"]["valid_until"] is None


def test_the_years_that_are_known_may_do_for_a_mean(found: Found) -> None:
    criteria = found.assessment["research of one year known", SPECIALISED]["criteria"]
    (direct,) = [c for c in criteria if c["code"] == "D2"]
    assert (direct["verdict"], direct["value"]) == ("met", None)
    assert direct["value_least"] == {"rd_mean_2y": 12_500_000}
    (direct,) = [
        c for c in found.assessment["research of the other year known", SPECIALISED]["criteria"] if c["code"] == "D2"
    ]
    assert (direct["verdict"], direct["value"], "value_least" in direct) == ("not_met", 9_999_999.5, False)


def test_a_year_of_registration_is_365_days(found: Found) -> None:
    assert found.early == {"365 days": "met", "364 days": "not_met"}
