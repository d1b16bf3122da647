"""Reads a run of cases in one process under limits, and tells what happened even of a process that died.

Limits: address space (RLIMIT_AS), wall clock per input (the process ends itself with a traceback, also inside C code),
CPU seconds per input and resident memory at its peak (both measured).
"""

from __future__ import annotations

import faulthandler
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PEAK_BYTES = 1 << 30
"""Resident memory that inputs may add at most to what the process held before, on inputs of up to 64 MiB of text or workbook XML."""
ADDRESS_BYTES = 8 << 30
MOST_ROWS_LANDED = 5_000
"""Rows of an accepted input that goes on to PostgreSQL; a stray cell at the end of a sheet makes a million blank ones."""
CPU_SECONDS = 10.0
"""What one input may take."""
HANG_CPU_SECONDS = 60.0
"""After which the worker ends itself, wherever it is."""
INPUT_WALL_SECONDS = 1_800
"""The same for a worker that waits for ever; generous, for other programs may hold the machine."""


@dataclass
class Tally:
    """What a run of cases came to."""

    reader: str
    inputs: int = 0
    accepted: int = 0
    rejected: int = 0
    rows: int = 0
    peak_bytes: int = 0
    seconds: float = 0.0
    slowest: tuple[float, int] = (0.0, 0)
    """CPU seconds and seed of the slowest input."""
    findings: list[dict[str, Any]] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    keepers: list[int] = field(default_factory=list)
    """Seeds of accepted cases with rows: they go on to PostgreSQL."""

    def add(self, other: Tally) -> None:
        """Take another run's figures in."""
        self.inputs += other.inputs
        self.accepted += other.accepted
        self.rejected += other.rejected
        self.rows += other.rows
        self.peak_bytes = max(self.peak_bytes, other.peak_bytes)
        self.seconds += other.seconds
        self.slowest = max(tuple(self.slowest), tuple(other.slowest))
        self.findings += other.findings
        self.reasons.update(other.reasons)
        self.keepers += other.keepers


def read_cases(reader: str, seeds: range, note: Path | None = None, dsn: str = "") -> Tally:
    """Read cases in this process; `note` receives the seed at hand and the tally so far."""
    from tests.fuzz.cases import case_of
    from tests.fuzz.front_desks import Desks
    from tests.fuzz.reading import take

    tally, desks = Tally(reader), Desks(dsn)
    started = time.monotonic()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins anew
    held_before = _held_bytes("VmRSS")
    for seed in seeds:
        if note is not None:
            note.write_text(str(seed), encoding="utf-8")
            faulthandler.dump_traceback_later(INPUT_WALL_SECONDS, exit=True)
            signal.setitimer(signal.ITIMER_PROF, HANG_CPU_SECONDS)
        case = case_of(reader, seed)
        before = time.process_time()
        tally.inputs += 1
        try:
            taken = take(case, desks)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            trace = "".join(traceback.format_exception(error)[-6:])[-2_500:]
            tally.findings.append(
                {
                    "seed": seed,
                    "kind": type(error).__name__,
                    "text": str(error)[:300],
                    "done": list(case.done),
                    "trace": trace,
                }
            )
        else:
            tally.accepted += taken.accepted
            tally.rejected += not taken.accepted
            tally.rows += taken.rows
            if taken.accepted and 0 < taken.rows <= MOST_ROWS_LANDED:
                tally.keepers.append(seed)
            tally.reasons[_general(taken.reason)] += not taken.accepted
        spent = time.process_time() - before
        tally.slowest = max(tally.slowest, (spent, seed))
        if spent > CPU_SECONDS:
            tally.findings.append(
                {"seed": seed, "kind": "slow", "text": f"{spent:.1f} CPU s", "done": list(case.done), "trace": ""}
            )
        peak = _held_bytes("VmHWM") - held_before
        if peak > PEAK_BYTES >= tally.peak_bytes:
            tally.findings.append(
                {"seed": seed, "kind": "memory", "text": f"{peak >> 20} MiB", "done": list(case.done), "trace": ""}
            )
        tally.peak_bytes = max(tally.peak_bytes, peak)
    faulthandler.cancel_dump_traceback_later()
    signal.setitimer(signal.ITIMER_PROF, 0)
    desks.close()
    tally.seconds = time.monotonic() - started
    return tally


def _held_bytes(which: str) -> int:
    """Return the memory this process holds (VmRSS) or held at most (VmHWM); ru_maxrss counts its parent's as well."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition(f"{which}:")[2].split()[0]) << 10


def read_in_process(reader: str, seeds: range, dsn: str = "") -> Tally:
    """Read cases in a process of their own; one that dies is a finding, and the next one goes on behind it."""
    tally = Tally(reader)
    first = seeds.start
    with tempfile.TemporaryDirectory(prefix="tidu-fuzz-batch-") as folder:
        note, result = Path(folder) / "seed", Path(folder) / "result.json"
        while first < seeds.stop:
            result.unlink(missing_ok=True)
            command = [
                sys.executable,
                "-m",
                "tests.fuzz",
                "batch",
                reader,
                str(first),
                str(seeds.stop),
                str(note),
                str(result),
            ]
            limits = {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
            ended = subprocess.run(
                command, capture_output=True, text=True, env=os.environ | limits | {"FUZZ_DSN": dsn}, check=False
            )
            if ended.returncode == 0:
                found = json.loads(result.read_text(encoding="utf-8"))
                tally.add(Tally(**{**found, "reasons": Counter(found["reasons"]), "slowest": tuple(found["slowest"])}))
                break
            if (ended.returncode == 1 and "Timeout (" not in ended.stderr) or not note.exists():
                raise RuntimeError(f"the worker itself failed: {ended.stderr[-2_000:]}")
            seed = int(note.read_text(encoding="utf-8"))
            died = {"seed": seed, "kind": f"died {ended.returncode}", "text": ended.stderr[-300:], "done": []}
            tally.findings.append({**died, "trace": ended.stderr[-2_500:]})
            # What was read before is read again: a dead process told nothing but where it died.
            if seed > first:
                tally.add(read_in_process(reader, range(first, seed), dsn))
            tally.inputs += 1
            first = seed + 1
    return tally


def work(reader: str, first: int, stop: int, note: Path, result: Path) -> None:
    """Be the worker of read_in_process."""
    faulthandler.register(signal.SIGPROF, chain=True)
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_BYTES, ADDRESS_BYTES))
    tally = read_cases(reader, range(first, stop), note, os.environ.get("FUZZ_DSN", ""))
    result.write_text(json.dumps(vars(tally)), encoding="utf-8")


def _general(reason: str) -> str:
    """Return a reason without what differs from case to case."""
    text = re.sub(r"^\S+: \S+: |; ask .*$", "", reason)
    return re.sub(r"\d+", "N", re.sub(r"\(.*?\)|'.*?'|\".*\"", "_", text))[:60]
