"""The long version: `make faults FAULTS=100 SEED=1`, or `python -m tests.faults --help`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

from simulators.world.making import make_world
from tests.faults.campaign import Plan, Round, run


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument(
        "--faults", type=int, default=100, help="effective faults to strike, over as many rounds as needed"
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of the first round; each further round has the next")
    parser.add_argument("--enterprises", type=int, default=600)
    parser.add_argument("--months", type=int, default=4)
    parser.add_argument("--dates", default="2025-03-20,2025-04-30", help="steps of a round")
    parser.add_argument("--per-step", type=int, default=20, help="faults per step at most")
    parser.add_argument(
        "--without-airflow", action="store_true", help="strike the path as one process, without Airflow"
    )
    parser.add_argument("--folder", type=Path, help="where worlds, logs and report.json go; kept")
    chosen = parser.parse_args()
    folder = chosen.folder or Path(tempfile.mkdtemp(prefix="tidu-faults-"))
    world = folder / "world"
    if not (world / "world.yaml").exists():
        make_world(world, chosen.enterprises, chosen.months, 11)
    plan = Plan(world, chosen.dates.split(","), chosen.faults, chosen.seed, not chosen.without_airflow, chosen.per_step)
    rounds = run(plan, folder, say)
    return summary(rounds, folder)


def summary(rounds: list[Round], folder: Path) -> int:
    """Print counts by kind and every difference; return 1 when there is one."""
    counts = Counter(blow["kind"] for done in rounds for blow in done.blows)
    missed = sum((done.missed for done in rounds), Counter[str]())
    say(f"\n{'kind':30} struck  found nothing")
    for name in sorted({*counts, *missed}):
        say(f"{name:30} {counts[name]:6}  {missed[name]:6}")
    wrong = [text for done in rounds for text in done.differences]
    say(f"seeds {', '.join(str(done.seed) for done in rounds)}; {sum(counts.values())} faults;"
          f" {sum(done.attempts for done in rounds)} attempts, {sum(len(done.failures) for done in rounds)} failed;"
          f" {sum(done.rows for done in rounds)} rows compared; {len(wrong)} differences; {folder}")  # fmt: skip
    for text in wrong:
        say(text)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
