"""The cockpit inside Airflow: signed-in users see figures; names of enterprises need the right to run the assessment.

The right is asked of Airflow's own auth manager, so that it is given where all others are. With the simple one,
viewers have figures, users and above names too. The application is built at the first request, so that loading the
plugin costs tasks and commands nothing.
"""

from __future__ import annotations

from typing import Any

ASSESSMENT = "assess_tiers"
"""The DAG whose editors may see who it assessed."""


class Cockpit:
    """An ASGI application: the cockpit behind Airflow's sign-in."""

    def __init__(self) -> None:
        self._app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if self._app is None:
            self._app = build_app()
        await self._app(scope, receive, send)


def build_app() -> Any:
    """Return the cockpit, asking Airflow who looks and what they may see."""
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.models.resource_details import DagDetails
    from airflow.api_fastapi.core_api.security import get_user
    from fastapi import Depends

    from tidu.serving import cockpit

    def viewer(user: Any = Depends(get_user)) -> cockpit.Viewer:  # noqa: B008 - how FastAPI is told
        may_list = get_auth_manager().is_authorized_dag(method="PUT", details=DagDetails(id=ASSESSMENT), user=user)
        return cockpit.Viewer(user.get_name(), may_list)

    return cockpit.build_app(viewer, lambda back: get_auth_manager().get_url_login(next_url=back))
