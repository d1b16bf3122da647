"""The market supervision's REST server as an HTTP client meets it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import httpx
import pytest

from simulators.publishing import Wishes
from simulators.rest_gate import Behaviour
from simulators.service import Simulators, running
from tests.simulators.nasty import DATES, nasty_rows, write_csv
from tidu.contracts.catalogue import contract

FIELDS = list(contract("ms_registration").field_names)
LATE = date(2025, 8, 31)
CALM = Behaviour(throttle_every=0, unavailable_every=0)
Start = Callable[[Behaviour], tuple[Simulators, httpx.Client]]


@pytest.fixture
def start(tmp_path: Path, world: Path) -> Iterator[Start]:
    """Start the servers with a behaviour; returns them and a client that holds a token."""
    with ExitStack() as stack:

        def begin(behaviour: Behaviour) -> tuple[Simulators, httpx.Client]:
            served = stack.enter_context(running(tmp_path / "home", world, LATE, behaviour=behaviour))
            client = httpx.Client(base_url=f"http://127.0.0.1:{served.ports.rest}", trust_env=False)
            stack.enter_context(client)
            client.headers["Authorization"] = f"Bearer {token(served, client)}"
            return served, client

        yield begin


def token(served: Simulators, client: httpx.Client) -> str:
    account = served.home.credentials()
    form = {"client_id": account.rest_client, "client_secret": account.rest_secret}
    answer = client.post("/oauth/token", data={"grant_type": "client_credentials", **form}).raise_for_status()
    return str(answer.json()["access_token"])


def test_every_cell_arrives_in_its_row_over_all_pages(start: Start) -> None:
    _, client = start(CALM)
    query: dict[str, str] | None = {"batch_date": DATES[0], "limit": "7"}
    rows = []
    while query is not None:
        page = client.get("/api/v1/ms_registration", params=query).raise_for_status().json()
        assert page["total"] == 40
        assert len(page["data"]) <= 7
        rows += page["data"]
        query = query | {"cursor": page["next_cursor"]} if page["next_cursor"] else None
    expected = nasty_rows("ms_registration", 40)
    assert len(rows) == len(expected) == 40
    for number, (row, cells) in enumerate(zip(rows, expected, strict=True), start=1):
        assert row["batch_seq"] == number
        assert [row[f] or "" for f in FIELDS] == (cells + [""] * len(FIELDS))[: len(FIELDS)]
        assert json.loads(row["__surplus__"] or "[]") == cells[len(FIELDS) :]
        assert row["__missing__"] == (str(len(FIELDS) - len(cells)) if len(cells) < len(FIELDS) else None)


def test_headings_pass_as_they_are(start: Start, world: Path) -> None:
    headings = ["extra", *[f for f in FIELDS if f != "uscc"]]
    write_csv(world / "ms_registration" / "2025-08-15.csv", headings, [["x"] * len(headings)])
    _served, client = start(CALM)
    (row,) = client.get("/api/v1/ms_registration", params={"batch_date": "2025-08-15"}).json()["data"]
    assert list(row) == ["batch_seq", *headings]


def test_batches_are_listed_after_a_date_and_only_when_complete(start: Start, world: Path) -> None:
    served, client = start(CALM)
    batches = client.get("/api/v1/ms_registration/batches").json()
    assert [(b["batch_date"], b["rows"]) for b in batches] == [(day, 40) for day in DATES]
    assert all(b["completed_at"] > b["batch_date"] for b in batches)
    later = client.get("/api/v1/ms_registration/batches", params={"after": DATES[0]}).json()
    assert [b["batch_date"] for b in later] == [DATES[1]]
    served.publish(world, LATE, Wishes({f"ms_registration:{DATES[1]}": "control"}))
    assert [b["batch_date"] for b in client.get("/api/v1/ms_registration/batches").json()] == [DATES[0]]
    assert client.get("/api/v1/ms_registration", params={"batch_date": DATES[1]}).status_code == 404


def test_a_publication_is_seen_without_restart(start: Start, world: Path) -> None:
    served, client = start(CALM)
    served.publish(world, date(2025, 7, 31))
    assert len(client.get("/api/v1/ms_registration/batches").json()) == 1
    write_csv(world / "ms_registration" / f"{DATES[0]}.csv", FIELDS, [["new"] * len(FIELDS)])
    before = client.get("/api/v1/ms_registration/batches").json()[0]["completed_at"]
    served.publish(world, LATE)
    batches = client.get("/api/v1/ms_registration/batches").json()
    assert [b["rows"] for b in batches] == [1, 40]
    assert batches[0]["completed_at"] > before
    assert client.get("/api/v1/ms_registration", params={"batch_date": DATES[0]}).json()["data"][0]["uscc"] == "new"


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/api/v1/ms_registration", {"batch_date": DATES[0], "limit": "5001"}, 422),
        ("/api/v1/ms_registration", {"batch_date": DATES[0], "limit": "0"}, 422),
        ("/api/v1/ms_registration", {"batch_date": DATES[0], "cursor": "nonsense"}, 400),
        ("/api/v1/ms_registration", {"batch_date": "2025-07-02"}, 404),
        ("/api/v1/tx_payment/batches", {}, 404),
        ("/api/v1/nothing", {"batch_date": DATES[0]}, 404),
    ],
)
def test_wrong_requests_are_refused(start: Start, path: str, query: dict[str, str], status: int) -> None:
    _, client = start(CALM)
    assert client.get(path, params=query).status_code == status


def test_a_cursor_belongs_to_its_batch(start: Start) -> None:
    _, client = start(CALM)
    first = client.get("/api/v1/ms_registration", params={"batch_date": DATES[0], "limit": "5"}).json()
    query = {"batch_date": DATES[1], "cursor": first["next_cursor"]}
    assert client.get("/api/v1/ms_registration", params=query).status_code == 400


def test_tokens_are_needed_and_expire(start: Start) -> None:
    served, client = start(Behaviour(token_seconds=0.3, throttle_every=0, unavailable_every=0))
    assert client.get("/api/v1/ms_registration/batches").status_code == 200
    time.sleep(0.31)
    expired = client.get("/api/v1/ms_registration/batches")
    assert (expired.status_code, expired.json()) == (401, {"error": "invalid_token"})
    client.headers["Authorization"] = f"Bearer {token(served, client)}"
    assert client.get("/api/v1/ms_registration/batches").status_code == 200
    assert client.get("/api/v1/ms_registration/batches", headers={"Authorization": "Bearer x"}).status_code == 401


def test_client_credentials_come_as_form_json_or_basic(start: Start) -> None:
    served, client = start(CALM)
    account = served.home.credentials()
    body = {
        "grant_type": "client_credentials",
        "client_id": account.rest_client,
        "client_secret": account.rest_secret,
    }
    basic = httpx.BasicAuth(account.rest_client, account.rest_secret)
    assert client.post("/oauth/token", json=body).status_code == 200
    assert client.post("/oauth/token", data={"grant_type": "client_credentials"}, auth=basic).status_code == 200
    assert client.post("/oauth/token", data=body | {"client_secret": "wrong"}).status_code == 401
    assert client.post("/oauth/token", data=body | {"grant_type": "password"}).status_code == 400
    assert client.post("/oauth/token", content=b"[", headers={"Content-Type": "application/json"}).status_code == 400


def test_busy_answers_come_by_count_and_retry_after_is_meant(start: Start) -> None:
    _, client = start(Behaviour(throttle_every=5, retry_after_seconds=1, unavailable_every=3))
    answers = [client.get("/api/v1/ms_registration/batches") for _ in range(6)]
    assert [a.status_code for a in answers] == [200, 200, 503, 200, 429, 429]
    assert answers[4].headers["Retry-After"] == "1"
    time.sleep(1.01)
    assert client.get("/api/v1/ms_registration/batches").status_code == 503
    assert client.get("/api/v1/ms_registration/batches").status_code == 200
    assert client.get("/health").status_code == 200


def test_answers_do_not_wait_for_delayed_acknowledgements(start: Start) -> None:
    """With Nagle's algorithm on, no answer comes in less than 40 ms."""
    _, client = start(CALM)
    times = []
    for _ in range(20):
        began = time.monotonic()
        client.get("/health")
        times.append(time.monotonic() - began)
    assert min(times) < 0.03
