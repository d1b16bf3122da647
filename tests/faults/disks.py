"""A disk of its own for one folder, which can be full at once and have room again later."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOM = "6g"


class SmallDisk:
    """A tmpfs over one folder, made at construction; `mounted` is False where mounting is not permitted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={ROOM},mode=0755", "tidu-faults", str(folder)],
            check=False, capture_output=True,
        )  # fmt: skip
        self.mounted = done.returncode == 0

    def fill(self) -> bool:
        """Take all the room there is left: whoever writes now gets ENOSPC. False when writers were faster."""
        # the smallest size the kernel accepts is what is in use; a write in between makes it refuse, so try again
        return any(self._resize(self._used_pages() + spare) for spare in (0, 1, 4, 16, 64, 256))

    def make_room(self) -> None:
        """Give the room back."""
        subprocess.run(["mount", "-o", f"remount,size={ROOM}", str(self.folder)], check=True, capture_output=True)

    def unmount(self) -> None:
        """Take the disk away, lazily: a process that still looks at it is no reason to fail."""
        if self.mounted:
            subprocess.run(["umount", "-l", str(self.folder)], check=True, capture_output=True)
            self.mounted = False

    def _used_pages(self) -> int:
        stat = os.statvfs(self.folder)
        return (stat.f_blocks - stat.f_bfree) * stat.f_frsize // 4096

    def _resize(self, pages: int) -> bool:
        done = subprocess.run(
            ["mount", "-o", f"remount,size={max(pages, 1) * 4096}", str(self.folder)], check=False, capture_output=True
        )
        return done.returncode == 0
