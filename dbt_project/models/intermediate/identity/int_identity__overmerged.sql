with

party_link as (

    select * from {{ ref('int_identity__party_link') }}

),

-- what a party's records say besides the enterprise it was given to
elsewhere as (

    select
        party_link.enterprise_id,
        party_link.is_registered,
        case when coalesce(party_code.enterprise_id, '') <> party_link.enterprise_id then party_code.org_code end
            as org_code,
        case when registered_name.enterprise_id <> party_link.enterprise_id then registered_name.name_key end
            as name_key,
        coalesce({{ is_branch_name('party_variant.name_key') }}, false) as is_branch
    from {{ ref('int_identity__party_variant') }} as party_variant
    inner join party_link
        on
            party_variant.party_kind = party_link.party_kind
            and party_variant.party_no = party_link.party_no
    left join {{ ref('int_identity__party_code') }} as party_code on party_variant.code_key = party_code.code_key
    left join {{ ref('int_identity__registered_name') }} as registered_name
        on party_variant.name_key = registered_name.name_key
    where
        party_code.org_code is not null and coalesce(party_code.enterprise_id, '') <> party_link.enterprise_id
        or registered_name.enterprise_id <> party_link.enterprise_id

),

place as (

    select
        party_link.enterprise_id,
        left(taxpayer.district_code, 4) as city
    from {{ ref('int_tx_taxpayer__current') }} as taxpayer
    inner join party_link on taxpayer.taxpayer_no = party_link.party_no and party_link.party_kind = 'taxpayer'
    union
    select
        registered_entity.enterprise_id,
        left(registration.district_code, 4) as city
    from {{ ref('int_ms_registration__current') }} as registration
    inner join {{ ref('int_identity__registered_entity') }} as registered_entity
        on registration.entity_no = registered_entity.entity_no

),

-- a branch files under the code of its parent
final as (

    select
        'several_codes' as metric,
        enterprise_id,
        array_agg(distinct org_code) as found
    from elsewhere
    where org_code is not null and not is_branch
    group by enterprise_id, is_registered
    having is_registered or count(distinct org_code) > 1
    union all
    select
        'several_names' as metric,
        enterprise_id,
        array_agg(distinct name_key) as found
    from elsewhere
    where name_key is not null
    group by enterprise_id
    union all
    select
        'several_cities' as metric,
        enterprise_id,
        array_agg(city order by city) as found
    from place
    where city is not null
    group by enterprise_id
    having count(*) > 1

)

select * from final
