with

delivery as (

    select
        *,
        date_trunc('month', delivered_on)::date as delivered_month
    from {{ source('ops', 'delivery') }}
    where state in ('accepted', 'rejected')

),

delivered_month as (

    select * from {{ ref('int_monitoring__delivered_month') }}

),

dataset as (

    select distinct unnest(string_to_array(monthly_datasets, '|')) as dataset
    from {{ ref('seed_indicator') }}

),

month as (

    select * from {{ ref('int_monitoring__month') }}

),

habit as (

    -- How many months after the month it speaks of a dataset is delivered, by the majority of its deliveries.
    select
        dataset.dataset,
        coalesce(mode() within group (
            order by {{ months_between('delivered_month.month', 'delivery.delivered_month') }}
        ), 0) as lag_months
    from dataset
    left join delivery on dataset.dataset = delivery.dataset and delivery.state = 'accepted'
    left join delivered_month
        on
            delivery.delivery_id = delivered_month.delivery_id
            and delivered_month.is_newest
    group by dataset.dataset

),

onset as (

    -- A department owes nothing before its first delivery, accepted or not.
    select
        dataset,
        min(delivered_month) as first_delivered_month
    from delivery
    group by dataset

),

covered as (

    select
        delivery.dataset,
        (delivery.delivered_month - make_interval(months => habit.lag_months))::date as month
    from delivery
    inner join habit on delivery.dataset = habit.dataset
    where delivery.state = 'accepted'
    union
    select
        delivery.dataset,
        delivered_month.month
    from delivery
    inner join delivered_month on delivery.delivery_id = delivered_month.delivery_id
    where delivery.state = 'accepted' and delivered_month.is_carried

),

final as (

    select
        habit.dataset,
        month.month,
        habit.lag_months,
        (month.month + make_interval(months => habit.lag_months))::date as due_in,
        covered.month is not null as is_covered
    from habit
    inner join onset on habit.dataset = onset.dataset
    inner join month
        on month.month + make_interval(months => habit.lag_months) >= onset.first_delivered_month
    left join covered
        on
            habit.dataset = covered.dataset
            and month.month = covered.month

)

select * from final
