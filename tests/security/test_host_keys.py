"""An SFTP server has to prove itself before it is told anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.security.outboxes import Outbox, serving
from tidu.connectors import Endpoint, connector_for
from tidu.contracts import contract
from tidu.errors import ConnectorError

TALENT = contract("hr_talent")


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Outbox]:
    (tmp_path / "real").mkdir()
    with serving(Outbox(tmp_path / "real")) as outbox:
        yield outbox


@pytest.fixture
def impostor(tmp_path: Path) -> Iterator[Outbox]:
    (tmp_path / "impostor").mkdir()
    with serving(Outbox(tmp_path / "impostor")) as outbox:
        yield outbox


def endpoint(server: Outbox, host_key: str | None) -> Endpoint:
    extra = {} if host_key is None else {"host_key": host_key}
    return Endpoint("sftp", "127.0.0.1", server.port, "hr", "pass-word", "/", extra)


def test_the_server_with_the_key_of_the_connection_is_asked(real: Outbox) -> None:
    with connector_for(TALENT, endpoint(real, real.host_key)) as connector:
        assert connector.available(TALENT) == []
    assert real.passwords == ["pass-word"]


@pytest.mark.parametrize("known", ["the real server's", "none", "empty", "kind only", "half", "another kind"])
def test_a_server_that_is_not_known_is_refused_before_it_hears_a_password(
    real: Outbox, impostor: Outbox, known: str
) -> None:
    kind, _, key = impostor.host_key.partition(" ")
    host_key = {
        "the real server's": real.host_key,
        "none": None,
        "empty": "",
        "kind only": kind,
        "half": f"{kind} {key[: len(key) // 2]}",
        "another kind": f"ssh-rsa {key}",
    }[known]
    with (
        connector_for(TALENT, endpoint(impostor, host_key)) as connector,
        pytest.raises(ConnectorError) as refused,
    ):
        connector.available(TALENT)
    assert impostor.passwords == []
    assert "pass-word" not in str(refused.value)


def test_a_server_exchanged_between_two_pulls_is_refused(real: Outbox, impostor: Outbox) -> None:
    there = endpoint(real, real.host_key)
    with connector_for(TALENT, there) as connector:
        connector.available(TALENT)
    with (
        connector_for(TALENT, replace(there, port=impostor.port)) as connector,
        pytest.raises(ConnectorError, match="another host key"),
    ):
        connector.available(TALENT)
    assert impostor.passwords == []
