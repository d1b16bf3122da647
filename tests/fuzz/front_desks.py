"""The systems that fuzzed connectors talk to: a real HTTP server and a real PostgreSQL, both answering what a case says."""

from __future__ import annotations

import http.server
import json
import threading
from typing import Any

import psycopg
from psycopg import sql

from tests.fuzz.cases import Case
from tests.fuzz.sql_tables import OWN_TYPES
from tidu.connectors import Endpoint
from tidu.connectors.rest_api import RestApi
from tidu.connectors.sql_database import SqlDatabase


class Desks:
    """Opens what a case needs when it needs it; one connector serves many cases, as in a long run."""

    def __init__(self, dsn: str = "") -> None:
        self._dsn = dsn
        self._answers: dict[str, tuple[bytes, dict[str, str]]] = {}
        self._server: http.server.ThreadingHTTPServer | None = None
        self._rest: RestApi | None = None
        self._sql: SqlDatabase | None = None
        self._front: psycopg.Connection | None = None

    def connector(self, case: Case) -> RestApi | SqlDatabase:
        """Return a connector to a desk that holds this case."""
        return self._rest_for(case) if case.reader == "json" else self._sql_for(case)

    def close(self) -> None:
        """Close connectors and server."""
        for opened in (self._rest, self._sql, self._front):
            if opened is not None:
                opened.close()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def _rest_for(self, case: Case) -> RestApi:
        if self._server is None:
            self._server = _serve(self._answers)
        if self._rest is None or case.place == "token":
            if self._rest is not None:
                self._rest.close()
            self._rest = RestApi(Endpoint("http", "127.0.0.1", self._server.server_address[1], "client", "secret"))
        headers = {"Content-Encoding": "gzip"} if case.place == "gzip" else {}
        batch = {"batch_date": "2025-07-01", "completed_at": "x", "rows": _announced(case.data)}
        self._answers.update(
            token=(json.dumps({"access_token": "t"}).encode(), {}),
            batches=(json.dumps([batch]).encode(), {}),
            page=(case.data, headers),
        )
        if case.place in ("token", "batches"):
            self._answers[case.place] = (case.data, {})
        return self._rest

    def _sql_for(self, case: Case) -> SqlDatabase:
        if self._front is None:
            self._front = psycopg.connect(self._dsn, autocommit=True, options="-c client_min_messages=error")
            for statement in OWN_TYPES:
                name = statement.split()[2]
                if self._front.execute("select to_regtype(%s) is null", [name]).fetchone() == (True,):
                    self._front.execute(statement.encode())
        if self._sql is None:
            self._sql = SqlDatabase(Endpoint.from_uri(self._dsn))
        _fill(self._front, case)
        return self._sql


def _announced(data: bytes) -> int:
    """Return what an honest list of batches says of this page, 1 where nobody could say."""
    try:
        return int(json.loads(data)["total"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return 1


def _fill(front: psycopg.Connection, case: Case) -> None:
    """Leave the case's table and control row in the front database, in one round trip."""
    table = case.table
    assert table is not None
    name = sql.Identifier(case.contract.name)
    kinds = [*(kind for _, kind in table.columns), table.day_type]
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(kind))  # type: ignore[arg-type]
        for column, kind in (*table.columns, ("batch_date", table.day_type))
    )
    day = "20250701" if table.day_type == "integer" else "2025-07-01"
    control = sql.SQL(", ").join(map(sql.Literal, [case.contract.name, *table.control]))
    script = [
        sql.SQL("create table if not exists share_batch (dataset text, batch_date text, rows text, completed_at text)"),
        sql.SQL("delete from share_batch"),
        sql.SQL("insert into share_batch values ({})").format(control),
        sql.SQL("drop table if exists {}").format(name),
        sql.SQL("create unlogged table {} ({})").format(name, columns),
    ]
    for row in table.rows:
        values = sql.SQL(", ").join(
            sql.SQL("{}::text::" + kind).format(sql.Literal(value))  # type: ignore[arg-type]
            for value, kind in zip((*row, day), kinds, strict=True)
        )
        script.append(sql.SQL("insert into {} values ({})").format(name, values))
    front.execute(sql.SQL("; ").join(script))


def _serve(answers: dict[str, tuple[bytes, dict[str, str]]]) -> http.server.ThreadingHTTPServer:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.answer("token")

        def do_GET(self) -> None:
            self.answer("batches" if "/batches?" in self.path else "page")

        def answer(self, place: str) -> None:
            body, headers = answers[place]
            try:
                self.send_response(200)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Say nothing: there are tens of thousands of answers."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
