"""A state folder of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tidu.stack.state import State


@pytest.fixture
def where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    """An empty, prepared stack folder; TIDU_HOME points at it and no TIDU_DSN is set."""
    monkeypatch.setenv("TIDU_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("TIDU_DSN", raising=False)
    state = State(tmp_path / "home")
    state.prepare()
    return state
