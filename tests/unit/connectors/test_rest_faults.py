"""A REST department that misbehaves: a real HTTP server whose answers each test writes down."""

from __future__ import annotations

import datetime as dt
import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tidu.connectors import AvailableDelivery, Endpoint
from tidu.connectors.rest_api import RestApi
from tidu.contracts import contract
from tidu.errors import ConnectorError

EVENTS = contract("ms_change_event")
DELIVERY = AvailableDelivery(
    "ms_change_event", dt.date(2025, 7, 1), "rest:ms_change_event?batch_date=2025-07-01&completed_at=x", 2, "x"
)


@dataclass
class Department:
    """Answers data requests from a list: (status, body, headers)."""

    answers: list[tuple[int, bytes, dict[str, str]]] = field(default_factory=list)
    tokens: int = 0
    asked: list[str] = field(default_factory=list)
    port: int = 0

    def answer(self, body: object, status: int = 200, **headers: str) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers.append((status, content, {k.replace("_", "-"): v for k, v in headers.items()}))


@pytest.fixture
def department() -> Iterator[Department]:
    it = Department()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            it.tokens += 1
            self.send(200, json.dumps({"access_token": f"t{it.tokens}"}).encode(), {})

        def do_GET(self) -> None:
            it.asked.append(self.path)
            self.send(*it.answers.pop(0))

        def send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    it.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield it
    server.shutdown()
    server.server_close()


def rows(*sequence: int, **more: object) -> list[dict[str, object]]:
    return [{"batch_seq": n, "change_no": f"C{n}", **more} for n in sequence]


def page(data: object, total: int, following: str | None = None) -> dict[str, object]:
    return {"data": data, "next_cursor": following, "total": total}


def fetched(department: Department, target: Path) -> list[dict[str, object]]:
    with RestApi(Endpoint.from_uri(f"http://client:secret@127.0.0.1:{department.port}")) as api:
        file = api.fetch(EVENTS, DELIVERY, target)
    assert file is not None
    found: list[dict[str, object]] = pq.read_table(file.path).to_pylist()
    return found


def test_pages_are_followed_and_faults_waited_out(department: Department, tmp_path: Path) -> None:
    department.answer({}, 503)
    department.answer(page(rows(1), 2, "c1"))
    department.answer({}, 401)
    department.answer({}, 429, Retry_After="0")
    department.answer(page(rows(2, city="370200"), 2))
    assert fetched(department, tmp_path) == [
        {"batch_seq": "1", "change_no": "C1", "city": None},
        {"batch_seq": "2", "change_no": "C2", "city": "370200"},
    ]
    assert department.tokens == 2
    assert "limit=5000" in department.asked[0]


def test_numbers_keep_their_text_and_null_is_null(department: Department, tmp_path: Path) -> None:
    values = b'"a": 1.10, "b": null, "c": "\\u0000", "d": true, "e": {"x": ["y"]}, "f": 12345678901234567890'
    data = b'[{"batch_seq": 1, ' + values + b'}, {"batch_seq": 2, "a": "x"}]'
    department.answer(b'{"total": 2, "next_cursor": null, "data": ' + data + b"}")
    first, second = fetched(department, tmp_path)
    assert [first[name] for name in "abcdf"] == ["1.10", None, "\0", "true", "12345678901234567890"]
    assert first["e"] == '{"x": ["y"]}'
    assert (second["a"], second["d"]) == ("x", None)


def test_an_empty_batch_is_a_delivery_without_rows(department: Department, tmp_path: Path) -> None:
    department.answer(page([], 0))
    with RestApi(Endpoint.from_uri(f"http://c:s@127.0.0.1:{department.port}")) as api:
        empty = AvailableDelivery(DELIVERY.dataset, DELIVERY.delivered_on, DELIVERY.source_uri, 0, "x")
        file = api.fetch(EVENTS, empty, tmp_path)
    assert file is not None
    assert pq.read_table(file.path).num_rows == 0


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([page(rows(1), 2)], "2 rows announced, 1 came"),
        ([page(rows(1, 2), 3)], "listed with 2 rows, pages say 3"),
        ([page(rows(1, 1), 2)], "does not run from 1 to 2"),
        ([page(rows(0, 1), 2)], "does not run from 1 to 2"),
        ([page([{"change_no": "x"}, {"change_no": "y"}], 2)], "without batch_seq"),
        ([page(rows(1), 2, "c1"), page(rows(1), 2, "c1")], "repeats the page"),
        ([b"<html>"], "cannot be read"),
        ([{"data": "no"}], "cannot be read"),
        ([page([1, 2], 2)], "cannot be read"),
        ([{"data": rows(1, 2)}], "cannot be read"),
    ],
)
def test_a_batch_that_is_not_whole_is_an_error_to_retry(
    department: Department, tmp_path: Path, answers: list[object], reason: str
) -> None:
    for answer in answers:
        department.answer(answer)
    with pytest.raises(ConnectorError, match=reason):
        fetched(department, tmp_path)


def test_a_server_that_stays_busy_is_given_up_with_its_reason(department: Department, tmp_path: Path) -> None:
    for _ in range(8):
        department.answer({}, 429, Retry_After="0")
    with pytest.raises(ConnectorError, match="HTTP 429 after 8 attempts") as error:
        fetched(department, tmp_path)
    assert "secret" not in str(error.value)


def test_an_answer_nobody_expects_is_not_retried(department: Department, tmp_path: Path) -> None:
    department.answer({}, 403)
    with pytest.raises(ConnectorError, match="HTTP 403"):
        fetched(department, tmp_path)


def test_batches_come_by_date(department: Department) -> None:
    department.answer(
        [{"batch_date": d, "rows": 1, "completed_at": f"{d}T20:00:00+08:00"} for d in ("2025-07-02", "2025-07-01")]
    )
    with RestApi(Endpoint.from_uri(f"http://c:s@127.0.0.1:{department.port}")) as api:
        found = api.available(EVENTS)
    assert [d.delivered_on.day for d in found] == [1, 2]
    assert found[0].source_uri == (
        "rest:ms_change_event?batch_date=2025-07-01&completed_at=2025-07-01T20%3A00%3A00%2B08%3A00"
    )


@pytest.mark.parametrize("body", [b"oops", [{"batch_date": "2025-07-01"}], {"error": 1}, [{"batch_date": "31.12."}]])
def test_a_list_of_batches_that_makes_no_sense_is_an_error(department: Department, body: object) -> None:
    department.answer(body)
    with (
        RestApi(Endpoint.from_uri(f"http://c:s@127.0.0.1:{department.port}")) as api,
        pytest.raises(ConnectorError, match="list of batches cannot be read"),
    ):
        api.available(EVENTS)
