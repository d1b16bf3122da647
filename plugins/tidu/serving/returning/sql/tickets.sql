select t.ticket_id, t.department, t.dataset, c.heading as dataset_name, ops.csv_safe(t.source_key) as source_key,
    t.attribute as field, f.heading as field_name, t.origin,
    case when (t.dataset || '.' || coalesce(t.attribute, '')) = any(%(restricted_fields)s::text[]) then %(masked)s
        else ops.csv_safe(t.theirs) end as theirs,
    case when (t.dataset || '.' || coalesce(t.attribute, '')) = any(%(restricted_fields)s::text[]) then %(masked)s
        else ops.csv_safe(t.ours) end as ours,
    t.opened_on, t.due_on, t.state, t.closed_on
from ops.correction_ticket as t
join ops.contract_dataset as c using (dataset)
left join ops.contract_field as f on f.dataset = t.dataset and f.field = t.attribute
where t.state = 'open' or t.closed_on > %(as_of)s::date - 90
order by t.state desc, t.due_on, t.ticket_id
