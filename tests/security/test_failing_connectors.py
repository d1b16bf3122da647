"""A department that cannot be read: whatever goes wrong, nobody is told the password of the connection."""

from __future__ import annotations

import datetime as dt
import http.server
import logging
import secrets
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from tests.security.canary import files, met, process_list, tables
from tests.security.outboxes import Outbox, serving
from tidu.connectors import Endpoint, connector_for, rest_api
from tidu.contracts import contract
from tidu.errors import ConnectorError, SettingsError, StackError
from tidu.landing import pull
from tidu.ledger.database import connect, connect_arrow
from tidu.stack import databases
from tidu.stack.postgres import Cluster, free_port

AS_OF = dt.date(2025, 12, 31)
REST, SQL, SFTP, FOLDER = (contract(n) for n in ("ms_change_event", "tx_payment", "fn_loan", "mi_arrears"))


@contextmanager
def chatty_server(status: int) -> Iterator[int]:
    """An HTTP server that answers with everything it was told, credentials included."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told = self.rfile.read(int(self.headers["Content-Length"]))
            self.answer(status, told)

        def do_GET(self) -> None:
            self.answer(status, str(self.headers).encode())

        def answer(self, code: int, body: bytes) -> None:
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.send_header("X-Told", quote(body))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@contextmanager
def deaf_server() -> Iterator[int]:
    """A port that hangs up on whoever calls."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def hang_up() -> None:
            while True:
                try:
                    listening.accept()[0].close()
                except OSError:
                    return

        threading.Thread(target=hang_up, daemon=True).start()
        yield listening.getsockname()[1]


@pytest.fixture
def canary() -> str:
    """A password unlike any other, with everything in it that an address has to escape."""
    return f"{secrets.token_hex(8)}@/:?%&#+ '\"\\{secrets.token_hex(8)}"


def planted(canary: str) -> dict[str, str]:
    """Return the whole and its ends: a part of a password is too much as well."""
    return {"password": canary, "its beginning": canary[:16], "its end": canary[-16:]}


Failing = Callable[[str, Cluster, Path], Iterator[tuple[Any, Endpoint]]]


@contextmanager
def rest_closed(word: str, cluster: Cluster, folder: Path) -> Iterator[tuple[Any, Endpoint]]:
    yield REST, Endpoint("http", "127.0.0.1", free_port(), "tidu", word)


@contextmanager
def rest_hangs_up(word: str, cluster: Cluster, folder: Path) -> Iterator[tuple[Any, Endpoint]]:
    with deaf_server() as port:
        yield REST, Endpoint("http", "127.0.0.1", port, "tidu", word)


@contextmanager
def rest_repeats_what_it_hears(
    word: str, cluster: Cluster, folder: Path, status: int = 200
) -> Iterator[tuple[Any, Endpoint]]:
    with chatty_server(status) as port:
        yield REST, Endpoint("http", "127.0.0.1", port, "tidu", word)


def rest_status(status: int) -> Any:
    return lambda word, cluster, folder: rest_repeats_what_it_hears(word, cluster, folder, status)


@contextmanager
def sql_refuses(word: str, cluster: Cluster, folder: Path) -> Iterator[tuple[Any, Endpoint]]:
    yield SQL, Endpoint("postgresql", "127.0.0.1", cluster.port, "postgres", word, "/postgres")


@contextmanager
def sql_closed(word: str, cluster: Cluster, folder: Path) -> Iterator[tuple[Any, Endpoint]]:
    yield SQL, Endpoint("postgresql", "127.0.0.1", free_port(), "ro", word, "/front")


@contextmanager
def sql_hangs_up(word: str, cluster: Cluster, folder: Path) -> Iterator[tuple[Any, Endpoint]]:
    with deaf_server() as port:
        yield SQL, Endpoint("postgresql", "127.0.0.1", port, "ro", word, "/front")


@contextmanager
def sql_without_tables(word: str, cluster: Cluster, folder: Path) -> Iterator[tuple[Any, Endpoint]]:
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as admin:
        hashed = admin.pgconn.encrypt_password(word.encode(), b"canary_reader", b"scram-sha-256").decode()
        admin.execute(psycopg.sql.SQL("create role canary_reader login password {}").format(hashed))
        yield SQL, Endpoint("postgresql", "127.0.0.1", cluster.port, "canary_reader", word, "/postgres")
        admin.execute("drop role canary_reader")


@contextmanager
def sql_other_driver(word: str, cluster: Cluster, folder: Path) -> Iterator[tuple[Any, Endpoint]]:
    yield SQL, Endpoint("postgresql+psycopg", "127.0.0.1", free_port(), "ro", word, "/front")


@contextmanager
def sql_unknown_driver(word: str, cluster: Cluster, folder: Path) -> Iterator[tuple[Any, Endpoint]]:
    yield SQL, Endpoint("dameng+dmPython", "127.0.0.1", free_port(), "ro", word, "/front")


