"""What a change of rule, or of time, would do to verdicts, and which clauses answer for it: without a build."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.dbt.test_tier_pool import scored
from tests.dbt.tier_ground import Facts, assessed, lay_ground
from tests.warehouses import new_warehouse
from tidu.cli import build
from tidu.errors import TiduError
from tidu.ledger.database import connect
from tidu.ledger.roles import Role, acting_as
from tidu.stack.postgres import Cluster
from tidu.transform.tiers.policy import Policy, read_policy
from tidu.transform.tiers.registry import FOLDER
from tidu.transform.tiers.rehearsal import Rehearsal, compare_dates, policy_named, rehearse, rehearse_dates

pytestmark = [pytest.mark.postgres]
FIRST, SECOND = dt.date(2026, 3, 31), dt.date(2026, 4, 30)
INNOVATIVE, SPECIALISED = "创新型中小企业", "专精特新中小企业"
GROWN = Decimal(20_000_000)


def fact(as_of: dt.date, **told: Any) -> Facts:
    return scored() | {"as_of": as_of, "end_of_last_year": dt.date(2025, 12, 31)} | told


SOLID: Facts = {
    "main_revenue_y1": Decimal(58_000_000), "main_revenue_y2": GROWN, "rd_expense_y2": Decimal(6_000_000),
    "revenue_y2": Decimal(40_000_000), "niche_since": dt.date(2010, 1, 1), "platform_score": Decimal(70),
    "market_position_confirmed": True, "holds_innovative": True, "net_profit_y1": Decimal(9_000_000),
    "main_revenue_y3": GROWN, "local_feature_score": Decimal(8),
}  # fmt: skip
WAS = {
    "grows": fact(FIRST), "stays": fact(FIRST, main_revenue_y2=GROWN), "goes": fact(FIRST, main_revenue_y2=GROWN),
    "loses its niche": fact(FIRST, **SOLID),
}  # fmt: skip
IS = {
    "grows": fact(SECOND, main_revenue_y2=GROWN), "stays": fact(SECOND, main_revenue_y2=GROWN),
    "comes": fact(SECOND, main_revenue_y2=GROWN),
    "loses its niche": fact(SECOND, **SOLID | {"niche_since": dt.date(2025, 1, 1)}),
}  # fmt: skip


@pytest.fixture(scope="module")
def ground(cluster: Cluster, warehouse_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with new_warehouse(cluster, warehouse_template, tmp_path_factory.mktemp("rehearsal")) as dsn:
        lay_ground(dsn)
        with acting_as(Role.TRANSFORM), connect(dsn) as connection:
            connection.execute("create table mart.enterprise (enterprise_id text primary key, district_code text)")
            connection.execute("insert into mart.enterprise values ('grows', '370203')")
        assessed(dsn, FIRST, WAS)
        assessed(dsn, SECOND, IS)
        yield dsn


def told(found: Rehearsal) -> dict[str, tuple[str, str, tuple[str, ...]]]:
    return {c.enterprise_id: (c.before, c.after, c.clauses) for c in found.changes}


def altered(folder: Path, *changes: tuple[str, str]) -> Policy:
    """Return the rule for 创新型 with some of its text put otherwise."""
    text = (FOLDER / "innovative_sme" / "2022-08-01.yml").read_text(encoding="utf-8")
    for old, new in (("innovative-2022", "innovative-altered"), *changes):
        assert old in text
        text = text.replace(old, new, 1)
    file = folder / "2022-08-01.yml"
    file.write_text(text, encoding="utf-8")
    return read_policy(file)


def test_between_two_dates_what_came_out_otherwise_answers(ground: str) -> None:
    found = compare_dates(INNOVATIVE, FIRST, SECOND)
    assert told(found) == {
        "grows": ("not_met", "met", ("3",)),
        "goes": ("met", "not assessed", ()),
        "comes": ("not assessed", "met", ()),
    }
    assert found.assessed == len(IS)
    assert found.by_district() == {"370203": (1, 0), "370299": (1, 1)}


GROUP_25 = ("    - code: 专业化\n      at_least: 15 分", "    - code: 专业化\n      at_least: 25 分")
MAIN_65 = [("at_least: 60 %, below: 70 %", "at_least: 65 %, below: 70 %"), ("below: 60 %", "below: 65 %")]
CHANGES = {
    "a group asks more": ([GROUP_25], ("5", "6")),
    "the sum asks more": ([("  at_least: 60 分", "  at_least: 95 分")], ("5", "6")),
    "an item gives less": ([*MAIN_65, GROUP_25], ("6",)),
}


@pytest.mark.parametrize("case", CHANGES)
def test_between_two_rules_items_answer_that_keep_a_sum_below_its_bound(ground: str, tmp_path: Path, case: str) -> None:
    changes, codes = CHANGES[case]
    found = rehearse(policy_named("innovative-2022"), altered(tmp_path, *changes), SECOND)
    assert told(found)["stays"] == ("met", "not_met", codes)


def test_two_dates_under_one_rule_whichever_was_in_force(ground: str) -> None:
    each = told(compare_dates(SPECIALISED, FIRST, SECOND))["loses its niche"]
    assert each[0] == "met"
    for version, code in (("specialised-2022", "N1"), ("specialised-2026", "A2")):
        found = told(rehearse_dates(policy_named(version), FIRST, SECOND))
        before, after, clauses = found["loses its niche"]
        assert (before, after, clauses[0]) == ("met", "not_met", code)


def test_what_was_not_kept_of_a_date_is_named(ground: str, tmp_path: Path) -> None:
    name = "has_innovation_demonstration_of_any_level"
    more = f"{{code: G7, clause: 无, name: 示范, input: {name}, is: true}}\n  - {{code: G3,"
    asks_more = altered(tmp_path, ("{code: G3,", more))
    with pytest.raises(TiduError, match=f"innovative-altered asks {name}, which no rule asked when {FIRST} was"):
        rehearse_dates(asks_more, FIRST, SECOND)
    with pytest.raises(TiduError, match="tiers were not assessed for 2026-04-01; they were for 2026-03-31, 2026-04-30"):
        rehearse_dates(policy_named("specialised-2022"), dt.date(2026, 4, 1), SECOND)


@pytest.mark.parametrize("rule", [INNOVATIVE, "innovative-2022"])
def test_the_command_takes_a_tier_or_one_rule_for_two_dates(ground: str, rule: str, tmp_path: Path) -> None:
    out = tmp_path / "changes.csv"
    asked = ["policy", "diff", rule, "--between", str(FIRST), str(SECOND), "--out", str(out)]
    done = CliRunner().invoke(build("policy"), asked)
    assert done.exit_code == 0, done.output
    assert "370203,grows,not_met,met,3" in out.read_text(encoding="utf-8-sig")
