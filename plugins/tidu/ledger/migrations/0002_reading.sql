-- How delivered text is read. One definition serves validation, settlement and staging.
-- Every function returns null (a check: false) for text that cannot be read, and for empty text; none raises.
-- parse_* take text without white space around it, read_* any text. `sheet` readings also know what
-- spreadsheets hold: serial dates, 2025年7月1日, 1,234.50, 1234.5万元.
-- Written so that the planner inlines them (hence stable: pg_input_is_valid is not immutable), and with `like` and one-class patterns where they do: a regular
-- expression of many states costs ten times as much, and these run on every value delivered.
-- [0-9] rather than \d throughout, which in some databases also matches full-width digits.

create function ops.clean(value text) returns text
language sql immutable parallel safe
return nullif(btrim(value, E' \t\r\n\u3000\u00a0'), '');
comment on function ops.clean is 'Text without white space around it; null when nothing is left.';

create function ops.parse_integer(value text) returns bigint
language sql stable parallel safe
return case
    when value ~ '^[-+0-9]+$' then
        case when length(ltrim(value, '+-')) <= 15 and pg_input_is_valid(value, 'bigint') then value::bigint end
    when value ~ '^[+-]?[0-9]{1,15}\.0+$' then value::numeric::bigint
end;
create function ops.read_integer(value text) returns bigint
language sql stable parallel safe return ops.parse_integer(ops.clean(value));

create function ops.parse_decimal(value text) returns numeric
language sql stable parallel safe
return case
    when value ~ '^[-+.0-9]+$' then
        case when length(value) <= 39 and pg_input_is_valid(value, 'numeric') and abs(value::numeric) < 1e17
            then value::numeric end
    when value ~ '^[+-]?([0-9]{1,17}(\.[0-9]{0,20})?|\.[0-9]{1,20})[eE][+-]?[0-9]{1,2}$'
        and abs(value::numeric) < 1e17 then value::numeric
end;
create function ops.read_decimal(value text) returns numeric
language sql stable parallel safe return ops.parse_decimal(ops.clean(value));

create function ops.parse_decimal_sheet(value text, unit text) returns numeric
language sql stable parallel safe
return case
    when value ~ '^[-+.0-9]+$' then ops.parse_decimal(value)
    else ops.parse_decimal(regexp_replace(value, '[,，￥¥]|\s*(万元|万|元)$', '', 'g'))
        * case
            when value ~ '万元?$' then case unit when 'yuan' then 10000 else 1 end
            when value ~ '元$' then case unit when 'wan' then 0.0001 else 1 end
            else 1
        end
end;
comment on function ops.parse_decimal_sheet is 'Amount in the unit of its field (wan, yuan or null); a unit written beside the number wins over the field''s.';
create function ops.read_decimal_sheet(value text, unit text) returns numeric
language sql stable parallel safe return ops.parse_decimal_sheet(ops.clean(value), unit);

create function ops.parse_date(value text) returns date
language sql stable parallel safe
return case
    when value like '____-__-__' and value not like '%-%-%-%' and value ~ '^[-0-9]+$'
        and pg_input_is_valid(value, 'date') then value::date
end;
comment on function ops.parse_date is 'Date as YYYY-MM-DD, if it exists.';
create function ops.read_date(value text) returns date
language sql stable parallel safe return ops.parse_date(ops.clean(value));

create function ops.parse_date_sheet(value text) returns date
language sql stable parallel safe
return case
    when value like '____-__-__' then ops.parse_date(value)
    when value ~ '^[0-9]{4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?([T ]00:00(:00(\.0+)?)?)?$'
        then ops.parse_date(
            regexp_replace(
                regexp_replace(regexp_replace(value, '[T ]00:00(:00(\.0+)?)?$', ''),
                    '^([0-9]{4})[^0-9]([0-9]{1,2})[^0-9]([0-9]{1,2})日?$', '\1-0\2-0\3'),
                '-0([0-9]{2})', '-\1', 'g'))
    when value ~ '^(19|20)[0-9]{6}$'
        then ops.parse_date(regexp_replace(value, '^([0-9]{4})([0-9]{2})([0-9]{2})$', '\1-\2-\3'))
    when value ~ '^[1-9][0-9]{4}(\.0+)?$'
        then date '1899-12-30' + value::numeric::integer
end;
comment on function ops.parse_date_sheet is 'Date as ISO, 2025/7/1, 2025年7月1日, 20250701 or an Excel serial (1900 system).';
create function ops.read_date_sheet(value text) returns date
language sql stable parallel safe return ops.parse_date_sheet(ops.clean(value));

create function ops.parse_month(value text) returns date
language sql stable parallel safe
return case
    when value like '____-__' and value not like '%-%-%' and value ~ '^[-0-9]+$'
        and pg_input_is_valid(value || '-01', 'date') then (value || '-01')::date
end;
comment on function ops.parse_month is 'First day of a month given as YYYY-MM.';
create function ops.read_month(value text) returns date
language sql stable parallel safe return ops.parse_month(ops.clean(value));

