select e.enterprise_id, e.uscc, ops.csv_safe(e.name) as name,
    (select string_agg(ops.csv_safe(n), '；' order by place) from unnest(e.former_names) with ordinality as f (n, place)) as former_names,
    e.entity_category, e.reg_type_code, e.is_private, e.status, e.established_on, e.closed_on, e.registered_capital_yuan,
    e.zone_code, ops.csv_safe(e.address) as address, e.industry_code, e.industry_section, e.is_branch, e.size_class,
    e.size_year
from mart.enterprise as e
order by e.enterprise_id
