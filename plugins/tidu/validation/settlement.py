"""Settlement: each delivered row gets exactly one outcome, several deliveries at once.

The result is that of taking the deliveries one by one in order (delivered_on, delivery_id); window
functions give it in closed form. Three ways to judge rows that broke no rule, by contract:
versioned (append; delta with updated_at), current (delta without updated_at), snapshot.
What was accepted earlier is only looked up by key, through the index on ops.accepted_row.

Every statement here belongs to one transaction, over the readings table and the temporary table
pending_delivery (delivery_id, place, delivered_on, repeats, kept_out) that the caller made.
"""

# ruff: noqa: S608 - SQL is composed from contract names only

from __future__ import annotations

from tidu.contracts import DatasetContract
from tidu.validation.readings import table

CONFLICT = "row:conflict"


def judging_sql(contract: DatasetContract, *, has_history: bool, readings: str | None = None) -> str:
    """Return SQL that makes pg_temp.candidate and pg_temp.set_aside from `readings` (default: the readings table).

    candidate: one row per row that broke no rule of its own: delivery_id, row_no, hash, place, key, version,
    content, outcome (null where versions still have to be compared), rival.
    set_aside: one row per candidate that is not accepted: its hash and key, outcome (duplicate, superseded or
    conflict) and the accepted row that stands in its place.
    """
    judge = {"versioned": _versioned, "current": _current, "snapshot": _snapshot}[manner(contract)]
    sound = _sound_rows(readings or table(contract))
    return f"""
create temporary table candidate on commit drop as {judge(contract, sound, has_history)};
create temporary table set_aside on commit drop as {_set_aside(contract, has_history)};
"""


def manner(contract: DatasetContract) -> str:
    """Return how rows of one key are weighed against each other: versioned, current or snapshot."""
    if contract.mode == "snapshot":
        return "snapshot"
    return "current" if contract.mode == "delta" and contract.version_field is None else "versioned"


def _sound_rows(readings: str) -> str:
    return f"""(
        select t.delivery_id, t.row_no, t._hash as hash, t._place as place, t.delivered_on,
            t._key as key, t._version as version, t._content as content
        from {readings} as t
        where t._broken is null
            and t.delivery_id not in (select p.delivery_id from pg_temp.pending_delivery as p where p.kept_out)
    ) as s"""


def accepted(contract: DatasetContract) -> str:
    """Return the partition that holds the dataset's accepted rows: named, so that no plan visits others."""
    return f"ops.accepted_row_{contract.name}"


def _versioned(contract: DatasetContract, sound: str, has_history: bool) -> str:
    """A row is accepted when its version is the delivery's highest of the key and beats all earlier ones.

    `rival` is the highest version known for the key after the row's delivery.
    """
    known = (
        f"""left join lateral (
        select h.version from {accepted(contract)} as h where h.key = s.key order by h.version desc limit 1
    ) as h on true"""
        if has_history
        else "cross join (select null::bigint as version) as h"
    )
    return f"""
select delivery_id, row_no, hash, place, key, version, content,
    case when nth = 1 and coalesce(version > best_before, true) then 'accepted' end as outcome,
    greatest(best_before, best_here) as rival
from (
    select s.*, row_number() over here as nth, first_value(s.version) over here as best_here,
        greatest(h.version, max(s.version) over (
            partition by s.key order by s.place groups between unbounded preceding and 1 preceding)) as best_before
    from {sound}
    {known}
    window here as (partition by s.key, s.place order by s.version desc, s.row_no)
) as w"""


def _snapshot(_contract: DatasetContract, sound: str, _has_history: bool) -> str:
    """The first row of a key in its delivery is accepted; earlier deliveries do not matter.

    `rival` is the place of the delivery itself.
    """
    return f"""
select delivery_id, row_no, hash, place, key, version, content,
    case when nth = 1 then 'accepted' when content = first_content then 'duplicate' else 'conflict' end as outcome,
    place as rival
from (
    select s.*, row_number() over here as nth, first_value(content) over here as first_content
    from {sound}
    window here as (partition by key, place order by row_no)
) as w"""


