"""Command line of the fuzzing: `run` (long), `replay READER SEED`, `batch` (a worker of run)."""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

from tests.fuzz.batches import Tally, read_in_process, work
from tests.fuzz.cases import READERS, SUFFIXES, case_of

BATCH = 2_500


def main() -> int:
    """Run a command; the exit status is 1 when something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="read many cases of each reader in processes with limits")
    run.add_argument("--reader", choices=READERS, action="append")
    run.add_argument("--inputs", type=int, default=20_000)
    run.add_argument("--first", type=int, default=0)
    run.add_argument("--land", type=int, default=2_000, help="how many accepted inputs go on through PostgreSQL")
    replay = commands.add_parser("replay", help="read one case here and show it")
    replay.add_argument("reader", choices=READERS)
    replay.add_argument("seed", type=int)
    replay.add_argument("--out", type=Path, help="also write the input to this file")
    texts = commands.add_parser("readings", help="give PostgreSQL's readings many texts of each type")
    texts.add_argument("--inputs", type=int, default=20_000)
    batch = commands.add_parser("batch")
    for name, kind in (("reader", str), ("first", int), ("stop", int), ("note", Path), ("result", Path)):
        batch.add_argument(name, type=kind)
    options = parser.parse_args()
    if options.command == "batch":
        work(options.reader, options.first, options.stop, options.note, options.result)
        return 0
    if options.command == "readings":
        return _readings(options.inputs)
    if options.command == "replay":
        return _replay(options.reader, options.seed, options.out)
    return _run(options.reader or list(READERS), options.first, options.inputs, options.land)


def _run(readers: list[str], first: int, inputs: int, land: int) -> int:
    found = 0
    with _cluster(needed=land > 0 or "sql" in readers) as dsn:
        for reader in readers:
            tally = Tally(reader)
            for start in range(first, first + inputs, BATCH):
                tally.add(read_in_process(reader, range(start, min(start + BATCH, first + inputs)), dsn))
                print(f"{reader}: {tally.inputs:,} read, {len(tally.findings)} findings", file=sys.stderr, flush=True)  # noqa: T201
            _say(_report(tally))
            found += len(tally.findings)
            if land and dsn:
                from tests.fuzz.settling import land_and_settle

                settled = land_and_settle(dsn, reader, tally.keepers[:land])
                _say(settled.line())
                found += len(settled.findings)
    return 1 if found else 0


def _readings(inputs: int) -> int:
    """Read texts in sets of 2,000 per type and expression."""
    import psycopg

    from tests.fuzz.readings import READINGS, failing, reading_texts
    from tests.fuzz.settling import warehouse_at

    found = 0
    with _cluster(needed=True) as dsn, warehouse_at(dsn) as warehouse, psycopg.connect(warehouse) as connection:
        for kind, expressions in READINGS.items():
            broken: list[tuple[str, str]] = []
            started = time.monotonic()
            for first in range(0, inputs, 2_000):
                texts = reading_texts(Random(f"readings:{kind}:{first}"), min(2_000, inputs - first))
                for expression in expressions:
                    broken += failing(connection, expression, texts)
            spent = time.monotonic() - started
            _say(f"{kind}: {inputs:,} texts, {len(expressions)} readings, {len(broken)} findings, {spent:.0f} s")
            for text, error in broken[:5]:
                _say(f"  FOUND {text!r}: {error}")
            found += len(broken)
    return 1 if found else 0


def _replay(reader: str, seed: int, out: Path | None) -> int:
    from tests.fuzz.front_desks import Desks
    from tests.fuzz.reading import take

    case = case_of(reader, seed)
    _say(f"{case.name}: {case.contract.name}, {len(case.data)} bytes, {', '.join(case.done)}")
    if out is not None:
        out.with_suffix(SUFFIXES[reader]).write_bytes(case.data)
    with _cluster(needed=reader == "sql") as dsn:
        desks = Desks(dsn)
        try:
            _say(str(take(case, desks))[:2_000])
        finally:
            desks.close()
    return 0


@contextlib.contextmanager
def _cluster(*, needed: bool) -> Iterator[str]:
    """A PostgreSQL for this run alone; yields the DSN of an empty database."""
    if not needed:
        yield ""
        return
    from tidu.stack import postgres

    with tempfile.TemporaryDirectory(prefix="tidu-fuzz-postgres-", ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "data"
        cluster = postgres.start(
            data, postgres.free_port(), {"fsync": "off", "full_page_writes": "off", "shared_buffers": "256MB"}
        )
        try:
            yield cluster.dsn("postgres")
        finally:
            postgres.stop(data)


def _report(tally: Tally) -> str:
    lines = [
        f"{tally.reader}: {tally.inputs:,} inputs, {len(tally.findings)} findings, {tally.accepted:,} accepted with {tally.rows:,} rows,"
        f" {tally.rejected:,} rejected; peak {tally.peak_bytes >> 20} MiB, slowest {tally.slowest[0]:.2f} s"
        f" (seed {tally.slowest[1]}), {tally.seconds:.0f} s"
    ]
    lines += [f"    {count:>6} {reason}" for reason, count in tally.reasons.most_common(25) if count]
    kinds: dict[str, list[dict[str, object]]] = {}
    for finding in tally.findings:
        kinds.setdefault(f"{finding['kind']}: {str(finding['text'])[:80]}", []).append(finding)
    for kind, found in sorted(kinds.items(), key=lambda item: -len(item[1]))[:40]:
        lines.append(f"  FOUND {len(found)} x {kind} | seeds {[f['seed'] for f in found[:5]]}\n{found[0]['trace']}")
    return "\n".join(lines)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
