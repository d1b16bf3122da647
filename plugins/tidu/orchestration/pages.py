"""The validation pages inside Airflow, behind its own sign-in: only signed-in users read them.

Each dataset has a site of its own below the folder; the first page lists them by department. The application is built
at the first request, so that loading the plugin costs tasks and commands nothing.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tidu.contracts import departments
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
    from fastapi.responses import FileResponse, HTMLResponse

    app = FastAPI(title="tidu", docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(get_user)])
    root = folder.resolve()

    @app.get("/data-docs/")
    def first_page() -> HTMLResponse:
        return HTMLResponse(contents_page(root))

    @app.get("/data-docs/{path:path}")
    def page(path: str) -> FileResponse:
        wanted = (root / path).resolve()
        if not wanted.is_relative_to(root) or not wanted.is_file():
            raise HTTPException(404, "no such page; Data Docs are built by the validate tasks")
        return FileResponse(wanted)

    return app


def contents_page(root: Path) -> str:
    """Return the first page: every dataset by department, with links to its results where it has been validated."""
    parts = []
    for datasets in departments().values():
        lines = []
        for found in datasets:
            label = f"{escape(found.heading)} <code>{found.name}</code>"
            lines.append(f"<li>{label}{_results(root, found.name)}</li>")
        parts.append(f"<h2>{escape(datasets[0].owner)}</h2><ul>{''.join(lines)}</ul>")
    return (
        '<!doctype html><html lang="zh"><meta charset="utf-8"><title>Data Docs</title>'
        '<body style="font-family: sans-serif; margin: 2rem"><h1>Data Docs</h1>'
        "<p>The newest validation of each dataset: every rule, and the rows behind the rules that failed."
        f" A dataset without a link has not been validated yet.</p>{''.join(parts)}</body></html>"
    )


def _results(root: Path, dataset: str) -> str:
    """Return links to a dataset's result pages; GX's own index needs scripts from a public network to show them."""
    pages = sorted((root / dataset / "validations").rglob("*.html"))
    titles = {dataset: "every rule", f"{dataset} failing": "failing rows"}
    return "".join(
        f' · <a href="{quote(str(page.relative_to(root)))}">{titles[page.relative_to(root).parts[2]]}</a>'
        for page in pages
    )