@contextmanager
def sql_missing_driver(word: str, cluster: Cluster, folder: Path) -> Iterator[tuple[Any, Endpoint]]:
    yield SQL, Endpoint("oracle+oracledb", "127.0.0.1", free_port(), "ro", word, "/front")


@contextmanager
def sftp_closed(word: str, cluster: Cluster, folder: Path) -> Iterator[tuple[Any, Endpoint]]:
    yield SFTP, Endpoint("sftp", "127.0.0.1", free_port(), "fin", word, "/", {"host_key": "ssh-ed25519 AAAA"})


@contextmanager
def sftp_hangs_up(word: str, cluster: Cluster, folder: Path) -> Iterator[tuple[Any, Endpoint]]:
    with deaf_server() as port:
        yield SFTP, Endpoint("sftp", "127.0.0.1", port, "fin", word, "/", {"host_key": "ssh-ed25519 AAAA"})


@contextmanager
def sftp_impostor(word: str, cluster: Cluster, folder: Path) -> Iterator[tuple[Any, Endpoint]]:
    with serving(Outbox(folder)) as server:
        yield SFTP, Endpoint("sftp", "127.0.0.1", server.port, "fin", word, "/", {"host_key": "ssh-ed25519 AAAA"})


@contextmanager
def sftp_without_folder(word: str, cluster: Cluster, folder: Path) -> Iterator[tuple[Any, Endpoint]]:
    with serving(Outbox(folder)) as server:
        yield SFTP, Endpoint("sftp", "127.0.0.1", server.port, "fin", word, "/gone", {"host_key": server.host_key})


@contextmanager
def folder_is_gone(word: str, cluster: Cluster, folder: Path) -> Iterator[tuple[Any, Endpoint]]:
    yield FOLDER, Endpoint("file", login="share", password=word, path=str(folder / "gone"))


FAILURES = {
    "rest: nobody there": rest_closed,
    "rest: hangs up": rest_hangs_up,
    "rest: no token in the answer": rest_status(200),
    "rest: moved": rest_status(302),
    "rest: not allowed": rest_status(401),
    "rest: broken": rest_status(500),
    "sql: wrong password": sql_refuses,
    "sql: nobody there": sql_closed,
    "sql: hangs up": sql_hangs_up,
    "sql: no tables": sql_without_tables,
    "sql: another driver, nobody there": sql_other_driver,
    "sql: no such driver": sql_unknown_driver,
    "sql: driver not installed": sql_missing_driver,
    "sftp: nobody there": sftp_closed,
    "sftp: hangs up": sftp_hangs_up,
    "sftp: another server": sftp_impostor,
    "sftp: no such folder": sftp_without_folder,
    "folder: gone": folder_is_gone,
}


@pytest.mark.parametrize("case", FAILURES)
def test_a_connector_that_fails_gives_nothing_away(
    case: str, canary: str, cluster: Cluster, warehouse: str, tmp_path: Path,
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(rest_api, "ATTEMPTS", 2)
    caplog.set_level(logging.DEBUG)
    folder = tmp_path / "outbox"
    folder.mkdir()
    with FAILURES[case](canary, cluster, folder) as (terms, endpoint):
        with closing(connector_for(terms, endpoint)) as connector, pytest.raises(ConnectorError) as failed:
            pull(terms, connector, AS_OF, f"run {case}")
        said = {
            "error": "".join(traceback.format_exception(failed.value)),
            "whole chain": "".join(traceback.TracebackException.from_exception(failed.value, compact=False).format()),
            "arguments": repr(_chain(failed.value)),
            "endpoint": repr(endpoint) + repr(connector) + str(endpoint),
            "logs": caplog.text,
            "screen": "".join(capfd.readouterr()),
        }
        assert said["error"]
        places = [(name, text.encode()) for name, text in said.items()]
        assert met(planted(canary), [*places, *tables(warehouse), *files(tmp_path), *process_list()]) == []
    with connect() as connection:
        assert connection.execute("select stage, state from ops.stage_run").fetchall() == [("pull", "failed")]


def _chain(error: BaseException | None) -> list[object]:
    found: list[object] = []
    while error is not None:
        found.append((type(error).__name__, error.args))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return found


BROKEN = (
    "postgresql://tidu:{word}@127.0.0.1:1/tidu",
    "postgresql://tidu:x@127.0.0.1:1/tidu?{word}=1",
    "postgresql://tidu:x@127.0.0.1:1/tidu?options={word}",
    "host=127.0.0.1 port=1 password={word}",
    "{word}",
)


@pytest.mark.parametrize("form", BROKEN)
def test_a_connection_string_that_cannot_be_read_is_not_repeated(
    form: str, canary: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dsn = form.format(word=canary)
    monkeypatch.setenv("TIDU_DSN", dsn)
    for opening in (connect, connect_arrow, lambda: databases.require_version(dsn)):
        with pytest.raises((SettingsError, StackError, psycopg.OperationalError)) as failed:
            opening()
        text = "".join(traceback.format_exception(failed.value))
        assert met(planted(canary), [("error", text.encode())]) == []
