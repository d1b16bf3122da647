"""SFTP servers that no department would run: an impostor, and one whose listings lie."""

from __future__ import annotations

import asyncio
import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh


@dataclass
class Outbox:
    """A real SFTP server over a folder, and what it was told."""

    folder: Path
    names: list[str] = field(default_factory=list)
    """Names it lists beside those that are there."""
    port: int = 0
    host_key: str = ""
    passwords: list[str] = field(default_factory=list)
    opened: list[bytes] = field(default_factory=list)


@contextmanager
def serving(outbox: Outbox) -> Iterator[Outbox]:
    """Serve until the context ends."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    outbox.host_key = f"{key.get_algorithm()} {base64.b64encode(key.public_data).decode()}"

    class Accounts(asyncssh.SSHServer):
        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            outbox.passwords.append(password)
            return True

    class Files(asyncssh.SFTPServer):
        async def scandir(self, path: bytes) -> Any:
            async for entry in super().scandir(path):
                yield entry
            for name in outbox.names:
                attrs = asyncssh.SFTPAttrs(size=3, mtime=0, atime=0, permissions=0o100644)
                yield asyncssh.SFTPName(name.encode(), name.encode(), attrs)

        def open(self, path: bytes, pflags: int, attrs: Any) -> Any:
            outbox.opened.append(path)
            return super().open(path, pflags, attrs)

    loop = asyncio.new_event_loop()

    async def listen() -> Any:
        return await asyncssh.listen(
            "127.0.0.1", 0, server_host_keys=[key], server_factory=Accounts,
            sftp_factory=lambda channel: Files(channel, chroot=str(outbox.folder)),
        )  # fmt: skip

    acceptor = loop.run_until_complete(listen())
    outbox.port = acceptor.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield outbox
    finally:
        loop.call_soon_threadsafe(acceptor.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
