"""Disturbs the main job by random faults until it is done all the same, and compares what it leaves behind.

One round is one fresh state folder taken through a world in several steps (dates). The job is started again whenever it
failed, as an operator would; nothing else is repaired. What a round leaves after each step is compared with what an
undisturbed job left after the same step. Everything random comes from the round's seed; moments do not repeat exactly,
kinds and their order do.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import psycopg

from tests.faults import sockets
from tests.faults.comparison import Holdings, broken_promises, differences, holdings
from tests.faults.strikes import KINDS
from tests.faults.target import Target, kill
from tidu.settings import PROJECT_ROOT
from tidu.stack import components

LONGEST_JOB_SECONDS = 1500.0
ATTEMPTS_AT_MOST = 40
WHILE_NOTHING_WORKS = 0.1
"""Share of the strikes at moments without a task at work, such as while the stack comes up, that are struck anyway."""
KEPT_FOR_BUILDS = 0.45
NEEDS_SOCKETS = ("database connection cut", "department connections cut", "api-server connections cut")


@dataclass(frozen=True)
class Plan:
    """What a campaign does."""

    world: Path
    dates: Sequence[str]
    faults: int
    seed: int
    airflow: bool = True
    faults_per_step: int = 10
    pause_seconds: tuple[float, float] = (1.0, 8.0)


@dataclass
class Round:
    """What became of one fresh state folder."""

    seed: int
    blows: list[dict[str, str]] = field(default_factory=list)
    """Effective faults in order: kind, what was hit, when within the round."""
    missed: Counter[str] = field(default_factory=Counter)
    """Strikes that found nothing to hit; not counted."""
    attempts: int = 0
    failures: list[str] = field(default_factory=list)
    """Last line of every attempt that ended with an error."""
    rows: int = 0
    differences: list[str] = field(default_factory=list)
    seconds: float = 0.0


def run(plan: Plan, folder: Path, tell: Callable[[str], None]) -> list[Round]:
    """Do rounds until `plan.faults` effective faults were struck; write report.json into `folder` after each."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    tell(f"undisturbed run of {plan.world} up to {', '.join(plan.dates)}")
    expected = _remembered(folder / "undisturbed.json", plan) or undisturbed(plan, folder / "undisturbed")
    _remember(folder / "undisturbed.json", plan, expected)
    rounds: list[Round] = []
    while sum(len(done.blows) for done in rounds) < plan.faults:
        seed = plan.seed + len(rounds)
        tell(f"round {len(rounds) + 1}, seed {seed}")
        rounds.append(disturbed(plan, seed, folder / f"round-{seed}", expected, tell, _left(plan, rounds)))
        report = [vars(done) for done in rounds]
        (folder / "report.json").write_text(json.dumps(report, indent=1, ensure_ascii=False), encoding="utf-8")
        tell(f"round {len(rounds)}: {len(rounds[-1].blows)} faults, {rounds[-1].attempts} attempts,"
             f" {len(rounds[-1].differences)} differences in {rounds[-1].rows} rows")  # fmt: skip
    return rounds


def undisturbed(plan: Plan, folder: Path) -> dict[str, Holdings]:
    """Take the world through its dates without any fault; return what is there after each."""
    found: dict[str, Holdings] = {}
    with _target(Target(folder, plan.world, plan.airflow, strikable=False)) as target:
        for date in plan.dates:
            target.start_job(date)
            assert target.job is not None
            if target.job.wait(LONGEST_JOB_SECONDS) != 0:
                raise RuntimeError(f"the undisturbed job failed: {target.log.read_text(encoding='utf-8')[-3000:]}")
            found[date] = holdings(target.dsn)
            if broken_promises(target.dsn):
                raise RuntimeError(f"undisturbed, {date}: {broken_promises(target.dsn)}")
    return found


