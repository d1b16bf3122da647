-- What tiers were found, kept from business date to business date: a row stands from `since` until the day before
-- `until`, so that a date on which nothing changed adds nothing. mart.tier_assessment shows them date by date.
create table if not exists mart.tier_run (
    as_of date primary key, run_id text not null, built_at timestamptz not null default now());
create table if not exists mart.tier_criterion (
    policy_version text not null, place integer not null, tier text not null, kind text not null, code text not null,
    clause text not null, name text not null, inputs text[] not null, evidence text[] not null, threshold jsonb not null,
    max_points numeric, primary key (policy_version, place));
create table if not exists mart.tier_pattern (
    policy_version text not null, pattern text not null, criteria jsonb not null, gaps jsonb not null,
    failing jsonb not null default '[]', primary key (policy_version, pattern));
alter table mart.tier_pattern add column if not exists failing jsonb not null default '[]';
-- The policies applied together, in order. subject: tier (first award), renewal (what a re-check of holders asks),
-- whitelist (a level of the finance white list stands in `tier`).
create table if not exists mart.tier_policy_set (
    set_id bigint not null, place integer not null, subject text not null, tier text not null,
    policy_version text not null, primary key (set_id, place));
-- What the inputs kept with an enterprise are called, in order, by how they are kept: dates are words.
create table if not exists mart.tier_input_set (
    set_id bigint primary key, flags text[] not null, numbers text[] not null, words text[] not null);
-- One row per enterprise while nothing of it changes; verdicts, bounds and patterns follow the policies of its set, what
-- it was judged by its input set. A witness is `group|dataset|delivery_id|source_key`. Arrays, because a city has a
-- million of these rows and JSON takes longer to write than all rules to apply: it is made of what is looked at.
create table if not exists mart.tier_standing (
    enterprise_id text not null, set_id bigint not null, verdicts text[] not null, score_min numeric[] not null,
    score_max numeric[] not null, patterns text[] not null, flags boolean[] not null, numbers numeric[] not null,
    words text[] not null, witnesses text[] not null, since date not null, until date, district_code text,
    check (since < until));
alter table mart.tier_standing add column if not exists district_code text;
create unique index if not exists tier_standing_since on mart.tier_standing (enterprise_id, since);
create table if not exists mart.tier_pool (
    tier text not null, enterprise_id text not null, readiness text not null check (readiness in ('ready', 'near', 'watch')),
    district_code text not null, gap_count integer not null, score numeric, reasons jsonb not null,
    since date not null, until date, check (since < until));
create unique index if not exists tier_pool_standing on mart.tier_pool (enterprise_id, tier, since);

create table if not exists mart.tier_review (
    cert_no text not null, enterprise_id text not null, tier text not null, valid_until date,
    state text not null check (state in ('valid', 'expiring', 'expired', 'at_risk', 'withdrawn')),
    failing_criteria jsonb not null, since date not null, until date, district_code text, check (since < until));
alter table mart.tier_review add column if not exists district_code text;
create unique index if not exists tier_review_standing on mart.tier_review (cert_no, since);

-- What an enterprise was judged by, by name.
create or replace function mart.tier_observed(
    named mart.tier_input_set, flags boolean[], numbers numeric[], words text[]) returns jsonb
