"""What the SQL of every policy finds of 5,000 random enterprises is what the rules written once more in Python find."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import psycopg
import pytest

from tests.dbt.tier_ground import columns, lay_ground
from tests.dbt.tier_rules import SINCE_2026_04, UNTIL_2026_03, rules
from tests.warehouses import new_warehouse
from tidu.stack.postgres import Cluster
from tidu.transform.tiers.compile import INPUT, finding_sql
from tidu.transform.tiers.policy import Policy
from tidu.transform.tiers.registry import in_force
from tidu.transform.tiers.standings import standings

pytestmark = [pytest.mark.postgres]
AS_OF = dt.date(2026, 3, 31)
ROUND = [
    0,
    100,
    200,
    300,
    400,
    500,
    600,
    1000,
    1200,
    1500,
    1600,
    2000,
    3000,
    5000,
    6000,
    8000,
    10000,
    20000,
    40000,
    300000,
]
"""Amounts in 万元 between which rules decide."""
TURNS = (dt.date(2026, 3, 31), dt.date(2026, 4, 1))


def some_number(dice: random.Random, name: str) -> Decimal | None:
    if name.startswith(("ip_", "digital", "domestic_rank", "invention", "utility")):
        return Decimal(dice.choice([0, 0, 1, 1, 2, 3, 4, 7, 8]))
    if name in ("platform_score", "platform_score_before"):
        return dice.choice([Decimal("49.9"), Decimal(50), Decimal("59.99"), Decimal(60), Decimal(80)])
    if name == "local_feature_score":
        return dice.choice([Decimal(0), Decimal("7.5"), Decimal(15), Decimal(16)])
    if name == "domestic_market_share_pct":
        return dice.choice([Decimal("9.99"), Decimal(10), Decimal(40)])
    if name == "headcount_y1":
        return Decimal(dice.choice([0, 20, 100, 400, 500, 501]))
    if name == "rd_headcount_y1":
        return Decimal(dice.choice([0, 1, 5, 10, 20, 40, 80, 100]))
    if name.startswith("net_profit"):
        return dice.choice([-1, 1, 1, 1]) * Decimal(dice.choice(ROUND)) * 1000
    if name.startswith("total_"):
        return Decimal(dice.choice(ROUND)) * 10_000 * dice.choice([1, 1, 1, -1 if name == "total_assets_y1" else 1])
    slip = dice.choice([Decimal(0), Decimal(0), Decimal("0.01"), Decimal("-0.01")])
    scale = 500 if name.startswith("rd_expense") else 10_000
    return max(Decimal(dice.choice(ROUND)) * scale + slip, Decimal(0))


def some_facts(dice: random.Random, as_of: dt.date, unknown: float) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for name, kind in columns().items():
        if kind == "boolean":
            # what shuts an enterprise out is seldom, so that the rules behind it are looked at
            often = 0.03 if name in ("is_large", "is_blacklisted", "holds_champion") else 0.4
            facts[name] = dice.random() < often
        elif kind == "date":
            years, shift = dice.choice([1, 2, 3, 4, 5, 6, 8, 10, 11]), dice.choice([-4, -1, 0, 0, 1, 4])
            end = as_of if name == "established_on" else dt.date(as_of.year - 1, 12, 31)
            facts[name] = end.replace(year=end.year - years) + dt.timedelta(shift)
        elif kind == "text":
            facts[name] = dice.choice(["补短板锻长板填空白", "工业六基或中华老字号", "关键产业链配套", "其他"])
        else:
            facts[name] = some_number(dice, name)
        if dice.random() < unknown:
            facts[name] = None
    for name in ("equity_2y", "equity_3y"):
        known = some_number(dice, name)
        facts[f"{name}_least"] = known if facts[name] is None and dice.random() < 0.8 else None
    facts["as_of"], facts["end_of_last_year"] = as_of, dt.date(as_of.year - 1, 12, 31)
    if dice.random() < 0.3:  # growth of a round number of percent, where a rounded quotient would err
        base = dice.choice([30_000_000, 90_000_000, 300_000_000])
        rise = [Fraction(1), Fraction(4, 3), Fraction(13, 15), Fraction(23, 15), Fraction(2, 3), Fraction(21, 20)]
        first, second = dice.choice(rise), dice.choice(rise)
        for measure in ("main_revenue", "revenue"):
            facts |= {
                f"{measure}_y3": Decimal(base),
                f"{measure}_y2": in_yuan(base * first),
                f"{measure}_y1": in_yuan(base * first * second),
            }
    return facts


def promising_facts(dice: random.Random, as_of: dt.date) -> dict[str, Any]:
    """Return an enterprise that most rules take, but for a few things that came out otherwise."""
    facts = some_facts(dice, as_of, 0.15)
    excellent = {
        **{f"revenue_y{y}": Decimal(64_000_000 - 4_000_000 * y) for y in (1, 2, 3)},
        **{f"main_revenue_y{y}": Decimal(60_000_000 - 4_000_000 * y) for y in (1, 2, 3)},
        **{f"rd_expense_y{y}": Decimal(8_000_000) for y in (1, 2, 3)},
        "total_assets_y1": Decimal(80_000_000), "total_liabilities_y1": Decimal(20_000_000), "is_large": False,
        "is_blacklisted": False, "holds_champion": False, "headcount_y1": Decimal(100), "rd_headcount_y1": Decimal(50),
        "niche_since": dt.date(2010, 1, 1), "key_field": True, "key_chain_link": True, "core_business_on_it": True,
        "domestic_market_share_pct": Decimal(20), "market_position_confirmed": True, "platform_score": Decimal(70),
        "ip_class1": Decimal(5), "has_rd_institute": True, "has_management_certificate": True, "has_own_brand": True,
        "holds_specialised": True, "has_tech_sme": True, "equity_2y": Decimal(90_000_000),
    }  # fmt: skip
    return facts | {name: value for name, value in excellent.items() if dice.random() < 0.9}


def in_yuan(amount: Fraction) -> Decimal:
    return (Decimal(amount.numerator) / Decimal(amount.denominator)).quantize(Decimal("0.01"))


@pytest.fixture(scope="module")
def ground(cluster: Cluster, warehouse_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with new_warehouse(cluster, warehouse_template, tmp_path_factory.mktemp("findings")) as dsn:
        lay_ground(dsn)
        yield dsn


@pytest.fixture(scope="module")
def enterprises(ground: str) -> dict[str, dict[str, Any]]:
    """5,000 enterprises, of whom much, something or nothing is unknown, in the table policies are compiled for."""
    dice = random.Random(5)
    found = {
        f"E{n}": some_facts(dice, AS_OF, (0, 0.03, 0.25)[n % 4]) if n % 4 < 3 else promising_facts(dice, AS_OF)
        for n in range(5000)
    }
    names = list(columns())
    statement = f"copy {INPUT} (enterprise_id, {', '.join(names)}) from stdin".encode()
    with psycopg.connect(ground) as connection, connection.cursor() as cursor, cursor.copy(statement) as copy:
        for key, facts in found.items():
            copy.write_row([key, *(facts[name] for name in names)])
    return found


def findings(dsn: str, policy: Policy) -> dict[str, tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "select enterprise_id, policy_version, verdict, score_min, score_max, pattern"
            f" from ({finding_sql(policy)}) as f".encode()
        ).fetchall()
    return {str(row[0]): row[1:] for row in rows}


POLICIES = {p.version: (p, day) for day in TURNS for p in in_force(day)}


def test_every_rule_is_written_twice() -> None:
    assert set(POLICIES) == {rule(EMPTY).version for day in TURNS for rule in rules(day).values()}
    assert set(UNTIL_2026_03) == set(SINCE_2026_04)


EMPTY = dict.fromkeys(columns()) | {"as_of": AS_OF, "end_of_last_year": dt.date(2025, 12, 31)}


@pytest.mark.parametrize("version", POLICIES)
def test_the_sql_finds_what_the_rule_says(ground: str, enterprises: dict[str, dict[str, Any]], version: str) -> None:
    policy, day = POLICIES[version]
    rule = rules(day)[policy.tier]
    found = findings(ground, policy)
    assert found.keys() == enterprises.keys()
    verdicts = set()
    for key, facts in enterprises.items():
        judged = rule(facts)
        its_version, verdict, least, most, pattern = found[key]
        told = (its_version, verdict, least, most)
        assert told == (judged.version, judged.verdict, *judged.bounds), (key, pattern, judged, facts)
        words = {"t": True, "f": False, "u": None}
        answers = judged.gates | judged.criteria | judged.direct
        for s in standings(policy, pattern):
            if s.item.kind == "score":
                assert (s.least, s.most) == judged.scored[s.item.code], (key, s.item.code, facts)
            else:
                assert words[s.answer] is answers[s.item.code], (key, s.item.code, facts)
        verdicts.add(verdict)
    assert verdicts == {"met", "not_met", "unknown"}, "the sample is too poor to show anything"
