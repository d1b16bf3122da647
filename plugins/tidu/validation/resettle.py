"""Settling keys anew: what rows of a dataset become when decisions change the standing of some of them.

Rows compete only with rows of their own key. So when a row is let in, corrected or taken away, all rows of the keys it
had and has are settled again from nothing, pass by pass in the order they were first settled, with the very SQL that
settles new deliveries; what differs from the records is then applied to them. The result is that of settling the whole
dataset anew with the decisions in force, and no other row is touched.

Rows that broke no rule when they came are not judged by row rules again: a rule that became stricter since does not
reach back. Caller: tidu.validation.decisions, which names the rows in pg_temp.moved_row (quarantine_id, delivery_id,
row_no, discarded) and withdrawn deliveries in pg_temp.gone_delivery (delivery_id), in a transaction that holds the
dataset's lock, with DateStyle ISO and time zone UTC.
"""

# ruff: noqa: S608 - SQL is composed from contract names only

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg.rows import class_row

from tidu.contracts import DatasetContract
from tidu.contracts.derive.row_hash import row_hash_sql
from tidu.validation.moving import apply_moves, conflicts_sql, hold_moved_rows, remember_standing
from tidu.validation.readings import reading_query
from tidu.validation.recording import redelivery_sql
from tidu.validation.settlement import CONFLICT, accepted, judging_sql

MANY_ROWS, MANY_KEYS = 100, 5000


@dataclass(frozen=True)
class Moved:
    """What became of one quarantined row."""

    quarantine_id: int
    dataset: str
    delivery_id: int
    row_no: int
    state: str
    """State in quarantine: open and discarded rows are held back."""
    outcome: str
    """accepted, duplicate, superseded or quarantined."""
    rules: list[str]
    """Rules it broke; of an open row: breaks."""


def resettle(connection: psycopg.Connection, contract: DatasetContract, by: str, reason: str) -> list[Moved]:
    """Settle the keys of moved rows and withdrawn deliveries anew; return what became of the moved rows, in order.

    `by` and `reason` are noted at rows that are released or held only as a consequence. Ledger, accepted rows, rows set
    aside and quarantine agree before and after. Deliveries whose accepted rows changed are taken in by the next build.
    """
    _order_deliveries(connection, contract.name)
    _read(connection, contract, "pg_temp.moved_row", "moving_reading")
    connection.execute(WAIVE)
    gone = "exists (select from pg_temp.gone_delivery)"
    _plan_for(connection, f"select count(*) > {MANY_ROWS} or {gone} from pg_temp.moved_row")
    connection.execute(_affected_keys(contract).encode())
    many = _plan_for(connection, f"select count(*) > {MANY_KEYS} from pg_temp.affected_key")
    remember_standing(connection, contract)
    hold_moved_rows(connection)
    _read(connection, contract, "pg_temp.staying_row", "standing_reading")
    connection.execute(
        "alter table pg_temp.standing_reading add column _rules text[];"
        " update pg_temp.standing_reading set _broken = null;"
        " insert into pg_temp.standing_reading select m.* from pg_temp.moving_reading as m"
        " join pg_temp.moved_row using (delivery_id, row_no) where m._broken is null and not discarded"
    )
    _settle_by_pass(connection, contract, "off" if many else "on")
    apply_moves(connection, by, reason)
    connection.execute("set local enable_nestloop = on")
    return _moved(connection, contract.name)


def _order_deliveries(connection: psycopg.Connection, dataset: str) -> None:
    """Number the settled deliveries in the order in which they were settled."""
    connection.execute(
        "drop table if exists pg_temp.pending_delivery, pg_temp.follower, pg_temp.moving_reading,"
        " pg_temp.standing_reading, pg_temp.affected_key, pg_temp.row_before, pg_temp.row_after, pg_temp.staying_row"
    )
    connection.execute(
        """
        create temporary table pending_delivery on commit drop as
        select d.delivery_id, d.settled_pass, d.delivered_on,
            extract(year from d.delivered_on)::integer as delivered_year,
            row_number() over (order by d.settled_pass, d.delivered_on, d.delivery_id) as place,
            (d.delivered_on + 1)::timestamp at time zone 'Asia/Shanghai' as delivery_ends,
            d.repeats_delivery_id is not null as repeats, false as kept_out
        from ops.delivery as d where d.dataset = %s and d.state = 'accepted'
        """,
        [dataset],
    )
    connection.execute("analyze pending_delivery")


def _read(connection: psycopg.Connection, contract: DatasetContract, rows: str, into: str) -> None:
    """Read the named raw rows, repairs laid over them, into a temporary table."""
    name, hashed = contract.name, row_hash_sql(contract)
    standing = f"""(
        select r.*, {hashed} as _hash from raw.{name} as r join {rows} as n using (delivery_id, row_no)
        where not exists (
            select from raw.{name}_repair as p where p.delivery_id = r.delivery_id and p.row_no = r.row_no)
        union all
        select p.*, {hashed} as _hash from raw.{name}_repair as p
        join raw.{name} as r using (delivery_id, row_no) join {rows} as n using (delivery_id, row_no)
    )"""
    query = reading_query(contract, standing, "r._hash")
    connection.execute(f"create temporary table {into} on commit drop as {query}".encode())
    connection.execute(f"analyze {into}".encode())


