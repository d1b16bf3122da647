"""Mounts tidu in Airflow: the validation pages behind Airflow's own sign-in, and the listeners. Nothing else."""

from __future__ import annotations

from typing import ClassVar

from airflow.plugins_manager import AirflowPlugin

from tidu.orchestration import preload, run_records
from tidu.orchestration.pages import DataDocs


class TiduPlugin(AirflowPlugin):
    """What Airflow finds when it starts."""

    name = "tidu"
    listeners: ClassVar = [run_records, preload]
    fastapi_apps: ClassVar = [{"app": DataDocs(), "url_prefix": "/tidu", "name": "tidu"}]
    external_views: ClassVar = [
        {
            "name": "Data Docs",
            "href": "/tidu/data-docs/",
            "destination": "nav",
            "url_route": "tidu-data-docs",
            "category": "browse",
        }
    ]
