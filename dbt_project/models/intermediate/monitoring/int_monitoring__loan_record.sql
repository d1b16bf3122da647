with

loan as (

    select * from {{ ref('stg_fn_loan') }}

),

loan_snapshot as (

    select * from {{ ref('int_monitoring__snapshot') }}
    where dataset = 'fn_loan' and is_last_of_month

),

latest_loan as (

    select distinct on (loan_no)
        source_key,
        is_first_loan,
        starts_on
    from loan
    order by loan_no asc, delivered_on desc, delivery_id desc

),

final as (

    select
        'loan_balance_yuan' as indicator_code,
        loan.source_key,
        loan_snapshot.month as happened_on,
        loan.balance_yuan as amount
    from loan
    inner join loan_snapshot on loan.delivery_id = loan_snapshot.delivery_id
    union all
    select
        'credit_loan_balance_yuan' as indicator_code,
        loan.source_key,
        loan_snapshot.month as happened_on,
        loan.balance_yuan as amount
    from loan
    inner join loan_snapshot on loan.delivery_id = loan_snapshot.delivery_id
    where loan.loan_kind = '信用'
    union all
    select
        'first_loan_count' as indicator_code,
        source_key,
        starts_on as happened_on,
        1 as amount
    from latest_loan
    where is_first_loan

)

select * from final
