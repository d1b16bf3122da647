"""The validation pages inside Airflow, behind its own sign-in: only signed-in users read them.

The application is built at the first request, so that loading the plugin costs tasks and commands nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tidu.settings import settings


class DataDocs:
    """An ASGI application that serves the folder of Data Docs, read only."""

    def __init__(self) -> None:
        self._app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if self._app is None:
            self._app = build_app(settings().data_docs)
        await self._app(scope, receive, send)


def build_app(folder: Path) -> Any:
    """Return the application for one folder; a path that leads out of the folder is not found."""
    from airflow.api_fastapi.core_api.security import get_user
    from fastapi import Depends, FastAPI, HTTPException
    from fastapi.responses import FileResponse

    app = FastAPI(title="tidu", docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(get_user)])
    root = folder.resolve()

    @app.get("/data-docs/{path:path}")
    def page(path: str) -> FileResponse:
        wanted = (root / (path or "index.html")).resolve()
        if not wanted.is_relative_to(root) or not wanted.is_file():
            raise HTTPException(404, "no such page; Data Docs are built by the validate tasks")
        return FileResponse(wanted)

    return app
