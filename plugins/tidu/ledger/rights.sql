-- The GRANT, REVOKE and ALTER statements that are missing to bring the table of tidu.ledger.rights into force, in the
-- order in which they have to run. One row per statement; parameters are parallel arrays.
with relation as (
    select c.oid, n.nspname as schema_name, n.nspname || '.' || c.relname as name, c.relkind, c.relacl, c.relowner,
        format('%%I.%%I', n.nspname, c.relname) as quoted
    from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname in ('raw', 'ops', 'publish', 'reading', 'staging', 'intermediate', 'mart')
        and c.relkind in ('r', 'p', 'v', 'm', 'S')
),
role as (
    select r.oid, r.rolname::text as name from pg_roles as r where r.rolname = any(%(roles)s)
),
maker as (
    select m.schema_name, m.role, r.oid
    from unnest(%(maker_schemas)s::text[], %(maker_roles)s::text[]) as m (schema_name, role)
    join role as r on r.name = m.role
),
want as (
    select w.role, w.pattern, w.privilege, string_to_array(nullif(w.columns, ''), ', ') as columns
    from unnest(
        %(want_roles)s::text[], %(want_patterns)s::text[], %(want_privileges)s::text[], %(want_columns)s::text[]
    ) as w (role, pattern, privilege, columns)
),
wanted as (
    select w.role, l.quoted, null::name as column_name, w.privilege
    from want as w join relation as l on l.name like w.pattern and (l.relkind = 'S') = (w.privilege = 'USAGE')
    where w.columns is null and not exists (
        select from unnest(%(except_roles)s::text[], %(except_patterns)s::text[]) as e (role, pattern)
        where e.role = w.role and l.name like e.pattern)
    union
    select w.role, l.quoted, u.column_name::name, w.privilege
    from want as w join relation as l on l.name like w.pattern cross join unnest(w.columns) as u (column_name)
    join pg_attribute as t on t.attrelid = l.oid and t.attname = u.column_name and not t.attisdropped
),
held as (
    select r.name as role, l.quoted, null::name as column_name, a.privilege_type as privilege
    from relation as l cross join aclexplode(l.relacl) as a join role as r on r.oid = a.grantee
    where a.grantee <> l.relowner and (r.name, l.schema_name) <> (%(by_maker_role)s, %(by_maker_schema)s)
    union
    select r.name, l.quoted, t.attname, a.privilege_type
    from relation as l join pg_attribute as t on t.attrelid = l.oid and t.attacl is not null
    cross join aclexplode(t.attacl) as a join role as r on r.oid = a.grantee
),
schema_wanted as (
    select distinct w.role, split_part(w.pattern, '.', 1) as schema_name, 'USAGE' as privilege from want as w
    union
    select r.name, %(by_maker_schema)s, 'USAGE' from role as r where r.name = %(by_maker_role)s
    union
    -- the functions that read delivered text, and the guards of releases, live in these two
    select r.name, 'ops', 'USAGE' from role as r where r.name <> 'tidu_read'
    union
    select m.role, m.schema_name, p.privilege from maker as m cross join (values ('USAGE'), ('CREATE')) as p (privilege)
),
schema_held as (
    select r.name as role, n.nspname::text as schema_name, a.privilege_type as privilege
    from pg_namespace as n cross join aclexplode(n.nspacl) as a join role as r on r.oid = a.grantee
    where n.nspname in ('raw', 'ops', 'publish', 'reading', 'staging', 'intermediate', 'mart')
),
default_wanted as (
    select m.schema_name, m.role as maker, w.role
    from maker as m join want as w on w.pattern = m.schema_name || '.%%' and w.privilege = 'SELECT'
),
default_held as (
    select n.nspname::text as schema_name, o.name as maker, r.name as role
    from pg_default_acl as d
    join pg_namespace as n on n.oid = d.defaclnamespace
    join role as o on o.oid = d.defaclrole
    cross join aclexplode(d.defaclacl) as a
    join role as r on r.oid = a.grantee
    where d.defaclobjtype = 'r' and a.privilege_type = 'SELECT'
),
statement as (
    select 1 as place, format('grant temporary on database %%I to %%I', current_database(), r.name) as text
    from role as r where not has_database_privilege(r.oid, current_database(), 'TEMPORARY')
    union all
    select 2, format('grant %%s on schema %%I to %%I', w.privilege, w.schema_name, w.role)
    from (select * from schema_wanted except select * from schema_held) as w
    union all
    select 2, format('revoke %%s on schema %%I from %%I', h.privilege, h.schema_name, h.role)
    from (select * from schema_held except select * from schema_wanted) as h
    union all
    -- a plain table that a stage makes belongs to the stage, also one from before there were roles
    select 3, format('alter %%s %%s owner to %%I', case l.relkind when 'v' then 'view' when 'm' then 'materialized view'
        else 'table' end, l.quoted, m.role)
    from relation as l join maker as m using (schema_name)
    where l.relowner <> m.oid and l.relkind in ('r', 'p', 'v', 'm')
    union all
    select 4, format('alter default privileges for role %%I in schema %%I grant select on tables to %%I',
        w.maker, w.schema_name, w.role)
    from (select * from default_wanted except select * from default_held) as w
    union all
    select 5, format('grant %%s on %%s to %%I',
        string_agg(
            w.privilege || case when w.column_name is not null then format(' (%%I)', w.column_name) else '' end,
            ', ' order by w.privilege, w.column_name),
        case when min(w.privilege) = 'USAGE' then 'sequence ' else '' end || w.quoted, w.role)
    from (select * from wanted except select * from held) as w
    group by w.role, w.quoted
    union all
    select 6, format('revoke %%s on %%s from %%I',
        string_agg(
            h.privilege || case when h.column_name is not null then format(' (%%I)', h.column_name) else '' end,
            ', ' order by h.privilege, h.column_name),
        case when min(h.privilege) = 'USAGE' then 'sequence ' else '' end || h.quoted, h.role)
    from (select * from held except select * from wanted) as h
    group by h.role, h.quoted
)
select text from statement order by place, text
