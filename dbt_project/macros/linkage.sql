{#- An end of the 95 % interval (Wilson) of a share of `hits` among `tries`; `end` is + or -. Null without tries. -#}
{% macro wilson(hits, tries, end) -%}
    (({{ hits }} + 1.9208) {{ end }} 1.96 * sqrt({{ hits }} * ({{ tries }} - {{ hits }}) / nullif({{ tries }}, 0) + 0.9604))
    / ({{ tries }} + 3.8416)
{%- endmacro %}
