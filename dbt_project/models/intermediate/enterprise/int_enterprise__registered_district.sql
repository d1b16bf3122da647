with

registration_version as (

    select * from {{ ref('int_enterprise__registration_version') }}

),

stg_ms_change_event as (

    select * from {{ ref('stg_ms_change_event') }}

),

moves as (

    select
        enterprise_id,
        entity_no,
        version_no,
        district_code,
        previous_updated_on,
        updated_on,
        coalesce(approved_on, updated_on) as known_on,
        lag(updated_on, 1, '-infinity'::date) over (partition by enterprise_id order by version_no) as last_moved_on
    from registration_version
    where district_code <> previous_district_code

),

-- The registered change that lies between the two versions dates the move, unless it dated the move before;
-- a change of authority before one of address.
dated as (

    select distinct on (moves.enterprise_id, moves.version_no)
        moves.enterprise_id,
        moves.version_no,
        moves.district_code,
        coalesce(change_event.changed_on, moves.known_on) as happened_on
    from moves
    left join stg_ms_change_event as change_event
        on
            moves.entity_no = change_event.entity_no
            and change_event.change_item in ('登记机关', '住所')
            and change_event.changed_on between moves.previous_updated_on and moves.updated_on
            and moves.last_moved_on < change_event.changed_on
    order by
        moves.enterprise_id asc,
        moves.version_no asc,
        (change_event.change_item = '登记机关') desc nulls last,
        change_event.changed_on desc

),

standing as (

    select *
    from (
        select
            *,
            min(happened_on) over (
                partition by enterprise_id order by version_no
                rows between 1 following and unbounded following
            ) as overridden_from
        from dated
    ) as overridden
    where overridden_from is null or happened_on < overridden_from

),

starts as (

    select
        enterprise_id,
        district_code,
        '-infinity'::date as valid_from
    from registration_version
    where version_no = 1
    union all
    select
        enterprise_id,
        district_code,
        happened_on as valid_from
    from standing

),

final as (

    select
        enterprise_id,
        district_code,
        valid_from,
        lead(valid_from, 1, 'infinity'::date) over (partition by enterprise_id order by valid_from) as valid_to
    from starts

)

select * from final
