"""Transports sftp_zip_csv and sftp_xlsx: files in a department's /outbox, over one SFTP session per pull.

The server must show the host key written in the connection; another key is refused before any password is sent.
"""

from __future__ import annotations

import json
import re
import socket
import stat
from pathlib import Path, PurePosixPath
from typing import Any

import paramiko

from tidu.connectors.file_listing import SUFFIXES, ListedFile, NamedFile, named_deliveries, settled
from tidu.connectors.protocol import AvailableDelivery, ConnectorSession, Endpoint, FetchedFile
from tidu.contracts.model import DatasetContract
from tidu.errors import ConnectorError

TIMEOUT_SECONDS = 30.0


class SftpOutbox(ConnectorSession):
    """Reads the outbox of `sftp://user:password@host:port/outbox?host_key=ssh-ed25519 AAAA...`."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.folder = PurePosixPath(endpoint.path or "/outbox")
        self._transport: paramiko.Transport | None = None
        self._session: paramiko.SFTPClient | None = None

    def available(self, contract: DatasetContract) -> list[AvailableDelivery]:
        """List complete files by date and sequence: a zip with its .ok beside it, a workbook that stopped growing."""
        files = settled(self._list) if contract.transport == "sftp_xlsx" else self._list()
        by_name = {f.name: f for f in files}
        found = []
        for named in named_deliveries(contract, files):
            token = named.file.token
            if contract.transport == "sftp_zip_csv":
                companions = [by_name[c] for c in _companions(named.file.name) if c in by_name]
                if not companions:
                    continue
                token = f"{token} {companions[0].token}"
            found.append(self._delivery(contract, named, token))
        return found

    def fetch(self, contract: DatasetContract, delivery: AvailableDelivery, target: Path) -> FetchedFile | None:
        """Copy one file, and read what its .ok announces; None when it is gone or changed meanwhile."""
        path = PurePosixPath(delivery.source_uri.removeprefix("sftp:"))
        copy = target / path.name
        try:
            session = self._open()
            session.get(str(path), str(copy))
            after = _listed(session.stat(str(path)), path.name)
            if after.token != delivery.token.split(" ")[0]:
                return None
            if contract.transport == "sftp_xlsx":
                return FetchedFile(copy, "xlsx")
            sha256, rows = _announced(_companion_text(session, path))
        except FileNotFoundError:
            return None
        except (paramiko.SSHException, OSError, EOFError) as error:
            self.close()
            raise ConnectorError(f"{contract.name}: cannot fetch {path} from {self.endpoint.host}: {error}") from error
        return FetchedFile(copy, "zip", sha256, rows)

    def close(self) -> None:
        """End the session."""
        if self._transport is not None:
            self._transport.close()
        self._transport = self._session = None

    def _delivery(self, contract: DatasetContract, named: NamedFile, token: str) -> AvailableDelivery:
        uri = f"sftp:{self.folder / named.file.name}"
        return AvailableDelivery(contract.name, named.delivered_on, uri, None, token)

    def _list(self) -> list[ListedFile]:
        try:
            entries = self._open().listdir_attr(str(self.folder))
            # a link or a folder is no delivery; a server that says nothing about its files is believed
            return [_listed(e, e.filename) for e in entries if e.st_mode is None or stat.S_ISREG(e.st_mode)]
        except (paramiko.SSHException, OSError, EOFError) as error:
            self.close()
            raise ConnectorError(f"cannot list {self.folder} on {self.endpoint.host}: {error}") from error

    def _open(self) -> paramiko.SFTPClient:
        if self._session is None:
            self._transport = self._connect()
            session = paramiko.SFTPClient.from_transport(self._transport)
            if session is None:
                raise ConnectorError(f"{self.endpoint.host} offers no SFTP")
            session.get_channel().settimeout(TIMEOUT_SECONDS)  # type: ignore[union-attr]
            self._session = session
        return self._session

    def _connect(self) -> paramiko.Transport:
        kind, key = _host_key(self.endpoint)
        address = (self.endpoint.host, self.endpoint.port or 22)
        transport = paramiko.Transport(socket.create_connection(address, timeout=TIMEOUT_SECONDS))
        try:
            # Without this the server may show a key of another kind than the one we know.
            options = transport.get_security_options()
            options.key_types = [k for k in options.key_types if k == kind or (kind == "ssh-rsa" and "rsa" in k)]
            transport.start_client(timeout=TIMEOUT_SECONDS)
            shown = transport.get_remote_server_key()
            if shown.get_base64() != key:
                raise ConnectorError(f"{self.endpoint.host} shows another host key than the connection names; refused")
            transport.auth_password(self.endpoint.login, self.endpoint.password)
        except BaseException:
            transport.close()
            raise
        return transport


def _host_key(endpoint: Endpoint) -> tuple[str, str]:
    kind, _, key = endpoint.extra.get("host_key", "").strip().partition(" ")
    if not key:
        raise ConnectorError(f"{endpoint.host}: the connection names no host_key ('ssh-ed25519 AAAA...'); refused")
    # A '+' of base64 that nobody escaped in a URI arrives as a blank; a comment after the key is not base64.
    return kind, re.split(r" (?=\S*[^A-Za-z0-9+/= ])", key)[0].replace(" ", "+")


def _listed(entry: paramiko.SFTPAttributes, name: str) -> ListedFile:
    return ListedFile(name, entry.st_size or 0, float(entry.st_mtime or 0))


def _companions(name: str) -> tuple[str, str]:
    """Both spellings of "the same name with .ok" are met: with and without the suffix of the zip."""
    return name.removesuffix(f".{SUFFIXES['sftp_zip_csv']}") + ".ok", f"{name}.ok"


def _companion_text(session: paramiko.SFTPClient, package: PurePosixPath) -> str:
    first, second = (str(package.with_name(name)) for name in _companions(package.name))
    try:
        handle = session.open(first)
    except FileNotFoundError:
        handle = session.open(second)
    with handle:
        return handle.read(4096).decode("utf-8", "replace")


def _announced(text: str) -> tuple[str, int]:
    """Read sha256 and row count from an .ok: key=value pairs, one value per line, or JSON.

    What cannot be read becomes a checksum no file has, so that the delivery is rejected with the text shown.
    """
    found: dict[str, Any]
    try:
        found = json.loads(text)
    except ValueError:
        found = {k.lower(): v for k, v in re.findall(r"(\w+)\s*[=:]\s*(\w+)", text)}
    if not isinstance(found, dict) or not found:
        bare = text.split()
        found = {"sha256": bare[0], "rows": bare[-1]} if len(bare) >= 2 else {}
    sha256, rows = str(found.get("sha256", "")), str(found.get("rows", ""))
    if re.fullmatch(r"[0-9a-fA-F]{64}", sha256) and rows.isdigit():
        return sha256.lower(), int(rows)
    return f"unreadable .ok: {text.strip()[:80]!r}", -1
