"""The cockpit as a web application; who is asking, and what they may see, is told by whoever mounts it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse

from tidu.errors import SettingsError, TiduError
from tidu.serving.cockpit import page
from tidu.serving.cockpit.routes import fault, router


@dataclass(frozen=True)
class Viewer:
    """Who looks at the page."""

    name: str
    may_list: bool
    """Whether names of enterprises may be shown to them."""


def build_app(viewer: Callable[..., Any], sign_in: Callable[[str], str] | None = None) -> FastAPI:
    """Return the application; every route of it asks who looks.

    Args:
        viewer: a dependency of FastAPI that returns the Viewer of a request, or raises HTTPException 401.
        sign_in: returns the address at which to sign in, given the one to come back to.
    """

    def remember(request: Request, who: Any = Depends(viewer)) -> None:  # noqa: B008 - how FastAPI is told
        request.state.viewer = who

    app = FastAPI(
        title="tidu cockpit", docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(remember)]
    )
    app.include_router(router)

    @app.exception_handler(HTTPException)
    def refuse(request: Request, error: HTTPException) -> Response:
        if error.status_code == 401 and "text/html" in request.headers.get("accept", ""):
            target = sign_in(str(request.url)) if sign_in is not None else None
            policy = {"Content-Security-Policy": page.SERVED_POLICY}
            return Response(page.signed_out(target), 401, policy, media_type="text/html; charset=utf-8")
        return _told(error.status_code, {401: "signed_out", 403: "forbidden"}.get(error.status_code, "missing"), error)

    @app.exception_handler(TiduError)
    def miss(_: Request, error: TiduError) -> Response:
        return _told(503, "database_away", error) if isinstance(error, SettingsError) else _told(404, "missing", error)

    @app.exception_handler(psycopg.Error)
    def fail(_: Request, error: psycopg.Error) -> Response:
        return _told(503, fault(error), error)

    return app


def _told(status: int, kind: str, error: Exception) -> Response:
    """Say what is wrong; a driver's own words stay inside, they may name hosts and accounts."""
    detail = error.detail if isinstance(error, HTTPException) else str(error) if isinstance(error, TiduError) else kind
    return JSONResponse({"problem": kind, "detail": detail}, status, headers={"Cache-Control": "no-store"})
