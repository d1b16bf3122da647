"""What reviewers decide about who is who: replayed by each build, before every rule, until its evidence changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.dbt.town import deliver, take_in, uscc
from tests.integration.test_review_commands import tidu
from tests.warehouses import new_warehouse
from tidu.errors import DecisionRefused, TiduError
from tidu.identity import decisions
from tidu.identity.decisions import Signature, minted_id
from tidu.identity.explanation import explain
from tidu.identity.parties import Party
from tidu.identity.review import waiting
from tidu.ledger.locks import BUILD
from tidu.stack.postgres import Cluster
from tidu.transform import build, nothing_new

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.proof]
AS_OF = "2025-06-30"
ALPHA, BETA, STRANGE = uscc(1), uscc(2), uscc(9)
ME = Signature("审核员", "looked it up")
REGISTERED = {n: minted_id(f"ms_registration|{n}") for n in ("1", "2")}
HOMONYM = "青岛同名贸易有限公司"


def relink(as_of: str = AS_OF) -> None:
    """Decide anew who is who among the records there are."""
    build("link", "test", {"as_of": as_of, "series_start": ""})


def entity(number: str, name: str, code: str, **more: object) -> dict[str, object]:
    return {
        "entity_no": number, "entity_name": name, "uscc": code, "entity_category": "企业", "holding_type": "私人控股",
        "established_on": "2020-01-01", "reg_status": "存续", "district_code": "370203", "industry_code": "C3511",
        "address": "青岛市市北区1号", "updated_at": "2025-01-01T08:00:00", **more,
    }  # fmt: skip


def loan(number: str, name: str, balance: str = "1", code: str | None = None) -> dict[str, object]:
    return {"loan_no": number, "borrower_name": name, "borrower_uscc": code, "balance_wan": balance}


@pytest.fixture(scope="module")
def built(cluster: Cluster, warehouse_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Two registered enterprises that bore one name, four loans: two of that name, two of a stranger, one account."""
    home = tmp_path_factory.mktemp("home")
    with new_warehouse(cluster, warehouse_template, home) as dsn:
        deliver(dsn, "ms_registration", "2025-01-10", [
            entity("1", "青岛甲机械有限公司", ALPHA, former_names=HOMONYM),
            entity("2", HOMONYM, BETA),
        ])  # fmt: skip
        deliver(dsn, "fn_loan", "2025-02-05", [
            loan("big", HOMONYM, "900"), loan("small", HOMONYM, "1"), loan("s1", "外地某某有限公司", "5", STRANGE),
            loan("s2", "外地某某有限公司", "6"), loan("own", "青岛甲机械有限公司", "7", ALPHA),
        ])  # fmt: skip
        deliver(dsn, "tx_taxpayer", "2025-01-10", [
            {"taxpayer_no": "t1", "taxpayer_id": ALPHA, "taxpayer_name": "甲", "updated_at": "2025-01-01T08:00:00"}
        ])  # fmt: skip
        take_in(AS_OF)
        yield dsn


@pytest.fixture
def town(cluster: Cluster, built: str, tmp_path: Path) -> Iterator[str]:
    """A copy of the built town, for one test."""
    with new_warehouse(cluster, str(conninfo_to_dict(built)["dbname"]), tmp_path) as dsn:
        yield dsn


def links(dsn: str) -> dict[str, tuple[str, str]]:
    with psycopg.connect(dsn) as connection:
        found = connection.execute(
            "select dataset || ':' || source_key, enterprise_id, method, match_probability from mart.enterprise_xref"
        ).fetchall()
    assert found and all(p == 1 for *_, p in found)
    return {key: (enterprise, method) for key, enterprise, method, _ in found}


