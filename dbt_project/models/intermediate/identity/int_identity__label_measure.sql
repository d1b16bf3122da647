with

outcome as (

    select * from {{ ref('int_identity__label_outcome') }}

),

-- what reviewers decided is tied as they said: it would only hide what the rules do to pairs nobody decided about
counted as (

    select
        sum(is_tied::int) filter (where is_same)::numeric as tied_same,
        count(*) filter (where is_tied)::numeric as tied,
        count(*) filter (where is_same)::numeric as same,
        sum(is_tied_by_rules::int) filter (where is_same)::numeric as ruled_same,
        count(*) filter (where is_tied_by_rules)::numeric as ruled,
        count(*) as pairs
    from outcome
    where source = 'file'

),

share as (

    select
        share.metric,
        coalesce(share.hits, 0) as hits,
        share.tries
    from counted
    cross join
        lateral (
            values
            ('precision', counted.tied_same, counted.tied),
            ('recall', counted.tied_same, counted.same),
            ('precision_before_review', counted.ruled_same, counted.ruled),
            ('recall_before_review', counted.ruled_same, counted.same)
        ) as share (metric, hits, tries)

),

labelled as (

    select count(*) as pairs from {{ source('ops', 'linkage_label') }}

),

-- few labels prove little: a share is out of bounds only where its whole interval is
final as (

    select
        metric,
        round(hits / nullif(tries, 0), 6) as value,
        case when tries > 0 then round({{ wilson('hits', 'tries', '+') }}, 6) end as judged,
        jsonb_build_object(
            'hits', hits, 'tries', tries, 'low', round({{ wilson('hits', 'tries', '-') }}, 6),
            'high', round({{ wilson('hits', 'tries', '+') }}, 6)
        ) as detail
    from share
    union all
    select
        'labelled_pairs' as metric,
        nullif(counted.pairs, 0)::numeric as value,
        null as judged,
        jsonb_strip_nulls(jsonb_build_object(
            'in_file', labelled.pairs,
            'missing', case
                when labelled.pairs = 0 then 'no labelled pairs'
                when counted.pairs = 0 then 'no labelled pairs with records on both sides'
            end
        )) as detail
    from counted
    cross join labelled
    union all
    select
        'decided_pairs' as metric,
        count(*)::numeric as value,
        null as judged,
        jsonb_build_object('as_the_rules', count(*) filter (where is_tied_by_rules = is_same)) as detail
    from outcome
    where source = 'decision'

)

select * from final
