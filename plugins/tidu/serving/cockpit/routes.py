"""The cockpit's addresses: the page, its parts, figures of a release, and what is no part of any release."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Any

import psycopg
from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse

from tidu.errors import SettingsError, TiduError
from tidu.serving.cockpit import bundle, candidates, documents, page
from tidu.serving.cockpit.answers import ASK_AGAIN, FOR_GOOD, Answer
from tidu.serving.cockpit.reading import Row, reading
from tidu.serving.cockpit.standalone import cockpit
from tidu.settings import settings

KEPT = 512
"""Documents of releases held in memory, compressed: some megabytes."""

ASSETS = {
    "cockpit.js": (bundle.script, "text/javascript; charset=utf-8"),
    "echarts.js": (bundle.charts, "text/javascript; charset=utf-8"),
    "cockpit.css": (bundle.style, "text/css; charset=utf-8"),
}
DOCUMENTS: dict[str, Callable[..., documents.Document]] = {
    "place": documents.place,
    "map": documents.district_map,
    "cuts": documents.cuts,
}
FIGURES = "/figures/{release}/{edition}"
"""`edition` stands for what the release holds and for the code that shows it, so that an answer kept is the right one.
Whether the release is still published is asked each time."""

log = logging.getLogger(__name__)
router = APIRouter()


@router.get("/")
def first_page(request: Request) -> Response:
    """Answer with the page; what keeps it from showing figures is told by the page itself."""
    try:
        found = _start(request, None)
    except (psycopg.Error, SettingsError) as error:
        found = {"problem": fault(error)}
    early = []
    if found.get("months"):
        early = [f"figures/{found['release']['release_id']}/{found['edition']}/places/{documents.CITY}/all"]
    answer = Answer.of(page.served(found, early).encode(), "text/html; charset=utf-8")
    return answer.to(request, ASK_AGAIN, **{"Content-Security-Policy": page.SERVED_POLICY})


@router.get("/assets/{digest}/{name}")
def asset(request: Request, digest: str, name: str) -> Response:
    """Answer with a part of the page."""
    if digest != bundle.digest() or name not in ASSETS:
        raise HTTPException(404, "no such file; load the page again")
    return _asset(name).to(request, FOR_GOOD)


@router.get("/start")
def start(request: Request, release: int) -> Response:
    """Answer with what a published release holds."""
    return Answer.json(_start(request, release)).to(request, ASK_AGAIN)


@router.get(f"{FIGURES}/places/{{code}}/{{scope}}")
def place(request: Request, release: int, edition: str, code: str, scope: str) -> Response:
    """Answer with the totals of a place."""
    return _figures(release, edition, "place", code, scope).to(request, ASK_AGAIN)


@router.get(f"{FIGURES}/maps/{{indicator}}/{{scope}}")
def district_map(request: Request, release: int, edition: str, indicator: str, scope: str) -> Response:
    """Answer with an indicator for all districts."""
    return _figures(release, edition, "map", indicator, scope).to(request, ASK_AGAIN)


@router.get(f"{FIGURES}/cuts/{{code}}/{{scope}}/{{period}}")
def cuts(request: Request, *, release: int, edition: str, code: str, scope: str, period: str) -> Response:
    """Answer with the breakdowns of a place in a month."""
    return _figures(release, edition, "cuts", code, scope, period).to(request, ASK_AGAIN)


@router.get("/releases/{release}/targets")
def targets(request: Request, release: int) -> Response:
    """Answer with the plan's targets."""
    with reading() as connection:
        found = documents.targets(connection, _published(documents.heads(connection), release))
    return Answer.json(found).to(request, ASK_AGAIN)


@router.get("/releases/{release}/file")
def whole_file(request: Request, release: int) -> Response:
    """Answer with the release as a file of its own."""
    with reading() as connection:
        _published(documents.heads(connection), release)
    answer = Answer.of(cockpit(release).encode(), "text/html; charset=utf-8")
    named = {"Content-Disposition": f'attachment; filename="tidu-cockpit-{release}.html"'}
    return answer.to(request, ASK_AGAIN, **named)


@router.get("/pool")
def pool(request: Request, place: str) -> Response:
    """Answer with counts of the newest seed pool."""
    with reading() as connection:
        return Answer.json(candidates.pool(connection, place)).to(request, ASK_AGAIN)


@router.get("/enterprises")
def enterprises(
    request: Request,
    *,
    place: str,
    tier: str,
    as_of: dt.date,
    readiness: str | None = None,
    after_rank: Annotated[int | None, Query(ge=1)] = None,
    after_id: str | None = None,
) -> Response:
    """Answer with a page of candidates, for those who may see names; asking is kept, refused or not."""
    viewer = request.state.viewer
    wanted = candidates.Wanted(place, tier, readiness, as_of.isoformat(), after_rank, after_id)
    if not viewer.may_list:
        candidates.refused(wanted, viewer.name)
        raise HTTPException(403, "names of enterprises are not shown to this account; ask the bureau for the right")
    return JSONResponse(candidates.enterprises(wanted, viewer.name), headers={"Cache-Control": "no-store"})


def fault(error: Exception) -> str:
    """Say in one word why the warehouse does not answer, for the page; the rest is for the log."""
    log.error("the warehouse does not answer", exc_info=error)
    unmade = (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName, psycopg.errors.InsufficientPrivilege)
    return "not_migrated" if isinstance(error, unmade) else "database_away"


def _start(request: Request, wanted: int | None) -> dict[str, Any]:
    """Return what a published release holds, the newest unless one is named; without one, that there is none."""
    viewer = {"name": request.state.viewer.name, "may_list": request.state.viewer.may_list}
    with reading() as connection:
        heads = [head for head in documents.heads(connection) if head["state"] == "published"]
        if not heads and wanted is None:
            return {"problem": "no_release", "viewer": viewer}
        head = heads[0] if wanted is None else _published(heads, wanted)
        found = documents.start(connection, head)
    return {**found, "releases": heads, "edition": _edition(head), "viewer": viewer}


def _published(heads: list[Row], wanted: int) -> Row:
    for head in heads:
        if head["release_id"] == wanted and head["state"] == "published":
            return head
    raise TiduError(f"there is no published release {wanted}")


def _edition(head: Row) -> str:
    made = f"{head['release_id']} {head['as_of']} {head['manifest_sha256']} {bundle.digest()}"
    return hashlib.sha256(made.encode()).hexdigest()[:16]


def _figures(release: int, edition: str, kind: str, *which: str) -> Answer:
    """Return a document of a release that is published now, whatever is kept of it. Raises TiduError for any other."""
    with reading() as connection:
        head = _published(documents.heads(connection), release)
    if _edition(head) != edition:
        raise TiduError(f"release {release} is not edition {edition}; load the page again")
    return _kept(settings().warehouse_dsn(), release, edition, kind, *which)


@lru_cache(maxsize=KEPT)
def _kept(dsn: str, release: int, edition: str, kind: str, *which: str) -> Answer:
    """Return a document that never changes, read once; `dsn` and `edition` tell warehouses and releases apart."""
    with reading() as connection:
        return Answer.json(DOCUMENTS[kind](connection, release, *which))


@lru_cache(maxsize=len(ASSETS))
def _asset(name: str) -> Answer:
    text, media_type = ASSETS[name]
    return Answer.of(text().encode(), media_type)
