{%- set facets = history_facets() -%}

with

believed_version as (

    select * from {{ ref('int_enterprise__believed_version') }}

),

believed_change as (

    select * from {{ ref('int_enterprise__believed_change') }}

),

known as (

    select
        enterprise_id,
        known_on,
        established_on,
        row_number() over following as known_no,
        lead(known_on, 1, 'infinity'::date) over following as corrected_on
    from believed_version
    where is_last
    window following as (partition by enterprise_id order by known_on)

),

-- the first version speaks of all time before the first change
started as (

    select
        enterprise_id,
        known_on,
        null::text as facet,
        version_no,
        null::text as status,
        '-infinity'::date as happened_on
    from believed_version
    where is_first

),

changes as (

    select * from started
    union all
    select * from believed_change

),

days as (

    select
        enterprise_id,
        known_on,
        happened_on,
        {%- for facet in facets %}
        max(version_no) filter (where facet = '{{ facet }}' or facet is null) as {{ facet }}_no,
        {%- endfor %}
        max(version_no) filter (where facet = 'status') as status_no,
        min(happened_on) filter (where status in ('注销', '吊销')) as ended_on
    from changes
    group by enterprise_id, known_on, happened_on

),

-- of each facet the latest version that spoke by the day
pieces as (

    select
        enterprise_id,
        known_on,
        happened_on,
        lead(happened_on, 1, 'infinity'::date) over following as valid_to,
        {%- for facet in facets %}
        max({{ facet }}_no) over following as {{ facet }}_no,
        {%- endfor %}
        max(status_no) over following as status_no,
        min(ended_on) over following as closed_on
    from days
    window following as (partition by enterprise_id, known_on order by happened_on)

),

-- an enterprise has no days before its establishment
living as (

    select
        pieces.*,
        known.known_no,
        known.corrected_on,
        known.established_on,
        greatest(pieces.happened_on, coalesce(known.established_on, '-infinity')) as valid_from
    from pieces
    inner join known
        on
            pieces.enterprise_id = known.enterprise_id
            and pieces.known_on = known.known_on
    where pieces.valid_to > coalesce(known.established_on, '-infinity')

),

-- deliveries that said nothing else leave one row
spells as (

    select
        *,
        known_no - row_number() over (
            partition by
                enterprise_id, valid_from, valid_to, established_on, closed_on, status_no,
                {{ facets | join('_no, ') }}_no
            order by known_no
        ) as spell
    from living

),

final as (

    select
        enterprise_id,
        valid_from,
        valid_to,
        established_on,
        closed_on,
        {%- for facet in facets %}
        {{ facet }}_no,
        {%- endfor %}
        status_no,
        min(known_on) as known_on,
        max(corrected_on) as corrected_on
    from spells
    group by
        enterprise_id, valid_from, valid_to, established_on, closed_on, status_no, spell,
        {{ facets | join('_no, ') }}_no

)

select * from final
