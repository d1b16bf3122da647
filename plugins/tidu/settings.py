"""The only reader of the environment; every setting of tidu with its meaning and default."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from tidu.errors import SettingsError

PROJECT_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Settings:
    """Where state lives and how to reach the warehouse. Built by `settings()`."""

    home: Path
    """TIDU_HOME: the one folder that holds all state; default `.tidu` in the project."""
    dsn: str | None
    """TIDU_DSN: the warehouse as a libpq URI; unset means the embedded PostgreSQL (see dsn file)."""
    airflow_dsn: str | None
    """TIDU_AIRFLOW_DSN: Airflow's own database as a libpq URI; unset: `<warehouse>_airflow` beside TIDU_DSN."""
    tax_front_dsn: str | None
    """TIDU_TAX_FRONT_DSN: database of the tax simulator; unset: `<warehouse>_tax_front` beside TIDU_DSN."""
    landing_url: str
    """TIDU_LANDING_URL: fsspec URL under which deliveries are kept; default `<home>/landing`."""
    releases_url: str
    """TIDU_RELEASES_URL: fsspec URL under which releases leave their files; default `<home>/releases`."""
    release_approver: str
    """TIDU_RELEASE_APPROVER: who approves releases of `make run`; empty leaves them as draft."""
    data_docs: Path
    """TIDU_DATA_DOCS: folder of the validation pages."""
    ask_hour: int
    """TIDU_ASK_HOUR: hour in Asia/Shanghai at which departments are asked; upkeep follows 3 hours later."""
    linkage_backend: str
    """TIDU_LINKAGE_BACKEND: what compares records, `duckdb` (default) or `spark` (extra `spark`, Java 17)."""
    spark_master: str
    """TIDU_SPARK_MASTER: where Spark works when it is chosen; default `local[2]`, two cores of this machine."""

    @property
    def dsn_file(self) -> Path:
        """Where `tidu up` leaves the warehouse's connection string for other processes."""
        return self.home / "run" / "warehouse.dsn"

    def warehouse_dsn(self) -> str:
        """Return the warehouse's libpq URI. Raises SettingsError when nothing is running."""
        if self.dsn:
            return self.dsn
        if self.dsn_file.exists():
            return self.dsn_file.read_text(encoding="utf-8").strip()
        raise SettingsError("no warehouse: set TIDU_DSN or start the embedded one with `tidu up`")


def settings() -> Settings:
    """Read the environment now; cheap, so never cached across changes of the environment."""
    home = Path(os.environ.get("TIDU_HOME") or PROJECT_ROOT / ".tidu").resolve()
    return Settings(
        home=home,
        dsn=os.environ.get("TIDU_DSN") or None,
        airflow_dsn=os.environ.get("TIDU_AIRFLOW_DSN") or None,
        tax_front_dsn=os.environ.get("TIDU_TAX_FRONT_DSN") or None,
        landing_url=os.environ.get("TIDU_LANDING_URL") or str(home / "landing"),
        releases_url=os.environ.get("TIDU_RELEASES_URL") or str(home / "releases"),
        release_approver=os.environ.get("TIDU_RELEASE_APPROVER", "demo"),
        data_docs=Path(os.environ.get("TIDU_DATA_DOCS") or home / "data_docs"),
        ask_hour=_hour(os.environ.get("TIDU_ASK_HOUR") or "6"),
        linkage_backend=os.environ.get("TIDU_LINKAGE_BACKEND") or "duckdb",
        spark_master=os.environ.get("TIDU_SPARK_MASTER") or "local[2]",
    )


def _hour(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 24):
        raise SettingsError(f"TIDU_ASK_HOUR is {text!r}; it must be an hour from 0 to 23")
    return int(text)
