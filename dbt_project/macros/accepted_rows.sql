{#-
  The accepted rows of a dataset that this build takes in, with the date of their delivery.
  An incremental build takes only the deliveries marked `building`; taking one twice is harmless,
  because the model replaces whole deliveries.
-#}
{% macro accepted_rows(dataset) -%}
    select
        accepted_row.delivery_id,
        accepted_row.row_no,
        delivery.delivered_on
    from {{ source('ops', 'accepted_row') }} as accepted_row
    inner join {{ source('ops', 'delivery') }} as delivery
        on accepted_row.delivery_id = delivery.delivery_id
    where
        accepted_row.dataset = '{{ dataset }}'
        and delivery.dataset = '{{ dataset }}'
        {%- if is_incremental() %}
        and delivery.building
        {%- else %}
        and (delivery.building or delivery.built_at is not null)
        {%- endif %}
{%- endmacro %}
