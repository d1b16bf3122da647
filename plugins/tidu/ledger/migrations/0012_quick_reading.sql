-- Text that bears no white space around it, as nearly all does, is read without taking any away first: what takes it
-- away is inlined once for every place where a reading looks at its text, and cost as much as the reading itself.
-- What is read, and as what, stays the same: no reading takes text with white space around it.
create or replace function ops.read_integer(value text) returns bigint
language sql stable parallel safe
return coalesce(ops.parse_integer(value), ops.parse_integer(ops.clean(value)));
create or replace function ops.read_decimal(value text) returns numeric
language sql stable parallel safe
return coalesce(ops.parse_decimal(value), ops.parse_decimal(ops.clean(value)));
create or replace function ops.read_decimal_sheet(value text, unit text) returns numeric
language sql stable parallel safe
return coalesce(ops.parse_decimal_sheet(value, unit), ops.parse_decimal_sheet(ops.clean(value), unit));
create or replace function ops.read_date(value text) returns date
language sql stable parallel safe
return coalesce(ops.parse_date(value), ops.parse_date(ops.clean(value)));
create or replace function ops.read_date_sheet(value text) returns date
language sql stable parallel safe
return coalesce(ops.parse_date_sheet(value), ops.parse_date_sheet(ops.clean(value)));
create or replace function ops.read_month(value text) returns date
language sql stable parallel safe
return coalesce(ops.parse_month(value), ops.parse_month(ops.clean(value)));
create or replace function ops.read_timestamp(value text) returns timestamptz
language sql stable parallel safe
return coalesce(ops.parse_timestamp(value), ops.parse_timestamp(ops.clean(value)));
