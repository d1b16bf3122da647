"""A process of the stack is found again, never taken for a stranger, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tidu.errors import StackError
from tidu.stack import components
from tidu.stack.components import Component
from tidu.stack.state import State

SLEEPER = [sys.executable, "-c", "import time; print('awake', flush=True); time.sleep(60)"]
WITH_CHILD = [
    sys.executable,
    "-c",
    "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    " print('child', flush=True); time.sleep(60)",
]


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_a_second_start_is_harmless(where: State) -> None:
    part = Component("sleeper", SLEEPER, os.environ)
    assert part.start(where) is True
    pid = part.pid(where)
    assert pid is not None
    assert os.getsid(pid) == pid
    assert part.start(where) is False
    assert part.pid(where) == pid
    until(lambda: "awake" in part.tail(where))
    components.stop(part.pid_file(where), 5)
    assert part.pid(where) is None
    assert not part.pid_file(where).exists()


def test_workers_of_a_killed_parent_are_ended_before_the_next_start(where: State) -> None:
    part = Component("parent", WITH_CHILD, os.environ)
    part.start(where)
    until(lambda: "child" in part.tail(where))
    first = part.pid(where)
    assert first is not None
    os.kill(first, signal.SIGKILL)
    until(lambda: part.pid(where) is None)
    assert components.session_members(first), "the child lives on"
    assert part.start(where) is True
    assert components.session_members(first) == []
    components.stop(part.pid_file(where), 5)


def test_a_process_that_ignores_the_signal_is_killed_with_its_children(where: State) -> None:
    deaf = [*WITH_CHILD[:2], "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + WITH_CHILD[2]]
    part = Component("deaf", deaf, os.environ)
    part.start(where)
    until(lambda: "child" in part.tail(where))
    pid = part.pid(where)
    assert pid is not None
    components.stop(part.pid_file(where), 0.3)
    assert components.session_members(pid) == []


def test_a_pid_used_again_is_not_ours(where: State, tmp_path: Path) -> None:
    file = tmp_path / "stranger.pid"
    file.write_text(f"{os.getpid()} 1\n")
    assert components.living_pid(file) is None
    components.end_leftovers(file)
    components.stop(file, 1)


@pytest.mark.parametrize("content", ["", "not a pid", "12"])
def test_a_broken_pid_file_counts_as_none(tmp_path: Path, content: str) -> None:
    file = tmp_path / "broken.pid"
    file.write_text(content)
    assert components.living_pid(file) is None
    components.stop(file, 1)


def test_a_taken_port_is_named(where: State) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(
            StackError, match=rf"port {port} is in use by another program; free it, or delete .*ports.json"
        ):
            Component("server", SLEEPER, os.environ, port).start(where)


def test_a_program_that_is_not_there_is_named(where: State) -> None:
    with pytest.raises(StackError, match="ghost could not be started"):
        Component("ghost", ["/nowhere/ghost"], os.environ).start(where)
