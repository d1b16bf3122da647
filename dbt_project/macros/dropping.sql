{#-
  dbt builds a table beside the old one, swaps the two and drops the old one with everything that reads it. Views are made
  again later in the build: until then, and after a failure for good, nobody could read them. Here what is still read is
  set aside instead (held_<oid>): a view keeps showing what it showed, until it is made anew over the new tables.
  drop_held(), at the end of every run of dbt, drops what nothing reads any more.
-#}
{% macro postgres__drop_table(relation) -%}
    {{ drop_or_hold(relation, 'table') }}
{%- endmacro %}

{% macro postgres__drop_view(relation) -%}
    {{ drop_or_hold(relation, 'view') }}
{%- endmacro %}

{#- Indexes go by names of their own in the schema, which the next table may want. -#}
{% macro drop_or_hold(relation, kind) -%}
    do $hold$
    declare
        dropped regclass := to_regclass('{{ relation }}');
        held text := 'held_' || dropped::oid;
        i regclass;
    begin
        drop {{ kind }} if exists {{ relation }};
    exception when dependent_objects_still_exist then
        for i in select indexrelid from pg_index where indrelid = dropped loop
            execute format('alter index %s rename to %I', i, 'held_' || i::oid);
        end loop;
        execute format('alter {{ kind }} %s rename to %I', dropped, held);
    end
    $hold$
{%- endmacro %}

{#- The newest first: a view that is held reads older ones. -#}
{% macro drop_held() -%}
    do $drop$
    declare
        held record;
    begin
        for held in
            select c.oid::regclass as relation, case c.relkind when 'v' then 'view' else 'table' end as kind
            from pg_class as c
            where c.relname ~ '^held_[0-9]+$' and c.relkind in ('r', 'v') and pg_has_role(c.relowner, 'USAGE')
            order by c.oid desc
        loop
            begin
                execute format('drop %s %s', held.kind, held.relation);
            exception when dependent_objects_still_exist then
                null;
            end;
        end loop;
    end
    $drop$
{%- endmacro %}

{#- Since nothing is dropped along with what it reads, dbt need not know what reads what: what it remembers stays true. -#}
{% macro postgres__get_relations() -%}
    {{ return([]) }}
{%- endmacro %}
