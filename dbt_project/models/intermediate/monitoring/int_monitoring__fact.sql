with

final as (

    select
        indicator_code,
        month,
        district_code,
        {{ monitoring_attributes() }},
        tier,
        amount,
        base
    from {{ ref('int_monitoring__held_fact') }}
    union all
    select
        indicator_code,
        month,
        district_code,
        {{ monitoring_attributes() }},
        tier,
        amount,
        base
    from {{ ref('int_monitoring__month_fact') }}
    union all
    select
        indicator_code,
        month,
        district_code,
        {{ monitoring_attributes() }},
        tier,
        amount,
        base
    from {{ ref('int_monitoring__account_fact') }}
    union all
    select
        indicator_code,
        month,
        district_code,
        {{ monitoring_attributes() }},
        tier,
        amount,
        null as base
    from {{ ref('int_monitoring__candidate_fact') }}
    union all
    select
        indicator_code,
        month,
        district_code,
        '' as industry_section,
        '' as size_class,
        '' as zone,
        true as is_registered,
        false as in_private,
        false as in_no_state_no_foreign,
        false as in_registration_type,
        '' as tier,
        amount,
        null as base
    from {{ ref('int_monitoring__statistic_fact') }}

)

select * from final
