{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
    on_schema_change='append_new_columns',
) }}

with

enterprise as (

    select * from {{ ref('enterprise') }}

),

told as (

    {% if is_incremental() %}
    select * from {{ this }}
    {% else %}
    select * from (values (0::bigint, '', '', '', '', '', array['']))
        as t (change_no, enterprise_id, kind, name, status, district_code, related_ids)
    where false
    {% endif %}

),

-- what the feed has last said of an enterprise is what its readers know; without a status it stands no longer
known as (

    select distinct on (enterprise_id) *
    from told
    order by enterprise_id asc, change_no desc

),

compared as (

    select
        coalesce(enterprise.enterprise_id, known.enterprise_id) as enterprise_id,
        enterprise.name,
        enterprise.status,
        enterprise.district_code,
        known.name as known_name,
        known.status as known_status,
        known.district_code as known_district,
        known.enterprise_id is null as is_new,
        enterprise.status is not null and known.status is not null as stays,
        enterprise.status is null and known.status is not null as goes,
        enterprise.status in ('注销', '吊销') and known.status not in ('注销', '吊销') as closes,
        enterprise.status <> known.status
        and (enterprise.status not in ('注销', '吊销') or known.status in ('注销', '吊销')) as other_status
    from enterprise
    full join known on enterprise.enterprise_id = known.enterprise_id
    where
        (enterprise.status, enterprise.name, enterprise.district_code)
        is distinct from (known.status, known.name, known.district_code)
        -- an id whose records were gone may lead to others since
        or enterprise.enterprise_id is null and known.kind = 'withdrawn'

),

apart as (

    select
        moved.from_enterprise_id as enterprise_id,
        array_agg(distinct moved.to_enterprise_id) as related_ids
    from {{ ref('int_identity__moved_member') }} as moved
    where
        moved.to_enterprise_id is not null
        and not exists (
            select from told
            where
                told.enterprise_id = moved.from_enterprise_id
                and told.kind = 'split'
                and moved.to_enterprise_id = any(told.related_ids)
        )
    group by moved.from_enterprise_id

),

events as (

    select
        seen.enterprise_id,
        event.place,
        event.kind,
        event.was,
        seen.name,
        seen.status,
        seen.district_code,
        event.related_ids
    from compared as seen
    left join {{ ref('enterprise_redirect') }} as redirect on seen.enterprise_id = redirect.old_enterprise_id
    cross join
        lateral (
            values
            (1, 'registered', null, null, seen.is_new and seen.status <> '未登记'),
            (2, 'minted', null, null, seen.is_new and seen.status = '未登记'),
            (3, 'restored', null, null, seen.status is not null and not seen.is_new and seen.known_status is null),
            (4, 'renamed', seen.known_name, null, seen.stays and seen.name is distinct from seen.known_name),
            (5, 'moved', seen.known_district, null, seen.stays and seen.district_code <> seen.known_district),
            (6, 'closed', seen.known_status, null, seen.stays and seen.closes),
            (7, 'status', seen.known_status, null, seen.stays and seen.other_status),
            (9, 'split', seen.known_status, redirect.successors, seen.status is null and redirect.cause = 'split'),
            (10, 'merged', seen.known_status, redirect.successors, seen.status is null and redirect.cause = 'merge'),
            (11, 'withdrawn', seen.known_status, null, seen.goes and redirect.cause is null)
        ) as event (place, kind, was, related_ids, happened)
    where event.happened
    union all
    select
        apart.enterprise_id,
        8 as place,
        'split' as kind,
        enterprise.status as was,
        enterprise.name,
        enterprise.status,
        enterprise.district_code,
        apart.related_ids
    from apart
    inner join enterprise on apart.enterprise_id = enterprise.enterprise_id

),

final as (

    select
        (select coalesce(max(told.change_no), 0) from told)
        + row_number() over (order by place asc, enterprise_id asc) as change_no,
        {{ as_of() }} as as_of,
        enterprise_id,
        kind,
        was,
        name,
        status,
        district_code,
        related_ids
    from events

)

select * from final
order by change_no
