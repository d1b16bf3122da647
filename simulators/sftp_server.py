"""hr and finance: one SFTP server, one account per department, each seeing its own /outbox and able to read only."""

from __future__ import annotations

import base64
import secrets
import socket
from typing import Any

import asyncssh

from simulators.home import Home, create_once

WRITING = asyncssh.FXF_WRITE | asyncssh.FXF_APPEND | asyncssh.FXF_CREAT | asyncssh.FXF_TRUNC


class Accounts(asyncssh.SSHServer):  # type: ignore[misc]
    """Password log-in of the departments' accounts."""

    def __init__(self, passwords: dict[str, str]) -> None:
        self._passwords = passwords

    def password_auth_supported(self) -> bool:
        """The catalogue's departments give passwords."""
        return True

    def validate_password(self, username: str, password: str) -> bool:
        """Compare in constant time; an unknown account is compared too."""
        expected = self._passwords.get(username, "")
        return secrets.compare_digest(expected.encode(), password.encode()) and bool(expected)


class Outbox(asyncssh.SFTPServer):  # type: ignore[misc]
    """One session's view: the account's folder as root; everything that would write is refused."""

    def open(self, path: bytes, pflags: int, attrs: Any) -> Any:
        """Open for reading."""
        if pflags & WRITING:
            self._refuse()
        return super().open(path, pflags, attrs)

    def _refuse(self, *args: Any, **kwargs: Any) -> None:
        raise asyncssh.SFTPPermissionDenied("this outbox is read-only")

    open56 = setstat = lsetstat = fsetstat = remove = mkdir = rmdir = rename = posix_rename = symlink = link = _refuse


def host_key(home: Home) -> Any:
    """Return the server's key, made on first use and kept with mode 0600."""
    create_once(home.host_key_file, asyncssh.generate_private_key("ssh-ed25519").export_private_key())
    return asyncssh.read_private_key(str(home.host_key_file))


def public_host_key(home: Home) -> str:
    """Return the public key as known_hosts has it: its type, a blank, base64 of the key."""
    key = host_key(home)
    return f"{key.get_algorithm()} {base64.b64encode(key.public_data).decode()}"


async def listen(home: Home, sock: socket.socket) -> Any:
    """Serve the outboxes on a bound socket; return asyncssh's acceptor."""
    passwords = home.credentials().sftp_passwords

    def outbox(channel: Any) -> Outbox:
        account = channel.get_extra_info("username")
        return Outbox(channel, chroot=str(home.sftp_root / account))

    return await asyncssh.listen(
        sock=sock,
        server_host_keys=[host_key(home)],
        server_factory=lambda: Accounts(passwords),
        sftp_factory=outbox,
        allow_scp=False,
        compression_algs=None,
    )
