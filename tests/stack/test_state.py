"""Ports and secrets are chosen once; a bad place for the state is refused in plain words."""

from __future__ import annotations

import stat
import threading
import time
from pathlib import Path

import pytest

from tidu.errors import StackError
from tidu.stack.state import State, require_locale, require_space


def test_ports_are_kept(where: State) -> None:
    chosen = where.ports()
    assert len(set(chosen.values())) == len(chosen) > 0
    assert State(where.home).ports() == chosen


def test_secrets_are_kept_and_hidden(where: State) -> None:
    made = where.secrets()
    assert State(where.home).secrets() == made
    assert len(set(made.values())) == len(made)
    assert len(made["jwt_secret"]) >= 64
    assert stat.S_IMODE((where.run / "secrets.json").stat().st_mode) == 0o600


def test_a_full_disk_is_named(where: State) -> None:
    with pytest.raises(StackError, match=r"MB free at .*TIDU_HOME"):
        require_space(where.home, 10**18)


def test_a_missing_locale_is_named() -> None:
    require_locale("C.UTF-8")
    with pytest.raises(StackError, match=r"locale xx_NO\.UTF-8 is missing"):
        require_locale("xx_NO.UTF-8")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StackError, match="Not a directory; choose another one with TIDU_HOME"):
        State(tmp_path / "file" / "home").prepare()


def test_two_callers_wait_for_each_other(where: State) -> None:
    order: list[str] = []

    def second() -> None:
        with State(where.home).lock():
            order.append("second")

    with where.lock():
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.2)
        order.append("first")
    thread.join(5)
    assert order == ["first", "second"]