def _current(contract: DatasetContract, sound: str, has_history: bool) -> str:
    """The first row of a key in its delivery that differs from the key's current row is accepted.

    Rows before it equal the current row: duplicates. After it only its own content is one.
    The current row is the accepted one of the latest delivery in order; a delivery that arrives late
    (before one in history) is measured by it and leaves it. ops.current_content tells it from the
    first two contents of each earlier delivery. `rival` is the place of the accepted row a row is
    measured by, null when that lies in history.
    """
    known = (
        f"""left join lateral (
            select h.content, d.delivered_on, h.delivery_id
            from {accepted(contract)} as h join ops.delivery as d using (delivery_id)
            where h.key = n.key order by d.delivered_on desc, h.delivery_id desc limit 1
        ) as h on true"""
        if has_history
        else "cross join (select null::uuid as content, null::date as delivered_on, null::bigint as delivery_id) as h"
    )
    return f"""
select delivery_id, row_no, hash, place, key, version, content,
    case
        when row_no = taken_row then 'accepted'
        when taken_row is null or row_no < taken_row or content = taken then 'duplicate'
        else 'conflict'
    end as outcome,
    case when row_no >= taken_row then place
        else max(place) filter (where row_no = taken_row and not late) over earlier end as rival
from (
    select m.*, min(row_no) filter (where content = taken) over (partition by key, place) as taken_row
    from (
        select b.*, case when first_content is distinct from content_before then first_content else second_content end
            as taken
        from (
            select n.*, late, coalesce(
                ops.current_content(h.content, first_content, second_content)
                    filter (where nth = 1 and not late) over earlier,
                h.content) as content_before
            from (
                select f.*, nullif(first_value(content) over (
                    partition by key, place order by content = first_content, row_no), first_content) as second_content
                from (
                    select s.*, row_number() over here as nth, first_value(content) over here as first_content
                    from {sound}
                    window here as (partition by key, place order by row_no)
                ) as f
            ) as n
            {known}
            cross join lateral (
                select coalesce((h.delivered_on, h.delivery_id) > (n.delivered_on, n.delivery_id), false) as late
            ) as l
            window earlier as (partition by key order by place groups between unbounded preceding and 1 preceding)
        ) as b
    ) as m
) as w
window earlier as (partition by key order by place groups between unbounded preceding and 1 preceding)"""


def _set_aside(contract: DatasetContract, has_history: bool) -> str:
    """Return SQL for the candidates that are not accepted, each beside the accepted row in its place."""
    if manner(contract) != "versioned":
        earlier = (
            f"""left join lateral (
        select h.delivery_id, h.row_no from {accepted(contract)} as h join ops.delivery as d using (delivery_id)
        where o.rival is null and h.key = o.key order by d.delivered_on desc, h.delivery_id desc limit 1
    ) as h on true"""
            if has_history
            else "cross join (select null::bigint as delivery_id, null::integer as row_no) as h"
        )
        return f"""
    select o.delivery_id, o.row_no, o.hash, o.key, o.outcome, coalesce(a.delivery_id, h.delivery_id) as of_delivery_id,
        coalesce(a.row_no, h.row_no) as of_row_no
    from pg_temp.candidate as o
    left join pg_temp.candidate as a on a.outcome = 'accepted' and a.key = o.key and a.place = o.rival
    {earlier}
    where o.outcome <> 'accepted'"""

    def earlier_version(version: str, alias: str) -> str:
        if not has_history:
            return (
                "cross join (select null::bigint as delivery_id, null::integer as row_no, null::uuid as content)"
                f" as {alias}"
            )
        return f"""left join lateral (
        select h.delivery_id, h.row_no, h.content from {accepted(contract)} as h
        where h.key = o.key and h.version = {version} limit 1
    ) as {alias} on true"""

    return f"""
    select o.delivery_id, o.row_no, o.hash, o.key,
        case
            when coalesce(a.content, h.content) is null then 'superseded'
            when coalesce(a.content, h.content) = o.content then 'duplicate'
            else 'conflict'
        end as outcome,
        coalesce(a.delivery_id, h.delivery_id, b.delivery_id, g.delivery_id) as of_delivery_id,
        coalesce(a.row_no, h.row_no, b.row_no, g.row_no) as of_row_no
    from pg_temp.candidate as o
    left join pg_temp.candidate as a on a.outcome = 'accepted' and a.key = o.key and a.version = o.version
    {earlier_version("o.version", "h")}
    left join pg_temp.candidate as b on b.outcome = 'accepted' and b.key = o.key and b.version = o.rival
    {earlier_version("o.rival", "g")}
    where o.outcome is null"""
