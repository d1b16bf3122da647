"""What differs between two manifests, and of which indicator it can be the cause."""

from __future__ import annotations

from typing import Any

import pytest

from tidu.publishing.revision import RULES, Cause, causes


def delivery(number: int, **other: Any) -> dict[str, Any]:
    return {"delivery_id": number, "dataset": "fn_loan", "delivered_on": "2025-03-01", "sha256": "a",
            "contract_version": "1.0", "state": "accepted", "restated_taken": 0, **other}  # fmt: skip


def manifest(**other: Any) -> dict[str, Any]:
    return {"deliveries": [delivery(1)], "decisions": [], "contracts": {"fn_loan": {"version": "1.0", "sha256": "a"}},
            **dict.fromkeys(RULES, "0" * 64), **other}  # fmt: skip


DIFFERENCES: dict[str, tuple[dict[str, Any], Cause]] = {
    "a new delivery": (
        {"deliveries": [delivery(1), delivery(2)]},
        Cause("delivery", "2", "fn_loan delivered on 2025-03-01", "fn_loan"),
    ),
    "a rejected one tells nothing, a withdrawn one does": (
        {"deliveries": [delivery(1, state="rejected"), delivery(2, state="rejected")]},
        Cause("delivery_withdrawn", "1", "fn_loan delivered on 2025-03-01, kept out since", "fn_loan"),
    ),
    "rows moved by a decision": (
        {"deliveries": [delivery(1, restated_taken=1)]},
        Cause("delivery_restated", "1", "fn_loan delivered on 2025-03-01, rows changed by decisions", "fn_loan"),
    ),
    "a decision about who is who": (
        {"decisions": [{"decision_id": 7, "evidence_sha256": "e"}]},
        Cause("decision", "7", "decision 7 about who is who taken"),
    ),
    "another contract": (
        {"contracts": {"fn_loan": {"version": "1.1", "sha256": "b"}}},
        Cause("contract", "fn_loan", "contract of fn_loan: version 1.0 to 1.1", "fn_loan"),
    ),
    "other policies": (
        {"policies_sha256": "1" * 64},
        Cause("policy", "policies/", "policies/: 000000000000 to 111111111111"),
    ),
    "other code": (
        {"code_sha256": "1" * 64},
        Cause("code", "plugins/tidu/", "plugins/tidu/: 000000000000 to 111111111111"),
    ),
}


@pytest.mark.parametrize("difference", DIFFERENCES)
def test_each_input_that_differs_is_one_cause(difference: str) -> None:
    other, cause = DIFFERENCES[difference]
    assert list(causes(manifest(), manifest(**other))) == [cause]


def test_the_same_inputs_are_no_cause() -> None:
    assert list(causes(manifest(), manifest())) == []


def test_a_manifest_of_earlier_times_tells_what_it_knows() -> None:
    """It lists decisions by number alone, and no hash of policies, code and libraries."""
    old = {k: v for k, v in manifest(decisions=[7]).items() if k not in ("policies_sha256", "code_sha256")}
    new = manifest(decisions=[{"decision_id": 8, "evidence_sha256": "e"}], policies_sha256="1" * 64)
    assert [c.detail for c in causes(old, new)] == [
        "decision 7 about who is who ended", "decision 8 about who is who taken",
    ]  # fmt: skip
