with

stg_tx_credit_rating as (

    select * from {{ ref('stg_tx_credit_rating') }}

),

final as (

    select * from stg_tx_credit_rating

)

select * from final
