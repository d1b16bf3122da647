{#- Datasets whose every record names its enterprise by code and name: the columns that hold them. -#}
{%- set named_records = {
    'ms_ip_right': ['owner_uscc', 'owner_name'], 'fn_subsidy': ['uscc', 'enterprise_name'],
    'fn_loan': ['borrower_uscc', 'borrower_name'], 'fn_guarantee': ['uscc', 'enterprise_name'],
    'fn_equity': ['uscc', 'enterprise_name'], 'fn_listing': ['uscc', 'enterprise_name'],
    'mi_tier_holder': ['uscc', 'enterprise_name'], 'mi_tech_register': ['uscc', 'enterprise_name'],
    'mi_declaration': ['uscc', 'enterprise_name'], 'mi_above_scale': ['uscc', 'enterprise_name'],
    'mi_arrears': ['creditor_uscc', 'creditor_name']
} -%}
{#- Datasets of employer accounts: where the name is. -#}
{%- set employer_records = {
    'hr_insurance': 'employer_name',
    'hr_talent': 'employer_name',
    'hr_stability_subsidy': 'null::text'
} -%}
{#- Datasets of the register that name a market entity by its number; an entry of a list may bear a code alone. -#}
{%- set entity_records = {
    'ms_change_event': 'null::text',
    'ms_annual_report': 'record.uscc',
    'ms_irregularity': 'record.uscc'
} -%}

with

as_given as (

    select
        'taxpayer' as party_kind,
        taxpayer_no as party_no,
        taxpayer_id as code,
        taxpayer_name as name,
        count(*) as weight,
        min(delivered_on) as first_delivered_on,
        max(delivered_on) as last_delivered_on
    from {{ ref('stg_tx_taxpayer') }}
    group by party_kind, party_no, code, name
    union all
    select
        'taxpayer' as party_kind,
        taxpayer_no as party_no,
        null as code,
        null as name,
        1 as weight,
        first_delivered_on,
        null as last_delivered_on
    from {{ ref('int_identity__unlisted_taxpayer') }}
    {%- for dataset, name in employer_records.items() %}
    union all
    select
        'employer' as party_kind,
        employer_no as party_no,
        uscc as code,
        {{ name }} as name,
        count(*) as weight,
        min(delivered_on) as first_delivered_on,
        max(delivered_on) as last_delivered_on
    from {{ ref('stg_' ~ dataset) }}
    group by party_kind, party_no, code, name
    {%- endfor %}
    {%- for dataset, code in entity_records.items() %}
    union all
    select
        case when {{ entity_number('record.entity_no') }} is null then '{{ dataset }}' else 'entity' end as party_kind,
        coalesce({{ entity_number('record.entity_no') }}, record.source_key) as party_no,
        {{ code }} as code,
        null::text as name,
        count(*) as weight,
        min(record.delivered_on) as first_delivered_on,
        max(record.delivered_on) as last_delivered_on
    from {{ ref('stg_' ~ dataset) }} as record
    left join {{ ref('int_identity__registered_entity') }} as registered_entity
        on record.entity_no = registered_entity.entity_no
    where registered_entity.entity_no is null
    group by party_kind, party_no, code, name
    {%- endfor %}
    {%- for dataset, columns in named_records.items() %}
    union all
    select
        '{{ dataset }}' as party_kind,
        source_key as party_no,
        {{ columns[0] }} as code,
        {{ columns[1] }} as name,
        count(*) as weight,
        min(delivered_on) as first_delivered_on,
        max(delivered_on) as last_delivered_on
    from {{ ref('stg_' ~ dataset) }}
    group by party_kind, party_no, code, name
    {%- endfor %}

),

-- the normal forms once per text, not once per row
codes as (

    select
        code,
        {{ code_key('code') }} as code_key
    from as_given
    where code is not null
    group by code

),

names as (

    select
        name,
        {{ name_key('name') }} as name_key
    from as_given
    where name is not null
    group by name

),

final as (

    select
        as_given.party_kind,
        as_given.party_no,
        codes.code_key,
        names.name_key,
        min(as_given.name) as name,
        sum(as_given.weight)::bigint as weight,
        min(as_given.first_delivered_on) as first_delivered_on,
        max(as_given.last_delivered_on) as last_delivered_on
    from as_given
    left join codes on as_given.code = codes.code
    left join names on as_given.name = names.name
    group by as_given.party_kind, as_given.party_no, codes.code_key, names.name_key

)

select * from final