def states(dsn: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute("select kind, state from ops.decision order by decision_id").fetchall()


def test_the_queue_is_ordered_by_what_hangs_on_a_party(town: str) -> None:
    found = waiting()
    assert [str(w.party) for w in found] == ["fn_loan:big", "fn_loan:small"]
    assert found[0].money_yuan == 9_000_000 and found[0].share > found[1].share > 0
    assert found[0].questions == ["its name is borne by 2 registered enterprises", "candidates: 2"]
    assert {str(w.party) for w in waiting(everything=True)} == {f"fn_loan:{n}" for n in ("big", "small", "s1", "s2")}


def test_a_party_is_merged_split_and_taken_back(town: str) -> None:
    first = decisions.merge("fn_loan:big", REGISTERED["2"], ME)
    assert not nothing_new(date(2025, 6, 30))
    decisions.split(["tx_taxpayer|t1"], ALPHA, ME)
    take_in(AS_OF)
    found = links(town)
    assert found["fn_loan:big"] == (REGISTERED["2"], "reviewer")
    assert found["tx_taxpayer:t1"][1] == "reviewer" and found["tx_taxpayer:t1"][0] not in REGISTERED.values()
    assert found["fn_loan:own"] == (REGISTERED["1"], "uscc")
    assert [str(w.party) for w in waiting()] == ["fn_loan:small"]
    with psycopg.connect(town) as connection:
        assert connection.execute(
            "select name, status from mart.enterprise where enterprise_id = %s", [found["tx_taxpayer:t1"][0]]
        ).fetchall() == [("甲", "未登记")]
    assert nothing_new(date(2025, 6, 30))
    decisions.revoke(first, ME)
    assert not nothing_new(date(2025, 6, 30))
    relink()
    assert links(town)["fn_loan:big"][1] == "minted"
    assert states(town) == [("merge", "revoked"), ("split", "active")]


def test_provisional_enterprises_become_one_and_come_apart(town: str) -> None:
    before = links(town)
    strange, big = before["fn_loan:s1"][0], before["fn_loan:big"][0]
    assert before["fn_loan:s2"][0] == strange
    decisions.merge(big, strange, ME)
    decisions.merge("fn_loan:small", strange, ME)
    relink()
    assert {links(town)[f"fn_loan:{n}"][0] for n in ("big", "small", "s1", "s2")} == {strange}
    # the id that was merged away still names it
    decisions.split(["fn_loan:s1", "fn_loan:big"], big, ME)
    relink()
    found = links(town)
    apart = found["fn_loan:s1"][0]
    assert apart == found["fn_loan:big"][0] and apart != strange
    assert {found["fn_loan:s2"], found["fn_loan:small"]} == {(strange, "minted"), (strange, "reviewer")}
    decisions.merge(apart, REGISTERED["1"], ME)
    relink()
    assert links(town)["fn_loan:s1"] == links(town)["fn_loan:big"] == (REGISTERED["1"], "reviewer")


def test_registered_entities_never_merge(town: str) -> None:
    with pytest.raises(DecisionRefused, match="both registered"):
        decisions.merge(REGISTERED["1"], REGISTERED["2"], ME)
    with pytest.raises(DecisionRefused, match="both registered"):
        decisions.merge("entity:1", BETA, ME)
    provisional = links(town)["fn_loan:s1"][0]
    decisions.merge(ALPHA, provisional, ME)  # said the other way round: the registered one stands
    relink()
    assert links(town)["fn_loan:s1"][0] == REGISTERED["1"] == links(town)["ms_registration:1"][0]


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
def test_what_makes_no_sense_is_refused(town: str, subject: str, into: str, why: str) -> None:
    with pytest.raises(DecisionRefused, match=why):
        decisions.merge(subject, into, ME)
    with pytest.raises(DecisionRefused, match="reason"):
        Signature("x", " ")
    assert states(town) == []


def test_a_decision_is_stale_when_its_evidence_changes(town: str) -> None:
    decisions.merge("fn_loan:big", REGISTERED["2"], ME)
    decisions.merge("fn_loan:small", REGISTERED["2"], ME)
    relink()
    renamed = entity("2", "青岛改名贸易有限公司", BETA, former_names=HOMONYM, updated_at="2025-02-01T08:00:00")
    deliver(town, "ms_registration", "2025-02-10", [renamed])
    take_in(AS_OF, until="link")
    assert states(town) == [("merge", "stale"), ("merge", "stale")]
    assert links(town)["fn_loan:big"][1] == "minted"
    again = waiting()
    assert [str(w.party) for w in again] == ["fn_loan:big", "fn_loan:small"]
    assert again[0].stale_decision_id and "stale" in again[0].questions[0]
    decisions.merge("fn_loan:big", REGISTERED["2"], ME)
    take_in(AS_OF, until="link")
    # more of the same is no other evidence
    deliver(town, "fn_loan", "2025-08-05", [loan("big", HOMONYM, "800")])
    take_in(AS_OF, until="link")
    assert links(town)["fn_loan:big"] == (REGISTERED["2"], "reviewer")
    deliver(town, "fn_loan", "2025-09-05", [loan("big", "另一个名字有限公司", "800")])
    take_in(AS_OF, until="link")
    assert states(town)[-1] == ("merge", "stale")


def test_a_decision_holds_until_its_last_day(town: str) -> None:
    decisions.merge("fn_loan:big", REGISTERED["2"], Signature("审核员", "for now", date(2025, 7, 15)))
    relink()
    assert links(town)["fn_loan:big"][1] == "reviewer"
    relink("2025-07-16")
    assert links(town)["fn_loan:big"][1] == "minted"
    assert states(town) == [("merge", "stale")]


def test_a_decision_follows_a_provisional_enterprise_into_the_register(town: str) -> None:
    strange = links(town)["fn_loan:s1"][0]
    decisions.merge("fn_loan:big", strange, ME)
    relink()
    deliver(town, "ms_registration", "2025-02-10", [entity("3", "外地某某有限公司", STRANGE)])
    take_in(AS_OF, until="link")
    registered = minted_id("ms_registration|3")
    assert links(town)["fn_loan:s1"] == (registered, "uscc")
    assert links(town)["fn_loan:big"] == (registered, "reviewer")


@pytest.mark.parametrize("stored_before", [False, True], ids=["with witnesses", "by its evidence"])
def test_what_is_merged_whole_is_followed_when_its_id_changes(town: str, stored_before: bool) -> None:
    """The register ties the loan that gave an id its name: what is left bears another id and is merged all the same."""
    strange = links(town)["fn_loan:s1"][0]
    deliver(town, "fn_loan", "2025-02-06", [loan("s3", "外地某某有限公司"), loan("q", "另一家外地有限公司")])
    take_in(AS_OF, until="link")
    target = links(town)["fn_loan:q"][0]
    decisions.merge(strange, target, ME)
    if stored_before:
        with psycopg.connect(town) as connection:
            connection.execute("update ops.decision set detail = detail - 'from_witnesses'")
    relink()
    assert {links(town)[f"fn_loan:{n}"] for n in ("s1", "s2", "s3")} == {(target, "reviewer")}
    # an enterprise of that code, but of another name
    deliver(town, "ms_registration", "2025-02-10", [entity("3", "外地改名有限公司", STRANGE)])
    take_in(AS_OF, until="link")
    found = links(town)
    assert found["fn_loan:s1"] == (minted_id("ms_registration|3"), "uscc")
    assert {found[f"fn_loan:{n}"] for n in ("s2", "s3")} == {(target, "reviewer")}
    assert states(town) == [("merge", "active")]


def test_what_is_merged_whole_and_registered_since_draws_the_other_to_it(town: str) -> None:
    before = links(town)
    decisions.merge(before["fn_loan:s1"][0], before["fn_loan:big"][0], ME)
    relink()
    deliver(town, "ms_registration", "2025-02-10", [entity("3", "外地某某有限公司", STRANGE)])
    take_in(AS_OF, until="link")
    registered = minted_id("ms_registration|3")
    assert links(town)["fn_loan:s1"] == (registered, "uscc")
    assert links(town)["fn_loan:big"] == (registered, "reviewer")


def test_what_falls_away_from_a_merged_enterprise_stays_where_it_was_merged(town: str) -> None:
    before = links(town)
    decisions.merge(before["fn_loan:s1"][0], REGISTERED["1"], ME)
    relink()
    # the name of the strangers is that of two with codes of their own: nobody can tell any more whose the others are
    namesakes = [loan("x", "外地某某有限公司", code=uscc(8)), loan("s4", "外地某某有限公司")]
    deliver(town, "fn_loan", "2025-02-10", namesakes)
    take_in(AS_OF, until="link")
    found = links(town)
    assert {found["fn_loan:s1"], found["fn_loan:s2"]} == {(REGISTERED["1"], "reviewer")}
    assert found["fn_loan:s4"][1] == found["fn_loan:x"][1] == "minted"


def test_a_merger_of_which_nothing_is_left_becomes_stale(town: str) -> None:
    strange = links(town)["fn_loan:s1"][0]
    parted = decisions.split(["fn_loan:s2"], strange, ME)
    relink()
    decisions.merge(links(town)["fn_loan:s2"][0], REGISTERED["1"], ME)
    relink()
    assert links(town)["fn_loan:s2"] == (REGISTERED["1"], "reviewer")
    decisions.revoke(parted, ME)
    relink()
    assert links(town)["fn_loan:s2"] == (strange, "minted")
    assert states(town) == [("split", "revoked"), ("merge", "stale")]
    assert reasons(town) == [ME.reason, "nothing is left of what it merges"]


def test_what_is_registered_apart_is_not_merged(town: str) -> None:
    decisions.merge(links(town)["fn_loan:s1"][0], REGISTERED["1"], ME)
    relink()
    deliver(town, "ms_registration", "2025-02-10", [entity("3", "外地某某有限公司", STRANGE)])
    take_in(AS_OF, until="link")
    assert links(town)["fn_loan:s1"] == (minted_id("ms_registration|3"), "uscc")
    assert reasons(town) == ["what it makes one is registered apart"]


@pytest.mark.parametrize("in_order", [True, False])
def test_mergers_taken_before_one_build_end_in_one_enterprise(town: str, in_order: bool) -> None:
    deliver(town, "fn_loan", "2025-02-06", [loan("c", "第三家外地有限公司")])
    take_in(AS_OF, until="link")
    a, b, c = (links(town)[f"fn_loan:{n}"][0] for n in ("big", "s1", "c"))
    for merged, into in [(a, b), (b, c)] if in_order else [(b, c), (a, b)]:
        decisions.merge(merged, into, ME)
    with pytest.raises(DecisionRefused, match="already"):
        decisions.merge(c, b, ME)
    decisions.merge("fn_loan:small", b, ME)
    relink()
    assert {links(town)[f"fn_loan:{n}"][0] for n in ("big", "small", "s1", "s2", "c")} == {c}


def test_the_replay_looks_at_no_decision_twice(town: str, tmp_path: Path) -> None:
    """Rows touched while decisions are replayed grow as the decisions do, not as their square."""
    many = 1500
    deliver(town, "fn_loan", "2025-02-06", [loan(f"n{n}", f"第{n}家外地企业有限公司") for n in range(many)])
    take_in(AS_OF, until="link")
    with psycopg.connect(town) as connection:
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
    with psycopg.connect(town) as connection:
        replayed = connection.execute("select count(*) from intermediate.int_identity__party_decision").fetchone()
        (plan,) = connection.execute(b"explain (analyze, format json) " + compiled.read_bytes()).fetchone() or ([{}],)
    assert replayed == (many,)
    assert many < touched(plan[0]["Plan"]) < 60 * many


def touched(node: dict[str, Any]) -> float:
    """Rows a step of a plan and those below it gave or threw away."""
    thrown = sum(rows for what, rows in node.items() if what.startswith("Rows Removed"))
    return node["Actual Loops"] * (node["Actual Rows"] + thrown) + sum(touched(n) for n in node.get("Plans", ()))


def reasons(dsn: str) -> list[object]:
    with psycopg.connect(dsn) as connection:
        found = connection.execute("select detail #>> '{ended,reason}' from ops.decision order by decision_id")
        return [reason for (reason,) in found]


def test_a_build_that_runs_keeps_decisions_from_being_taken_back(town: str, monkeypatch: pytest.MonkeyPatch) -> None:
    number = decisions.merge("fn_loan:big", REGISTERED["2"], ME)
    with psycopg.connect(town) as builder:
        builder.execute("select pg_advisory_xact_lock(%s)", [BUILD])
        monkeypatch.setenv("PGOPTIONS", "-c lock_timeout=200ms")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            decisions.revoke(number, ME)
    decisions.revoke(number, ME)
    assert states(town) == [("merge", "revoked")]


def test_a_value_is_overridden_until_the_register_says_otherwise(town: str) -> None:
    decisions.override(ALPHA, "address", "青岛市市北区2号", ME)
    with pytest.raises(DecisionRefused, match="cannot be overridden"):
        decisions.override(ALPHA, "uscc", BETA, ME)
    with pytest.raises(DecisionRefused, match="none of"):
        decisions.override(ALPHA, "district_code", "999999", ME)
    relink()
    query = "select enterprise_id, attribute, value, instead_of from intermediate.int_enterprise__override"
    with psycopg.connect(town) as connection:
        assert connection.execute(query).fetchall() == [
            (REGISTERED["1"], "address", "青岛市市北区2号", "青岛市市北区1号")
        ]
    moved = entity("1", "青岛甲机械有限公司", ALPHA, former_names=HOMONYM, address="青岛市李沧区9号",
                   updated_at="2025-02-01T08:00:00")  # fmt: skip
    deliver(town, "ms_registration", "2025-02-10", [moved])
    take_in(AS_OF, until="link")
    with psycopg.connect(town) as connection:
        assert connection.execute(query).fetchall() == []
    assert states(town) == [("override", "stale")]


def test_stale_values_wait_for_a_reviewer(town: str) -> None:
    decisions.override(ALPHA, "address", "青岛市市北区2号", ME)
    decisions.override(BETA, "address", "青岛市市北区3号", ME)
    strange = links(town)["fn_loan:s1"][0]
    decisions.override(strange, "name", "外地某某公司", ME)
    take_in(AS_OF)
    assert [str(w.party) for w in waiting()] == ["fn_loan:big", "fn_loan:small"]
    deliver(town, "ms_registration", "2025-02-10", [
        entity("1", "青岛甲机械有限公司", ALPHA, former_names=HOMONYM, address="青岛市李沧区9号",
               updated_at="2025-02-01T08:00:00"),
        entity("3", "外地某某有限公司", STRANGE),
    ])  # fmt: skip
    take_in(AS_OF)
    # the stranger is in the register now, which speaks for it
    registered = minted_id("ms_registration|3")
    assert states(town) == [("override", "stale"), ("override", "active"), ("override", "stale")]
    assert reasons(town) == ["its evidence changed", None, f"its enterprise is registered now, as {registered}"]
    found = {str(w.party): w for w in waiting()}
    assert set(found) == {"fn_loan:big", "fn_loan:small", "entity:1", "fn_loan:s1"}
    first = found["entity:1"]
    assert (first.enterprise_id, first.name, first.stale_decision_id) == (REGISTERED["1"], "青岛甲机械有限公司", 1)
    assert first.questions == ["decision 1 about its address is stale: its evidence changed"]
    assert first.money_yuan == 70_000, "what its loan says hangs on it"
    assert found["fn_loan:s1"].enterprise_id == registered
    assert found["fn_loan:s1"].questions[0].startswith("decision 3 about its name is stale: its enterprise is regis")
    assert nothing_new(date(2025, 6, 30))
    shown = tidu("link", "list")
    assert "entity:1" in shown and "fn_loan:s1" in shown
    # decided anew, it waits no longer
    decisions.override(ALPHA, "address", "青岛市市北区2号", ME)
    decisions.revoke(3, ME)
    assert {str(w.party) for w in waiting()} == {"fn_loan:big", "fn_loan:small"}


def test_the_queue_leaves_candidates_in_the_server(town: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with psycopg.connect(town) as connection:
        connection.execute(
            "insert into intermediate.int_identity__candidate"
            " (party_kind, party_no, enterprise_id, match_probability, margin, why)"
            " select 'fn_loan', 'big', 'E' || n, 0.5, 0, '{}' from generate_series(1, 2000) as n"
        )

    class Short(psycopg.Cursor[Any]):
        """Fetches no more than a few rows."""

        def fetchall(self) -> Any:
            assert self.rowcount < 1000
            return super().fetchall()

    monkeypatch.setattr(psycopg.Connection, "__init__", _with_cursor(psycopg.Connection.__init__, Short))
    assert [(str(w.party), w.candidates) for w in waiting()] == [("fn_loan:big", 2002), ("fn_loan:small", 2)]


def _with_cursor(made: Any, cursor: type) -> Any:
    def make(self: Any, *arguments: Any, **named: Any) -> None:
        made(self, *arguments, **named)
        self.cursor_factory = cursor

    return make


def test_a_value_needs_a_master_to_be_decided(town: str) -> None:
    with psycopg.connect(town) as connection:
        connection.execute("drop table mart.enterprise cascade")
    with pytest.raises(TiduError, match="no master is built"):
        decisions.override(ALPHA, "address", "青岛市市北区2号", ME)


def test_a_link_is_explained(town: str) -> None:
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


def test_candidates_are_shown_where_linkage_left_some(town: str) -> None:
    assert [(str(w.party), w.candidates) for w in waiting()] == [("fn_loan:big", 2), ("fn_loan:small", 2)]
    found = explain(Party("fn_loan", "big"))
    assert {c["enterprise_id"] for c in found.candidates} == set(REGISTERED.values())
    assert all(c["why"]["comparisons"] and 0 < c["match_probability"] < 0.95 for c in found.candidates)


def test_the_commands_of_reviewers(town: str, tmp_path: Path) -> None:
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
