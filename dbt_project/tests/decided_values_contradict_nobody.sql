-- two beliefs about one value of one day at one time
select
    one.decision_id,
    other.decision_id as other_decision_id
from {{ ref('int_enterprise__override_belief') }} as one
inner join {{ ref('int_enterprise__override_belief') }} as other
    on
        one.enterprise_id = other.enterprise_id
        and one.attribute = other.attribute
        and (one.decision_id, one.known_on, one.valid_from) < (other.decision_id, other.known_on, other.valid_from)
        and one.valid_from < other.valid_to and one.valid_to > other.valid_from
        and one.corrected_on > other.known_on and one.known_on < other.corrected_on
