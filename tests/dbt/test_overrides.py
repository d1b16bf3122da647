"""A value that a reviewer decided stands everywhere, from its day until it ends; what was known before stays known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.dbt.town import Figures, build_figures, deliver, take_in, uscc
from tests.warehouses import new_warehouse
from tidu.errors import DecisionRefused
from tidu.identity import decisions
from tidu.identity.decisions import Signature, minted_id
from tidu.stack.postgres import Cluster
from tidu.transform import build, nothing_new
from tidu.transform.survivorship import survivorship

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.proof]
START = "2025-01-01"
FIRST, DECIDED, LATER = dt.date(2025, 3, 31), dt.date(2025, 4, 10), dt.date(2025, 6, 2)
MOVED, NAMED, PLAIN = (minted_id(f"ms_registration|{n}") for n in (1, 2, 3))
FACTS = (
    "enterprise_id, uscc, name, entity_category, reg_type_code, holding_type, is_private, status, established_on,"
    " closed_on, registered_capital_yuan, district_code, zone_code, address, industry_code, industry_section,"
    " is_branch, registered_capital_amount, currency"
)
TABLES = (
    "mart.enterprise", "mart.enterprise_history", "mart.enterprise_provenance", "mart.enterprise_change",
    "mart.enterprise_build", "intermediate.int_enterprise__override", "intermediate.int_enterprise__override_belief",
    "intermediate.int_enterprise__district_span", "ops.decision",
)  # fmt: skip
Rows = list[tuple[object, ...]]


def entity(number: int, name: str, **more: object) -> dict[str, object]:
    return {
        "entity_no": str(number), "entity_name": name, "uscc": uscc(number), "entity_category": "企业",
        "holding_type": "私人控股", "established_on": "2020-01-01", "reg_status": "存续", "district_code": "370203",
        "industry_code": "C3511", "address": "市北区1号", "registered_capital_wan": "10", "currency": "CNY",
        "updated_at": "2025-01-01T08:00:00", **more,
    }  # fmt: skip


def rows(dsn: str, query: str) -> Rows:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query.encode()).fetchall()


def everything(dsn: str) -> dict[str, Rows]:
    """Return every row of the master and of what it is made from, but the instant of the build."""
    return {table: sorted(rows(dsn, f"select (to_jsonb(t) - 'built_at')::text from {table} as t")) for table in TABLES}


def relink(as_of: dt.date, full_refresh: bool = False) -> None:
    """Build anew what follows from decisions; nothing was delivered."""
    build("mart", "run", {"as_of": str(as_of), "series_start": START}, since="link", full_refresh=full_refresh)


@dataclass
class Walk:
    """One warehouse at the end of its way, and what was seen of it on the days in between."""

    dsn: str = ""
    shown: dict[dt.date, set[tuple[object, ...]]] = field(default_factory=dict)
    seen: dict[str, Rows] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    def look(self, day: dt.date) -> None:
        """Keep what the master says on a day."""
        self.shown[day] = set(rows(self.dsn, f"select {FACTS} from mart.enterprise"))

    def decide(self, enterprise: str, attribute: str, value: str, until: dt.date | None = None) -> None:
        """Override a value and keep the decision's number."""
        said = Signature("王审核", "visited", until)
        self.numbers[attribute] = decisions.override(enterprise, attribute, value, said)


