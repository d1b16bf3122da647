"""A clock of the stack's own that can be set: a small library laid under every process of one state folder.

The machine's clock is left alone. Needs a C compiler; where there is none, no clock is set.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long long *offset(void) {
    static long long nothing = 0, *shared = 0;
    if (!shared) {
        const char *path = getenv("SHIFTED_CLOCK");
        int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        void *page = fd < 0 ? MAP_FAILED : mmap(0, 8, PROT_READ, MAP_SHARED, fd, 0);
        if (fd >= 0) close(fd);
        shared = page == MAP_FAILED ? &nothing : page;
    }
    return shared;
}

int clock_gettime(clockid_t id, struct timespec *t) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(id, t);
    if (!result && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) t->tv_sec += *offset();
    return result;
}

int gettimeofday(struct timeval *t, void *zone) {
    static int (*real)(struct timeval *, void *);
    if (!real) real = dlsym(RTLD_NEXT, "gettimeofday");
    int result = real(t, zone);
    if (!result) t->tv_sec += *offset();
    return result;
}

time_t time(time_t *t) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (t) *t = now.tv_sec;
    return now.tv_sec;
}
"""


class Clock:
    """The clock of one state folder; `environment` makes processes use it."""

    def __init__(self, folder: Path) -> None:
        self._offset = folder / "clock.offset"
        self._library = folder / "clock.so"
        self._offset.write_bytes(struct.pack("q", 0))
        compiler = shutil.which("cc") or shutil.which("gcc")
        self.available = compiler is not None
        if compiler:
            source = folder / "clock.c"
            source.write_text(SOURCE, encoding="utf-8")
            subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", self._library, source, "-ldl"], check=True)
            for path in (self._offset, self._library):
                path.chmod(0o644)

    @property
    def environment(self) -> dict[str, str]:
        """Variables for the processes of the stack; empty where there is no compiler."""
        return {"LD_PRELOAD": str(self._library), "SHIFTED_CLOCK": str(self._offset)} if self.available else {}

    def shift(self, seconds: int) -> None:
        """Set the clock of every process of the stack, running ones too, `seconds` off the machine's."""
        with self._offset.open("r+b") as file:
            file.write(struct.pack("q", seconds))
