"""What tickets are made from, in SQL: each query fills pg_temp.found_ticket with every ticket its origin gives.

A spell of a fault is one ticket: all faulty rows of a key and field that the same later delivery put right, or that
none has yet. Its identity is the first of them as received, so that it stays the same ticket when more rows come.
"""

# ruff: noqa: S608 - SQL is composed from contract names only; values are parameters

from __future__ import annotations

from tidu.contracts import DatasetContract

LONGEST = 500
"""Characters of a value a ticket quotes."""
NEW_CODE_ROWS = 3
"""Rows of one delivery that have the same unlisted code before it counts as a code rather than a slip."""

REDELIVERED = """
update ops.quarantine as q set redelivered_by = f.delivery_id
from (
    select o.quarantine_id, n.delivery_id
    from ops.quarantine as o
    join ops.delivery as d using (delivery_id)
    cross join lateral (
        select a.delivery_id
        from ops.accepted_row as a join ops.delivery as e using (delivery_id)
        where a.dataset = o.dataset and a.key = o.key and e.state = 'accepted'
            and (e.delivered_on, e.delivery_id) > (d.delivered_on, d.delivery_id)
            and not exists (select from ops.quarantine as w where w.delivery_id = a.delivery_id and w.row_no = a.row_no)
        order by e.delivered_on, e.delivery_id limit 1
    ) as n
    where o.redelivered_by is null and o.key is not null and o.state in ('open', 'repaired') and d.state = 'accepted'
) as f
where f.quarantine_id = q.quarantine_id
"""
"""Notes re-deliveries that were there before the faulty row came, which the pass that settled it does not look for."""

QUARANTINE = f"""
with faulty as (
    select q.*, d.delivered_on, c.mode
    from ops.quarantine as q
    join ops.delivery as d using (delivery_id)
    join ops.contract_dataset as c on c.dataset = q.dataset
    where q.state in ('open', 'repaired') and d.state = 'accepted'
),
-- the next snapshot is the proof by itself: a faulty row that is not in it any more is mended or gone
snapshot as (
    select d.delivery_id, d.dataset, d.delivered_on,
        row_number() over (partition by d.dataset order by d.delivered_on, d.delivery_id) as place
    from ops.delivery as d join ops.contract_dataset as c using (dataset)
    where c.mode = 'snapshot' and d.state = 'accepted' and d.repeats_delivery_id is null
),
placed as (
    select f.quarantine_id, f.dataset, f.source_key, s.place,
        s.place - dense_rank() over (partition by f.dataset, f.source_key order by s.place) as run
    from faulty as f join snapshot as s using (delivery_id)
),
lasting as (
    select quarantine_id, dataset, max(place) over (partition by dataset, source_key, run) as last_place from placed
),
fixed as materialized (  -- without statistics of a first load the planner would derive it anew for every faulty row
    select l.quarantine_id, s.delivery_id, s.delivered_on
    from lasting as l join snapshot as s on s.dataset = l.dataset and s.place = l.last_place + 1
    union all
    select f.quarantine_id, e.delivery_id, e.delivered_on
    from faulty as f join ops.delivery as e on e.delivery_id = f.redelivered_by and e.state = 'accepted'
    where f.mode <> 'snapshot'
),
fault as (
    select f.quarantine_id, f.dataset, f.source_key, f.delivered_on, f.delivery_id, f.row_no, r.rule,
        nullif(split_part(r.rule, ':', 1), 'row') as attribute, x.delivery_id as fixed_by, x.delivered_on as fixed_on
    from faulty as f
    cross join unnest(f.rules) as r (rule)
    left join fixed as x using (quarantine_id)
    where r.rule <> all(f.waived_rules) or f.waived_until < %(as_of)s
),
spell as (
    select dataset, source_key, attribute, fixed_by, fixed_on, min(quarantine_id) as origin_id,
        min(delivered_on) as opened_on, count(distinct quarantine_id) as times,
        array_agg(distinct rule order by rule) as rules,
        (array_agg(quarantine_id order by delivered_on desc, delivery_id desc, row_no desc))[1] as latest_id
    from fault group by dataset, source_key, attribute, fixed_by, fixed_on
)
insert into pg_temp.found_ticket
select s.dataset, s.source_key, s.source_key, s.attribute, left(q.payload ->> s.attribute, {LONGEST}),
    -- a reviewer's repair is what we hold; the department still has to correct its own
    case when q.state = 'repaired' then (
        select left(x.detail -> 'corrections' ->> s.attribute, {LONGEST}) from ops.decision as x
        where x.subject = 'quarantine:' || q.quarantine_id and x.kind = 'override' and x.state = 'active'
        order by x.decision_id desc limit 1) end,
    jsonb_build_object('quarantine_id', q.quarantine_id, 'delivery_id', q.delivery_id, 'row_no', q.row_no,
        'rules', s.rules, 'times', s.times),
    s.origin_id, s.opened_on, s.fixed_on, s.fixed_by
from spell as s join ops.quarantine as q on q.quarantine_id = s.latest_id
"""

