"""market_supervision: the REST server of the catalogue's `rest` transport.

Pages are cut from the world's own files; who is let in, and when the server is difficult, is decided in `rest_gate`.
"""

from __future__ import annotations

import base64
import binascii
import json
import threading
from collections import OrderedDict
from datetime import date
from typing import Annotated
from urllib.parse import parse_qs

import orjson
import polars as pl
from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import JSONResponse

from simulators.deliveries import Delivery, completed_at, read
from simulators.home import Entry, Home
from simulators.rest_gate import Behaviour, Gate, Refusal
from tidu.contracts.catalogue import contracts

LARGEST_PAGE = 5000
BATCHES_IN_MEMORY = 8


class Batches:
    """The served batches of the department, read from the world when first asked for."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._frames: OrderedDict[tuple[str, str], pl.DataFrame] = OrderedDict()
        self._lock = threading.Lock()

    def listed(self, dataset: str, after: date | None) -> list[dict[str, str | int]]:
        """Return the complete batches after a date, oldest first. Raises Refusal 404 for an unknown dataset."""
        found = sorted((d, entry) for d, entry in self._complete(dataset).items() if after is None or d > after)
        return [
            {
                "batch_date": day.isoformat(),
                "rows": entry.rows,
                "completed_at": completed_at(dataset, day, entry.rewrites).isoformat(),
            }
            for day, entry in found
        ]

    def page(self, dataset: str, batch_date: date, start: int, limit: int) -> bytes:
        """Return one page as JSON. Raises Refusal 404 for a batch that is not there."""
        entry = self._complete(dataset).get(batch_date)
        if entry is None:
            raise Refusal(404, f"no batch {batch_date} of {dataset}")
        frame = self._frame(dataset, batch_date, entry)
        end = start + limit
        following = json.dumps(_cursor(batch_date, end)) if end < frame.height else "null"
        data = frame[start:end].write_json() if frame.height > start else "[]"
        return f'{{"data":{data},"next_cursor":{following},"total":{frame.height}}}'.encode()

    def _complete(self, dataset: str) -> dict[date, Entry]:
        known = contracts().get(dataset)
        if known is None or known.transport != "rest":
            raise Refusal(404, f"no dataset {dataset}")
        served = self._home.served()
        prefix = f"{dataset}:"
        return {
            date.fromisoformat(name.removeprefix(prefix)): entry
            for name, entry in (served.entries if served else {}).items()
            if name.startswith(prefix) and not entry.open
        }

    def _frame(self, dataset: str, batch_date: date, entry: Entry) -> pl.DataFrame:
        key = (f"{dataset}:{batch_date}", entry.stamp)
        with self._lock:
            if key not in self._frames:
                self._frames[key] = self._read(dataset, batch_date)
            self._frames.move_to_end(key)
            while len(self._frames) > BATCHES_IN_MEMORY:
                self._frames.popitem(last=False)
            return self._frames[key]

    def _read(self, dataset: str, batch_date: date) -> pl.DataFrame:
        served = self._home.served()
        if served is None:
            raise Refusal(404, "nothing is published")
        path = served.world / dataset / f"{batch_date}.csv"
        rows = read(Delivery(dataset, batch_date, path)).marked
        return rows.select(pl.all().replace("", None)).with_row_index("batch_seq", offset=1)


def application(home: Home, behaviour: Behaviour) -> FastAPI:
    """Build the department's server for what `home` serves."""
    account = home.credentials()
    gate = Gate(account.rest_client, account.rest_secret, behaviour)
    batches = Batches(home)
    app = FastAPI(title="市场监督管理局 数据共享接口", openapi_url="/openapi.json")

    @app.exception_handler(Refusal)
    async def refuse(request: Request, refusal: Refusal) -> JSONResponse:
        return JSONResponse({"error": refusal.error}, refusal.status, refusal.headers)

    @app.get("/health")
    def health() -> dict[str, str | None]:
        served = home.served()
        return {"status": "ok", "as_of": served.as_of.isoformat() if served else None}

    @app.post("/oauth/token")
    async def token(request: Request) -> dict[str, str | int | float]:
        client, secret = _client_credentials(request, await request.body())
        return {
            "access_token": gate.issue(client, secret),
            "token_type": "Bearer",
            "expires_in": behaviour.token_seconds,
        }

    @app.get("/api/v1/{dataset}/batches")
    def list_batches(request: Request, dataset: str, after: date | None = None) -> Response:
        gate.admit(request.headers.get("Authorization"))
        return Response(orjson.dumps(batches.listed(dataset, after)), media_type="application/json")

    @app.get("/api/v1/{dataset}")
    def page(
        request: Request,
        dataset: str,
        batch_date: date,
        cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 1000,
    ) -> Response:
        gate.admit(request.headers.get("Authorization"))
        start = _start(cursor, batch_date) if cursor else 0
        return Response(batches.page(dataset, batch_date, start, limit), media_type="application/json")

    return app


def _client_credentials(request: Request, body: bytes) -> tuple[str, str]:
    """Read client credentials from a form, from JSON or from HTTP Basic, as RFC 6749 servers do."""
    header = request.headers.get("Authorization", "")
    fields: dict[str, str] = {}
    try:
        if "json" in request.headers.get("Content-Type", ""):
            fields = {k: str(v) for k, v in dict(orjson.loads(body)).items()}
        else:
            fields = {k: v[0] for k, v in parse_qs(body.decode()).items()}
        if header.startswith("Basic ") and "client_id" not in fields:
            client, _, secret = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
            fields |= {"client_id": client, "client_secret": secret}
    except (ValueError, TypeError) as error:
        raise Refusal(400, "invalid_request") from error
    if fields.get("grant_type") != "client_credentials":
        raise Refusal(400, "unsupported_grant_type")
    return fields.get("client_id", ""), fields.get("client_secret", "")


def _cursor(batch_date: date, start: int) -> str:
    return base64.urlsafe_b64encode(f"{batch_date}/{start}".encode()).decode()


def _start(cursor: str, batch_date: date) -> int:
    """Return the position a cursor names. Raises Refusal 400 when it is not one of this batch's."""
    try:
        day, _, start = base64.urlsafe_b64decode(cursor.encode()).decode().partition("/")
        if day == batch_date.isoformat() and start.isdecimal():
            return int(start)
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Refusal(400, "invalid_cursor") from error
    raise Refusal(400, "invalid_cursor")
