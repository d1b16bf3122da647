with

account_link as (

    select * from {{ ref('int_enterprise__account_link') }}

),

year_accounts as (

    select * from {{ ref('int_enterprise__year_accounts') }}

),

year_report as (

    select * from {{ ref('int_enterprise__year_report') }}

),

talent as (

    select * from {{ ref('int_hr_talent__current') }}

),

enterprise_month as (

    select * from {{ ref('enterprise_month') }}

),

year_of_months as (

    select
        enterprise_id,
        extract(year from month)::bigint as year,
        sum(tax_paid) as tax_paid,
        sum(export_sales) as export_sales,
        max(month) filter (where insured_headcount is not null) as insured_month
    from enterprise_month
    group by enterprise_id, extract(year from month)::bigint

),

year_talent as (

    select
        account_link.enterprise_id,
        talent.as_of_year as year,
        sum(talent.rd_headcount)::bigint as rd_headcount
    from talent
    inner join account_link
        on
            talent.employer_no = account_link.account_no
            and account_link.account_kind = 'employer'
    group by account_link.enterprise_id, talent.as_of_year

),

years as (

    select
        enterprise_id,
        year
    from year_accounts
    union
    select
        enterprise_id,
        year
    from year_report
    union
    select
        enterprise_id,
        year
    from year_of_months
    union
    select
        enterprise_id,
        year
    from year_talent

),

-- the accounts filed with the tax bureau count; the annual report only where they have no figure
final as (

    select
        years.enterprise_id,
        years.year,
        {{ money('coalesce(year_accounts.revenue, year_report.revenue)') }} as revenue,
        {{ money('year_accounts.main_revenue') }} as main_revenue,
        {{ money('year_accounts.rd_expense') }} as rd_expense,
        {{ money('year_accounts.net_profit') }} as net_profit,
        {{ money('coalesce(year_accounts.total_assets, year_report.total_assets)') }} as total_assets,
        {{ money('coalesce(year_accounts.total_liabilities, year_report.total_liabilities)') }} as total_liabilities,
        {{ money('year_of_months.tax_paid') }} as tax_paid,
        {{ money('year_of_months.export_sales') }} as export_sales,
        insured.insured_headcount,
        year_talent.rd_headcount
    from years
    left join year_accounts
        on years.enterprise_id = year_accounts.enterprise_id and years.year = year_accounts.year
    left join year_report
        on years.enterprise_id = year_report.enterprise_id and years.year = year_report.year
    left join year_of_months
        on years.enterprise_id = year_of_months.enterprise_id and years.year = year_of_months.year
    left join year_talent
        on years.enterprise_id = year_talent.enterprise_id and years.year = year_talent.year
    left join enterprise_month as insured
        on
            year_of_months.enterprise_id = insured.enterprise_id
            and year_of_months.insured_month = insured.month

)

select * from final
order by enterprise_id, year