WAIVE = """
alter table pg_temp.moving_reading add column _rules text[];
update pg_temp.moving_reading as m set _rules = m._broken, _broken = case when not m._broken <@ q.waived_rules then
    array(
        select rule from unnest(m._broken) with ordinality as u (rule, nth)
        where rule <> all (q.waived_rules) order by nth)
    end
from ops.quarantine as q
where q.delivery_id = m.delivery_id and q.row_no = m.row_no and m._broken is not null;
"""
"""What a moved row breaks beyond what is waived; `_rules` keeps all of it."""


def _affected_keys(contract: DatasetContract) -> str:
    """Return SQL for the keys that moved rows had and have, and all keys of withdrawn deliveries."""
    name, table = contract.name, accepted(contract)
    # each branch its own, so that moved rows are looked up and only withdrawn deliveries are gone through
    concerned = ("moved_row as n using (delivery_id, row_no)", "gone_delivery as n using (delivery_id)")
    looked_up = "\nunion\n".join(
        f"""select a.key from {table} as a join pg_temp.{named}
union
select a.key from ops.row_set_aside as s join pg_temp.{named}
join {table} as a on a.delivery_id = s.of_delivery_id and a.row_no = s.of_row_no
where s.dataset = '{name}'
union
select q.key from ops.quarantine as q join pg_temp.{named}
where q.dataset = '{name}' and q.key is not null and q.rules = array['{CONFLICT}']"""
        for named in concerned
    )
    return f"""
create temporary table affected_key on commit drop as
{looked_up}
union
select m._key from pg_temp.moving_reading as m where m._broken is null;
create unique index on pg_temp.affected_key (key);
analyze pg_temp.affected_key;
"""


def _plan_for(connection: psycopg.Connection, much: str) -> bool:
    """Ask whether so much is concerned that tables are gone through once instead of looked up, and plan for it."""
    (found,) = connection.execute(much.encode()).fetchone() or (False,)
    connection.execute("set local enable_nestloop = off" if found else "set local enable_nestloop = on")
    return bool(found)


def _settle_by_pass(connection: psycopg.Connection, contract: DatasetContract, nested_loops: str) -> None:
    """Settle the standing rows, earlier passes first, and keep their outcomes in pg_temp.row_after."""
    passes = connection.execute(
        "select min(p.place), max(p.place) from pg_temp.pending_delivery as p"
        " where p.delivery_id in (select delivery_id from pg_temp.standing_reading) group by p.settled_pass order by 1"
    ).fetchall()
    connection.execute(
        "create temporary table row_after (delivery_id bigint not null, row_no integer not null, hash bigint not null,"
        " key text not null, outcome text not null, primary key (delivery_id, row_no)) on commit drop;"
        " create temporary table follower (quarantine_id bigint not null) on commit drop"
    )
    for first, last in passes:
        rows = f"(select * from pg_temp.standing_reading where _place between {first} and {last})"
        connection.execute("drop table if exists pg_temp.candidate, pg_temp.set_aside")
        connection.execute(judging_sql(contract, has_history=True, readings=rows).encode())
        connection.execute(_pass_records(contract, nested_loops).encode())
    connection.execute("drop table if exists pg_temp.candidate, pg_temp.set_aside")


def _pass_records(contract: DatasetContract, nested_loops: str) -> str:
    name = contract.name
    return f"""
insert into ops.accepted_row (dataset, delivery_id, row_no, key, version, content, row_hash)
select '{name}', delivery_id, row_no, key, version, content, hash
from pg_temp.candidate where outcome = 'accepted' order by place, row_no;

insert into ops.row_set_aside (delivery_id, row_no, dataset, outcome, of_delivery_id, of_row_no, row_hash)
select delivery_id, row_no, '{name}', outcome, of_delivery_id, of_row_no, hash
from pg_temp.set_aside where outcome <> 'conflict';

insert into pg_temp.row_after
select delivery_id, row_no, hash, key, 'accepted' from pg_temp.candidate where outcome = 'accepted'
union all
select delivery_id, row_no, hash, key, case outcome when 'conflict' then 'quarantined' else outcome end
from pg_temp.set_aside;
{conflicts_sql(contract)}{redelivery_sql(contract, nested_loops)}"""


def _moved(connection: psycopg.Connection, dataset: str) -> list[Moved]:
    with connection.cursor(row_factory=class_row(Moved)) as cursor:
        cursor.execute(
            "select q.quarantine_id, q.dataset, q.delivery_id, q.row_no, q.state,"
            " coalesce(a.outcome, 'quarantined') as outcome, q.rules"
            " from pg_temp.moved_row as m join ops.quarantine as q using (quarantine_id)"
            " left join pg_temp.row_after as a on a.delivery_id = q.delivery_id and a.row_no = q.row_no"
            " where q.dataset = %s order by q.quarantine_id",
            [dataset],
        )
        return cursor.fetchall()
