with

account_link as (

    select * from {{ ref('int_enterprise__account_link') }}

),

vat_return as (

    select * from {{ ref('int_tx_vat_return__current') }}

),

payment as (

    select * from {{ ref('int_tx_payment__current') }}

),

insurance as (

    select * from {{ ref('int_hr_insurance__current') }}

),

account_months as (

    select
        'taxpayer' as account_kind,
        taxpayer_no as account_no,
        period as month,
        sales_yuan as sales,
        export_sales_yuan as export_sales,
        null::numeric as tax_paid,
        null::bigint as insured_headcount
    from vat_return
    union all
    select
        'taxpayer' as account_kind,
        taxpayer_no as account_no,
        paid_month as month,
        null::numeric as sales,
        null::numeric as export_sales,
        amount_yuan as tax_paid,
        null::bigint as insured_headcount
    from payment
    union all
    select
        'employer' as account_kind,
        employer_no as account_no,
        month,
        null::numeric as sales,
        null::numeric as export_sales,
        null::numeric as tax_paid,
        insured_headcount
    from insurance

),

final as (

    select
        account_link.enterprise_id,
        account_months.month,
        {{ money('sum(account_months.sales)') }} as sales,
        {{ money('sum(account_months.export_sales)') }} as export_sales,
        {{ money('sum(account_months.tax_paid)') }} as tax_paid,
        sum(account_months.insured_headcount)::bigint as insured_headcount
    from account_months
    inner join account_link
        on
            account_months.account_no = account_link.account_no
            and account_months.account_kind = account_link.account_kind
    group by account_link.enterprise_id, account_months.month

)

select * from final
order by enterprise_id, month
