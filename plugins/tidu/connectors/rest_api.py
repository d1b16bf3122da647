"""Transport rest: JSON over HTTP with a bearer token; a batch is one delivery.

Limits, faults and expired tokens are waited out within bounds; a batch that is short of a row is not taken.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from tidu.connectors.json_rows import SEQUENCE, page_of, text_table
from tidu.connectors.protocol import AvailableDelivery, ConnectorSession, Endpoint, FetchedFile
from tidu.contracts.model import DatasetContract
from tidu.errors import ConnectorError

PAGE_ROWS = 5000
ATTEMPTS = 8
LONGEST_WAIT_SECONDS = 30.0
EARLIEST = "1900-01-01"
# At DEBUG it writes every header of every answer down, and with them what a server may repeat of our credentials.
logging.getLogger("httpcore").setLevel(logging.INFO)
LARGEST_ANSWER = 256 << 20
"""Bytes of one answer once it is unpacked; a page of 5,000 rows has two or three million."""
LONGEST_ANSWER_SECONDS = 900.0
"""How long one answer may go on arriving; the time limit of the client holds for each read alone."""
UNREADABLE = (ValueError, LookupError, TypeError, OverflowError, RecursionError)
"""What reading an answer raises that is no answer: broken, nested without end, or of another shape."""


class _Busy(Exception):
    """The server asks to come back: 429, 503, or a connection that broke."""

    def __init__(self, text: str, wait: float | None = None) -> None:
        super().__init__(text)
        self.wait = wait


class RestApi(ConnectorSession):
    """Reads the API of `http://client:secret@host:port`; extra `scheme=https` for TLS."""

    def __init__(self, endpoint: Endpoint) -> None:
        scheme = endpoint.extra.get("scheme") or ("https" if endpoint.scheme == "https" else "http")
        port = f":{endpoint.port}" if endpoint.port else ""
        self.endpoint = endpoint
        # trust_env off: a proxy of the machine is not meant for the departments' network.
        self._client = httpx.Client(
            base_url=f"{scheme}://{endpoint.host}{port}{endpoint.path.rstrip('/')}", timeout=60.0, trust_env=False
        )
        self._token: str | None = None

    def available(self, contract: DatasetContract) -> list[AvailableDelivery]:
        """List complete batches by date. A batch completed anew is another delivery of its date."""
        body = self._get(f"/api/v1/{contract.name}/batches", {"after": EARLIEST}).content
        try:
            found = [self._delivery(contract, batch) for batch in orjson.loads(body)]
        except UNREADABLE as error:
            raise ConnectorError(f"{contract.name}: the list of batches cannot be read: {error!r}") from error
        return sorted(found, key=lambda d: (d.delivered_on, d.token))

    def fetch(self, contract: DatasetContract, delivery: AvailableDelivery, target: Path) -> FetchedFile | None:
        """Page through one batch into Parquet with text columns. Raises ConnectorError when rows are missing."""
        batch_date = parse_qs(urlsplit(delivery.source_uri).query)["batch_date"][0]
        # Rows become columns beside the request for the next page.
        with ThreadPoolExecutor(1) as beside:
            pages = self._pages(contract, delivery, batch_date)
            parsed = [(total, beside.submit(text_table, rows, plain)) for rows, plain, total in pages]
            try:
                tables = [table.result() for _, table in parsed]
            except UNREADABLE as error:
                raise ConnectorError(f"{delivery.source_uri}: a page cannot be read: {error!r}") from error
        filled = [t for t in tables if t.num_rows]
        total = parsed[-1][0]
        try:
            table = pa.concat_tables(filled, promote_options="default") if filled else pa.table({})
            _check_complete(delivery, table, total)
        except UNREADABLE as error:
            raise ConnectorError(f"{delivery.source_uri}: {SEQUENCE} is no whole number: {error}") from error
        path = target / f"{contract.name}_{batch_date}.parquet"
        pq.write_table(table, path, compression="zstd", use_dictionary=False, write_statistics=False)
        return FetchedFile(path, "parquet", announced_rows=total)

    def _pages(
        self, contract: DatasetContract, delivery: AvailableDelivery, batch_date: str
    ) -> Iterator[tuple[list[dict[str, Any]], bool, int]]:
        """Yield the rows of each page, whether they hold text alone, and the batch's total."""
        cursor: str | None = None
        rows = 0
        while True:
            query = {"batch_date": batch_date, "limit": str(PAGE_ROWS)} | ({"cursor": cursor} if cursor else {})
            body = self._get(f"/api/v1/{contract.name}", query).content
            try:
                page, plain = page_of(body)
                total = int(page["total"])
            except UNREADABLE as error:
                raise ConnectorError(f"{delivery.source_uri}: a page cannot be read: {error!r}") from error
            yield page["data"], plain, total
            rows += len(page["data"])
            following = page.get("next_cursor")
            if not following:
                return
            if not page["data"] or rows > total:
                raise ConnectorError(f"{delivery.source_uri}: pages go on after {rows} of {total} rows")
            if following == cursor:
                raise ConnectorError(f"{delivery.source_uri}: the server repeats the page at cursor {cursor}")
            cursor = str(following)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _delivery(self, contract: DatasetContract, batch: dict[str, Any]) -> AvailableDelivery:
        completed_at = str(batch["completed_at"])
        query = urlencode({"batch_date": batch["batch_date"], "completed_at": completed_at})
        day = dt.date.fromisoformat(batch["batch_date"])
        return AvailableDelivery(contract.name, day, f"rest:{contract.name}?{query}", int(batch["rows"]), completed_at)

    def _get(self, path: str, query: dict[str, str]) -> httpx.Response:
        try:
            for attempt in Retrying(
                retry=retry_if_exception_type(_Busy), stop=stop_after_attempt(ATTEMPTS), wait=_wait, reraise=True
            ):
                with attempt:
                    return self._try_get(path, query)
        except _Busy as error:
            raise ConnectorError(f"{self.endpoint.host}{path}: {error} after {ATTEMPTS} attempts") from error
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _try_get(self, path: str, query: dict[str, str]) -> httpx.Response:
        if self._token is None:
            self._token = self._renew_token()
        response = self._send("GET", path, params=query, headers={"Authorization": f"Bearer {self._token}"})
        if response.status_code == httpx.codes.UNAUTHORIZED:
            self._token = None
            raise _Busy("401, token expired", 0.0)
        if response.status_code != httpx.codes.OK:
            raise ConnectorError(f"{self.endpoint.host}{path}: HTTP {response.status_code}")
        return response

    def _renew_token(self) -> str:
        form = {"grant_type": "client_credentials"}
        credentials = {"client_id": self.endpoint.login, "client_secret": self.endpoint.password}
        response = self._send("POST", "/oauth/token", data=form | credentials)
        if response.status_code != httpx.codes.OK:
            raise ConnectorError(f"{self.endpoint.host}: no token for {self.endpoint.login}: {response.status_code}")
        try:
            return str(response.json()["access_token"])
        except UNREADABLE as error:
            # neither the answer nor what it was asked with is for anybody's eyes
            raise ConnectorError(f"{self.endpoint.host}: no access_token in the answer") from error

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            with self._client.stream(method, path, **options) as answer:
                response = self._whole(answer)
        except (httpx.InvalidURL, UnicodeError) as error:
            raise ConnectorError(f"{self.endpoint.host}{path}: the server's cursor cannot be asked for") from error
        except httpx.DecodingError as error:
            raise ConnectorError(f"{self.endpoint.host}{path}: the answer cannot be unpacked: {error}") from error
        except httpx.TransportError as error:
            raise _Busy(f"{type(error).__name__}: {error}") from error
        if response.status_code in (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE):
            raise _Busy(f"HTTP {response.status_code}", _retry_after(response))
        return response

    def _whole(self, answer: httpx.Response) -> httpx.Response:
        """Read an answer to its end, but no further than its limits."""
        until = time.monotonic() + LONGEST_ANSWER_SECONDS
        pieces: list[bytes] = []
        size = 0
        for piece in answer.iter_bytes(1 << 20):
            size += len(piece)
            if size > LARGEST_ANSWER or time.monotonic() > until:
                raise ConnectorError(
                    f"{self.endpoint.host}{answer.url.path}: an answer larger than {LARGEST_ANSWER >> 20} MiB"
                    f" or longer than {LONGEST_ANSWER_SECONDS:.0f} s: ask for smaller pages"
                )
            pieces.append(piece)
        headers = {name: answer.headers[name] for name in ("Retry-After",) if name in answer.headers}
        return httpx.Response(answer.status_code, headers=headers, content=b"".join(pieces))


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds the server asks for; a date or anything else counts as not said."""
    try:
        return min(max(float(response.headers["Retry-After"]), 0.0), LONGEST_WAIT_SECONDS)
    except (KeyError, ValueError):
        return None


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, _Busy) and error.wait is not None:
        return error.wait
    return wait_exponential_jitter(multiplier=0.1, max=LONGEST_WAIT_SECONDS, jitter=0.1)(state)


def _check_complete(delivery: AvailableDelivery, table: pa.Table, total: int) -> None:
    """Every position from 1 to the total exactly once, and as many as the batch was listed with."""
    if delivery.rows is not None and total != delivery.rows:
        raise ConnectorError(f"{delivery.source_uri}: listed with {delivery.rows} rows, pages say {total}")
    if table.num_rows != total:
        raise ConnectorError(f"{delivery.source_uri}: {total} rows announced, {table.num_rows} came")
    if total == 0:
        return
    if SEQUENCE not in table.column_names:
        raise ConnectorError(f"{delivery.source_uri}: rows without {SEQUENCE}")
    positions = pc.unique(table[SEQUENCE].cast(pa.int64()))
    bounds = pc.min_max(positions).as_py()
    if len(positions) != total or (bounds["min"], bounds["max"]) != (1, total):
        raise ConnectorError(f"{delivery.source_uri}: {SEQUENCE} does not run from 1 to {total}")
