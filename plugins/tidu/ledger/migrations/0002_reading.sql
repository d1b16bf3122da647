-- How delivered text is read. One definition serves validation, settlement and staging.
-- Every read_* function returns null for text that cannot be read, and for empty text; none raises.
-- `sheet` readings also know what spreadsheets hold: serial dates, 2025年7月1日, 1,234.50, 1234.5万元.

create function ops.clean(value text) returns text
language sql immutable parallel safe
return nullif(btrim(value, E' \t\r\n\u3000\u00a0'), '');
comment on function ops.clean is 'Text without white space around it; null when nothing is left.';

create function ops.read_integer(value text) returns bigint
language sql immutable parallel safe
return case when ops.clean(value) ~ '^[+-]?\d{1,15}(\.0+)?$' then ops.clean(value)::numeric::bigint end;

create function ops.read_decimal(value text) returns numeric
language sql immutable parallel safe
return case when ops.clean(value) ~ '^[+-]?(\d{1,17}(\.\d{0,20})?|\.\d{1,20})([eE][+-]?\d{1,2})?$'
                 and abs(ops.clean(value)::numeric) < 1e17 then ops.clean(value)::numeric end;

create function ops.read_decimal_sheet(value text, unit text) returns numeric
language sql immutable parallel safe
return ops.read_decimal(regexp_replace(ops.clean(value), '[,，￥¥]|\s*(万元|万|元)$', '', 'g'))
    * case
        when ops.clean(value) ~ '万元?$' then case unit when 'yuan' then 10000 else 1 end
        when ops.clean(value) ~ '元$' then case unit when 'wan' then 0.0001 else 1 end
        else 1
    end;
comment on function ops.read_decimal_sheet is 'Amount in the unit of its field (wan, yuan or null); a unit written beside the number wins over the field''s.';

create function ops.read_date(value text) returns date
language sql stable parallel safe
return case when ops.clean(value) ~ '^\d{4}-\d{2}-\d{2}$' and pg_input_is_valid(ops.clean(value), 'date')
            then ops.clean(value)::date end;

create function ops.read_date_sheet(value text) returns date
language sql stable parallel safe
return case
    when ops.clean(value) ~ '^\d{4}-\d{2}-\d{2}$' then ops.read_date(value)
    when ops.clean(value) ~ '^\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?([T ]00:00(:00(\.0+)?)?)?$'
        then ops.read_date(
            regexp_replace(
                regexp_replace(regexp_replace(ops.clean(value), '[T ]00:00(:00(\.0+)?)?$', ''),
                    '^(\d{4})\D(\d{1,2})\D(\d{1,2})日?$', '\1-0\2-0\3'),
                '-0(\d\d)', '-\1', 'g'))
    when ops.clean(value) ~ '^(19|20)\d{6}$'
        then ops.read_date(regexp_replace(ops.clean(value), '^(\d{4})(\d\d)(\d\d)$', '\1-\2-\3'))
    when ops.clean(value) ~ '^[1-9]\d{4}(\.0+)?$'
        then date '1899-12-30' + ops.clean(value)::numeric::integer
end;
comment on function ops.read_date_sheet is 'Date as ISO, 2025/7/1, 2025年7月1日, 20250701 or an Excel serial (1900 system).';

create function ops.read_month(value text) returns date
language sql stable parallel safe
return case when ops.clean(value) ~ '^\d{4}-(0[1-9]|1[0-2])$' and ops.clean(value) >= '0001'
            then (ops.clean(value) || '-01')::date end;
comment on function ops.read_month is 'First day of a month given as YYYY-MM.';

create function ops.read_timestamp(value text) returns timestamptz
language sql stable parallel safe
return case
    when ops.clean(value) !~ '^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?( ?(Z|[+-]\d{2}(:?\d{2})?))?)?$' then null
    when not pg_input_is_valid(ops.clean(value), 'timestamptz') then null
    when ops.clean(value) ~ '(Z|[T ][0-9:.]+ ?[+-]\d{2}(:?\d{2})?)$' then ops.clean(value)::timestamptz
    else ops.clean(value)::timestamp at time zone 'Asia/Shanghai'
end;
comment on function ops.read_timestamp is 'ISO 8601 instant; without an offset it is Asia/Shanghai.';

create function ops.is_placeholder_code(value text) returns boolean
language sql immutable parallel safe
return coalesce(ops.clean(value) ~* '^(0+|无|待补|null|/)$', false);
comment on function ops.is_placeholder_code is 'True for what people type when they have no code.';

create function ops.is_uscc(value text) returns boolean
language sql immutable parallel safe
return coalesce(
    value ~ '^[0-9A-HJ-NPQRTUWXY]{18}$' and value !~ '^0+$'
    and (
        select (31 - sum((strpos('0123456789ABCDEFGHJKLMNPQRTUWXY', substr(value, w.place, 1)) - 1) * w.weight) % 31) % 31
            = strpos('0123456789ABCDEFGHJKLMNPQRTUWXY', substr(value, 18, 1)) - 1
        from (values (1, 1), (2, 3), (3, 9), (4, 27), (5, 19), (6, 26), (7, 16), (8, 17), (9, 20),
                     (10, 29), (11, 25), (12, 13), (13, 8), (14, 24), (15, 10), (16, 30), (17, 28)) as w (place, weight)
    ), false);
comment on function ops.is_uscc is 'GB 32100-2015: 18 characters of its alphabet and check character; the region part is never looked up.';

create function ops.is_org_code(value text) returns boolean
language sql immutable parallel safe
return coalesce(
    value ~ '^[0-9A-Z]{8}[0-9X]$'
    and (
        select case 11 - sum((strpos('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', substr(value, w.place, 1)) - 1) * w.weight) % 11
            when 10 then 'X' when 11 then '0'
            else (11 - sum((strpos('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', substr(value, w.place, 1)) - 1) * w.weight) % 11)::text
        end = substr(value, 9, 1)
        from (values (1, 3), (2, 7), (3, 9), (4, 10), (5, 5), (6, 8), (7, 4), (8, 2)) as w (place, weight)
    ), false);
comment on function ops.is_org_code is 'GB 11714-1997 without hyphen: eight characters and the check character.';

create function ops.is_reg_no(value text) returns boolean
language sql immutable parallel safe
return case when value ~ '^\d{15}$' then (
    with recursive walk (place, p) as (
        select 0, 10
        union all
        select place + 1, case (p % 11 + substr(value, place + 1, 1)::integer) % 10
            when 0 then 20 else 2 * ((p % 11 + substr(value, place + 1, 1)::integer) % 10) end
        from walk where place < 14
    )
    select (p % 11 + substr(value, 15, 1)::integer) % 10 = 1 from walk where place = 14
) else false end;
comment on function ops.is_reg_no is 'GS 15-2006 registration number: 14 digits and the ISO 7064 MOD 11,10 check digit.';
