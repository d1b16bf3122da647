{{ config(indexes=[{'columns': ['enterprise_id', 'valid_from'], 'unique': true}]) }}

with

registered_district as (

    select * from {{ ref('int_enterprise__registered_district') }}

),

provisional_party as (

    select * from {{ ref('int_identity__provisional_party') }}

),

-- as it is known now
override as (

    select
        enterprise_id,
        value as district_code,
        valid_from,
        valid_to
    from {{ ref('int_enterprise__override_belief') }}
    where attribute = 'district_code' and {{ as_of() }} >= known_on and {{ as_of() }} < corrected_on

),

decided as (

    select
        enterprise_id,
        range_agg(daterange(valid_from, valid_to)) as days
    from override
    group by enterprise_id

),

-- the days of the register that no reviewer decided about
remaining as (

    select
        registered_district.enterprise_id,
        registered_district.district_code,
        lower(remaining.days) as valid_from,
        upper(remaining.days) as valid_to
    from registered_district
    inner join decided on registered_district.enterprise_id = decided.enterprise_id
    cross join lateral unnest(
        datemultirange(daterange(registered_district.valid_from, registered_district.valid_to)) - decided.days
    ) as remaining (days)

),

final as (

    select
        enterprise_id,
        district_code,
        valid_from,
        valid_to
    from registered_district
    where enterprise_id not in (select decided.enterprise_id from decided)
    union all
    select * from remaining
    union all
    select override.*
    from override
    inner join {{ ref('int_identity__registered_entity') }} as registered_entity
        on override.enterprise_id = registered_entity.enterprise_id
    union all
    select distinct
        enterprise_id,
        '370299' as district_code,
        '-infinity'::date as valid_from,
        'infinity'::date as valid_to
    from provisional_party

)

select * from final
