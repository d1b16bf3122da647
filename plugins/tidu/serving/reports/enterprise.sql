-- One row: the enterprise of an id, also one that was redirected, or of a credit code.
with wanted as (
    select coalesce(r.new_enterprise_id, %(asked)s) as enterprise_id
    from (select 1) as one
    left join mart.enterprise_redirect as r on r.old_enterprise_id = %(asked)s and r.new_enterprise_id is not null
)
select e.enterprise_id, e.uscc, e.name, e.former_names, e.entity_category, e.status, e.established_on,
    e.registered_capital_yuan, e.district_name, e.address, e.industry_code, e.is_private, e.size_class, e.size_year,
    e.holding_type
from mart.enterprise as e
where e.enterprise_id in (select w.enterprise_id from wanted as w) or e.uscc = upper(%(asked)s)
order by e.enterprise_id
limit 1
