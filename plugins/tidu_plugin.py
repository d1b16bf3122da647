"""Mounts tidu in Airflow: cockpit and validation pages behind Airflow's sign-in, and the listeners. Nothing else."""

from __future__ import annotations

from typing import ClassVar

from airflow.plugins_manager import AirflowPlugin

from tidu.orchestration import preload, run_records
from tidu.orchestration.cockpit import Cockpit
from tidu.orchestration.pages import DataDocs


class TiduPlugin(AirflowPlugin):
    """What Airflow finds when it starts."""

    name = "tidu"
    listeners: ClassVar = [run_records, preload]
    fastapi_apps: ClassVar = [
        {"app": Cockpit(), "url_prefix": "/tidu-cockpit", "name": "tidu cockpit"},
        {"app": DataDocs(), "url_prefix": "/tidu", "name": "tidu"},
    ]
    external_views: ClassVar = [
        {
            "name": "监测驾驶舱",
            "href": "/tidu-cockpit/",
            "destination": "nav",
            "url_route": "tidu-cockpit",
        },
        {
            "name": "Data Docs",
            "href": "/tidu/data-docs/",
            "destination": "nav",
            "url_route": "tidu-data-docs",
            "category": "browse",
        },
    ]
