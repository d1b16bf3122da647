-- What departments are asked to correct, what they were told, how they do, and how old their data are.

create table ops.contract_dataset (
    dataset text primary key,
    department text not null,
    owner text not null,
    heading text not null,
    contract_version text not null,
    mode text not null,
    cadence text not null,
    latency_days integer not null,
    correction_days integer not null
);
comment on table ops.contract_dataset is 'One row per dataset: the terms of its contract, as of the newest migration, for queries.';
create table ops.contract_field (
    dataset text not null references ops.contract_dataset on delete cascade,
    field text not null,
    heading text not null,
    primary key (dataset, field)
);
comment on table ops.contract_field is 'One row per field of a dataset with the department''s own heading.';

create table ops.business_date (
    only_row boolean primary key default true check (only_row),
    as_of date not null
);
comment on table ops.business_date is 'The business date the warehouse was last maintained for; one row. Ages are measured against it.';

comment on column ops.delivery.drift is 'How the delivery departs from its contract: {"extra": [...], "missing": [...], "reordered": bool}; where found also renamed and probable_renames [{heading, field, ...}], type_changed [{field, unread, given}], new_codes {field: {value: rows}}, empty, nul_replaced, ragged_rows.';

alter table ops.correction_ticket
    add column origin text not null check (origin in ('quarantine', 'drift', 'disagreement')),
    add column origin_id bigint not null,
    add column subject text not null,
    add column closed_by_delivery_id bigint references ops.delivery,
    add column resolution text check (resolution in ('redelivered', 'agreed', 'decided')),
    add column closed_in_return bigint,
    add check ((state = 'closed') = (closed_on is not null)),
    add check ((state = 'closed') = (resolution is not null));
create unique index on ops.correction_ticket (dataset, origin, md5(subject), coalesce(attribute, ''), origin_id);
create index on ops.correction_ticket (department, state);
comment on table ops.correction_ticket is 'One row per thing a department is asked to correct: a field of a record (null attribute: the whole record), or one kind of drift of a dataset.';
comment on column ops.correction_ticket.origin is 'quarantine: the row broke a rule; drift: deliveries depart from the contract; disagreement: the record says other than the register does.';
comment on column ops.correction_ticket.origin_id is 'Tells one spell of a fault from the next: the first quarantine_id, the first delivery_id, or the day a disagreement was found (days since 2000-01-01).';
comment on column ops.correction_ticket.subject is 'What the ticket stays with while source keys change: the source key, or the account of a disagreement.';
comment on column ops.correction_ticket.resolution is 'redelivered: a later delivery brought it right; agreed: the departments agree again; decided: a reviewer settled it, or the delivery was withdrawn.';

create table ops.department_return (
    return_id bigint generated always as identity primary key,
    department text not null,
    as_of date not null,
    part integer not null,
    file text not null,
    sha256 text not null,
    tickets_open bigint not null,
    tickets_closed bigint not null,
    unique (department, as_of, part)
);
comment on table ops.department_return is 'One row per file handed to a department: its open tickets and those closed since the file before it.';
alter table ops.correction_ticket add foreign key (closed_in_return) references ops.department_return;
comment on column ops.correction_ticket.closed_in_return is 'The first return that said the ticket is closed.';

