-- The city's plans as each release shows them: made from its own published cells, so that no target tells what is hidden,
-- and kept with the release.
drop table if exists mart.plan_target, mart.plan_evaluation;

create table publish.plan_target (
    release_id bigint not null references ops.release,
    target_code text not null,
    plan text not null,
    plan_name text not null,
    plan_name_en text not null,
    name text not null,
    name_en text not null,
    since integer not null,
    year integer not null,
    target numeric not null,
    unit text not null,
    comparator text not null check (comparator in ('at_least', 'above', 'at_most', 'planned', 'about')),
    kind text not null check (kind in ('level', 'increase', 'share')),
    period text check (period ~ '^\d{4}-\d{2}$'),
    actual numeric,
    progress numeric,
    pace_needed numeric,
    status text not null check (status in ('reached', 'missed', 'on_track', 'behind', 'no_data', 'not_measured')),
    reason text check (reason = 'hidden'),
    needs text,
    caveat text,
    quote text not null,
    primary key (release_id, target_code),
    check (reason is null or (status = 'no_data' and num_nonnulls(actual, progress, pace_needed) = 0))
);
comment on table publish.plan_target is 'One row per release and target of the city''s plans, with what is reached by the newest month of its span; made from the cells the release publishes.';
create table publish.plan_evaluation (
    release_id bigint not null,
    target_code text not null,
    evaluation text not null check (evaluation in ('yearly', 'midterm', 'final')),
    period text not null check (period ~ '^\d{4}-\d{2}$'),
    actual numeric,
    progress numeric,
    pace_needed numeric,
    status text not null check (status in ('reached', 'missed', 'on_track', 'behind', 'no_data')),
    reason text check (reason = 'hidden'),
    primary key (release_id, target_code, evaluation, period),
    foreign key (release_id, target_code) references publish.plan_target,
    check (reason is null or (status = 'no_data' and num_nonnulls(actual, progress, pace_needed) = 0))
);
comment on table publish.plan_evaluation is 'One row per release, target and occasion on which it is evaluated: each December, midway through a plan of several years, at its end.';

do $$
declare
    guarded text;
begin
    foreach guarded in array array['plan_target', 'plan_evaluation'] loop
        execute format('create trigger %1$s_insert after insert on publish.%1$s referencing new table as touched
            for each statement execute function publish.guard_rows()', guarded);
        execute format('create trigger %1$s_delete after delete on publish.%1$s referencing old table as touched
            for each statement execute function publish.guard_rows()', guarded);
        execute format('create trigger %1$s_update after update on publish.%1$s referencing old table as touched
            for each statement execute function publish.guard_rows()', guarded);
        execute format('create trigger %1$s_truncate before truncate on publish.%1$s
            for each statement execute function publish.guard_rows()', guarded);
        execute format('create view publish.%1$s_latest as select p.*, r.as_of from publish.%1$s as p
            inner join ops.release as r on r.release_id = p.release_id
            where p.release_id = (select max(release_id) from ops.release where state = ''published'')', guarded);
    end loop;
end
$$;

-- What downstream systems read: the newest published release's.
create view mart.plan_target as
select t.target_code, t.plan, t.name, t.name_en, t.since, t.year, t.target, t.unit, t.comparator, t.kind, t.period, t.actual,
    t.progress, t.pace_needed, t.as_of, t.status, t.reason, t.needs, t.caveat, t.quote
from publish.plan_target_latest as t;
create view mart.plan_evaluation as
select e.target_code, t.plan, e.evaluation, e.period, t.name, t.year, t.target, t.unit, e.actual, e.progress, e.pace_needed,
    e.status, e.reason
from publish.plan_evaluation_latest as e
inner join publish.plan_target_latest as t on t.target_code = e.target_code;
comment on view mart.plan_target is 'One row per target of the city''s plans, as the newest published release shows it; none before the first.';
comment on view mart.plan_evaluation is 'One row per target and occasion on which it is evaluated, as the newest published release shows it.';

do $$
declare
    said record;
begin
    for said in
        select c.relation, a.attname, s.text
        from (values ('publish.plan_target'), ('publish.plan_evaluation'),
            ('mart.plan_target'), ('mart.plan_evaluation')) as c (relation)
        inner join pg_attribute as a on a.attrelid = c.relation::regclass and a.attnum > 0
        inner join (values
            ('release_id', 'Release that shows it'),
            ('target_code', 'Code of the target'),
            ('plan', 'Plan it stands in: policies/plans/'),
            ('plan_name', 'Name of the plan'),
            ('plan_name_en', 'The same in English'),
            ('name', 'What is to be reached'),
            ('name_en', 'The same in English'),
            ('since', 'First year of the span counted; the year itself where the plan speaks of one'),
            ('year', 'Year by whose end it is to be reached'),
            ('target', 'The number to be reached'),
            ('unit', 'Unit of target and actual: 元, 户, 家, ... or 比率'),
            ('comparator', 'at_least, above, at_most, planned (a bare number) or about'),
            ('kind', 'level, increase over the span, or share'),
            ('evaluation', 'yearly, midterm or final'),
            ('period', 'Month of the actual, YYYY-MM; null where none is known'),
            ('actual', 'The figure as of that month; null where it rests on a hidden cell'),
            ('progress', 'Actual over target'),
            ('pace_needed', 'What every month left has to bring; null where reached, over or not known'),
            ('as_of', 'Business date of the release'),
            ('status', 'reached, missed, on_track or behind; no_data: no figure of its span is shown; not_measured: no figure measures it'),
            ('reason', 'hidden: a cell it rests on is kept secret; else null'),
            ('needs', 'Whose data would make it measurable'),
            ('caveat', 'In what the figure is not quite what the plan means'),
            ('quote', 'The words of the plan')
        ) as s (name, text) on s.name = a.attname
    loop
        execute format('comment on column %s.%I is %L', said.relation, said.attname, said.text);
    end loop;
end
$$;
