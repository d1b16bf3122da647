"""Ids last: whatever the order of arrival and however often it is built, the same records bear the same ids."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest

from tests.dbt.town import deliver, take_in, uscc
from tests.warehouses import new_warehouse
from tidu.identity import decisions
from tidu.identity.decisions import Signature, minted_id
from tidu.stack.postgres import Cluster
from tidu.transform import runner

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.proof]
AS_OF = "2025-12-31"
Delivery = tuple[str, str, list[dict[str, object]]]
Rows = list[tuple[object, ...]]
IDENTITY = (
    "select dataset, source_key, enterprise_id, method from mart.enterprise_xref",
    "select party_kind, party_no, enterprise_id, anchor from intermediate.int_identity__provisional_party",
)


def rows(dsn: str, *queries: str) -> list[Rows]:
    with psycopg.connect(dsn) as connection:
        found = [sorted(connection.execute(q.encode()).fetchall(), key=str) for q in queries]
    assert all(found)
    return found


def entity(number: int, name: str, month: int, **more: object) -> dict[str, object]:
    return {
        "entity_no": str(number), "entity_name": name, "uscc": uscc(number), "entity_category": "企业",
        "holding_type": "私人控股", "established_on": "2020-01-01", "reg_status": "存续", "district_code": "370203",
        "industry_code": "C3511", "updated_at": f"2025-{month:02}-01T08:00:00", **more,
    }  # fmt: skip


def loan(number: object, name: str, code: str | None = None) -> dict[str, object]:
    return {"loan_no": str(number), "borrower_name": name, "borrower_uscc": code, "balance_wan": "5"}


def crowded_town(seed: int) -> list[Delivery]:
    """Deliveries of half a year in which few names and codes are shared by many accounts and records.

    Three towns in one, which share nothing: a build has a price of its own, whatever it is given.
    """
    return [delivery for part in range(3) for delivery in _crowd(random.Random(seed + part), part)]


def _crowd(r: random.Random, part: int) -> list[Delivery]:
    first = 100 * part
    names = [f"青岛第{first + n}商贸有限公司" for n in range(14)]
    codes: list[str | None] = [uscc(first + n) for n in range(12)] + [None] * 6
    found: list[Delivery] = []
    for month in range(1, 7):
        day = f"2025-{month:02}-15"
        found.append(("ms_registration", day, [
            entity(first + n, r.choice(names), month, former_names=r.choice(names))
            for n in range(8) if r.random() < 0.3
        ]))  # fmt: skip
        found.append(("tx_taxpayer", day, [
            {"taxpayer_no": f"t{first + n}", "taxpayer_id": r.choice(codes), "taxpayer_name": r.choice(names),
             "updated_at": f"2025-{month:02}-01T08:00:00"}
            for n in range(25) if r.random() < 0.4
        ]))  # fmt: skip
        found.append(("fn_loan", day, [
            loan(first + n, r.choice(names), r.choice(codes)) for n in range(40) if r.random() < 0.4
        ]))  # fmt: skip
    return [d for d in found if d[2]]


@pytest.fixture(scope="module")
def built_anew(
    cluster: Cluster, warehouse_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., list[Rows]]:
    """Build a town in a warehouse of its own, from deliveries in the order given, in so many builds."""

    def do(deliveries: list[Delivery], builds: int) -> list[Rows]:
        home = tmp_path_factory.mktemp("home")
        with new_warehouse(cluster, warehouse_template, home) as dsn:
            last = [len(deliveries) * (n + 1) // builds for n in range(builds)]
            for number, (dataset, day, records) in enumerate(deliveries, start=1):
                deliver(dsn, dataset, day, records)
                if number in last:
                    take_in(AS_OF, until="link")
            return rows(dsn, *IDENTITY)

    return do


@pytest.fixture(scope="module")
def at_once(built_anew: Callable[..., list[Rows]]) -> list[Rows]:
    """What one build of everything gives."""
    return built_anew(crowded_town(1), 1)


def shuffled(deliveries: list[Delivery]) -> list[Delivery]:
    random.Random(1).shuffle(deliveries)
    return deliveries


def test_neither_order_of_arrival_nor_the_number_of_builds_decides(
    built_anew: Callable[..., list[Rows]], at_once: list[Rows]
) -> None:
    assert len({e for _, _, e, _ in at_once[0]}) > 30
    assert {m for *_, m in at_once[0]} >= {"minted", "uscc", "name_exact"}
    assert built_anew(shuffled(crowded_town(1)), 3) == at_once


def test_the_test_above_fails_where_arrival_decides(
    built_anew: Callable[..., list[Rows]], at_once: list[Rows], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "dbt_project"
    shutil.copytree(runner.PROJECT, broken)
    model = broken / "models/intermediate/identity/int_identity__party_variant.sql"
    told = model.read_text(encoding="utf-8")
    spoilt = told.replace("min(delivered_on) as first", "min(date '2000-01-01' + delivery_id::int) as first")
    assert spoilt != told
    model.write_text(spoilt, encoding="utf-8")
    monkeypatch.setattr(runner, "PROJECT", broken)
    assert built_anew(shuffled(crowded_town(1)), 1) != at_once


@pytest.fixture
def story(cluster: Cluster, warehouse_template: str, tmp_path: Path) -> Iterator[str]:
    """Two strangers by name; then one shows a code and another of its name shows a second one; then both register."""
    with new_warehouse(cluster, warehouse_template, tmp_path) as dsn:
        deliver(dsn, "ms_registration", "2025-01-10", [entity(1, "青岛甲机械有限公司", 1)])
        deliver(dsn, "fn_loan", "2025-01-15", [loan("a", "外地某某有限公司"), loan("b", "外地某某有限公司")])
        take_in("2025-01-31")
        yield dsn


CHANGES = "select as_of, kind, enterprise_id, was, name, related_ids from mart.enterprise_change order by change_no"


def feed(dsn: str, since: int = 0) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn) as connection:
        found = connection.execute(
            "select change_no, kind, enterprise_id, was, related_ids, as_of from mart.enterprise_change"
            " where change_no > %s order by change_no",
            [since],
        ).fetchall()
    assert [n for n, *_ in found] == list(range(since + 1, since + 1 + len(found)))
    return [rest for _, *rest in found]  # type: ignore[misc]


def redirects(dsn: str) -> dict[object, tuple[object, ...]]:
    with psycopg.connect(dsn) as connection:
        found = connection.execute(
            "select old_enterprise_id, new_enterprise_id, cause, successors, on_date from mart.enterprise_redirect"
        ).fetchall()
    return {old: tuple(rest) for old, *rest in found}


def test_ids_are_followed_through_merger_split_and_registration(story: str) -> None:
    together, first, alone = minted_id("name|外地某某有限公司"), minted_id("ms_registration|1"), minted_id("fn_loan|c")
    codes = uscc(51), uscc(52)
    by_code = [minted_id(f"org_code|{code[8:17]}") for code in codes]
    january = date(2025, 1, 31)
    assert feed(story) == [["registered", first, None, None, january], ["minted", together, None, None, january]]
    take_in("2025-01-31")
    assert len(feed(story)) == 2 and redirects(story) == {}

    # both loans turn out to have codes, of two enterprises: the id they shared comes apart
    deliver(story, "fn_loan", "2025-02-15", [
        loan("a", "外地某某有限公司", codes[0]), loan("b", "外地某某有限公司", codes[1]), loan("c", "只此一家"),
    ])  # fmt: skip
    deliver(story, "ms_registration", "2025-02-10", [
        entity(1, "青岛乙机械有限公司", 2, former_names="青岛甲机械有限公司", district_code="370202")
    ])  # fmt: skip
    take_in("2025-02-28")
    assert redirects(story) == {together: (min(by_code), "split", sorted(by_code), date(2025, 2, 28))}
    new = feed(story, 2)
    assert sorted(e[:2] for e in new) == sorted(
        [["minted", by_code[0]], ["minted", by_code[1]], ["minted", alone], ["split", together],
         ["renamed", first], ["moved", first]]
    )  # fmt: skip
    assert ["split", together, "未登记", sorted(by_code), date(2025, 2, 28)] in new
    assert ["renamed", first, "青岛甲机械有限公司", None, date(2025, 2, 28)] in new

    # one of them registers, a reviewer joins the other to it, the first entity closes
    deliver(story, "ms_registration", "2025-03-10", [
        entity(51, "外地某某有限公司", 3),
        entity(1, "青岛乙机械有限公司", 3, former_names="青岛甲机械有限公司", district_code="370202", reg_status="注销",
               status_on="2025-03-01"),
    ])  # fmt: skip
    decisions.merge(by_code[1], by_code[0], Signature("审核员", "one and the same"))
    take_in("2025-03-31")
    registered = minted_id("ms_registration|51")
    assert {old: new[:2] for old, new in redirects(story).items()} == {
        together: (registered, "merge"), by_code[0]: (registered, "merge"), by_code[1]: (registered, "merge")
    }  # fmt: skip
    assert sorted(e[:2] for e in feed(story, 8)) == sorted(
        [["registered", registered], ["closed", first], ["merged", by_code[0]], ["merged", by_code[1]]]
    )
    before = rows(story, CHANGES, "select * from mart.enterprise_redirect", *IDENTITY)

    # everything derived made from nothing again: the same ids, redirects and feed
    take_in("2025-03-31", full_refresh=True)
    assert rows(story, CHANGES, "select * from mart.enterprise_redirect", *IDENTITY) == before
    every_id_resolves(story)


def test_records_that_are_withdrawn_take_their_id_with_them(story: str) -> None:
    with psycopg.connect(story) as connection:
        connection.execute(
            "update ops.delivery set state = 'rejected', restated = restated + 1 where dataset = 'fn_loan'"
        )
        connection.execute("delete from ops.accepted_row where dataset = 'fn_loan'")
    take_in("2025-02-28")
    gone = minted_id("name|外地某某有限公司")
    assert feed(story, 2) == [["withdrawn", gone, "未登记", None, date(2025, 2, 28)]]
    deliver(story, "fn_loan", "2025-03-15", [loan("z", "外地某某有限公司")])
    take_in("2025-03-31")
    assert feed(story, 3) == [["restored", gone, None, None, date(2025, 3, 31)]]


def test_an_id_that_was_withdrawn_and_then_leads_somewhere_is_told(story: str) -> None:
    with psycopg.connect(story) as connection:
        connection.execute(
            "update ops.delivery set state = 'rejected', restated = restated + 1 where dataset = 'fn_loan'"
        )
        connection.execute("delete from ops.accepted_row where dataset = 'fn_loan'")
    take_in("2025-02-28")
    gone, first = minted_id("name|外地某某有限公司"), minted_id("ms_registration|1")
    assert feed(story, 2) == [["withdrawn", gone, "未登记", None, date(2025, 2, 28)]]
    # one of its loans comes back, under the code of a registered enterprise
    deliver(story, "fn_loan", "2025-03-15", [loan("a", "青岛甲机械有限公司", uscc(1))])
    take_in("2025-03-31")
    assert redirects(story)[gone] == (first, "merge", [first], date(2025, 3, 31))
    assert feed(story, 3) == [["merged", gone, None, [first], date(2025, 3, 31)]]
    take_in("2025-04-30")
    assert feed(story, 4) == []


def every_id_resolves(dsn: str) -> None:
    """Every id the feed ever named stands, or leads to one that does."""
    with psycopg.connect(dsn) as connection:
        named, lost = connection.execute(
            "select count(distinct c.enterprise_id),"
            " count(distinct c.enterprise_id) filter (where e.enterprise_id is null)"
            " from mart.enterprise_change as c"
            " left join mart.enterprise_redirect as r on r.old_enterprise_id = c.enterprise_id"
            " left join mart.enterprise as e on e.enterprise_id = coalesce(r.new_enterprise_id, c.enterprise_id)"
        ).fetchone() or (0, 0)
    assert named > 3 and lost == 0
