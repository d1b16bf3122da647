with

enterprise as (

    select * from {{ ref('enterprise') }}

),

status_span as (

    select * from {{ ref('int_enterprise__status_span') }}

),

district_span as (

    select * from {{ ref('int_enterprise__district_span') }}

),

certificate as (

    select * from {{ ref('int_monitoring__certificate_interval') }}

),

complaint as (

    select
        record_link.enterprise_id,
        arrears.filed_on,
        arrears.closed_on,
        coalesce(arrears.amount_yuan, 0) as amount_yuan,
        coalesce(arrears.paid_yuan, 0) as paid_yuan
    from {{ ref('int_mi_arrears__current') }} as arrears
    inner join {{ ref('int_enterprise__record_link') }} as record_link
        on record_link.dataset = 'mi_arrears' and arrears.source_key = record_link.source_key

),

held as (

    select
        'market_entities' as indicator_code,
        '' as tier,
        enterprise.enterprise_id,
        greatest(enterprise.established_on, status_span.valid_from) as valid_from,
        status_span.valid_to,
        1 as amount,
        null::numeric as base
    from enterprise
    inner join status_span on enterprise.enterprise_id = status_span.enterprise_id
    where
        enterprise.status <> '未登记'
        and enterprise.established_on is not null
        and status_span.status = '存续'
    union all
    select
        indicator_code,
        tier,
        enterprise_id,
        valid_from,
        valid_to,
        1 as amount,
        null as base
    from certificate
    union all
    select
        'arrears_open_yuan' as indicator_code,
        '' as tier,
        enterprise_id,
        filed_on as valid_from,
        coalesce(closed_on, 'infinity') as valid_to,
        amount_yuan - paid_yuan as amount,
        null as base
    from complaint
    union all
    select
        'arrears_settlement_rate' as indicator_code,
        '' as tier,
        enterprise_id,
        filed_on as valid_from,
        'infinity' as valid_to,
        paid_yuan as amount,
        amount_yuan as base
    from complaint

),

final as (

    select
        held.indicator_code,
        held.tier,
        held.enterprise_id,
        district_span.district_code,
        greatest(held.valid_from, district_span.valid_from) as valid_from,
        least(held.valid_to, district_span.valid_to) as valid_to,
        held.amount,
        held.base
    from held
    inner join district_span on held.enterprise_id = district_span.enterprise_id
    where greatest(held.valid_from, district_span.valid_from) < least(held.valid_to, district_span.valid_to)

)

select * from final
