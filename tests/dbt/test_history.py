"""What was known on a day can be asked for ever after, whatever comes later and in whatever order it comes."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable, Iterator

import psycopg
import pytest

from tests.dbt.town import deliver, take_in, uscc
from tests.warehouses import new_warehouse
from tidu.stack.postgres import Cluster

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.proof]
FACTS = (
    "enterprise_id, uscc, org_code, name, entity_category, reg_type_code, holding_type, is_private, status,"
    " established_on, closed_on, registered_capital_yuan, district_code, zone_code, address, industry_code,"
    " industry_section, is_branch, registered_capital_amount, currency"
)
DAYS = [dt.date(2025, 1, 31), dt.date(2025, 3, 10), dt.date(2025, 4, 20), dt.date(2025, 6, 30)]
DISTRICTS = ("370202", "370203", "370205", "370211", "370214", "999999")
ITEMS = {"district_code": "登记机关", "address": "住所", "entity_name": "名称", "reg_type_code": "企业类型",
         "registered_capital_wan": "注册资本"}  # fmt: skip
Day = list[tuple[str, str, list[dict[str, object]]]]
Rows = set[tuple[object, ...]]


def registration(number: str, **more: object) -> dict[str, object]:
    return {
        "entity_no": number, "entity_name": f"青岛{number}机械有限公司", "uscc": uscc(int(number)),
        "entity_category": "企业", "holding_type": "私人控股", "reg_type_code": "173",
        "established_on": "2020-01-01", "reg_status": "存续",
        "district_code": "370202", "industry_code": "C3511", "address": "某路1号", "approved_on": "2020-01-01",
        "updated_at": "2025-01-02T08:00:00", **more,
    }  # fmt: skip


def told_by_hand() -> Day:
    """One enterprise per case; the number says which."""
    move = {"district_code": "370214", "address": "别路2号"}
    return [
        ("ms_registration", "2025-01-10", [registration(str(n)) for n in range(1, 9)]),
        # 1 moves, and the registered change that dates the move comes weeks later
        ("ms_registration", "2025-02-10", [
            registration("1", **move, approved_on="2025-02-08", updated_at="2025-02-09T08:00:00")]),
        ("ms_change_event", "2025-04-10", [
            {"change_no": "b1", "entity_no": "1", "change_item": "登记机关", "changed_on": "2025-02-01"}]),
        # 2 ended in February, which is told in April, and by a later correction a month earlier
        ("ms_registration", "2025-04-12", [
            registration("2", reg_status="注销", status_on="2025-02-20", updated_at="2025-04-11T08:00:00")]),
        ("ms_registration", "2025-06-12", [
            registration("2", reg_status="注销", status_on="2025-01-20", updated_at="2025-06-11T08:00:00")]),
        # 3: an older version arrives after a newer one
        ("ms_registration", "2025-03-05", [
            registration(
                "3", entity_name="青岛新三有限公司", approved_on="2025-03-04", updated_at="2025-03-04T08:00:00")]),
        ("ms_registration", "2025-05-05", [
            registration(
                "3", entity_name="青岛中三有限公司", approved_on="2025-02-02", updated_at="2025-02-03T08:00:00")]),
        # 4 is revoked, then struck off; 5 revives
        ("ms_registration", "2025-02-11", [
            registration("4", reg_status="吊销", status_on="2025-02-01", updated_at="2025-02-10T08:00:00"),
            registration("5", reg_status="迁出", status_on="2025-02-01", updated_at="2025-02-10T08:00:00")]),
        ("ms_registration", "2025-06-13", [
            registration("4", reg_status="注销", status_on="2025-06-01", updated_at="2025-06-10T08:00:00"),
            registration("5", reg_status="存续", status_on="2025-05-01", updated_at="2025-06-10T08:00:00")]),
        # 6 is renamed; 7 was registered with a wrong industry and a wrong day of establishment
        ("ms_registration", "2025-03-06", [
            registration(
                "6", entity_name="青岛六股份有限公司", approved_on="2025-03-01", updated_at="2025-03-05T08:00:00"),
            registration("7", industry_code="F5211", established_on="2020-02-02", updated_at="2025-03-05T08:00:00")]),
        ("ms_change_event", "2025-03-06", [
            {"change_no": "b6", "entity_no": "6", "change_item": "名称", "changed_on": "2025-03-02"}]),
        # known to tax alone until its registration comes
        ("tx_taxpayer", "2025-01-10", [
            {"taxpayer_no": "t", "taxpayer_id": uscc(9000), "taxpayer_name": "青岛无名有限公司",
             "updated_at": "2025-01-01T08:00:00"}]),
        ("ms_registration", "2025-06-20", [registration("9000", established_on="2025-06-18")]),
        # known to banks alone, who come to call it otherwise; one whom a bank knew is never heard of again
        ("fn_loan", "2025-01-20", [
            {"loan_no": "l1", "borrower_name": "外地旧名有限公司", "borrower_uscc": uscc(9001)}]),
        ("fn_loan", "2025-03-20", [
            {"loan_no": f"l{n}", "borrower_name": "外地新名有限公司", "borrower_uscc": uscc(9001)} for n in (2, 3)]),
        ("fn_equity", "2025-04-15", [
            {"deal_no": "e1", "enterprise_name": "外地股权有限公司", "uscc": uscc(9002)}]),
    ]  # fmt: skip


def told_at_random(seed: int, entities: int = 60) -> Day:
    """Versions and changes in any order, dated anywhere before their delivery; instants differ, codes stay."""
    r = random.Random(seed)
    found: Day = []
    for number in range(100, 100 + entities):
        row = registration(str(number))
        for version in range(r.randint(1, 5)):
            delivered = dt.date(2025, 1, 3) + dt.timedelta(days=r.randrange(175))
            updated = delivered - dt.timedelta(days=r.choice((1, 1, 2, 40)))
            for field, values in {
                "district_code": DISTRICTS, "address": ("甲路", "乙路", None),
                "entity_name": ("青岛甲", "青岛乙", "青岛乙分公司"),
                "reg_type_code": ("173", "160", None), "currency": (None, "USD"),
                "registered_capital_wan": ("10", "20", None),
                "industry_code": ("C3511", "F5211", None), "holding_type": ("国有控股", "私人控股", None),
                "established_on": ("2020-01-01", "2019-05-05"), "reg_status": ("存续", "注销", "吊销", "迁出"),
            }.items():  # fmt: skip
                if r.random() < 0.25:
                    row = {**row, field: r.choice(values)}
            row |= {
                "status_on": r.choice((None, updated - dt.timedelta(days=r.randrange(60)))),
                "approved_on": r.choice((None, updated - dt.timedelta(days=r.randrange(60)))),
                "updated_at": f"{updated}T08:{version:02d}:{number % 60:02d}",
                "zone_code": r.choice((None, "Z1")),
            }
            found.append(("ms_registration", str(delivered), [dict(row)]))
            for field, item in ITEMS.items():
                if r.random() < 0.4:
                    told = delivered + dt.timedelta(days=r.randrange(30))
                    event = {"change_no": f"{number}-{version}-{field}", "entity_no": str(number), "change_item": item,
                             "changed_on": updated - dt.timedelta(days=r.randrange(50))}  # fmt: skip
                    found.append(("ms_change_event", str(min(told, DAYS[-1])), [event]))
    return found


def build_master(as_of: dt.date) -> None:
    take_in(str(as_of), "2025-01-01")


def rows(dsn: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query.encode()).fetchall()


@pytest.fixture(scope="module")
def replayed(
    cluster: Cluster, warehouse_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, dict[dt.date, Rows]]]:
    """A warehouse built on each of the days, and what its master showed then."""
    told = sorted(told_by_hand() + told_at_random(7), key=lambda d: d[1])
    with new_warehouse(cluster, warehouse_template, tmp_path_factory.mktemp("home")) as dsn:
        shown: dict[dt.date, Rows] = {}
        for before, day in zip([dt.date.min, *DAYS], DAYS, strict=False):
            for dataset, delivered_on, delivered in told:
                if before < dt.date.fromisoformat(delivered_on) <= day:
                    deliver(dsn, dataset, delivered_on, delivered)
            build_master(day)
            shown[day] = set(rows(dsn, f"select {FACTS} from mart.enterprise"))
        yield dsn, shown


def told_later(dsn: str, days: Iterable[dt.date]) -> dict[dt.date, Rows]:
    """Return what the history says was known of each of the days on that day."""
    return {
        day: set(rows(dsn, f"select {FACTS} from mart.enterprise_as_of('{day}', '{day} 00:00+08')")) for day in days
    }


def test_asking_later_gives_what_each_day_showed(replayed: tuple[str, dict[dt.date, Rows]]) -> None:
    dsn, shown = replayed
    assert len(shown) == len(DAYS)
    assert all(len(then) > 20 for then in shown.values())
    assert len({frozenset(then) for then in shown.values()}) == len(DAYS)
    assert {day: then ^ told_later(dsn, [day])[day] for day, then in shown.items()} == {day: set() for day in DAYS}


def misdated(connection: psycopg.Connection) -> int:
    """Count stretches whose status or district, as known last, is another than figures are made from."""
    found = connection.execute(
        "select count(*) from mart.enterprise_history as h"
        " join intermediate.int_enterprise__status_span as s using (enterprise_id)"
        " join intermediate.int_enterprise__district_span as d using (enterprise_id)"
        " where h.known_to = 'infinity' and daterange(h.valid_from, h.valid_to)"
        " * daterange(s.valid_from, s.valid_to) * daterange(d.valid_from, d.valid_to) <> 'empty'"
        " and (h.status, h.district_code) <> (s.status, d.district_code)"
    ).fetchone()
    assert found
    return int(found[0])


def test_history_dates_changes_as_the_figures_do(replayed: tuple[str, dict[dt.date, Rows]]) -> None:
    with psycopg.connect(replayed[0]) as connection:
        assert misdated(connection) == 0


@pytest.mark.parametrize(
    "harm",
    [
        # what is believed now was never believed otherwise
        "delete from mart.enterprise_changed where known_to < 'infinity';"
        " update mart.enterprise_changed set known_from = '-infinity'",
        "delete from mart.enterprise_changed where known_to < 'infinity'",
        "delete from mart.enterprise_unregistered_history where shown_to < 'infinity'",
        # every change a month early
        "update mart.enterprise_changed set valid_from = valid_from - 30, valid_to = valid_to - 30",
    ],
)
def test_a_history_broken_on_purpose_is_found_out(replayed: tuple[str, dict[dt.date, Rows]], harm: str) -> None:
    dsn, shown = replayed
    with psycopg.connect(dsn) as connection:
        connection.execute(harm.encode())
        question = f"select {FACTS} from mart.enterprise_as_of(%s, %s::timestamp at time zone 'Asia/Shanghai')".encode()
        told = {day: set(connection.execute(question, [day, day]).fetchall()) for day in shown}
        assert told != shown or misdated(connection) > 0
        connection.rollback()


@pytest.mark.parametrize(
    ("number", "fact", "valid_on", "known_on", "told"),
    [
        # dated by its version, until the registered change is known
        (1, "district_code", "2025-02-05", "2025-03-10", "370202"),
        (1, "district_code", "2025-02-08", "2025-03-10", "370214"),
        (1, "district_code", "2025-02-05", "2025-04-20", "370214"),
        (2, "status", "2025-02-25", "2025-03-10", "存续"),
        (2, "status", "2025-02-25", "2025-04-20", "注销"),
        (2, "status", "2025-02-10", "2025-04-20", "存续"),
        (2, "status", "2025-02-10", "2025-06-30", "注销"),
        (2, "closed_on", "2025-02-25", "2025-06-30", dt.date(2025, 1, 20)),
        # an older version that comes late changes the past alone
        (3, "name", "2025-02-10", "2025-03-10", "青岛3机械有限公司"),
        (3, "name", "2025-02-10", "2025-06-30", "青岛中三有限公司"),
        (3, "name", "2025-06-01", "2025-06-30", "青岛新三有限公司"),
        (4, "closed_on", "2025-06-30", "2025-06-30", dt.date(2025, 2, 1)),
        (5, "status", "2025-04-01", "2025-06-30", "迁出"),
        (5, "status", "2025-06-01", "2025-06-30", "存续"),
        (6, "name", "2025-03-01", "2025-06-30", "青岛6机械有限公司"),
        (6, "name", "2025-03-02", "2025-06-30", "青岛六股份有限公司"),
        # a slip that no act of registration lies between was wrong from the first
        (7, "industry_code", "2021-01-01", "2025-01-31", "C3511"),
        (7, "industry_code", "2021-01-01", "2025-06-30", "F5211"),
        (7, "name", "2020-01-15", "2025-06-30", None),
        (8, "name", "2025-06-30", "2025-01-09", None),
        (8, "name", "2025-06-30", "2025-01-10", "青岛8机械有限公司"),
    ],
)
def test_each_day_is_told_as_it_was_known(
    replayed: tuple[str, dict[dt.date, Rows]], number: int, fact: str, valid_on: str, known_on: str, told: object
) -> None:
    found = rows(
        replayed[0],
        f"select {fact} from mart.enterprise_as_of('{valid_on}', '{known_on} 00:00+08') join mart.enterprise_xref"
        f" using (enterprise_id) where dataset = 'ms_registration' and source_key = '{number}'",
    )
    assert found == ([] if told is None else [(told,)])


def test_the_database_refuses_two_beliefs_at_one_time(replayed: tuple[str, dict[dt.date, Rows]]) -> None:
    dsn, _ = replayed
    with psycopg.connect(dsn) as connection, pytest.raises(psycopg.errors.ExclusionViolation):
        connection.execute(
            "insert into mart.enterprise_changed select (json_populate_record(c, json_build_object("
            "'valid_from', c.valid_from + 1))).* from mart.enterprise_changed as c"
            " where c.valid_to = 'infinity' limit 1"
        )


def test_a_withdrawn_delivery_was_never_known(replayed: tuple[str, dict[dt.date, Rows]]) -> None:
    dsn, _ = replayed
    with psycopg.connect(dsn, autocommit=True) as connection:
        withdrawn = connection.execute(
            "update ops.delivery set state = 'rejected', restated = restated + 1 where dataset = 'ms_registration'"
            " and delivered_on = '2025-06-12' returning delivery_id"
        ).fetchall()
        assert withdrawn
        connection.execute("delete from ops.accepted_row where delivery_id = any(%s)", [[w[0] for w in withdrawn]])
    build_master(DAYS[-1])
    closed = (
        "select distinct closed_on from mart.enterprise_history join mart.enterprise_xref using (enterprise_id) where"
    )
    assert rows(dsn, f"{closed} dataset = 'ms_registration' and source_key = '2' and closed_on is not null") == [
        (dt.date(2025, 2, 20),)
    ]
