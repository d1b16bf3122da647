{#-
  Decisions of reviewers about who is who that no longer hold: taken on other evidence than there is now, or until a day
  that is over. They become stale in the transaction in which the build leaves them out.
-#}
{% macro retire_decisions(taken) -%}
    update ops.decision as d set
        state = 'stale',
        detail = d.detail || jsonb_build_object('ended', jsonb_build_object(
            'as_of', {{ as_of() }}, 'by', 'tidu', 'reason', t.ended
        ))
    from {{ taken }} as t
    where t.decision_id = d.decision_id and t.ended is not null
{%- endmacro %}
