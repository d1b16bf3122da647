"""The short version of the campaign: ten faults while the whole stack takes a small world to its figures."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simulators.world.making import make_world
from tests.faults import sockets
from tests.faults.campaign import Plan, Round, run
from tests.faults.clocks import Clock
from tests.faults.comparison import Holdings, differences
from tests.faults.disks import SmallDisk
from tests.faults.strikes import KINDS

SEED = int(os.environ.get("SEED") or 41)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not below pytest's own folder: every pytest that starts closes that to the account PostgreSQL runs as."""
    with tempfile.TemporaryDirectory(prefix="tidu-faults-", ignore_cleanup_errors=True) as made:
        yield Path(made)


def assert_nothing_differs(rounds: list[Round], faults: int) -> None:
    assert sum(len(done.blows) for done in rounds) >= faults, [done.missed for done in rounds]
    assert min(done.rows for done in rounds) > 5_000
    assert [text for done in rounds for text in done.differences] == []


@pytest.mark.airflow
@pytest.mark.faults
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_ten_faults_change_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_world(folder / "world", 200, 2, 11)
    plan = Plan(folder / "world", ["2025-02-20"], 10, SEED, pause_seconds=(0.5, 4.0))
    assert_nothing_differs(run(plan, folder, spoken(capsys)), 10)


@pytest.mark.postgres
@pytest.mark.faults
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_faults_between_and_within_transactions_change_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_world(folder / "world", 200, 2, 11)
    plan = Plan(folder / "world", ["2025-02-20"], 8, SEED, airflow=False, pause_seconds=(0.5, 6.0))
    assert_nothing_differs(run(plan, folder, spoken(capsys)), 8)


def spoken(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Show every fault as it strikes, seeds included, whatever pytest captures."""

    def say(text: str) -> None:
        with capsys.disabled():
            os.write(1, f"{text}\n".encode())

    return say


def test_a_lost_row_and_a_doubled_one_are_seen() -> None:
    expected = Holdings({"raw.x": Counter(["a", "b"]), "raw.y": Counter(["c"])})
    found = Holdings({"raw.x": Counter(["a", "a"]), "raw.y": Counter(["c"])})
    (difference,) = differences(expected, found)
    assert (difference.table, difference.missing, difference.added) == ("raw.x", ["b"], ["a"])
    assert differences(expected, expected) == []


def test_a_cut_connection_is_cut_for_both_sides() -> None:
    if not sockets.permitted():
        pytest.skip("this machine does not let a process borrow a socket of another")
    with socket.create_server(("127.0.0.1", 0)) as server:
        child = os.fork()
        if child == 0:
            client = socket.create_connection(server.getsockname())
            client.recv(1)
            os._exit(0)
        with server.accept()[0] as here:
            (descriptor,) = sockets.established(child)
            assert sockets.cut(child, descriptor)
            assert here.recv(1) == b""
        assert os.waitpid(child, 0)[1] == 0


def test_a_full_disk_refuses_and_takes_again(folder: Path) -> None:
    disk = SmallDisk(folder / "disk")
    if not disk.mounted:
        pytest.skip("mounting a small disk is not permitted here")
    try:
        assert disk.fill()
        with pytest.raises(OSError, match="No space left"):
            (disk.folder / "file").write_bytes(b"x" * 2_000_000)
        disk.make_room()
        (disk.folder / "file").write_bytes(b"x" * 2_000_000)
    finally:
        disk.unmount()


def test_a_set_clock_is_seen_by_a_running_process(folder: Path) -> None:
    clock = Clock(folder)
    if not clock.available:
        pytest.skip("no C compiler")
    ask = "import sys, time\nfor _ in sys.stdin: print(time.time(), flush=True)"
    with subprocess.Popen(
        [sys.executable, "-c", ask], env={**os.environ, **clock.environment}, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True, bufsize=1,
    ) as process:  # fmt: skip
        assert process.stdin
        assert process.stdout
        for seconds in (0, 3600, -3600):
            clock.shift(seconds)
            process.stdin.write("now\n")
            process.stdin.flush()
            assert float(process.stdout.readline()) - time.time() == pytest.approx(seconds, abs=30)
        process.stdin.close()


def test_every_kind_of_fault_asked_for_is_there() -> None:
    wanted = (
        "task",
        "scheduler",
        "api-server",
        "dag-processor",
        "PostgreSQL",
        "database",
        "simulators",
        "disk",
        "clock",
    )
    assert [name for name in wanted if not any(name in kind for kind in KINDS)] == []