DRIFT = f"""
with noted as (
    select d.dataset, d.delivery_id, d.delivered_on, d.state, k.kind, k.says
    from ops.delivery as d
    cross join lateral (values
        ('extra_column', (select string_agg(x, ', ' order by n)
            from jsonb_array_elements_text(d.drift -> 'extra') with ordinality as e (x, n))),
        -- a table has no headings of its own: without any value a column of it only seems to be missing
        ('missing_column', case when d.transport <> 'sql' or d.state = 'rejected' then (
            select string_agg(x, ', ' order by n)
            from jsonb_array_elements_text(d.drift -> 'missing') with ordinality as e (x, n)) end),
        ('renamed_column', (select string_agg((x ->> 'heading') || ' -> ' || (x ->> 'field'), ', ' order by n)
            from jsonb_array_elements(
                coalesce(d.drift -> 'renamed', '[]') || coalesce(d.drift -> 'probable_renames', '[]')
            ) with ordinality as e (x, n))),
        ('reordered_column', case when d.state = 'rejected' and d.drift -> 'reordered' = 'true' then 'true' end),
        ('changed_type', (select string_agg(
                format('%%s (%%s/%%s)', x ->> 'field', x ->> 'unread', x ->> 'given'), ', ' order by n)
            from jsonb_array_elements(d.drift -> 'type_changed') with ordinality as e (x, n))),
        ('new_code', (select string_agg(format('%%s: %%s (%%s)', f.key, v.key, v.value), ', ' order by f.key, v.key)
            from jsonb_each(d.drift -> 'new_codes') as f cross join jsonb_each_text(f.value) as v
            where v.value::bigint >= {NEW_CODE_ROWS}))
    ) as k (kind, says)
    where d.state in ('accepted', 'validated', 'rejected') and k.says is not null
        and coalesce(d.reject_reason, '') not like 'withdrawn by %%'
),
spelled as (
    select n.*, x.delivery_id as fixed_by, x.delivered_on as fixed_on
    from noted as n
    left join lateral (
        select e.delivery_id, e.delivered_on from ops.delivery as e
        where e.dataset = n.dataset and e.state = 'accepted' and e.rows_delivered > 0
            and e.repeats_delivery_id is null
            and (e.delivered_on, e.delivery_id) > (n.delivered_on, n.delivery_id)
            and not exists (select from noted as same where same.delivery_id = e.delivery_id and same.kind = n.kind)
        order by e.delivered_on, e.delivery_id limit 1
    ) as x on true
),
spell as (
    select dataset, kind, fixed_by, fixed_on, min(delivery_id) as origin_id, min(delivered_on) as opened_on,
        count(*) as times, (array_agg(delivery_id order by delivered_on desc, delivery_id desc))[1] as latest_id,
        (array_agg(says order by delivered_on desc, delivery_id desc))[1] as says
    from spelled group by dataset, kind, fixed_by, fixed_on
)
insert into pg_temp.found_ticket
select s.dataset, '', '', s.kind, left(s.says, {LONGEST}), null,
    jsonb_build_object('drift', d.drift, 'delivery_id', d.delivery_id, 'state', d.state, 'times', s.times),
    s.origin_id, s.opened_on, s.fixed_on, s.fixed_by
from spell as s join ops.delivery as d on d.delivery_id = s.latest_id
"""

DISAGREEMENT = f"""
insert into pg_temp.found_ticket
select f.dataset, f.source_key, f.subject, f.attribute, left(f.theirs, {LONGEST}), left(f.ours, {LONGEST}),
    jsonb_build_object('enterprise_id', f.enterprise_id, 'delivery_id', f.delivery_id, 'row_no', f.row_no,
        'registered_as', f.registered_attribute, 'registration', f.registered_source_key),
    coalesce(t.origin_id, %(as_of)s - date '2000-01-01'), coalesce(t.opened_on, %(as_of)s), null, null
from intermediate.int_enterprise__disagreement as f
left join ops.correction_ticket as t
    on t.origin = 'disagreement' and t.state = 'open' and t.dataset = f.dataset and t.subject = f.subject
        and t.attribute = f.attribute
"""


def held_value_sql(contract: DatasetContract) -> str:
    """Return SQL that sets `ours` of the tickets after a ticket_id to the value accepted last before the faulty row."""
    return f"""
update ops.correction_ticket as t set ours = left(h.fields ->> t.attribute, {LONGEST})
from ops.quarantine as q
join ops.delivery as d using (delivery_id)
cross join lateral (
    select to_jsonb(r) as fields
    from ops.accepted_row_{contract.name} as a
    join ops.delivery as e using (delivery_id)
    join raw.{contract.name} as r on r.delivery_id = a.delivery_id and r.row_no = a.row_no
    where a.key = q.key and (e.delivered_on, e.delivery_id) < (d.delivered_on, d.delivery_id)
    order by e.delivered_on desc, e.delivery_id desc, a.version desc limit 1
) as h
where t.dataset = '{contract.name}' and t.origin = 'quarantine' and t.ticket_id > %(after)s
    and t.attribute is not null and q.quarantine_id = t.origin_id and h.fields ->> t.attribute is not null
"""
