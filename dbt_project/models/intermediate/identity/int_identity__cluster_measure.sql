with

size as (

    select
        enterprise_id,
        is_registered,
        count(*) as parties
    from {{ ref('int_identity__party_link') }}
    group by enterprise_id, is_registered

),

band as (

    select
        case
            when parties <= 5 then parties::text
            when parties <= 10 then '6-10'
            when parties <= 20 then '11-20'
            when parties <= 50 then '21-50'
            else 'more than 50'
        end as band,
        count(*) as enterprises,
        sum(parties) as parties,
        coalesce(sum(parties) filter (where is_registered), 0) as tied,
        max(parties) as largest
    from size
    group by band

),

total as (

    select
        sum(enterprises) as enterprises,
        sum(parties) as parties,
        round(sum(tied) / sum(parties), 6) as tied_share,
        max(largest) as largest,
        jsonb_object_agg(band, enterprises) as bands
    from band
    having count(*) > 0

),

last_good as (

    select
        value as parties,
        detail -> 'bands' as bands,
        (detail ->> 'enterprises')::numeric as enterprises,
        (detail ->> 'tied_share')::numeric as tied_share
    from {{ source('ops', 'linkage_metric') }}
    where metric = 'parties' and state <> 'beyond'
    order by build_no desc
    limit 1

),

drift as (

    select
        total.*,
        round(total.parties / last_good.parties - 1, 6) as growth,
        round(last_good.tied_share - total.tied_share, 6) as tied_drop,
        (
            select
                round(sum(abs(
                    coalesce((total.bands ->> key.band)::numeric, 0) / total.enterprises
                    - coalesce((last_good.bands ->> key.band)::numeric, 0) / last_good.enterprises
                )) / 2, 6)
            from jsonb_object_keys(total.bands || last_good.bands) as key (band)
        ) as size_drift
    from total
    left join last_good on true

),

share as (

    select
        kind.metric,
        round(count(overmerged.enterprise_id) / max(total.enterprises), 6) as value,
        count(overmerged.enterprise_id) as enterprises,
        (array_remove(array_agg(overmerged.enterprise_id order by overmerged.enterprise_id), null))[:10] as examples
    from total
    cross join (values ('several_codes'), ('several_names'), ('several_cities')) as kind (metric)
    left join {{ ref('int_identity__overmerged') }} as overmerged on kind.metric = overmerged.metric
    group by kind.metric

),

final as (

    select
        measure.metric,
        measure.value,
        case when abs(drift.growth) <= growth.highest and drift.enterprises >= least.lowest then measure.value end
            as judged,
        jsonb_build_object(
            'enterprises', drift.enterprises, 'bands', drift.bands, 'tied_share', drift.tied_share,
            'largest', drift.largest, 'growth', drift.growth
        ) as detail
    from drift
    left join {{ source('ops', 'linkage_bound') }} as growth on growth.metric = 'comparable_growth'
    left join {{ source('ops', 'linkage_bound') }} as least on least.metric = 'least_enterprises'
    cross join
        lateral (
            values ('parties', drift.parties), ('size_drift', drift.size_drift), ('tied_drop', drift.tied_drop)
        ) as measure (metric, value)
    union all
    select
        share.metric,
        share.value,
        case when drift.enterprises >= least.lowest then share.value end as judged,
        jsonb_build_object('enterprises', share.enterprises, 'examples', share.examples) as detail
    from share
    cross join drift
    left join {{ source('ops', 'linkage_bound') }} as least on least.metric = 'least_enterprises'

)

select * from final
