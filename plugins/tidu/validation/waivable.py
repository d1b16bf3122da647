"""Which rules a reviewer may waive for a row: those after which the row can still be read and told from others."""

from __future__ import annotations

from tidu.contracts import DatasetContract

REFUSALS = {
    "required": "the field must not be empty",
    "column_count": "values stand in the wrong columns",
    "conflict": "an accepted row says otherwise under the same key; discard one, or let the department correct it",
}


def refusal(contract: DatasetContract, rule_id: str) -> str | None:
    """Say why a rule cannot be waived; None when it can.

    A value that cannot be read becomes empty, so `type` is waivable only where an empty field is allowed, and a flag
    that is neither 是 nor 否 not at all. A rule that the contract does not have any more is for a replay.
    """
    rule = next((r for r in contract.rules if r.rule_id == rule_id), None)
    if rule is None:
        return "the contract has no such rule any more; replay the row instead"
    if rule.kind in REFUSALS:
        return REFUSALS[rule.kind]
    field = contract.field(rule.column or "")
    if rule.kind == "type" and (field.required or field.name in (*contract.key, contract.version_field)):
        return "a required field or a key that cannot be read would be empty"
    if rule.kind == "values" and field.type == "flag":
        return "a flag is 是 or 否"
    return None
