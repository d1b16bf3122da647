{#- Every value of every department beside the one that stands; the rules are those of policies/survivorship.yml. -#}
{%- set rules = survivorship() -%}
{{ config(materialized='view', pre_hook=["select ops.assert_build('mart')", "{{ provenance_indexes() }}"]) }}

with

override as (

    {{ decided_values() }}

),

-- the best department first, and of each the newest word; what a reviewer decided before all of them
claims as (

    select
        enterprise_id,
        attribute,
        value,
        'ops.decision' as dataset,
        0 as place,
        decision_id::text as source_key,
        null::bigint as delivery_id,
        null::integer as row_no,
        {{ known_time('counts_from') }} as observed_at
    from {{ ref('int_enterprise__override') }}
    union all

    {%- for dataset, source in rules['datasets'].items() %}
    select
        link.enterprise_id,
        claim.attribute,
        claim.value,
        '{{ dataset }}' as dataset,
        {{ loop.index }} as place,
        stated.source_key,
        stated.delivery_id,
        stated.row_no,
        {{ 'stated.' ~ source['observed'] if source['observed'] else known_time('stated.delivered_on') }} as observed_at
    {%- if source['tied_by'] == 'record' %}
    from {{ ref('int_enterprise__record_link') }} as link
    inner join {{ ref('stg_' ~ dataset) }} as stated
        on
            link.source_key = stated.source_key
            and link.dataset = '{{ dataset }}'
    {%- else %}
    from {{ ref('int_enterprise__account_link') }} as link
    inner join {{ ref('stg_' ~ dataset) }} as stated
        on
            link.account_no = stated.{{ source['tied_by'] }}_no
            and link.account_kind = '{{ source['tied_by'] }}'
    {%- endif %}
    cross join lateral {{ claimed_values(dataset, rules['attributes']) }} as claim (attribute, value)
    where claim.value is not null
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

beside as (

    select
        claims.*,
        enterprise.status = '未登记' as is_unregistered,
        override.decided,
        {{ master_value('claims.attribute', 'enterprise', rules) }} as stands
    from claims
    inner join {{ ref('enterprise') }} as enterprise on claims.enterprise_id = enterprise.enterprise_id
    left join override on claims.enterprise_id = override.enterprise_id

),

-- of the values that stand the best department's newest row is the one chosen
ordered as (

    select
        *,
        row_number() over (
            partition by enterprise_id, attribute
            order by
                (place = 0) desc, (value = stands) desc nulls last, place asc, observed_at desc,
                source_key asc, delivery_id asc, row_no asc
        ) as choice
    from beside

),

judged as (

    select
        *,
        coalesce(choice = 1 and (place = 0 or value = stands), false) as is_chosen
    from ordered

),

-- what follows from a value has its raw row
final as (

    select
        judged.enterprise_id,
        told.attribute,
        told.value,
        judged.dataset,
        judged.source_key,
        judged.delivery_id,
        judged.row_no,
        (judged.observed_at at time zone 'Asia/Shanghai')::date as observed_on,
        judged.is_chosen,
        told.rule
    from judged
    inner join {{ ref('enterprise') }} as enterprise on judged.enterprise_id = enterprise.enterprise_id
    cross join lateral {{ told_values(rules) }} as told (attribute, value, rule, is_told)
    where told.is_told and (told.value is not null or judged.place = 0 and told.attribute = judged.attribute)
    union all
    -- what nobody says of an enterprise that the register does not know
    select
        enterprise.enterprise_id,
        fixed.attribute,
        fixed.value,
        null as dataset,
        null as source_key,
        null as delivery_id,
        null as row_no,
        enterprise.told_on as observed_on,
        true as is_chosen,
        'given' as rule
    from {{ ref('enterprise') }} as enterprise
    cross join lateral {{ given_values(rules) }} as fixed (attribute, value)
    where enterprise.status = '未登记' and fixed.value is not null

)

select * from final
