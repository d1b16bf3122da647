-- The dates of spreadsheets without regular expressions that capture: one such costs as much as reading the rest of
-- the row, and sheets write most of their dates in another form than ISO. What is read, and as what, stays the same.
create or replace function ops.parse_date_sheet(value text) returns date
language sql stable parallel safe
return case
    when value like '____-__-__' then ops.parse_date(value)
    when value ~ '^[0-9]+$' then
        case
            when length(value) = 5 and value not like '0%' then date '1899-12-30' + value::integer
            when value like '19______' or value like '20______' then
                case when pg_input_is_valid(value, 'date') then value::date end
        end
    when value like '____/%' and value ~ '^[/0-9]+$' then
        case
            when value not like '%/%/%/%' and pg_input_is_valid(value, 'date')
                and (value like '____/_/_' or value like '____/__/_' or value like '____/_/__' or value like '____/__/__')
                then value::date
        end
    when value ~ '^[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日?$' then
        case when pg_input_is_valid(translate(value, '年月日', '--'), 'date')
            then translate(value, '年月日', '--')::date end
    when value ~ '^[0-9]{4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?([T ]00:00(:00(\.0+)?)?)?$' then
        case when pg_input_is_valid(translate(left(value, strpos(translate(value, 'T', ' ') || ' ', ' ') - 1), '/.年月日', '----'), 'date')
            then translate(left(value, strpos(translate(value, 'T', ' ') || ' ', ' ') - 1), '/.年月日', '----')::date end
    when value ~ '^[1-9][0-9]{4}\.0+$' then date '1899-12-30' + value::numeric::integer
end;
