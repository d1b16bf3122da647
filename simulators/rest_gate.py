"""Who may ask the REST server, and when it is difficult: tokens that expire, 429 with Retry-After, 503.

Difficulties come by count of data requests, so that a run can be repeated; a client that comes back before
Retry-After has passed is sent away again.
"""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Behaviour:
    """How difficult the server is. Zero switches a difficulty off."""

    token_seconds: float = 300.0
    throttle_every: int = 97
    """Every n-th data request is answered 429."""
    retry_after_seconds: int = 1
    unavailable_every: int = 61
    """Every n-th data request is answered 503."""


class Refusal(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, error: str, headers: dict[str, str] | None = None) -> None:
        self.status, self.error, self.headers = status, error, headers
        super().__init__(error)


class Gate:
    """Tokens and difficulties; one per server, safe among threads."""

    def __init__(self, client: str, secret: str, behaviour: Behaviour) -> None:
        self._account = (client, secret)
        self._behaviour = behaviour
        self._expiry: dict[str, float] = {}
        self._requests = 0
        self._closed_until = 0.0
        self._lock = threading.Lock()

    def issue(self, client: str, secret: str) -> str:
        """Return a new token for the right client. Raises Refusal 401."""
        given = f"{client}:{secret}".encode()
        if not secrets.compare_digest(given, ":".join(self._account).encode()):
            raise Refusal(401, "invalid_client")
        token = secrets.token_urlsafe(24)
        with self._lock:
            self._expiry[token] = time.monotonic() + self._behaviour.token_seconds
        return token

    def admit(self, authorization: str | None) -> None:
        """Let a data request in. Raises Refusal 401, 429 or 503."""
        scheme, _, token = (authorization or "").partition(" ")
        now = time.monotonic()
        with self._lock:
            if scheme.lower() != "bearer" or self._expiry.get(token, 0.0) <= now:
                raise Refusal(401, "invalid_token", {"WWW-Authenticate": 'Bearer error="invalid_token"'})
            if now < self._closed_until:
                raise self._too_many()
            self._requests += 1
            if _is_turn(self._requests, self._behaviour.throttle_every):
                self._closed_until = now + self._behaviour.retry_after_seconds
                raise self._too_many()
            if _is_turn(self._requests, self._behaviour.unavailable_every):
                raise Refusal(503, "temporarily_unavailable")

    def _too_many(self) -> Refusal:
        return Refusal(429, "too_many_requests", {"Retry-After": str(self._behaviour.retry_after_seconds)})


def _is_turn(count: int, every: int) -> bool:
    return every > 0 and count % every == 0