language sql immutable
return (
    select jsonb_object_agg(name, value) from (
        select name, to_jsonb(value) as value from unnest((named).flags, flags) as t (name, value)
        union all
        select name, to_jsonb(value) from unnest((named).numbers, numbers) as t (name, value)
        union all
        select name, to_jsonb(value) from unnest((named).words, words) as t (name, value)
    ) as known
);
-- Its source rows by group of inputs: [dataset, source_key, delivery_id].
create or replace function mart.tier_evidence(witnesses text[]) returns jsonb
language sql immutable
return (
    select coalesce(jsonb_object_agg(grouped, rows), '{}') from (
        select part[1] as grouped,
            jsonb_agg(jsonb_build_array(part[2], array_to_string(part[4:], '|'), part[3]::bigint)
                order by part[2], array_to_string(part[4:], '|')) as rows
        from unnest(witnesses) as w (witness)
        cross join lateral (select string_to_array(witness, '|') as part) as p
        group by part[1]
    ) as grouped
);
-- A pattern's criteria or gaps with the values and source rows of one enterprise.
create or replace function mart.tier_told(told jsonb, observed jsonb, evidence jsonb) returns jsonb
language sql immutable
return (
    select jsonb_agg(
        (item - array['inputs', 'groups']) || jsonb_build_object(
            'value', case jsonb_array_length(item -> 'inputs')
                when 0 then null
                when 1 then observed -> (item -> 'inputs' ->> 0)
                else (select jsonb_object_agg(name, observed -> name) from jsonb_array_elements_text(item -> 'inputs') as n (name))
            end,
            'evidence', coalesce((
                select jsonb_agg(jsonb_build_object('dataset', w -> 0, 'source_key', w -> 1, 'delivery_id', w -> 2))
                from jsonb_array_elements_text(item -> 'groups') as g (name)
                cross join jsonb_array_elements(evidence -> g.name) as w), '[]'))
        -- of inputs that are not known: what they are at least
        || coalesce((
            select jsonb_build_object('value_least', jsonb_object_agg(name, observed -> (name || '_least')))
            from jsonb_array_elements_text(item -> 'inputs') as n (name)
            where observed ->> name is null and observed ->> (name || '_least') is not null
            having count(*) > 0), '{}')
        order by place)
    from jsonb_array_elements(told) with ordinality as t (item, place)
);
-- What is lacking, with what one enterprise has. Of several inputs every part is told with its own shortfall. The lever is
-- whose data is missing where the answer is unknown, else whoever can change a part that does not hold, the enterprise first.
create or replace function mart.tier_lacking(lacking jsonb, observed jsonb) returns jsonb
language sql immutable
return coalesce((
    select jsonb_agg(
        (item - array['parts']) || jsonb_build_object(
            'lever', case
                when item ->> 'verdict' = 'unknown' and lacks_department then 'department'
                when item ->> 'verdict' = 'unknown' then 'enterprise'
                when fails_enterprise then 'enterprise'
                when fails_department then 'department'
                else 'time' end,
            'have', case when several then had else one_had end,
            'short', case when not several then one_short end)
        || case when several then jsonb_build_object('parts', parts)
            else (parts -> 0) - array['need', 'have', 'short', 'verdict'] end
        order by place)
    from jsonb_array_elements(lacking) with ordinality as t (item, place)
    cross join lateral (
        select count(*) > 1 as several,
            jsonb_object_agg(input, have) as had, (array_agg(have))[1] as one_had, (array_agg(short))[1] as one_short,
            jsonb_agg(jsonb_build_object('input', input, 'test', test, 'need', need, 'have', have, 'short', short,
                'verdict', case when holds then 'met' when not holds then 'not_met' else 'unknown' end) order by nth) as parts,
            bool_or(holds is null and supplier = 'department') as lacks_department,
            bool_or(holds is false and lever = 'enterprise') as fails_enterprise,
            bool_or(holds is false and lever = 'department') as fails_department
        from (
            select p.*,
                case when holds is not true and jsonb_typeof(need) = 'number' and have is not null
                    then to_jsonb(abs((need #>> '{}')::numeric - (have #>> '{}')::numeric)) end as short
            from (
                -- what is not known may be settled by what it is at least
                select p.*, case test
                    when 'at_least' then coalesce((have #>> '{}')::numeric >= (need #>> '{}')::numeric, nullif(least >= (need #>> '{}')::numeric, false))
                    when 'above' then coalesce((have #>> '{}')::numeric > (need #>> '{}')::numeric, nullif(least > (need #>> '{}')::numeric, false))
                    when 'at_most' then coalesce((have #>> '{}')::numeric <= (need #>> '{}')::numeric, nullif(least <= (need #>> '{}')::numeric, true))
                    when 'below' then coalesce((have #>> '{}')::numeric < (need #>> '{}')::numeric, nullif(least < (need #>> '{}')::numeric, true))
                    when 'is_not' then have <> need
                    when 'in' then need @> have
                    else have = need end as holds
                from (
                    select nth, part ->> 'input' as input, part ->> 'test' as test, part -> 'need' as need,
                        part ->> 'lever' as lever, part ->> 'supplier' as supplier,
                        nullif(observed -> (part ->> 'input'), 'null') as have,
                        (observed ->> ((part ->> 'input') || '_least'))::numeric as least
                    from jsonb_array_elements(item -> 'parts') with ordinality as e (part, nth)) as p) as p) as p
    ) as told
), '[]');

-- Codes of what the way without conditions that do instead of the score needs: what is told, where there is no such condition.
create or replace function mart.tier_ordinary(gaps jsonb) returns jsonb
language sql immutable
return coalesce(
    jsonb_path_query_first(gaps, '$[*].ordinary'), jsonb_path_query_array(gaps, '$[*].code')
);

create or replace view mart.tier_finding with (security_invoker = true) as
select p.subject, p.tier, s.enterprise_id, p.policy_version, s.verdicts[p.place] as verdict,
    s.score_min[p.place] as score_min, s.score_max[p.place] as score_max, s.patterns[p.place] as pattern,
    s.since, s.until, mart.tier_observed(i, s.flags, s.numbers, s.words) as observed,
    mart.tier_evidence(s.witnesses) as evidence
from mart.tier_standing as s
join mart.tier_input_set as i on i.set_id = s.set_id
join mart.tier_policy_set as p on p.set_id = s.set_id and s.verdicts[p.place] is not null;
comment on view mart.tier_finding is
    'One row per enterprise, policy and time in which nothing of the enterprise changed; dates are business dates assessed.';

create or replace view mart.tier_assessment with (security_invoker = true) as
select r.as_of, s.enterprise_id, p.tier, p.policy_version, s.verdicts[p.place] as verdict,
    case when s.score_min[p.place] = s.score_max[p.place] then s.score_min[p.place] end as score,
    s.score_min[p.place] as score_min, s.score_max[p.place] as score_max,
    mart.tier_told(t.criteria, a.observed, a.evidence) as criteria, mart.tier_lacking(t.gaps, a.observed) as gaps
from mart.tier_run as r
join mart.tier_standing as s on s.since <= r.as_of and (s.until is null or r.as_of < s.until)
join mart.tier_input_set as i on i.set_id = s.set_id
-- offset 0: what an enterprise was judged by is written out once, not for every part of a row that shows it
cross join lateral (
    select mart.tier_measured(mart.tier_observed(i, s.flags, s.numbers, s.words), r.as_of) as observed,
        mart.tier_evidence(s.witnesses) as evidence
    offset 0
) as a
join mart.tier_policy_set as p on p.set_id = s.set_id and p.subject = 'tier'
join mart.tier_pattern as t on t.policy_version = p.policy_version and t.pattern = s.patterns[p.place];
comment on view mart.tier_assessment is
    'One row per business date assessed, enterprise and tier: the verdict of the policy in force, its criteria down to clause and source row, and what is lacking.';

-- Ranked within the city, then kept to what its reader may see: a district reads its candidates by their city-wide rank.
-- A stay ends on the first date that did not find the enterprise any more: on that date it is shown once, with left_on.
create or replace view mart.seed_pool with (security_barrier = true) as
with stay as (
    select *, sum((before is distinct from since)::integer) over w as stay_no
    from (
        select *, lag(until) over (partition by enterprise_id, tier order by since) as before from mart.tier_pool
    ) as p
    window w as (partition by enterprise_id, tier order by since)
),
dated as (
    select *, min(since) over s as entered_on, lead(since) over (partition by enterprise_id, tier order by since) as next_since
    from stay window s as (partition by enterprise_id, tier, stay_no)
)
select p.* from (
select r.as_of, d.enterprise_id, d.tier, d.readiness,
    case when d.until is distinct from r.as_of then rank() over (
        partition by r.as_of, d.tier, d.until is not distinct from r.as_of
        order by array_position(array['ready', 'near', 'watch'], d.readiness), d.gap_count, d.score desc nulls last)
    end as rank,
    d.district_code, d.reasons, d.entered_on, case when d.until = r.as_of then d.until end as left_on
from mart.tier_run as r
join dated as d on d.since <= r.as_of and (d.until is null or r.as_of < d.until
    or r.as_of = d.until and d.next_since is distinct from d.until)
) as p
where (select ops.sees_whole_city()) or p.district_code = any ((select ops.my_districts())::text[]);
comment on view mart.seed_pool is
    'One row per business date, enterprise and tier it is a candidate for; readiness by policies/seed_pool.yml, rank within the city; one who left is shown on the date it was found gone.';

create or replace view mart.tier_holder_review with (security_invoker = true) as
select r.as_of, v.enterprise_id, v.tier, v.cert_no, v.valid_until, v.state, v.failing_criteria
from mart.tier_run as r
join mart.tier_review as v on v.since <= r.as_of and (v.until is null or r.as_of < v.until);
comment on view mart.tier_holder_review is
    'One row per business date and certificate awarded by then: whether it stands, and what its holder would fail today.';

create or replace view mart.finance_whitelist with (security_invoker = true) as
with stay as (
    select *, sum((before is distinct from since)::integer) over (partition by enterprise_id, tier order by since) as stay_no
    from (
        select enterprise_id, tier, policy_version, pattern, since, until,
            lag(until) over (partition by enterprise_id, tier order by since) as before
        from mart.tier_finding where subject = 'whitelist' and verdict = 'met'
    ) as f
),
dated as (
    select *, min(since) over (partition by enterprise_id, tier, stay_no) as entered_on,
        lead(since) over (partition by enterprise_id, tier order by since) as next_since
    from stay
)
select r.as_of, d.enterprise_id, d.tier as level, d.entered_on,
    case when d.until = r.as_of then d.until end as left_on,
    case when d.until = r.as_of then coalesce((
        select mart.tier_lacking(p.gaps, mart.tier_measured(n.observed, r.as_of))
        from mart.tier_finding as n join mart.tier_pattern as p using (policy_version, pattern)
        where n.subject = 'whitelist' and n.tier = d.tier and n.enterprise_id = d.enterprise_id and n.since = r.as_of),
        '[{"code": "assessed", "name": "不再是存续的法人企业"}]')
    else (
        select mart.tier_told(p.criteria, mart.tier_measured(n.observed, r.as_of), n.evidence)
        from mart.tier_finding as n join mart.tier_pattern as p using (policy_version, pattern)
        where n.subject = 'whitelist' and n.tier = d.tier and n.enterprise_id = d.enterprise_id and n.since = d.since)
    end as reasons
from mart.tier_run as r
join dated as d on d.since <= r.as_of and (d.until is null or r.as_of < d.until
    or r.as_of = d.until and d.next_since is distinct from d.until);
comment on view mart.finance_whitelist is
    'One row per business date, enterprise and level of the finance white list it stands in; one who left is shown on the date it was found gone, with why.';

-- Districts see their own rows: of tables by policy, of views as their readers.
select ops.keep_to_districts(name::regclass) from unnest(array['mart.tier_standing', 'mart.tier_pool', 'mart.tier_review']) as t (name);
select ops.show_to_districts(name::regclass) from unnest(array['mart.tier_run', 'mart.tier_criterion', 'mart.tier_pattern',
    'mart.tier_policy_set', 'mart.tier_input_set', 'mart.tier_finding', 'mart.tier_assessment', 'mart.seed_pool',
    'mart.tier_holder_review', 'mart.finance_whitelist']) as t (name);
