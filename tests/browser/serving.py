"""The cockpit served in this process, and who may look: a cookie says who asks, for want of Airflow."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import HTTPException, Request

from tidu.serving.cockpit import Viewer, build_app
from tidu.stack.postgres import free_port

LISTER, READER, NOBODY = "lister", "reader", "nobody"


def viewer(request: Request) -> Viewer:
    """May list enterprises unless the cookie says otherwise."""
    name = request.cookies.get("who", LISTER)
    if name == NOBODY:
        raise HTTPException(401, "not signed in")
    return Viewer(name, name == LISTER)


@contextmanager
def serving() -> Iterator[str]:
    """Serve the cockpit over the warehouse of TIDU_DSN; yields its address."""
    port = free_port()
    app = build_app(viewer, lambda back: f"/auth/login?next={back}")
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert thread.is_alive() and time.monotonic() < deadline, "the server did not start"
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}/"
    server.should_exit = True
    thread.join(10)
