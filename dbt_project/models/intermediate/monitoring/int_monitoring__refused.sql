-- Whole deliveries that were refused, as far as these figures know of them: one refused later is something new.
select
    delivery_id,
    dataset,
    delivered_on
from {{ source('ops', 'delivery') }}
where state = 'rejected'
