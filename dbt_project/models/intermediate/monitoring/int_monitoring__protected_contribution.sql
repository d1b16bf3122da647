with

month as (

    select * from {{ ref('int_monitoring__month') }}

),

contribution as (

    select
        measure.indicator_code,
        enterprise_month.month,
        enterprise_month.enterprise_id,
        measure.amount
    from {{ ref('enterprise_month') }} as enterprise_month
    cross join
        lateral (
            values
            ('tax_paid_yuan', enterprise_month.tax_paid),
            ('sales_yuan', enterprise_month.sales),
            ('export_sales_yuan', enterprise_month.export_sales),
            ('insured_headcount', enterprise_month.insured_headcount)
        ) as measure (indicator_code, amount)
    where measure.amount is not null
    union all
    select
        contribution.indicator_code,
        contribution.month,
        contribution.enterprise_id,
        sum(contribution.amount) as amount
    from {{ ref('int_monitoring__month_contribution') }} as contribution
    inner join {{ ref('seed_indicator') }} as indicator
        on contribution.indicator_code = indicator.code and indicator.disclosure = 'protected'
    group by contribution.indicator_code, contribution.month, contribution.enterprise_id
    union all
    -- A rate tells of whoever its denominator is made of, and of what each of them paid.
    select
        measure.indicator_code,
        month.month,
        piece.enterprise_id,
        sum(measure.amount) as amount
    from {{ ref('int_monitoring__held_piece') }} as piece
    inner join {{ ref('seed_indicator') }} as indicator
        on piece.indicator_code = indicator.code and indicator.disclosure = 'protected'
    inner join month on piece.valid_from <= month.month_end and piece.valid_to > month.month_end
    cross join
        lateral (
            values
            (piece.indicator_code, coalesce(piece.base, piece.amount)),
            (case when piece.base is not null then piece.indicator_code || ' paid' end, piece.amount)
        ) as measure (indicator_code, amount)
    where measure.indicator_code is not null
    group by measure.indicator_code, month.month, piece.enterprise_id

),

final as (

    -- Whoever reads this needs to tell contributors apart, not to know them. A zero matters where nobody has more.
    select
        contribution.indicator_code,
        month.period,
        hashtextextended(contribution.enterprise_id, 0) as contributor,
        district_span.district_code,
        attribute.industry_section,
        attribute.size_class,
        attribute.zone,
        attribute.in_private,
        attribute.in_no_state_no_foreign,
        attribute.in_registration_type,
        round(contribution.amount * 100)::bigint as hundredths
    from contribution
    inner join month on contribution.month = month.month
    inner join {{ ref('int_enterprise__district_span') }} as district_span
        on
            contribution.enterprise_id = district_span.enterprise_id
            and month.month_end >= district_span.valid_from
            and month.month_end < district_span.valid_to
    inner join {{ ref('int_monitoring__enterprise_attribute') }} as attribute
        on contribution.enterprise_id = attribute.enterprise_id

)

select * from final
