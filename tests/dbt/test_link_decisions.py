"""What reviewers decide about who is who: replayed by each build, before every rule, until its evidence changes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import psycopg
import pytest

from tests.dbt.decided_town import (
    ALPHA,
    AS_OF,
    BETA,
    HOMONYM,
    ME,
    REGISTERED,
    STRANGE,
    entity,
    links,
    loan,
    relink,
    states,
)
from tests.dbt.town import deliver, take_in
from tests.integration.test_review_commands import tidu
from tidu.errors import DecisionRefused
from tidu.identity import decisions
from tidu.identity.decisions import Signature, minted_id
from tidu.identity.explanation import explain
from tidu.identity.parties import Party
from tidu.identity.review import waiting
from tidu.transform import nothing_new

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.proof]


def test_the_queue_is_ordered_by_what_hangs_on_a_party(decided_town: str) -> None:
    found = waiting()
    assert [str(w.party) for w in found] == ["fn_loan:big", "fn_loan:small"]
    assert found[0].money_yuan == 9_000_000 and found[0].share > found[1].share > 0
    assert found[0].questions == ["its name is borne by 2 registered enterprises", "candidates: 2"]
    assert {str(w.party) for w in waiting(everything=True)} == {f"fn_loan:{n}" for n in ("big", "small", "s1", "s2")}


def test_a_party_is_merged_split_and_taken_back(decided_town: str) -> None:
    first = decisions.merge("fn_loan:big", REGISTERED["2"], ME)
    assert not nothing_new(date(2025, 6, 30))
    decisions.split(["tx_taxpayer|t1"], ALPHA, ME)
    take_in(AS_OF)
    found = links(decided_town)
    assert found["fn_loan:big"] == (REGISTERED["2"], "reviewer")
    assert found["tx_taxpayer:t1"][1] == "reviewer" and found["tx_taxpayer:t1"][0] not in REGISTERED.values()
    assert found["fn_loan:own"] == (REGISTERED["1"], "uscc")
    assert [str(w.party) for w in waiting()] == ["fn_loan:small"]
    with psycopg.connect(decided_town) as connection:
        assert connection.execute(
            "select name, status from mart.enterprise where enterprise_id = %s", [found["tx_taxpayer:t1"][0]]
        ).fetchall() == [("甲", "未登记")]
    assert nothing_new(date(2025, 6, 30))
    decisions.revoke(first, ME)
    assert not nothing_new(date(2025, 6, 30))
    relink()
    assert links(decided_town)["fn_loan:big"][1] == "minted"
    assert states(decided_town) == [("merge", "revoked"), ("split", "active")]


def test_provisional_enterprises_become_one_and_come_apart(decided_town: str) -> None:
    before = links(decided_town)
    strange, big = before["fn_loan:s1"][0], before["fn_loan:big"][0]
    assert before["fn_loan:s2"][0] == strange
    decisions.merge(big, strange, ME)
    decisions.merge("fn_loan:small", strange, ME)
    relink()
    assert {links(decided_town)[f"fn_loan:{n}"][0] for n in ("big", "small", "s1", "s2")} == {strange}
    # the id that was merged away still names it
    decisions.split(["fn_loan:s1", "fn_loan:big"], big, ME)
    relink()
    found = links(decided_town)
    apart = found["fn_loan:s1"][0]
    assert apart == found["fn_loan:big"][0] and apart != strange
    assert {found["fn_loan:s2"], found["fn_loan:small"]} == {(strange, "minted"), (strange, "reviewer")}
    decisions.merge(apart, REGISTERED["1"], ME)
    relink()
    assert links(decided_town)["fn_loan:s1"] == links(decided_town)["fn_loan:big"] == (REGISTERED["1"], "reviewer")


def test_registered_entities_never_merge(decided_town: str) -> None:
    with pytest.raises(DecisionRefused, match="both registered"):
        decisions.merge(REGISTERED["1"], REGISTERED["2"], ME)
    with pytest.raises(DecisionRefused, match="both registered"):
        decisions.merge("entity:1", BETA, ME)
    provisional = links(decided_town)["fn_loan:s1"][0]
    decisions.merge(ALPHA, provisional, ME)  # said the other way round: the registered one stands
    relink()
    assert links(decided_town)["fn_loan:s1"][0] == REGISTERED["1"] == links(decided_town)["ms_registration:1"][0]


@pytest.mark.parametrize(
    ("subject", "into", "why"),
    [
        ("fn_loan:nobody", REGISTERED["1"], "no accepted record"),
        ("fn_loan:big", "E0000000000000000", "no enterprise"),
        ("fn_loan", REGISTERED["1"], "no enterprise"),
        ("loan:big", REGISTERED["1"], "no kind of party"),
        (ALPHA, "entity:1", "the same enterprise"),
    ],
)
def test_what_makes_no_sense_is_refused(decided_town: str, subject: str, into: str, why: str) -> None:
    with pytest.raises(DecisionRefused, match=why):
        decisions.merge(subject, into, ME)
    with pytest.raises(DecisionRefused, match="reason"):
        Signature("x", " ")
    assert states(decided_town) == []


def test_a_decision_is_stale_when_its_evidence_changes(decided_town: str) -> None:
    decisions.merge("fn_loan:big", REGISTERED["2"], ME)
    decisions.merge("fn_loan:small", REGISTERED["2"], ME)
    relink()
    renamed = entity("2", "青岛改名贸易有限公司", BETA, former_names=HOMONYM, updated_at="2025-02-01T08:00:00")
    deliver(decided_town, "ms_registration", "2025-02-10", [renamed])
    take_in(AS_OF, until="link")
    assert states(decided_town) == [("merge", "stale"), ("merge", "stale")]
    assert links(decided_town)["fn_loan:big"][1] == "minted"
    again = waiting()
    assert [str(w.party) for w in again] == ["fn_loan:big", "fn_loan:small"]
    assert again[0].stale_decision_id and "stale" in again[0].questions[0]
    decisions.merge("fn_loan:big", REGISTERED["2"], ME)
    take_in(AS_OF, until="link")
    # more of the same is no other evidence
    deliver(decided_town, "fn_loan", "2025-08-05", [loan("big", HOMONYM, "800")])
    take_in(AS_OF, until="link")
    assert links(decided_town)["fn_loan:big"] == (REGISTERED["2"], "reviewer")
    deliver(decided_town, "fn_loan", "2025-09-05", [loan("big", "另一个名字有限公司", "800")])
    take_in(AS_OF, until="link")
    assert states(decided_town)[-1] == ("merge", "stale")


def test_a_decision_holds_until_its_last_day(decided_town: str) -> None:
    decisions.merge("fn_loan:big", REGISTERED["2"], Signature("审核员", "for now", date(2025, 7, 15)))
    relink()
    assert links(decided_town)["fn_loan:big"][1] == "reviewer"
    relink("2025-07-16")
    assert links(decided_town)["fn_loan:big"][1] == "minted"
    assert states(decided_town) == [("merge", "stale")]


def test_a_decision_follows_a_provisional_enterprise_into_the_register(decided_town: str) -> None:
    strange = links(decided_town)["fn_loan:s1"][0]
    decisions.merge("fn_loan:big", strange, ME)
    relink()
    deliver(decided_town, "ms_registration", "2025-02-10", [entity("3", "外地某某有限公司", STRANGE)])
    take_in(AS_OF, until="link")
    registered = minted_id("ms_registration|3")
    assert links(decided_town)["fn_loan:s1"] == (registered, "uscc")
    assert links(decided_town)["fn_loan:big"] == (registered, "reviewer")


def test_a_link_is_explained(decided_town: str) -> None:
    decisions.merge("fn_loan:big", REGISTERED["2"], ME)
    relink()
    said = "\n".join(explain(Party("fn_loan", "big")).lines())
    for words in (
        f"belongs to {REGISTERED['2']} ({HOMONYM}, registered)", "by reviewer: a reviewer decided so",
        "the rules alone say",
        "borne by 2, so it tells none", "(merge, active) by 审核员", "looked it up",
    ):  # fmt: skip
        assert words in said
    assert "a credit code of its own is registered" in "\n".join(explain(Party("taxpayer", "t1")).lines())


def test_candidates_are_shown_where_linkage_left_some(decided_town: str) -> None:
    assert [(str(w.party), w.candidates) for w in waiting()] == [("fn_loan:big", 2), ("fn_loan:small", 2)]
    found = explain(Party("fn_loan", "big"))
    assert {c["enterprise_id"] for c in found.candidates} == set(REGISTERED.values())
    assert all(c["why"]["comparisons"] and 0 < c["match_probability"] < 0.95 for c in found.candidates)


def test_the_commands_of_reviewers(decided_town: str, tmp_path: Path) -> None:
    signed = ["--by", "审核员", "--reason", "looked it up"]
    assert "fn_loan:big" in tidu("link", "list")
    assert "more than 1 parties" in tidu("link", "list", "--limit", "1")
    assert "fn_loan:s1" in tidu("link", "list", "--all")
    assert "decision 1 is recorded" in tidu("link", "merge", "fn_loan:big", "entity:2", *signed)
    assert "decision 2" in tidu("link", "split", "taxpayer:t1", "--from", ALPHA, "--expires-on", "2025-12-31", *signed)
    assert "decision 3" in tidu("link", "override", ALPHA, "--set", "address=新址", *signed)
    relink()
    assert "by reviewer" in tidu("link", "explain", "fn_loan:big")
    shown = tidu("link", "show", "entity:2")
    assert "fn_loan:big by reviewer" in shown and "decision 1 (merge, active)" in shown
    assert "until 2025-12-31" in tidu("link", "show", "taxpayer|t1")
    assert "revoked" in tidu("link", "revoke", "1", *signed)
    with pytest.raises(DecisionRefused, match="no standing decision"):
        tidu("link", "revoke", "1", *signed)