create function ops.parse_timestamp(value text) returns timestamptz
language sql stable parallel safe
return case
    when value like '____-__-__ __:__:__' and value ~ '^[- :0-9]+$'
        and value not like '%-%-%-%' and value not like '% % %' and value not like '%:%:%:%' then
        case when pg_input_is_valid(value, 'timestamp') then value::timestamp at time zone 'Asia/Shanghai' end
    when value like '____-__-__T__:__:__%' and substr(value, 20) in ('', 'Z', '+08:00')
        and left(value, 19) ~ '^[-T:0-9]+$' and value not like '%-%-%-%' and value not like '%T%T%'
        and left(value, 19) not like '%:%:%:%' then
        case when pg_input_is_valid(value, 'timestamptz') then
            case when length(value) = 19 then value::timestamp at time zone 'Asia/Shanghai' else value::timestamptz end
        end
    when value !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?( ?(Z|[+-][0-9]{2}(:?[0-9]{2})?))?)?$'
        or not pg_input_is_valid(value, 'timestamptz') then null
    when value ~ '(Z|[T ][0-9:.]+ ?[+-][0-9:]+)$' then value::timestamptz
    else value::timestamp at time zone 'Asia/Shanghai'
end;
comment on function ops.parse_timestamp is 'ISO 8601 instant; without an offset it is Asia/Shanghai.';
create function ops.read_timestamp(value text) returns timestamptz
language sql stable parallel safe return ops.parse_timestamp(ops.clean(value));

create function ops.is_placeholder_code(value text) returns boolean
language sql immutable parallel safe
return coalesce(
    ops.clean(value) ~ '^0+$' or ops.clean(value) in ('无', '待补', '/') or lower(ops.clean(value)) = 'null', false);
comment on function ops.is_placeholder_code is 'True for what people type when they have no code.';

create function ops.uscc_digit(value text, place integer) returns integer
language sql immutable parallel safe
return get_byte('\x00010203040506070809000000000000000a0b0c0d0e0f101100121314151600171819001a1b001c1d1e00', get_byte(value::bytea, place) - 48);
comment on function ops.uscc_digit is 'Place in GB 32100''s alphabet (no I, O, S, V, Z) of the character at a 0-based position; the table starts at ''0''.';

create function ops.is_uscc(value text) returns boolean
language sql immutable parallel safe
return case when length(value) = 18 and value ~ '^[0-9A-HJ-NPQRTUWXY]+$' and value !~ '^0+$' then
    (ops.uscc_digit(value, 0) + ops.uscc_digit(value, 1) * 3 + ops.uscc_digit(value, 2) * 9
        + ops.uscc_digit(value, 3) * 27 + ops.uscc_digit(value, 4) * 19 + ops.uscc_digit(value, 5) * 26
        + ops.uscc_digit(value, 6) * 16 + ops.uscc_digit(value, 7) * 17 + ops.uscc_digit(value, 8) * 20
        + ops.uscc_digit(value, 9) * 29 + ops.uscc_digit(value, 10) * 25 + ops.uscc_digit(value, 11) * 13
        + ops.uscc_digit(value, 12) * 8 + ops.uscc_digit(value, 13) * 24 + ops.uscc_digit(value, 14) * 10
        + ops.uscc_digit(value, 15) * 30 + ops.uscc_digit(value, 16) * 28 + ops.uscc_digit(value, 17)) % 31 = 0
else false end;
comment on function ops.is_uscc is 'GB 32100-2015: 18 characters of its alphabet and check character; the region part is never looked up.';

create function ops.org_code_digit(value text, place integer) returns integer
language sql immutable parallel safe
return get_byte(value::bytea, place) - case when get_byte(value::bytea, place) < 65 then 48 else 55 end;

create function ops.is_org_code(value text) returns boolean
language sql immutable parallel safe
return case when length(value) = 9 and value ~ '^[0-9A-Z]+$' and right(value, 1) ~ '^[0-9X]$' then
    (ops.org_code_digit(value, 0) * 3 + ops.org_code_digit(value, 1) * 7 + ops.org_code_digit(value, 2) * 9
        + ops.org_code_digit(value, 3) * 10 + ops.org_code_digit(value, 4) * 5 + ops.org_code_digit(value, 5) * 8
        + ops.org_code_digit(value, 6) * 4 + ops.org_code_digit(value, 7) * 2
        + case right(value, 1) when 'X' then 10 else ops.org_code_digit(value, 8) end) % 11 = 0
else false end;
comment on function ops.is_org_code is 'GB 11714-1997 without hyphen: eight characters and the check character, where X is 10.';

create function ops.reg_no_step(product integer, value text, place integer) returns integer
language sql immutable parallel safe
return 2 * ((product % 11 + get_byte(value::bytea, place) - 48 + 9) % 10 + 1);
comment on function ops.reg_no_step is 'One digit of ISO 7064 MOD 11,10: 2(((p mod 11) + a) mod 10), where 0 counts as 10.';

create function ops.is_reg_no(value text) returns boolean
language sql immutable parallel safe
return case when length(value) = 15 and value ~ '^[0-9]+$' then
    (ops.reg_no_step(ops.reg_no_step(ops.reg_no_step(ops.reg_no_step(ops.reg_no_step(ops.reg_no_step(ops.reg_no_step(
     ops.reg_no_step(ops.reg_no_step(ops.reg_no_step(ops.reg_no_step(ops.reg_no_step(ops.reg_no_step(ops.reg_no_step(
        10, value, 0), value, 1), value, 2), value, 3), value, 4), value, 5), value, 6),
        value, 7), value, 8), value, 9), value, 10), value, 11), value, 12), value, 13)
    % 11 + get_byte(value::bytea, 14) - 48) % 10 = 1
else false end;
comment on function ops.is_reg_no is 'GS 15-2006 registration number: 14 digits and the ISO 7064 MOD 11,10 check digit.';
