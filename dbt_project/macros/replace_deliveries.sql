{#-
  Incremental strategy of staging: the deliveries this build takes in are replaced whole, also those of which no accepted
  row is left (a delivery that was withdrawn, rows that were held back after the fact).
-#}
{% macro get_incremental_replace_deliveries_sql(arg_dict) -%}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    delete from {{ arg_dict['target_relation'] }}
    where delivery_id in (select delivery_id from ops.delivery where building);
    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }}
{%- endmacro %}
