{{ config(indexes=[{'columns': ['enterprise_id', 'valid_from'], 'unique': true}]) }}

with

registration_version as (

    select * from {{ ref('int_enterprise__registration_version') }}

),

provisional_party as (

    select * from {{ ref('int_identity__provisional_party') }}

),

-- an entity is 存续 until a version says otherwise; a version without a date of its own speaks from its update on
events as (

    select
        enterprise_id,
        version_no,
        status,
        coalesce(status_on, updated_on) as happened_on
    from registration_version
    where
        status_on is not null
        or status <> coalesce(previous_status, '存续')

),

-- a later version overrides what earlier ones said of its date and after
standing as (

    select *
    from (
        select
            *,
            min(happened_on) over (
                partition by enterprise_id order by version_no
                rows between 1 following and unbounded following
            ) as overridden_from
        from events
    ) as overridden
    where overridden_from is null or happened_on < overridden_from

),

starts as (

    select
        enterprise_id,
        '存续' as status,
        '-infinity'::date as valid_from
    from registration_version
    where version_no = 1
    union all
    select
        enterprise_id,
        status,
        happened_on as valid_from
    from standing

),

changes as (

    select *
    from (
        select
            *,
            lag(status) over (partition by enterprise_id order by valid_from) as previous_status
        from starts
    ) as followed
    where status is distinct from previous_status

),

final as (

    select
        enterprise_id,
        status,
        valid_from,
        lead(valid_from, 1, 'infinity'::date) over (partition by enterprise_id order by valid_from) as valid_to
    from changes
    union all
    select distinct
        enterprise_id,
        '未登记' as status,
        '-infinity'::date as valid_from,
        'infinity'::date as valid_to
    from provisional_party

)

select * from final
