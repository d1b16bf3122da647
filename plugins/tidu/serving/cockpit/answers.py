"""Answers as bytes: compressed once, told apart by their content, kept by the browser as long as they hold."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import Request, Response

ASK_AGAIN = "private, no-cache"
"""The browser may keep it but asks each time whether it still holds."""
FOR_GOOD = "private, max-age=31536000, immutable"
"""The address changes when the content does."""


@dataclass(frozen=True)
class Answer:
    """A body, compressed, and its tag."""

    body: bytes
    media_type: str
    tag: str

    @classmethod
    def of(cls, body: bytes, media_type: str) -> Answer:
        """Compress a body; the same body gives the same bytes."""
        return cls(gzip.compress(body, 6, mtime=0), media_type, f'"{hashlib.sha256(body).hexdigest()[:32]}"')

    @classmethod
    def json(cls, document: Any) -> Answer:
        """Return a document as JSON."""
        return cls.of(orjson.dumps(document), "application/json")

    def to(self, request: Request, caching: str, **headers: str) -> Response:
        """Return the response to a request: 304 where the browser has it, compressed where it understands that."""
        told = {"Cache-Control": caching, "ETag": self.tag, "Vary": "Accept-Encoding, Cookie", **headers}
        if self.tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=told)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(self.body, media_type=self.media_type, headers={**told, "Content-Encoding": "gzip"})
        return Response(gzip.decompress(self.body), media_type=self.media_type, headers=told)