def disturbed(
    plan: Plan, seed: int, folder: Path, expected: dict[str, Holdings], tell: Callable[[str], None], faults: int
) -> Round:
    """Do one round with at most `faults` effective faults, spread evenly over its steps."""
    rng, done = Random(seed), Round(seed)
    began = time.monotonic()
    with _target(Target(folder, plan.world, plan.airflow)) as target:
        chooser = Chooser(rng, plan.airflow)
        for step, date in enumerate(plan.dates):
            quota = min(plan.faults_per_step, -(-(faults - len(done.blows)) // (len(plan.dates) - step)))
            deliveries = sum(expected[date].tables["ops.delivery"].values())
            _step(target, date, quota, deliveries, chooser, plan, done, tell)
            _wait_for_others(target)
            left = holdings(target.dsn)
            done.rows += left.rows
            wrong = [*map(str, differences(expected[date], left)), *broken_promises(target.dsn)]
            done.differences += [f"seed {seed}, {date}: {text}" for text in wrong]
            tell(f"  up to {date}: {left.rows} rows, {len(wrong)} differences" + "".join(f"\n{text}" for text in wrong))
        done.attempts = target.attempts
    done.seconds = round(time.monotonic() - began, 1)
    if not done.differences:
        shutil.rmtree(folder / "home", ignore_errors=True)
    return done


@dataclass
class Chooser:
    """Deals kinds of fault: each as often as its weight says, in an order the seed decides."""

    rng: Random
    airflow: bool
    _pack: list[str] = field(default_factory=list)

    def next(self) -> str:
        if not self._pack:
            able = sockets.permitted()
            self._pack = [
                name
                for name, kind in KINDS.items()
                for _ in range(kind.weight)
                if (self.airflow or not kind.needs_airflow) and (able or name not in NEEDS_SOCKETS)
            ]
            self.rng.shuffle(self._pack)
        return self._pack.pop()


def _step(
    target: Target,
    date: str,
    quota: int,
    deliveries: int,
    chooser: Chooser,
    plan: Plan,
    done: Round,
    tell: Callable[[str], None],
) -> None:
    """Start the job until it ends well; strike while it runs, `quota` effective faults at most.

    Part of them is kept for what follows once all `deliveries` of the step are accepted: builds and the release.
    """
    struck, attempts = 0, 0
    while True:
        attempts += 1
        if attempts > ATTEMPTS_AT_MOST:
            raise RuntimeError(f"seed {done.seed}, {date}: not done after {ATTEMPTS_AT_MOST} attempts")
        target.start_job(date)
        began = time.monotonic()
        while target.running:
            if time.monotonic() - began > LONGEST_JOB_SECONDS:
                done.differences.append(f"{date}: attempt {target.attempts} hung for {LONGEST_JOB_SECONDS:.0f} s")
                for pid in components.session_members(target.job.pid) if target.job else []:
                    kill(pid)
                break
            _pause(target, chooser.rng.uniform(*plan.pause_seconds))
            at_work = bool(target.tasks()) or chooser.rng.random() < WHILE_NOTHING_WORKS
            allowed = quota if target.accepted() >= deliveries else quota - round(quota * KEPT_FOR_BUILDS)
            if struck < allowed and target.running and at_work:
                struck += _strike(target, chooser, done, tell)
        if target.job is not None and target.job.wait() == 0:
            return
        done.failures.append(_last_line(target.log))


def _strike(target: Target, chooser: Chooser, done: Round, tell: Callable[[str], None]) -> int:
    name = chooser.next()
    try:
        what = KINDS[name].strike(target, chooser.rng)
    except psycopg.OperationalError:  # the database went away meanwhile, struck before
        what = None
    if what is None:
        done.missed[name] += 1
        return 0
    done.blows.append({"kind": name, "what": what, "at": f"{dt.datetime.now(dt.UTC):%H:%M:%S}"})
    tell(f"  {done.blows[-1]['at']} {name}: {what}")
    return 1


def _pause(target: Target, seconds: float) -> None:
    until = time.monotonic() + seconds
    while target.running and time.monotonic() < until:
        time.sleep(0.05)


def _wait_for_others(target: Target) -> None:
    """Let a second job end, and end a second scheduler."""
    for other in target.others:
        if "scheduler" in other.args:  # type: ignore[operator]
            for pid in components.session_members(other.pid):
                kill(pid)
        other.wait(LONGEST_JOB_SECONDS)
    target.others.clear()


def _fingerprint(plan: Plan) -> str:
    """What the undisturbed result depends on besides the dates: the code and the world."""
    total = hashlib.sha256(str(plan.airflow).encode())
    code = [PROJECT_ROOT / folder for folder in ("plugins", "simulators", "dbt_project", "indicators", "policies")]
    for folder in (*code, plan.world):
        for path in sorted(p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
            total.update(path.read_bytes())
    return total.hexdigest()


def _remember(file: Path, plan: Plan, expected: dict[str, Holdings]) -> None:
    tables = {date: {name: dict(rows) for name, rows in held.tables.items()} for date, held in expected.items()}
    file.write_text(json.dumps({"of": _fingerprint(plan), "tables": tables}, ensure_ascii=False), encoding="utf-8")


def _remembered(file: Path, plan: Plan) -> dict[str, Holdings] | None:
    """Return the undisturbed result of an earlier campaign in the same folder, if nothing has changed since."""
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    if known.get("of") != _fingerprint(plan) or not set(plan.dates) <= set(known["tables"]):
        return None
    return {
        date: Holdings({name: Counter(rows) for name, rows in tables.items()})
        for date, tables in known["tables"].items()
    }


def _left(plan: Plan, rounds: list[Round]) -> int:
    return plan.faults - sum(len(done.blows) for done in rounds)


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines[-40:] if line.startswith("tidu: ") or "Error" in line]
    return (errors or lines or [""])[-1][:300]


@contextmanager
def _target(target: Target) -> Iterator[Target]:
    try:
        yield target
    finally:
        target.take_down()
