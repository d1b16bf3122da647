"""Values that reviewers decide, and what waits for a reviewer."""

from __future__ import annotations

from datetime import date
from typing import Any

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
    reasons,
    relink,
    states,
)
from tests.dbt.town import deliver, take_in
from tests.integration.test_review_commands import tidu
from tidu.errors import DecisionRefused, TiduError
from tidu.identity import decisions
from tidu.identity.decisions import minted_id
from tidu.identity.review import waiting
from tidu.transform import nothing_new

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.proof]


def test_a_value_is_overridden_until_the_register_says_otherwise(decided_town: str) -> None:
    decisions.override(ALPHA, "address", "青岛市市北区2号", ME)
    with pytest.raises(DecisionRefused, match="cannot be overridden"):
        decisions.override(ALPHA, "uscc", BETA, ME)
    with pytest.raises(DecisionRefused, match="none of"):
        decisions.override(ALPHA, "district_code", "999999", ME)
    relink()
    query = "select enterprise_id, attribute, value, instead_of from intermediate.int_enterprise__override"
    with psycopg.connect(decided_town) as connection:
        assert connection.execute(query).fetchall() == [
            (REGISTERED["1"], "address", "青岛市市北区2号", "青岛市市北区1号")
        ]
    moved = entity("1", "青岛甲机械有限公司", ALPHA, former_names=HOMONYM, address="青岛市李沧区9号",
                   updated_at="2025-02-01T08:00:00")  # fmt: skip
    deliver(decided_town, "ms_registration", "2025-02-10", [moved])
    take_in(AS_OF, until="link")
    with psycopg.connect(decided_town) as connection:
        assert connection.execute(query).fetchall() == []
    assert states(decided_town) == [("override", "stale")]


def test_stale_values_wait_for_a_reviewer(decided_town: str) -> None:
    decisions.override(ALPHA, "address", "青岛市市北区2号", ME)
    decisions.override(BETA, "address", "青岛市市北区3号", ME)
    strange = links(decided_town)["fn_loan:s1"][0]
    decisions.override(strange, "name", "外地某某公司", ME)
    take_in(AS_OF)
    assert [str(w.party) for w in waiting()] == ["fn_loan:big", "fn_loan:small"]
    deliver(decided_town, "ms_registration", "2025-02-10", [
        entity("1", "青岛甲机械有限公司", ALPHA, former_names=HOMONYM, address="青岛市李沧区9号",
               updated_at="2025-02-01T08:00:00"),
        entity("3", "外地某某有限公司", STRANGE),
    ])  # fmt: skip
    take_in(AS_OF)
    # the stranger is in the register now, which speaks for it
    registered = minted_id("ms_registration|3")
    assert states(decided_town) == [("override", "stale"), ("override", "active"), ("override", "stale")]
    assert reasons(decided_town) == ["its evidence changed", None, f"its enterprise is registered now, as {registered}"]
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


def test_the_queue_leaves_candidates_in_the_server(decided_town: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with psycopg.connect(decided_town) as connection:
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


def test_a_value_needs_a_master_to_be_decided(decided_town: str) -> None:
    with psycopg.connect(decided_town) as connection:
        connection.execute("drop table mart.enterprise cascade")
    with pytest.raises(TiduError, match="no master is built"):
        decisions.override(ALPHA, "address", "青岛市市北区2号", ME)
