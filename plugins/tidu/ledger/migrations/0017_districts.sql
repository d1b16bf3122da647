-- A district sees its own rows and no others: row-level security on every table that holds rows of single districts.
-- Whom of a city's districts a session may see follows from the roles tidu_district_<code> it is a member of.
create function ops.my_districts() returns text[]
language sql stable
return (
    select coalesce(array_agg(right(r.rolname, 6)), '{}')
    from pg_catalog.pg_roles as r
    where r.rolname ~ '^tidu_district_[0-9]{6}$' and pg_catalog.pg_has_role(r.oid, 'usage')
);
comment on function ops.my_districts is 'Codes of the districts whose rows the session''s user may see as a member of their roles.';

create function ops.sees_whole_city() returns boolean
language sql stable
return not exists (
    select from pg_catalog.pg_roles as r where r.rolname = 'tidu_district' and pg_catalog.pg_has_role(r.oid, 'usage')
) or (select u.rolsuper from pg_catalog.pg_roles as u where u.rolname = current_user);
comment on function ops.sees_whole_city is 'Whether the session''s user is no district''s; what it may read at all is a matter of grants.';

-- Plans call it whenever they make a table anew: rights and policies go with the table that is replaced.
create function ops.keep_to_districts(relation regclass) returns void
language plpgsql
as $$
begin
    if not (select relrowsecurity from pg_class where oid = relation) then
        execute format('alter table %s enable row level security', relation);
        execute format('create policy whole_city on %s using ((select ops.sees_whole_city()))', relation);
        execute format('create policy own_district on %s for select using (district_code = any ((select ops.my_districts())::text[]))', relation);
    end if;
    perform ops.show_to_districts(relation);
end
$$;
comment on function ops.keep_to_districts is 'Let districts read a table with a district_code, each its own rows; others see what their rights give them.';

create function ops.show_to_districts(relation regclass) returns void
language plpgsql
as $$
begin
    if exists (select from pg_roles where rolname = 'tidu_district')
        and not has_table_privilege('tidu_district', relation, 'select') then
        execute format('grant select on %s to tidu_district', relation);
    end if;
end
$$;
comment on function ops.show_to_districts is 'Let districts read a relation: one without rows of enterprises, or a view that keeps to what its reader may see.';

alter table ops.correction_ticket add column district_code text;
comment on column ops.correction_ticket.district_code is 'District of the enterprise its record belongs to; null where it belongs to none: the city follows it.';

create table ops.district_return (
    return_id bigint generated always as identity primary key,
    district_code text not null,
    as_of date not null,
    part integer not null check (part >= 1),
    release_id bigint not null references ops.release,
    folder text not null unique,
    basis_sha256 text not null,
    manifest_sha256 text not null,
    written_at timestamptz not null default now(),
    unique (district_code, as_of, part)
);
comment on table ops.district_return is 'One row per package handed back to a district; folder is below <TIDU_HOME>/returns.';
comment on column ops.district_return.basis_sha256 is 'What the package was made of; the same again makes no new one.';

do $$
declare
    relation text;
begin
    foreach relation in array array[
        'ops.correction_ticket', 'ops.district_return', 'publish.district_monthly', 'publish.stock_movement',
        'publish.early_sign'
    ] loop
        perform ops.keep_to_districts(relation::regclass);
    end loop;
    -- made by stages; tables of warehouses that have run before
    if to_regclass('mart.enterprise') is not null then
        perform ops.keep_to_districts('mart.enterprise');
    end if;
end
$$;
