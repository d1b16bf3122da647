"""What every transport offers: which deliveries are complete, and the bytes of one of them.

What became of a delivery is not known here; tidu.landing asks the ledger and skips what it has.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Literal, Protocol, Self
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

from tidu.contracts.model import DatasetContract
from tidu.errors import ConnectorError

FileFormat = Literal["csv", "zip", "xlsx", "parquet"]


@dataclass(frozen=True)
class Endpoint:
    """Where a department's system is and who we are there; the counterpart of an Airflow Connection."""

    scheme: str
    host: str = ""
    port: int | None = None
    login: str = ""
    password: str = field(default="", repr=False)
    path: str = ""
    """Folder of files, or name of the database."""
    extra: dict[str, str] = field(default_factory=dict, repr=False)
    """Further settings by transport: `host_key` (sftp), `schema` and `driver` (sql), `scheme` (https for rest)."""

    @classmethod
    def from_uri(cls, uri: str) -> Endpoint:
        """Read an Airflow connection URI, e.g. `sftp://user:password@host:22/outbox?host_key=...`."""
        parts = urlsplit(uri)
        return cls(
            scheme=parts.scheme,
            host=unquote(parts.hostname or ""),
            port=parts.port,
            login=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            path=unquote(parts.path),
            extra=dict(parse_qsl(parts.query)),
        )

    def conceal(self, text: str) -> str:
        """Return a message without the password, however a driver wrote it; for everything that is shown or logged."""
        for secret in {self.password, quote(self.password), quote(self.password, safe=""), quote_plus(self.password)}:
            text = text.replace(secret, "***") if secret else text
        return text


@dataclass(frozen=True)
class AvailableDelivery:
    """A delivery the department calls complete."""

    dataset: str
    delivered_on: dt.date
    source_uri: str
    """Names the delivery without credentials; the same delivery keeps the same URI."""
    rows: int | None
    """What the department says; None where the transport says nothing before the fetch."""
    token: str
    """How the source looks now (size and time, or time of completion); a change means that it was sent again."""


@dataclass(frozen=True)
class FetchedFile:
    """One delivery as a local file, bytes as received (Parquet with text columns for rest and sql)."""

    path: Path
    format: FileFormat
    announced_sha256: str | None = None
    announced_rows: int | None = None


class Connector(Protocol):
    """One department's system for the length of a pull; opens connections when first needed."""

    def available(self, contract: DatasetContract) -> list[AvailableDelivery]:
        """List complete deliveries of a dataset in their order. Raises ConnectorError."""

    def fetch(self, contract: DatasetContract, delivery: AvailableDelivery, target: Path) -> FetchedFile | None:
        """Bring one delivery into the folder `target`; None when it is not complete after all and has to wait.

        Raises ConnectorError when the system cannot be read; a retry is safe.
        """

    def close(self) -> None:
        """Close what was opened; safe to repeat."""


class ConnectorSession:
    """Context manager for connectors: closes at the end."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close what was opened; a connector without connections has nothing to do."""


def connector_for(contract: DatasetContract, endpoint: Endpoint) -> Connector:
    """Return the connector of the contract's transport. Raises ConnectorError for a transport nobody serves."""
    # One transport's libraries are no reason for a process of another to load them.
    if contract.transport == "rest":
        from tidu.connectors.rest_api import RestApi

        return RestApi(endpoint)
    if contract.transport == "sql":
        from tidu.connectors.sql_database import SqlDatabase

        return SqlDatabase(endpoint)
    if contract.transport in ("sftp_zip_csv", "sftp_xlsx"):
        from tidu.connectors.sftp import SftpOutbox

        return SftpOutbox(endpoint)
    if contract.transport == "folder_csv":
        from tidu.connectors.folder import WatchedFolder

        return WatchedFolder(endpoint)
    raise ConnectorError(f"{contract.name}: no connector for transport {contract.transport}")
