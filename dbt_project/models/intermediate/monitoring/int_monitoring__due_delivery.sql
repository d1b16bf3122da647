with

delivery as (

    -- What was accepted since the master was built is in no figure yet.
    select
        *,
        date_trunc('month', delivered_on)::date as delivered_month
    from {{ source('ops', 'delivery') }}
    where state = 'accepted' and built_at is not null

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
    left join delivery on dataset.dataset = delivery.dataset
    left join delivered_month
        on
            delivery.delivery_id = delivered_month.delivery_id
            and delivered_month.is_newest
    group by dataset.dataset

),

covered as (

    select
        delivery.dataset,
        (delivery.delivered_month - make_interval(months => habit.lag_months))::date as month
    from delivery
    inner join habit on delivery.dataset = habit.dataset
    union
    select
        delivery.dataset,
        delivered_month.month
    from delivery
    inner join delivered_month on delivery.delivery_id = delivered_month.delivery_id
    where delivered_month.is_carried

),

-- Monthly by the catalogue: due for every month of the series, also before the first delivery ever and where none came.
final as (

    select
        habit.dataset,
        month.month,
        habit.lag_months,
        (month.month + make_interval(months => habit.lag_months))::date as due_in,
        covered.month is not null as is_covered
    from habit
    cross join month
    left join covered
        on
            habit.dataset = covered.dataset
            and month.month = covered.month

)

select * from final
