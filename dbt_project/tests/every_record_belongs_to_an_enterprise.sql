select links.enterprise_id
from (
    select enterprise_id from {{ ref('int_enterprise__account_link') }}
    union
    select enterprise_id from {{ ref('int_enterprise__record_link') }}
) as links
left join {{ ref('enterprise') }} as enterprise on links.enterprise_id = enterprise.enterprise_id
where enterprise.enterprise_id is null
