{#-
  The rows of a dataset as they stand: as delivered, with repaired rows in place of those they correct.
  Where nothing is repaired, which is asked first, this is the raw table itself and costs nothing.
-#}
{% macro delivered_rows(delivered, dataset) -%}
    {%- set repair = 'raw.' ~ dataset ~ '_repair' -%}
    select * from {{ delivered }}
    {%- if execute and run_query('select 1 from ' ~ repair ~ ' limit 1').rows | length > 0 %}
    where (delivery_id, row_no) not in (select delivery_id, row_no from {{ repair }})
    union all
    select * from {{ repair }}
    {%- endif %}
{%- endmacro %}
