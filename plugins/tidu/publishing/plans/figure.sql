-- One row per measured target and month of the release: the published cells it is measured by.
create temporary view plan_figure as
select
    aim.target_code,
    month.month,
    aim.indicator_kind,
    figure.value,
    whole.value as over_value,
    coalesce(figure.is_hidden, false) or coalesce(whole.is_hidden, false) as is_hidden,
    case
        when aim.kind = 'increase' and aim.breakdown = 'tier' then (
            select coalesce(sum(title.entries), 0) from plan_title as title
            where title.tier = aim.breakdown_value and title.month between make_date(aim.since, 1, 1) and month.month
        )
    end as newly_held
from plan_aim as aim
cross join (select distinct cell.month from plan_cell as cell) as month
left join plan_cell as figure
    on figure.month = month.month
    and figure.indicator_code = aim.indicator_code
    and figure.scope = aim.scope
    and figure.breakdown = aim.breakdown
    and figure.breakdown_value = aim.breakdown_value
left join plan_cell as whole
    on whole.month = month.month
    and whole.indicator_code = aim.indicator_code
    and whole.scope = aim.over_scope
    and whole.breakdown = aim.breakdown
    and whole.breakdown_value = aim.breakdown_value
where aim.indicator_code is not null;
