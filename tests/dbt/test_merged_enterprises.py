"""Enterprises that reviewers merge whole: followed when their ids change, in whatever order it was decided."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.dbt.decided_town import (
    AS_OF,
    ME,
    REGISTERED,
    STRANGE,
    entity,
    links,
    loan,
    reasons,
    relink,
    states,
)
from tests.dbt.town import deliver, take_in, uscc
from tidu.errors import DecisionRefused
from tidu.identity import decisions
from tidu.identity.decisions import minted_id
from tidu.ledger.locks import BUILD

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.proof]


@pytest.mark.parametrize("stored_before", [False, True], ids=["with witnesses", "by its evidence"])
def test_what_is_merged_whole_is_followed_when_its_id_changes(decided_town: str, stored_before: bool) -> None:
    """The register ties the loan that gave an id its name: what is left bears another id and is merged all the same."""
    strange = links(decided_town)["fn_loan:s1"][0]
    deliver(decided_town, "fn_loan", "2025-02-06", [loan("s3", "外地某某有限公司"), loan("q", "另一家外地有限公司")])
    take_in(AS_OF, until="link")
    target = links(decided_town)["fn_loan:q"][0]
    decisions.merge(strange, target, ME)
    if stored_before:
        with psycopg.connect(decided_town) as connection:
            connection.execute("update ops.decision set detail = detail - 'from_witnesses'")
    relink()
    assert {links(decided_town)[f"fn_loan:{n}"] for n in ("s1", "s2", "s3")} == {(target, "reviewer")}
    # an enterprise of that code, but of another name
    deliver(decided_town, "ms_registration", "2025-02-10", [entity("3", "外地改名有限公司", STRANGE)])
    take_in(AS_OF, until="link")
    found = links(decided_town)
    assert found["fn_loan:s1"] == (minted_id("ms_registration|3"), "uscc")
    assert {found[f"fn_loan:{n}"] for n in ("s2", "s3")} == {(target, "reviewer")}
    assert states(decided_town) == [("merge", "active")]


def test_what_is_merged_whole_and_registered_since_draws_the_other_to_it(decided_town: str) -> None:
    before = links(decided_town)
    decisions.merge(before["fn_loan:s1"][0], before["fn_loan:big"][0], ME)
    relink()
    deliver(decided_town, "ms_registration", "2025-02-10", [entity("3", "外地某某有限公司", STRANGE)])
    take_in(AS_OF, until="link")
    registered = minted_id("ms_registration|3")
    assert links(decided_town)["fn_loan:s1"] == (registered, "uscc")
    assert links(decided_town)["fn_loan:big"] == (registered, "reviewer")


def test_what_falls_away_from_a_merged_enterprise_stays_where_it_was_merged(decided_town: str) -> None:
    before = links(decided_town)
    decisions.merge(before["fn_loan:s1"][0], REGISTERED["1"], ME)
    relink()
    # the name of the strangers is that of two with codes of their own: nobody can tell any more whose the others are
    namesakes = [loan("x", "外地某某有限公司", code=uscc(8)), loan("s4", "外地某某有限公司")]
    deliver(decided_town, "fn_loan", "2025-02-10", namesakes)
    take_in(AS_OF, until="link")
    found = links(decided_town)
    assert {found["fn_loan:s1"], found["fn_loan:s2"]} == {(REGISTERED["1"], "reviewer")}
    assert found["fn_loan:s4"][1] == found["fn_loan:x"][1] == "minted"


def test_a_merger_of_which_nothing_is_left_becomes_stale(decided_town: str) -> None:
    strange = links(decided_town)["fn_loan:s1"][0]
    parted = decisions.split(["fn_loan:s2"], strange, ME)
    relink()
    decisions.merge(links(decided_town)["fn_loan:s2"][0], REGISTERED["1"], ME)
    relink()
    assert links(decided_town)["fn_loan:s2"] == (REGISTERED["1"], "reviewer")
    decisions.revoke(parted, ME)
    relink()
    assert links(decided_town)["fn_loan:s2"] == (strange, "minted")
    assert states(decided_town) == [("split", "revoked"), ("merge", "stale")]
    assert reasons(decided_town) == [ME.reason, "nothing is left of what it merges"]


def test_what_is_registered_apart_is_not_merged(decided_town: str) -> None:
    decisions.merge(links(decided_town)["fn_loan:s1"][0], REGISTERED["1"], ME)
    relink()
    deliver(decided_town, "ms_registration", "2025-02-10", [entity("3", "外地某某有限公司", STRANGE)])
    take_in(AS_OF, until="link")
    assert links(decided_town)["fn_loan:s1"] == (minted_id("ms_registration|3"), "uscc")
    assert reasons(decided_town) == ["what it makes one is registered apart"]


@pytest.mark.parametrize("in_order", [True, False])
def test_mergers_taken_before_one_build_end_in_one_enterprise(decided_town: str, in_order: bool) -> None:
    deliver(decided_town, "fn_loan", "2025-02-06", [loan("c", "第三家外地有限公司")])
    take_in(AS_OF, until="link")
    a, b, c = (links(decided_town)[f"fn_loan:{n}"][0] for n in ("big", "s1", "c"))
    for merged, into in [(a, b), (b, c)] if in_order else [(b, c), (a, b)]:
        decisions.merge(merged, into, ME)
    with pytest.raises(DecisionRefused, match="already"):
        decisions.merge(c, b, ME)
    decisions.merge("fn_loan:small", b, ME)
    relink()
    assert {links(decided_town)[f"fn_loan:{n}"][0] for n in ("big", "small", "s1", "s2", "c")} == {c}


def test_the_replay_looks_at_no_decision_twice(decided_town: str, tmp_path: Path) -> None:
    """Rows touched while decisions are replayed grow as the decisions do, not as their square."""
    many = 1500
    deliver(decided_town, "fn_loan", "2025-02-06", [loan(f"n{n}", f"第{n}家外地企业有限公司") for n in range(many)])
    take_in(AS_OF, until="link")
    with psycopg.connect(decided_town) as connection:
        connection.execute(
            "insert into ops.decision (kind, subject, decided_by, reason, detail)"
            " select 'merge', 'party:fn_loan|n' || n, 'x', 'y', jsonb_build_object('to', %s::text, 'witness', null,"
            " 'parties', jsonb_build_array(jsonb_build_array('fn_loan', 'n' || n)), 'evidence',"
            ' \'{"parties": [], "enterprises": []}\'::jsonb) from generate_series(0, %s) as n',
            [REGISTERED["1"], many - 1],
        )
        connection.execute(
            "update ops.decision as d set evidence_sha256 = e.evidence_sha256"
            " from intermediate.int_identity__decision_evidence as e where e.decision_id = d.decision_id"
        )
    relink()
    compiled = tmp_path / "dbt/target/compiled/tidu/models/intermediate/identity/int_identity__party_decision.sql"
    with psycopg.connect(decided_town) as connection:
        replayed = connection.execute("select count(*) from intermediate.int_identity__party_decision").fetchone()
        (plan,) = connection.execute(b"explain (analyze, format json) " + compiled.read_bytes()).fetchone() or ([{}],)
    assert replayed == (many,)
    assert many < touched(plan[0]["Plan"]) < 60 * many


def touched(node: dict[str, Any]) -> float:
    """Rows a step of a plan and those below it gave or threw away."""
    thrown = sum(rows for what, rows in node.items() if what.startswith("Rows Removed"))
    return node["Actual Loops"] * (node["Actual Rows"] + thrown) + sum(touched(n) for n in node.get("Plans", ()))


def test_a_build_that_runs_keeps_decisions_from_being_taken_back(
    decided_town: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = decisions.merge("fn_loan:big", REGISTERED["2"], ME)
    with psycopg.connect(decided_town) as builder:
        builder.execute("select pg_advisory_xact_lock(%s)", [BUILD])
        monkeypatch.setenv("PGOPTIONS", "-c lock_timeout=200ms")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            decisions.revoke(number, ME)
    decisions.revoke(number, ME)
    assert states(decided_town) == [("merge", "revoked")]
