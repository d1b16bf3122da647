{#-
  What departments keep about an enterprise otherwise than the register, as it is now: of the claims of the rules of
  survivorship, those that open tickets.
-#}
{%- set claims = ticket_claims(survivorship()) -%}
{%- set registered = {
    'name': 'entity_name', 'code': 'uscc', 'industry': 'industry_code', 'district': 'today_district_code'
} -%}

with

registration as (

    select * from {{ ref('int_enterprise__registration') }}

),

account_link as (

    select * from {{ ref('int_enterprise__account_link') }}

),

record_link as (

    select * from {{ ref('int_enterprise__record_link') }}

),

district_code as (

    select * from {{ ref('seed_district_code') }}

),

tx_taxpayer as (

    select
        taxpayer.*,
        account_link.enterprise_id,
        account_link.method
    from {{ ref('int_tx_taxpayer__current') }} as taxpayer
    inner join account_link
        on
            taxpayer.taxpayer_no = account_link.account_no
            and account_link.account_kind = 'taxpayer'

),

-- the newest month stands for what the bureau keeps now
hr_insurance as (

    select
        insurance.*,
        account_link.enterprise_id,
        account_link.method
    from {{ ref('int_hr_insurance__current') }} as insurance
    inner join account_link
        on
            insurance.employer_no = account_link.account_no
            and account_link.account_kind = 'employer'
    where insurance.month = (select max(newest.month) from {{ ref('int_hr_insurance__current') }} as newest)

),

mi_above_scale as (

    select
        above_scale.*,
        record_link.enterprise_id,
        record_link.method
    from {{ ref('int_mi_above_scale__current') }} as above_scale
    inner join record_link
        on
            above_scale.source_key = record_link.source_key
            and record_link.dataset = 'mi_above_scale'

),

-- texts that are not the same to the letter; the costly readings below are for these alone
unequal as (

    {%- for dataset, subject, field, attribute in claims %}
    select
        '{{ dataset }}' as dataset,
        claim.source_key,
        claim.{{ subject }} as subject,
        '{{ field }}' as attribute,
        '{{ attribute }}' as registered_attribute,
        registration.{{ registered[attribute] }} as ours,
        claim.{{ field }} as theirs,
        claim.enterprise_id,
        registration.source_key as registered_source_key,
        claim.delivery_id,
        claim.row_no
    from {{ dataset }} as claim
    inner join registration on claim.enterprise_id = registration.enterprise_id
    where
        registration.{{ registered[attribute] }} <> claim.{{ field }}
        {%- if attribute == 'name' %}
        and claim.method not in ('name_exact', 'probabilistic')
        {%- endif %}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

-- one thing written in two ways is no disagreement; what cannot be read is none either
final as (

    select unequal.*
    from unequal
    left join district_code on unequal.theirs = district_code.code
    where
        unequal.registered_attribute = 'name'
        and {{ name_key('unequal.ours') }} <> {{ name_key('unequal.theirs') }}
        or unequal.registered_attribute = 'code'
        and length({{ code_key('unequal.theirs') }}) = 18
        and {{ code_key('unequal.ours') }} <> {{ code_key('unequal.theirs') }}
        -- the old number of a taxpayer: district, then organisation code
        or unequal.registered_attribute = 'code'
        and length({{ code_key('unequal.theirs') }}) = 15
        and substr({{ code_key('unequal.ours') }}, 9, 9) <> substr({{ code_key('unequal.theirs') }}, 7)
        or unequal.registered_attribute = 'industry'
        and substring(unequal.ours from '^[A-T]?(\d{2})') <> substring(unequal.theirs from '^[A-T]?(\d{2})')
        or unequal.registered_attribute = 'district'
        and unequal.ours not in (district_code.today_code, '370299')

)

select * from final
