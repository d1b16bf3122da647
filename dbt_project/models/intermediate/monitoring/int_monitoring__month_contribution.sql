with

enterprise as (

    select * from {{ ref('enterprise') }}
    where status <> '未登记'

),

record_link as (

    select * from {{ ref('int_enterprise__record_link') }}

),

record as (

    select
        indicator_code,
        'fn_loan' as dataset,
        source_key,
        happened_on,
        amount
    from {{ ref('int_monitoring__loan_record') }}
    union all
    select
        'guarantee_yuan' as indicator_code,
        'fn_guarantee' as dataset,
        source_key,
        signed_on as happened_on,
        amount_yuan as amount
    from {{ ref('int_fn_guarantee__current') }}
    union all
    select
        'subsidy_yuan' as indicator_code,
        'fn_subsidy' as dataset,
        source_key,
        paid_on as happened_on,
        amount_yuan as amount
    from {{ ref('int_fn_subsidy__current') }}
    union all
    select
        'equity_financing_yuan' as indicator_code,
        'fn_equity' as dataset,
        source_key,
        paid_on as happened_on,
        paid_in_yuan as amount
    from {{ ref('int_fn_equity__current') }}

),

final as (

    select
        'new_entities' as indicator_code,
        date_trunc('month', established_on)::date as month,
        enterprise_id,
        1 as amount
    from enterprise
    union all
    select
        'closed_entities' as indicator_code,
        date_trunc('month', closed_on)::date as month,
        enterprise_id,
        1 as amount
    from enterprise
    where closed_on is not null
    union all
    select
        'small_to_above_scale' as indicator_code,
        date_trunc('month', on_date)::date as month,
        enterprise_id,
        1 as amount
    from {{ ref('enterprise_transition') }}
    where kind = '小升规'
    union all
    select
        record.indicator_code,
        date_trunc('month', record.happened_on)::date as month,
        record_link.enterprise_id,
        record.amount
    from record
    inner join record_link
        on
            record.dataset = record_link.dataset
            and record.source_key = record_link.source_key
    where record.happened_on is not null and record.amount is not null

)

select * from final
