"""While a job waits, what does not answer is asked again, and what died is seen."""

from __future__ import annotations

import os
import signal
import sys
import time

import pytest

from tidu.errors import StackError
from tidu.stack import airflow, components, lifecycle, simulators
from tidu.stack.components import Component
from tidu.stack.rest import Unreachable
from tidu.stack.state import State
from tidu.stack.upkeep import Upkeep

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_a_part_that_was_killed_is_seen(where: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDU_DSN", "postgresql://elsewhere/x")
    names = [simulators.NAME, *airflow.SERVICES]
    assert lifecycle.dead_parts(where) == names
    part = Component("scheduler", SLEEPER, os.environ)
    part.start(where)
    assert lifecycle.dead_parts(where) == [name for name in names if name != "scheduler"]
    pid = part.pid(where)
    assert pid
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert lifecycle.dead_parts(where) == names
    monkeypatch.delenv("TIDU_DSN")
    assert lifecycle.dead_parts(where)[0] == "postgres"


def test_a_call_that_finds_nobody_is_made_again(where: State) -> None:
    upkeep, asked = Upkeep(where, lambda _: None, _looked=time.monotonic() + 1000), []

    def call() -> str:
        asked.append(1)
        if len(asked) < 3:
            raise Unreachable("not yet")
        return "here"

    assert upkeep.patiently(call) == "here"
    assert len(asked) == 3


def test_a_scheduler_that_leaves_runs_lying_is_ended(where: State) -> None:
    part, said = Component("scheduler", SLEEPER, os.environ), []
    part.start(where)
    upkeep = Upkeep(where, said.append)
    upkeep.note_work(at_work=False)
    assert part.pid(where)
    upkeep._at_work -= 1000
    upkeep.note_work(at_work=True)
    assert part.pid(where)
    upkeep._at_work -= 1000
    upkeep.note_work(at_work=False)
    assert part.pid(where) is None
    assert said == ["no task has been at work for 120 s; starting the scheduler anew"]
    upkeep.note_work(at_work=False)
    assert len(said) == 1


def test_an_answer_that_is_an_error_is_no_reason_to_ask_again(where: State) -> None:
    asked = []

    def call() -> None:
        asked.append(1)
        raise StackError("no")

    with pytest.raises(StackError, match="no"):
        Upkeep(where, lambda _: None).patiently(call)
    assert len(asked) == 1


def test_a_process_is_in_its_pid_file_even_if_its_parent_dies_at_once(where: State) -> None:
    child = os.fork()
    if child == 0:
        # dies between starting the part and anything it could write down
        components.time.sleep = lambda _: os._exit(0)  # type: ignore[assignment]
        Component("orphan", SLEEPER, os.environ).start(where)
        os._exit(0)
    os.waitpid(child, 0)
    part, deadline = Component("orphan", SLEEPER, os.environ), time.monotonic() + 10
    while part.pid(where) is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    components.stop(part.pid_file(where), 5)
    assert part.pid(where) is None
