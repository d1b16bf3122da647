with

account_link as (

    select * from {{ ref('int_enterprise__account_link') }}

),

cit_return as (

    select * from {{ ref('int_tx_cit_return__current') }}

),

final as (

    select
        account_link.enterprise_id,
        cit_return.tax_year as year,
        sum(cit_return.operating_revenue_yuan) as revenue,
        sum(cit_return.main_business_revenue_yuan) as main_revenue,
        sum(cit_return.rd_expense_yuan) as rd_expense,
        sum(cit_return.net_profit_yuan) as net_profit,
        sum(cit_return.total_assets_yuan) as total_assets,
        sum(cit_return.total_liabilities_yuan) as total_liabilities
    from cit_return
    inner join account_link
        on
            cit_return.taxpayer_no = account_link.account_no
            and account_link.account_kind = 'taxpayer'
    group by account_link.enterprise_id, cit_return.tax_year

)

select * from final
