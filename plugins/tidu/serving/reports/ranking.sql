-- One row per rank held, or a single row without rank: who stands where by a measure of a year, and how many enterprises
-- have no figure. Enterprises of one figure share a rank, and the next one counts them all.
with measured as (
    select e.enterprise_id, e.name, e.uscc, e.district_name, e.industry_code, y.{measure} as value
    from mart.enterprise as e
    left join mart.enterprise_year as y on y.enterprise_id = e.enterprise_id and y.year = %(year)s
    where e.entity_category = '企业' and e.status = '存续' and not e.is_branch
        and (%(scope)s = 'all' or e.is_private)
        and (%(tag)s::text is null or e.enterprise_id in (
            select t.enterprise_id from intermediate.int_enterprise__industry_tag as t where t.tag = %(tag)s))
),
counted as (
    select count(*) as asked, count(*) filter (where m.value is null) as missing,
        count(*) filter (where m.value <= 0) as nothing
    from measured as m
),
ranked as (
    select m.*, rank() over (order by m.value desc) as rank, count(*) over (partition by m.value) as sharing
    from measured as m
    where m.value > 0
)
select c.asked, c.missing, c.nothing, r.*
from counted as c
left join ranked as r on r.rank <= %(top)s
order by r.rank, r.name, r.enterprise_id