create function ops.csv_safe(value text, longest integer default 200) returns text
language sql immutable parallel safe
return case
    when left(ltrim(value, E' \t\r\n\u3000\u00a0'), 1) ~ '[-=+@|%＝＋－＠]' or value ~ '^[\t\r\n]' then ''''
    else ''
end || left(regexp_replace(value, '[\u0001-\u001f\u007f]+', ' ', 'g'), longest);
comment on function ops.csv_safe is 'Text that no spreadsheet takes for a formula: an apostrophe in front where it could; control characters become spaces.';

create function ops.dataset_freshness_on(business_date date)
returns table (
    dataset text, department text, cadence text, latency_days integer, last_delivery_id bigint, last_delivered_on date,
    last_rows bigint, age_days integer, due_on date, days_late integer, state text, kept_out_since bigint)
language sql stable
begin atomic
    select t.dataset, t.department, t.cadence, t.latency_days, d.delivery_id, d.delivered_on, d.rows_delivered,
        business_date - d.delivered_on, d.delivered_on + t.latency_days,
        greatest(business_date - (d.delivered_on + t.latency_days), 0),
        case
            when d.delivery_id is null then 'never'
            when business_date > d.delivered_on + t.latency_days then 'late'
            else 'fresh'
        end,
        (select count(*) from ops.delivery as k
            where k.dataset = t.dataset and k.state in ('rejected', 'validated') and k.delivered_on <= business_date
                and k.delivered_on > coalesce(d.delivered_on, '-infinity'))
    from ops.contract_dataset as t
    left join lateral (
        select a.delivery_id, a.delivered_on, a.rows_delivered from ops.delivery as a
        where a.dataset = t.dataset and a.state = 'accepted' and a.delivered_on <= business_date
        order by a.delivered_on desc, a.delivery_id desc limit 1
    ) as d on true;
end;
comment on function ops.dataset_freshness_on is 'One row per dataset: its last accepted delivery up to a business date, its age, and whether the next one is late by the contract''s latency.';

create view ops.dataset_freshness as
select coalesce(b.as_of, (now() at time zone 'Asia/Shanghai')::date) as business_date, f.*
from (select max(as_of) as as_of from ops.business_date) as b
cross join lateral ops.dataset_freshness_on(
    coalesce(b.as_of, (now() at time zone 'Asia/Shanghai')::date)) as f;
comment on view ops.dataset_freshness is 'ops.dataset_freshness_on the business date the warehouse was last maintained for; today where it never was.';

create view ops.department_scorecard as
with delivered as (
    select d.dataset, date_trunc('month', d.delivered_on)::date as month, count(*) as deliveries,
        count(*) filter (where d.state = 'rejected') as deliveries_rejected, coalesce(sum(l.rows_delivered), 0) as rows_delivered,
        coalesce(sum(l.rows_accepted), 0) as rows_accepted, coalesce(sum(l.rows_quarantined), 0) as rows_quarantined
    from ops.delivery as d left join ops.row_ledger as l using (delivery_id)
    group by d.dataset, date_trunc('month', d.delivered_on)
),
opened as (
    select dataset, date_trunc('month', opened_on)::date as month, count(*) as n
    from ops.correction_ticket group by dataset, date_trunc('month', opened_on)
),
closed as (
    select dataset, date_trunc('month', closed_on)::date as month, count(*) as n,
        percentile_cont(0.5) within group (order by closed_on - opened_on)
            filter (where resolution <> 'decided') as median_days
    from ops.correction_ticket where state = 'closed' group by dataset, date_trunc('month', closed_on)
),
spans as (
    select dataset, min(month) as first_month
    from (
        select dataset, month from delivered
        union all select dataset, month from opened
        union all select dataset, month from closed
    ) as any_month group by dataset
),
-- every month from a dataset's first to the newest of all: tickets stay open while nothing is delivered
months as (
    select s.dataset, g.month::date as month
    from spans as s
    cross join generate_series(
        s.first_month, (select max(month) from (select month from delivered union all select month from closed) as n),
        interval '1 month') as g (month)
)
select t.department, m.dataset, m.month, coalesce(d.deliveries, 0) as deliveries,
    coalesce(d.deliveries_rejected, 0) as deliveries_rejected, coalesce(d.rows_delivered, 0)::bigint as rows_delivered,
    coalesce(d.rows_accepted, 0)::bigint as rows_accepted, coalesce(d.rows_quarantined, 0)::bigint as rows_quarantined,
    round(d.rows_accepted / nullif(d.rows_delivered, 0), 6) as share_accepted,
    coalesce(o.n, 0) as tickets_opened, coalesce(c.n, 0) as tickets_closed,
    (sum(coalesce(o.n, 0) - coalesce(c.n, 0)) over so_far)::bigint as tickets_open,
    c.median_days as median_days_to_fix
from months as m
join ops.contract_dataset as t using (dataset)
left join delivered as d using (dataset, month)
left join opened as o using (dataset, month)
left join closed as c using (dataset, month)
window so_far as (partition by m.dataset order by m.month);
comment on view ops.department_scorecard is 'One row per dataset and month from its first to the newest of all: what was delivered in it, the tickets opened and closed in it, those open at its end, and the median days from opening to the correction.';

alter table ops.alert_event drop constraint alert_event_kind_check;
alter table ops.alert_event add constraint alert_event_kind_check check (kind in ('missed_deadline', 'late_delivery'));
comment on column ops.alert_event.subject is 'What the alert speaks of: a run (DAG id and run id), or a dataset and the day its delivery was due.';
