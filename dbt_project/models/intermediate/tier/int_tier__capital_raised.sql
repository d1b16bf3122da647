{{ config(indexes=[{'columns': ['enterprise_id'], 'unique': true}]) }}

with

equity as (

    select * from {{ ref('int_fn_equity__current') }}

),

record_link as (

    select * from {{ ref('int_enterprise__record_link') }}
    where dataset = 'fn_equity'

),

deal as (

    select
        record_link.enterprise_id,
        equity.paid_in_yuan,
        equity.post_valuation_yuan,
        equity.paid_on,
        equity.deal_no,
        coalesce(equity.is_qualified_investor, false) as is_qualified,
        extract(year from {{ as_of() }})::integer - extract(year from equity.paid_on)::integer as years_back
    from equity
    inner join record_link on equity.source_key = record_link.source_key
    where coalesce(equity.paid_on <= {{ as_of() }}, true)

),

counted as (

    select
        *,
        is_qualified and years_back between 1 and 2 as in_2y,
        is_qualified and years_back between 1 and 3 as in_3y,
        is_qualified and paid_on is null as is_undated,
        row_number() over (
            partition by enterprise_id
            order by post_valuation_yuan is null asc, paid_on desc nulls last, deal_no desc
        ) as valuation_place
    from deal

),

summed as (

    select
        enterprise_id,
        {%- for years in ('2y', '3y') %}
        coalesce(sum(paid_in_yuan) filter (where in_{{ years }}), 0) as known_{{ years }},
        bool_or(is_undated or (in_{{ years }} and paid_in_yuan is null)) as is_open_{{ years }},
        {%- endfor %}
        max(post_valuation_yuan) filter (where valuation_place = 1) as valuation,
        bool_or(is_qualified) as has_qualified_investor
    from counted
    group by enterprise_id

),

-- a deal without its amount or day leaves the sum of its years open: it is at least what the others bring
final as (

    select
        enterprise_id,
        {%- for years in ('2y', '3y') %}
        case when not is_open_{{ years }} then known_{{ years }} end as equity_{{ years }},
        case when is_open_{{ years }} then known_{{ years }} end as equity_{{ years }}_least,
        {%- endfor %}
        valuation,
        has_qualified_investor
    from summed

)

select * from final
