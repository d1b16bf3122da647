with

counted as (

    select
        sum(is_tied::int) filter (where is_same)::numeric as tied_same,
        count(*) filter (where is_tied)::numeric as tied,
        count(*) filter (where is_same)::numeric as same,
        sum(is_tied_by_rules::int) filter (where is_same)::numeric as ruled_same,
        count(*) filter (where is_tied_by_rules)::numeric as ruled,
        count(*) as pairs,
        count(*) filter (where source = 'decision') as decisions
    from {{ ref('int_identity__label_outcome') }}

),

share as (

    select
        share.metric,
        coalesce(share.hits, 0) as hits,
        share.tries,
        counted.pairs,
        counted.decisions
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

-- few labels prove little: a share is out of bounds only where its whole interval is
final as (

    select
        metric,
        round(hits / nullif(tries, 0), 6) as value,
        case when tries > 0 then round({{ wilson('hits', 'tries', '+') }}, 6) end as judged,
        jsonb_build_object(
            'hits', hits, 'tries', tries, 'low', round({{ wilson('hits', 'tries', '-') }}, 6),
            'high', round({{ wilson('hits', 'tries', '+') }}, 6), 'pairs', pairs, 'decisions', decisions
        ) as detail
    from share

)

select * from final
