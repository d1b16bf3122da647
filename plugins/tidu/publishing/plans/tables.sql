-- What the steps read; gone at the end of the transaction, and the views over them too.
create temporary table plan_aim (
    target_code text primary key, plan text, plan_name text, plan_name_en text, plan_since integer, plan_year integer,
    name text, name_en text, since integer, year integer, target numeric, unit text, comparator text, kind text,
    indicator_code text, indicator_kind text, scope text, over_scope text, breakdown text, breakdown_value text,
    needs text, caveat text, quote text
) on commit drop;
-- Published totals of the city and those by tier: no value where the release hides it.
create temporary table plan_cell (
    indicator_code text, scope text, breakdown text, breakdown_value text, month date, value numeric, is_hidden boolean
) on commit drop;
-- Of titles a plan counts who newly holds one; the published stock loses those that expire.
create temporary table plan_title (tier text, month date, entries bigint) on commit drop;
