"""Keeps the parts of the stack alive while the main job waits: what died is started again, a few times, then said.

Nothing is repaired here. The tasks that died with a part are run again by Airflow, and the ledger sees to it that this
changes nothing.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import psycopg

from tidu.errors import StackError
from tidu.stack import components, lifecycle
from tidu.stack.rest import Unreachable
from tidu.stack.state import State

LOOK_EVERY_SECONDS = 2.0
RESTARTS = 10
"""More deaths of one part within a job are no accident."""
PATIENCE_SECONDS = 180.0
STALLED_SECONDS = 120.0
"""How long runs may go on without a single task at work. Airflow's LocalExecutor can lose a queued task, when a worker
dies with the lock of the queue or the database refuses a write just then, and never takes it up again by itself."""
Answer = TypeVar("Answer")


@dataclass
class Upkeep:
    """Watches one stack for the length of a job."""

    where: State
    tell: Callable[[str], None]
    deaths: Counter[str] = field(default_factory=Counter)
    _looked: float = 0.0
    _at_work: float = field(default_factory=time.monotonic)

    def look(self) -> bool:
        """Start again what died since the last look, unless that was less than two seconds ago; tell whether it looked.

        Raises StackError when a part dies again and again or does not come back; the next job begins with all parts up.
        """
        if time.monotonic() - self._looked < LOOK_EVERY_SECONDS:
            return False
        dead = lifecycle.dead_parts(self.where)
        for name in dead:
            self.deaths[name] += 1
            if self.deaths[name] > RESTARTS:
                raise StackError(f"{name} ended {self.deaths[name]} times during this job; see `tidu logs {name}`")
            self.tell(f"{name} ended; starting it again")
        if dead:
            self._up_again()
        self._looked = time.monotonic()
        return True

    def note_work(self, at_work: bool) -> None:
        """Take down whether a task is at work while runs go on; a scheduler that leaves them lying is started anew.

        Its tasks are nobody's then, and the new one takes them up within a minute.
        """
        now = time.monotonic()
        if at_work:
            self._at_work = now
        elif now - self._at_work > STALLED_SECONDS:
            self.tell(f"no task has been at work for {STALLED_SECONDS:.0f} s; starting the scheduler anew")
            components.stop(self.where.run / "scheduler.pid", patience=5)
            self._at_work = now

    def patiently(self, call: Callable[[], Answer]) -> Answer:
        """Return the answer of a call on Airflow or the ledger; while they do not answer, look after the stack.

        The call has to bear being repeated. Raises StackError when there is no answer within three minutes.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return call()
            except (Unreachable, psycopg.OperationalError) as error:
                if time.monotonic() > deadline:
                    raise StackError(f"no answer within {PATIENCE_SECONDS:.0f} s: {str(error).strip()}") from error
                time.sleep(0.5)
                self.look()

    def _up_again(self) -> None:
        """Bring the stack up; a second try, because what killed one part may kill the next while it starts."""
        try:
            lifecycle.up(self.where, self.tell)
        except (StackError, Unreachable, psycopg.OperationalError) as error:
            self.tell(f"once more, because: {str(error).strip().splitlines()[0]}")
            lifecycle.up(self.where, self.tell)
