{{ config(materialized='view') }}

with

last_year as (

    select extract(year from {{ as_of() }})::bigint - 1 as year

),

assessed as not materialized (

    select * from {{ ref('int_tier__assessed') }}

),

account_link as not materialized (

    select * from {{ ref('int_enterprise__account_link') }}

),

record_link as not materialized (

    select * from {{ ref('int_enterprise__record_link') }}
    where dataset = 'ms_annual_report'

),

returns as (

    select
        account_link.enterprise_id,
        'accounts_y' || (last_year.year - cit_return.tax_year + 1) as grouped,
        'tx_cit_return' as dataset,
        cit_return.source_key,
        cit_return.delivery_id
    from {{ ref('int_tx_cit_return__current') }} as cit_return
    inner join account_link
        on cit_return.taxpayer_no = account_link.account_no and account_link.account_kind = 'taxpayer'
    inner join last_year on cit_return.tax_year between last_year.year - 2 and last_year.year

),

-- the annual report is evidence where the tax returns of the year leave out a figure that it has
reports as (

    select
        record_link.enterprise_id,
        'accounts_y' || (last_year.year - report.report_year + 1) as grouped,
        'ms_annual_report' as dataset,
        report.source_key,
        report.delivery_id
    from {{ ref('int_ms_annual_report__current') }} as report
    inner join record_link on report.source_key = record_link.source_key
    inner join last_year on report.report_year between last_year.year - 2 and last_year.year
    left join {{ ref('int_enterprise__year_accounts') }} as accounts
        on record_link.enterprise_id = accounts.enterprise_id and report.report_year = accounts.year
    where accounts.revenue is null or accounts.total_assets is null or accounts.total_liabilities is null

),

heads as (

    select
        account_link.enterprise_id,
        'headcount' as grouped,
        'hr_insurance' as dataset,
        insurance.source_key,
        insurance.delivery_id
    from {{ ref('int_hr_insurance__current') }} as insurance
    inner join account_link
        on insurance.employer_no = account_link.account_no and account_link.account_kind = 'employer'
    inner join last_year on insurance.month = make_date(last_year.year::integer, 12, 1)
    union all
    select
        record_link.enterprise_id,
        'headcount' as grouped,
        'ms_annual_report' as dataset,
        report.source_key,
        report.delivery_id
    from {{ ref('int_ms_annual_report__current') }} as report
    inner join record_link on report.source_key = record_link.source_key
    inner join assessed
        on record_link.enterprise_id = assessed.enterprise_id and assessed.headcount_dataset = 'ms_annual_report'
    inner join last_year on report.report_year = last_year.year
    union all
    select
        account_link.enterprise_id,
        'talent' as grouped,
        'hr_talent' as dataset,
        talent.source_key,
        talent.delivery_id
    from {{ ref('int_hr_talent__current') }} as talent
    inner join account_link
        on talent.employer_no = account_link.account_no and account_link.account_kind = 'employer'
    inner join last_year on talent.as_of_year = last_year.year

),

ratings as (

    select
        account_link.enterprise_id,
        'credit' as grouped,
        'tx_credit_rating' as dataset,
        rating.source_key,
        rating.delivery_id
    from {{ ref('int_tx_credit_rating__current') }} as rating
    inner join account_link
        on rating.taxpayer_no = account_link.account_no and account_link.account_kind = 'taxpayer'
    inner join last_year on rating.rating_year = last_year.year

),

final as (

    select * from returns
    union all
    select * from reports
    union all
    select * from heads
    union all
    select * from ratings

)

select * from final
