-- Parties that wait for a reviewer, by their effect on published figures. One row per party; a registered enterprise of
-- which a decided value holds no longer waits as entity:<number>.
-- Parameters: everything (also parties nothing asks about), limit. Candidates stand in the temporary table candidate.
with stale as (
    -- what was decided, and ended by itself; the newest decision about the same says who has to look again
    select decision_id, detail, kind, subject, 'decision ' || decision_id || case
            when kind = 'override' then ' about its ' || (detail ->> 'attribute') else '' end
        || ' is stale' || coalesce(': ' || (detail #>> '{ended,reason}'), '') as question
    from ops.decision
    where state = 'stale' and detail #>> '{ended,by}' = 'tidu' and (subject like 'party:%%' or subject like 'enterprise:%%')
),
waiting as (
    select p.party_kind, p.party_no, p.enterprise_id, null::bigint as stale_decision_id, null as question, false as is_whole
    from intermediate.int_identity__provisional_party as p
    left join intermediate.int_identity__party_decision as d using (party_kind, party_no)
    where d.party_no is null
    union all
    select l.party_kind, l.party_no, l.enterprise_id, s.decision_id, s.question, false
    from (
        select distinct on (p.value) p.value ->> 0 as party_kind, p.value ->> 1 as party_no, c.decision_id
        from ops.decision as c
        cross join lateral jsonb_array_elements(
            case when c.detail ? 'parties' then c.detail -> 'parties' else c.detail #> '{evidence,parties}' end
        ) as p (value)
        where c.kind in ('merge', 'split') and (c.subject like 'party:%%' or c.subject like 'enterprise:%%')
        order by p.value, c.decision_id desc
    ) as newest
    join stale as s using (decision_id)
    join intermediate.int_identity__party_link as l using (party_kind, party_no)
    union all
    -- a value: of an enterprise in the register, or where the first party of the unregistered one is now
    select coalesce(l.party_kind, 'entity'), coalesce(l.party_no, e.entity_no), coalesce(l.enterprise_id, e.enterprise_id),
        s.decision_id, s.question, true
    from (
        select distinct on (subject, detail ->> 'attribute') decision_id, detail
        from ops.decision where kind = 'override' and subject like 'enterprise:%%'
        order by subject, detail ->> 'attribute', decision_id desc
    ) as newest
    join stale as s using (decision_id)
    left join intermediate.int_identity__registered_entity as e on e.enterprise_id = newest.detail ->> 'enterprise_id'
    left join intermediate.int_identity__party_link as l
        on e.enterprise_id is null
        and l.party_kind = newest.detail #>> '{evidence,parties,0,0}' and l.party_no = newest.detail #>> '{evidence,parties,0,1}'
    where e.enterprise_id is not null or l.party_no is not null
),
party as (
    select party_kind, party_no, min(enterprise_id) as enterprise_id, max(stale_decision_id) as stale_decision_id,
        coalesce(array_agg(question order by stale_decision_id) filter (where question is not null), '{}') as stale_questions,
        bool_or(is_whole) as is_whole
    from waiting group by party_kind, party_no
),
said as (
    select p.party_kind, p.party_no,
        coalesce(max(r.entity_name), (array_agg(v.name order by v.weight desc, v.name) filter (where v.name is not null))[1]) as name,
        coalesce(sum(v.weight), 1)::bigint as records,
        max(n.holders) as holders,
        array_agg(distinct n.enterprise_id) filter (where n.enterprise_id is not null) as by_name,
        array_agg(distinct c.enterprise_id) filter (where c.enterprise_id is not null) as by_code
    from party as p
    left join intermediate.int_identity__party_variant as v using (party_kind, party_no)
    left join intermediate.int_ms_registration__current as r on p.party_kind = 'entity' and r.entity_no = p.party_no
    left join intermediate.int_identity__registered_name as n on n.name_key = v.name_key
    left join intermediate.int_identity__party_code as c on c.code_key = v.code_key
    group by p.party_kind, p.party_no
),
asked as (
    select p.*, s.name, s.records, coalesce(c.candidates, 0) as candidates, c.likeliest,
        p.stale_questions || array_remove(array[
            case when cardinality(s.by_code) > 1 then 'its codes lead to ' || cardinality(s.by_code) || ' enterprises' end,
            case when s.holders > 1 then 'its name is borne by ' || s.holders || ' registered enterprises' end,
            case when s.by_name is not null and p.stale_decision_id is null then 'its name is registered, its code is another''s' end,
            case when c.candidates > 0 then 'candidates: ' || c.candidates end
        ], null) as questions
    from party as p
    join said as s using (party_kind, party_no)
    left join pg_temp.candidate as c using (party_kind, party_no)
),
amount as (
    select 'taxpayer' as party_kind, taxpayer_no as party_no, 'tax_paid_yuan' as figure, 'money' as unit, sum(amount_yuan) as amount
    from intermediate.int_tx_payment__current group by taxpayer_no
    union all
    select 'taxpayer', taxpayer_no, 'sales_yuan', 'money', sum(sales_yuan) from intermediate.int_tx_vat_return__current group by taxpayer_no
    union all
    select 'employer', employer_no, 'insured_headcount', 'heads', max(insured_headcount) from intermediate.int_hr_insurance__current group by employer_no
    union all
    select 'fn_loan', source_key, 'loan_balance_yuan', 'money', balance_yuan from intermediate.int_fn_loan__current
    union all
    select 'fn_subsidy', source_key, 'subsidy_yuan', 'money', amount_yuan from intermediate.int_fn_subsidy__current
    union all
    select 'fn_guarantee', source_key, 'guarantee_yuan', 'money', amount_yuan from intermediate.int_fn_guarantee__current
    union all
    select 'fn_equity', source_key, 'equity_financing_yuan', 'money', paid_in_yuan from intermediate.int_fn_equity__current
    union all
    select 'mi_arrears', source_key, 'arrears_open_yuan', 'money', amount_yuan - coalesce(paid_yuan, 0) from intermediate.int_mi_arrears__current
    union all
    select 'mi_tier_holder', source_key, 'tier_holders', 'counts', 1 from intermediate.int_mi_tier_holder__current
    union all
    select 'mi_tech_register', source_key, 'tech_register', 'counts', 1 from intermediate.int_mi_tech_register__current
    union all
    select 'mi_above_scale', source_key, 'above_scale_enterprises', 'counts', 1 from intermediate.int_mi_above_scale__current
),
total as (select figure, sum(abs(amount)) as total from amount group by figure),
-- on a value of an enterprise hangs what all of its parties say
bearer as (
    select party_kind, party_no, party_kind as of_kind, party_no as of_no from asked
    union
    select l.party_kind, l.party_no, q.party_kind, q.party_no
    from asked as q join intermediate.int_identity__party_link as l using (enterprise_id) where q.is_whole
),
effect as (
    select b.of_kind as party_kind, b.of_no as party_no,
        sum(a.amount) filter (where a.unit = 'money') as money_yuan,
        sum(a.amount) filter (where a.unit = 'heads')::bigint as heads,
        count(*) filter (where a.unit = 'counts') as counts,
        max(abs(a.amount) / nullif(t.total, 0)) as share
    from amount as a join bearer as b using (party_kind, party_no) join total as t using (figure)
    group by b.of_kind, b.of_no
)
select q.party_kind, q.party_no, q.enterprise_id, q.name, q.records, q.questions, q.stale_decision_id, q.candidates, q.likeliest,
    coalesce(e.money_yuan, 0)::numeric(20, 2) as money_yuan, coalesce(e.heads, 0) as heads, coalesce(e.counts, 0) as counts,
    coalesce(e.share, 0)::numeric(12, 10) as share
from asked as q left join effect as e using (party_kind, party_no)
where %(everything)s or cardinality(q.questions) > 0
order by share desc, money_yuan desc, heads desc, counts desc, q.records desc, q.party_kind, q.party_no
limit %(limit)s