@pytest.fixture(scope="module")
def walk(cluster: Cluster, warehouse_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    """Two enterprises and a stranger are decided about; then one value runs out, one is taken back, one is outdated."""
    with new_warehouse(cluster, warehouse_template, tmp_path_factory.mktemp("overrides")) as dsn:
        w = Walk(dsn)
        deliver(dsn, "ms_registration", "2025-01-10", [
            entity(1, "青岛甲机械有限公司"), entity(2, "青岛乙贸易有限公司"), entity(3, "青岛丙贸易有限公司"),
        ])  # fmt: skip
        deliver(dsn, "ms_registration", "2025-02-10", [
            entity(2, "青岛乙贸易有限公司", district_code="370202", updated_at="2025-02-01T08:00:00")
        ])  # fmt: skip
        deliver(dsn, "tx_taxpayer", "2025-01-10", [
            {"taxpayer_no": "t1", "taxpayer_id": uscc(1), "taxpayer_name": "青岛甲机械有限公司", "address": "崂山区9号",
             "industry_code": "F5211", "updated_at": "2025-01-01T08:00:00"}
        ])  # fmt: skip
        deliver(dsn, "fn_loan", "2025-02-05", [{"loan_no": "s", "borrower_name": "外地某某", "balance_wan": "5"}])
        take_in(str(FIRST), START)
        w.look(FIRST)
        w.decide(MOVED, "district_code", "370212")
        w.decide(MOVED, "industry_code", "F5211")
        w.decide(MOVED, "holding_type", "国有控股")
        w.decide(MOVED, "address", "崂山区9号", LATER - dt.timedelta(days=3))
        w.decide(MOVED, "registered_capital_amount", "")
        w.decide(NAMED, "established_on", "2019-05-05")
        w.decide(NAMED, "name", "青岛乙股份有限公司")
        (stranger,) = rows(dsn, "select enterprise_id from mart.enterprise where status = '未登记'")
        w.numbers["stranger"] = decisions.override(str(stranger[0]), "name", "外地某某公司", Signature("王审核", "x"))
        with pytest.raises(DecisionRefused, match="is not registered, so it has no district_code"):
            decisions.override(str(stranger[0]), "district_code", "370212", Signature("王审核", "x"))
        relink(DECIDED)
        w.look(DECIDED)
        w.seen["claims"] = rows(
            dsn,
            "select e.name, p.attribute, p.value, p.dataset, p.source_key, p.is_chosen, p.rule"
            " from mart.enterprise_provenance as p join mart.enterprise as e using (enterprise_id)",
        )
        w.seen["tickets"] = rows(dsn, "select attribute, ours, theirs from intermediate.int_enterprise__disagreement")
        decisions.revoke(w.numbers["holding_type"], Signature("王审核", "wrong papers"))
        deliver(dsn, "ms_registration", "2025-05-20", [
            entity(2, "青岛乙新贸易有限公司", district_code="370202", updated_at="2025-05-15T08:00:00")
        ])  # fmt: skip
        build_figures(str(LATER), START)
        w.look(LATER)
        yield w


def master(w: Walk, enterprise: str, *facts: str, on: dt.date | None = None) -> tuple[object, ...]:
    """Return what the master says now, or what was known on a day."""
    source = f"mart.enterprise_as_of('{on}', '{on} 00:00+08')" if on else "mart.enterprise"
    (found,) = rows(w.dsn, f"select {', '.join(facts)} from {source} where enterprise_id = '{enterprise}'")
    return found


def test_what_was_decided_stands_in_the_master_and_in_what_follows_from_it(walk: Walk) -> None:
    facts = ("district_code", "industry_section", "is_private", "address", "registered_capital_yuan")
    assert master(walk, MOVED, *facts, on=FIRST) == ("370203", "C", True, "市北区1号", 100000)
    assert master(walk, MOVED, *facts, on=DECIDED) == ("370212", "F", False, "崂山区9号", None)
    assert master(walk, NAMED, "name", "established_on", on=DECIDED) == ("青岛乙股份有限公司", dt.date(2019, 5, 5))
    shown = {row[2] for row in walk.shown[DECIDED]}
    assert shown == {"青岛甲机械有限公司", "青岛乙股份有限公司", "青岛丙贸易有限公司", "外地某某公司"}
    told = rows(
        walk.dsn, "select as_of, kind, was, name from mart.enterprise_change where kind in ('renamed', 'moved')"
    )
    assert set(told) == {
        (DECIDED, "renamed", "外地某某", "外地某某公司"), (DECIDED, "moved", "370203", "青岛甲机械有限公司"),
        (DECIDED, "renamed", "青岛乙贸易有限公司", "青岛乙股份有限公司"),
        (LATER, "renamed", "青岛乙股份有限公司", "青岛乙新贸易有限公司"),
    }  # fmt: skip


def test_the_decision_is_the_winner_and_the_register_a_visible_loser(walk: Walk) -> None:
    said = [row[1:] for row in walk.seen["claims"] if row[0] == "青岛甲机械有限公司"]
    number = {attribute: str(n) for attribute, n in walk.numbers.items()}
    for attribute, value, ours in (
        ("district_code", "370212", "370203"), ("address", "崂山区9号", "市北区1号"),
        ("industry_code", "F5211", "C3511"), ("registered_capital_amount", None, "100000.00"),
    ):  # fmt: skip
        found = {row for row in said if row[0] == attribute and row[2] != "tx_taxpayer"}
        assert found == {
            (attribute, value, "ops.decision", number[attribute], True, "reviewer"),
            (attribute, ours, "ms_registration", "1", False, "reviewer"),
        }
    chosen = {row[0]: row[2:4] for row in said if row[4]}
    # what follows from a value that was decided names the decision, also where another value has a part in it
    assert chosen["is_private"] == ("ops.decision", number["holding_type"])
    assert chosen["district_name"] == ("ops.decision", number["district_code"])
    assert chosen["name"] == ("ms_registration", "1")
    assert len([row for row in said if row[4]]) == len(chosen)
    # the tax bureau says what the reviewer found: nothing to correct
    assert walk.seen["tickets"] == []


def test_every_value_still_has_one_chosen_row_that_says_it(walk: Walk) -> None:
    told = [*survivorship().attributes, *survivorship().derived]
    with psycopg.connect(walk.dsn) as connection:
        values = connection.execute(
            "select enterprise_id, key, value from mart.enterprise as e cross join lateral"
            " jsonb_each_text(to_jsonb(e)) where value is not null and key = any(%s)", [told]
        ).fetchall()  # fmt: skip
    chosen = rows(walk.dsn, "select enterprise_id, attribute, value from mart.enterprise_provenance"
                            " where is_chosen and value is not null")  # fmt: skip
    assert len(values) > 40 and sorted(chosen) == sorted(values)


def test_ended_decisions_leave_the_word_to_the_departments(walk: Walk) -> None:
    assert rows(walk.dsn, "select detail ->> 'attribute', state from ops.decision order by decision_id") == [
        ("district_code", "active"), ("industry_code", "active"), ("holding_type", "revoked"), ("address", "stale"),
        ("registered_capital_amount", "active"), ("established_on", "stale"), ("name", "stale"), ("name", "active"),
    ]  # fmt: skip
    facts = ("district_code", "industry_code", "holding_type", "is_private", "address")
    assert master(walk, MOVED, *facts) == ("370212", "F5211", "私人控股", True, "市北区1号")
    assert master(walk, NAMED, "name", "established_on") == ("青岛乙新贸易有限公司", dt.date(2020, 1, 1))
    assert master(walk, PLAIN, "name") == ("青岛丙贸易有限公司",)


@pytest.mark.parametrize("day", [FIRST, DECIDED, LATER])
def test_asking_later_gives_what_each_day_showed(walk: Walk, day: dt.date) -> None:
    told = set(rows(walk.dsn, f"select {FACTS} from mart.enterprise_as_of('{day}', '{day} 00:00+08')"))
    assert len(told) == 4
    assert told == walk.shown[day]


@pytest.mark.parametrize(
    ("fact", "valid_on", "known_on", "told"),
    [
        # before the decision the register's value was valid, and still is in what is known later
        ("address", "2025-04-09", LATER, "市北区1号"),
        ("address", "2025-05-30", DECIDED, "崂山区9号"),
        ("address", "2025-05-31", DECIDED, "市北区1号"),
        # what ran out did hold until its last day
        ("address", "2025-05-30", LATER, "崂山区9号"),
        # what was taken back never held, but it was known
        ("holding_type", "2025-05-01", DECIDED, "国有控股"),
        ("holding_type", "2025-05-01", LATER, "私人控股"),
        ("district_code", "2025-06-02", "2025-04-09", "370203"),
        ("district_code", "2025-06-02", LATER, "370212"),
    ],
)
def test_each_day_is_told_as_it_was_known(walk: Walk, fact: str, valid_on: str, known_on: object, told: str) -> None:
    asked = f"mart.enterprise_as_of('{valid_on}', '{known_on} 00:00+08')"
    assert rows(walk.dsn, f"select {fact} from {asked} where enterprise_id = '{MOVED}'") == [(told,)]


def test_a_decided_establishment_is_for_all_days(walk: Walk) -> None:
    first = "select min(valid_from) from mart.enterprise_history where enterprise_id = '{}' and known_from {} '{}'"
    assert rows(walk.dsn, first.format(NAMED, "=", f"{DECIDED} 00:00+08")) == [(dt.date(2019, 5, 5),)]
    assert rows(walk.dsn, first.format(NAMED, "=", f"{LATER} 00:00+08")) == [(dt.date(2020, 1, 1),)]


def test_figures_and_history_agree_on_the_district(walk: Walk) -> None:
    figures = Figures(walk.dsn)
    counted = {
        month: [figures.value("market_entities", f"2025-{month}", place) for place in ("370203", "370212", "370202")]
        for month in ("03", "04", "05")
    }
    assert counted == {"03": [2, 0, 1], "04": [1, 1, 1], "05": [1, 1, 1]}
    assert figures.value("market_entities", "2025-05", cut=("industry_section", "F")) == 1
    assert rows(
        walk.dsn,
        "select count(*) from mart.enterprise_history as h join intermediate.int_enterprise__district_span as d"
        " using (enterprise_id) where h.known_to = 'infinity' and h.district_code <> d.district_code"
        " and daterange(h.valid_from, h.valid_to) && daterange(d.valid_from, d.valid_to)",
    ) == [(0,)]


def test_a_value_taken_back_after_it_ended_never_held(walk: Walk, cluster: Cluster, tmp_path: Path) -> None:
    """What ran out did hold until its last day; once it is taken back, it is known from then on that it never did."""
    later = LATER + dt.timedelta(days=7)
    with new_warehouse(cluster, str(conninfo_to_dict(walk.dsn)["dbname"]), tmp_path) as dsn:
        copy = Walk(dsn)
        decisions.revoke(walk.numbers["address"], Signature("王审核", "nobody was there"))
        assert not nothing_new(LATER)
        relink(later)
        copy.look(later)
        asked = "select address from mart.enterprise_as_of('2025-05-30', '{} 00:00+08') where enterprise_id = '{}'"
        told = [rows(dsn, asked.format(known, MOVED)) for known in (DECIDED, LATER, later)]
        assert told == [[("崂山区9号",)], [("崂山区9号",)], [("市北区1号",)]]
        told = rows(dsn, f"select {FACTS} from mart.enterprise_as_of('{later}', '{later} 00:00+08')")
        assert set(told) == copy.shown[later]
        assert nothing_new(later)
        before = everything(dsn)
        relink(later, full_refresh=True)
        again = everything(dsn)
        assert {table: found for table, found in again.items() if found != before[table]} == {}


def test_building_again_and_anew_gives_the_same_rows(walk: Walk) -> None:
    before = everything(walk.dsn)
    assert all(before.values())
    relink(LATER, full_refresh=True)
    again = everything(walk.dsn)
    assert {table: found for table, found in again.items() if found != before[table]} == {}
