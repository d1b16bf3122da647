select h.tier, h.enterprise_id, ops.csv_safe(e.name) as name, e.uscc, ops.csv_safe(h.cert_no) as cert_no, h.valid_until,
    h.state, (
        select string_agg(f.item ->> 'name', '；' order by f.place)
        from jsonb_array_elements(h.failing_criteria) with ordinality as f (item, place)
    ) as failing
from mart.tier_holder_review as h
left join mart.enterprise as e using (enterprise_id)
where h.as_of = %(assessed_on)s
order by h.tier, h.valid_until, h.cert_no
