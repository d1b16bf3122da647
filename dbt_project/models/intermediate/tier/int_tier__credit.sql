{{ config(indexes=[{'columns': ['enterprise_id'], 'unique': true}]) }}

with

rating as (

    select * from {{ ref('int_tx_credit_rating__current') }}

),

account_link as (

    select * from {{ ref('int_enterprise__account_link') }}
    where account_kind = 'taxpayer'

),

-- from the best to the worst; M is new or had no revenue
ranked as (

    select
        account_link.enterprise_id,
        max(array_position(array['A', 'B', 'M', 'C', 'D'], rating.grade)) as place
    from rating
    inner join account_link on rating.taxpayer_no = account_link.account_no
    where rating.rating_year = extract(year from {{ as_of() }}) - 1
    group by account_link.enterprise_id

),

final as (

    select
        enterprise_id,
        (array['A', 'B', 'M', 'C', 'D'])[place] as grade
    from ranked

)

select * from final
