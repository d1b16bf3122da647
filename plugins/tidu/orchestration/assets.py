"""The data sets Airflow knows: what one DAG announces and another waits for.

An event bears `extra = {"as_of": ..., "series_start": ..., "approver": ...}`, the conf of the run that caused it.
"""

from __future__ import annotations

from airflow.sdk import Asset, AssetAlias

from tidu.contracts import departments

DEPARTMENT: dict[str, Asset] = {
    name: Asset(name=f"accepted_{name}", uri=f"tidu://warehouse/raw/{name}", group="accepted") for name in departments()
}
"""Accepted deliveries of one department; an event means that something new was accepted."""

MASTER = Asset(name="enterprise_master", uri="tidu://warehouse/mart", group="mart")
"""The enterprise master with its years and months, built anew."""

FIGURES = Asset(name="monitoring_figures", uri="tidu://warehouse/intermediate", group="publish")
"""The indicators of every month, computed from a new master and not yet released."""

TIERS = Asset(name="enterprise_tiers", uri="tidu://warehouse/mart/tiers", group="mart")
"""What every enterprise qualifies for, assessed anew."""

RELEASE = Asset(name="monitoring_release", uri="tidu://warehouse/publish", group="publish")
"""The city and district tables of a new release, published or waiting as draft."""

DRAFT = Asset(name="release_draft", uri="tidu://warehouse/publish/draft", group="publish")
"""A release that waits for a person."""

WAITING = AssetAlias(name="release_waits", group="publish")
"""What a task names as outlet that announces DRAFT in some runs only."""
