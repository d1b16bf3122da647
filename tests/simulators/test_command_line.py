"""`python -m simulators` as a process: listens, is seen, publishes beside the server, stops quickly."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import paramiko
import pytest

ROOT = Path(__file__).parents[2]
START_SECONDS = 30


def command(*arguments: str | Path, tax_dsn: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "TAX_FRONT_DSN"}
    if tax_dsn:
        environment["TAX_FRONT_DSN"] = tax_dsn
    return subprocess.run(
        [sys.executable, "-m", "simulators", *map(str, arguments)],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


@contextmanager
def serving(home: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, int]]]:
    """The server's process and ports, once it answers."""
    process = subprocess.Popen(
        [sys.executable, "-m", "simulators", "serve", "--home", str(home), *options],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout
        assert process.stdout.readline().startswith("listening: REST on 127.0.0.1:")
        yield process, json.loads((home / "ports.json").read_text(encoding="utf-8"))
    finally:
        process.kill()
        process.communicate(timeout=START_SECONDS)


def health(ports: dict[str, int]) -> dict[str, object]:
    return dict(httpx.get(f"http://127.0.0.1:{ports['rest']}/health", trust_env=False).raise_for_status().json())


def test_serve_publish_connections_and_stop(tmp_path: Path, world: Path) -> None:
    home = tmp_path / "home"
    with serving(home) as (process, ports):
        assert health(ports) == {"status": "ok", "as_of": None}
        assert ports["pid"] == process.pid
        done = command("publish", "--home", home, "--world", world, "--as-of", "2025-07-31")
        assert done.returncode == 0, done.stderr
        assert "5 prepared" in done.stdout
        assert "tax left out" in done.stdout
        assert health(ports)["as_of"] == "2025-07-31"
        uris = json.loads(command("connections", "--home", home).stdout)
        assert set(uris) == {"market_supervision", "hr", "finance", "industry", "statistics"}
        assert f"@127.0.0.1:{ports['rest']}" in uris["market_supervision"]
        with httpx.Client(base_url=f"http://127.0.0.1:{ports['rest']}", trust_env=False) as kept_alive:
            kept_alive.get("/health")
            session = paramiko.Transport(("127.0.0.1", ports["sftp"]))
            session.start_client(timeout=START_SECONDS)
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(START_SECONDS) == 0
            assert time.monotonic() - began < 2
            session.close()
    with serving(home) as (_, again):
        assert (again["rest"], again["sftp"]) == (ports["rest"], ports["sftp"])


@pytest.mark.postgres
def test_tax_is_published_where_the_environment_names_its_database(tmp_path: Path, world: Path, front: str) -> None:
    home = tmp_path / "home"
    options = ("--home", home, "--world", world)
    done = command("publish", *options, "--leave-open", "tx_payment:2025-08-01:rows", tax_dsn=front)
    assert (done.returncode, "12 prepared" in done.stdout) == (0, True), done.stderr
    done = command("publish", *options, "--rewrite", "tx_payment:2025-07-01", tax_dsn=front)
    assert "2 prepared" in done.stdout
    with serving(home):
        uri = json.loads(command("connections", "--home", home, tax_dsn=front).stdout)["tax"]
    assert "_reader:" in uri
    assert front.split("@")[1] in uri


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = command("serve", "--home", tmp_path, "--rest-port", str(port))
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr


def test_mistakes_are_explained(tmp_path: Path, world: Path) -> None:
    home = tmp_path / "home"
    unserved = command("connections", "--home", home)
    assert (unserved.returncode, "start `python -m simulators serve` first" in unserved.stderr) == (1, True)
    options = ("publish", "--home", home, "--world")
    assert "not a folder" in command(*options, tmp_path / "none").stderr
    assert "YYYY-MM-DD" in command(*options, world, "--as-of", "tomorrow").stderr
    assert "rows or control" in command(*options, world, "--leave-open", "hr_insurance:2025-07-01:half").stderr
