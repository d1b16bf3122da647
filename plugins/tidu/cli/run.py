"""`tidu run`: the main job on a world, with progress on the screen and a summary at the end."""

from __future__ import annotations

import sys
from pathlib import Path

import typer
from rich.live import Live
from rich.table import Table

from tidu.cli.screen import console, plain
from tidu.cli.stack import show_addresses
from tidu.settings import settings
from tidu.stack import main_job
from tidu.stack.state import State, state
from tidu.stack.summary import OUTCOMES, Summary, summarize

app = typer.Typer()

SAMPLE_ENTERPRISES, SAMPLE_MONTHS, SAMPLE_SEED = 20_000, 18, 1


@app.command()
def run(
    world: str = typer.Option("", help="folder of a world; empty: the sample world, made at first use"),
    as_of: str = typer.Option("", help="take deliveries up to this date; empty: the world's own"),
) -> None:
    """Take a world from the departments to published tables, through Airflow."""
    where = state()
    chosen = main_job.World.read(Path(world) if world else sample_world(where), as_of or None)
    screen = Screen()
    try:
        runs = main_job.run(where, chosen, plain, screen.show)
    finally:
        screen.close()
    show_summary(summarize(runs), chosen)
    show_addresses()


def sample_world(where: State) -> Path:
    """Return the sample world, made at first use; one that was left half made is made again."""
    folder = where.home / "worlds" / "sample"
    if not (folder / "world.yaml").exists():
        from simulators.world.making import make_world

        plain(f"making the sample world: {SAMPLE_ENTERPRISES} enterprises, {SAMPLE_MONTHS} months")
        make_world(folder, SAMPLE_ENTERPRISES, SAMPLE_MONTHS, SAMPLE_SEED)
    return folder


class Screen:
    """A live table on a terminal; elsewhere one line whenever a run changes its state."""

    def __init__(self) -> None:
        self._live: Live | None = None
        self._said: dict[str, str] = {}

    def show(self, watch: main_job.Watch) -> None:
        """Show the present state."""
        if not sys.stdout.isatty():
            for dag_id, word in watch.states.items():
                if self._said.get(dag_id) != word:
                    plain(f"{dag_id}: {word}")
            self._said |= watch.states
            return
        table = Table("DAG", "state", "stages done")
        for dag_id, word in watch.states.items():
            table.add_row(dag_id, word, str(watch.stages.get(dag_id, 0)))
        if self._live is None or set(watch.states) != set(self._said):
            self.close()
            self._said = dict(watch.states)
            self._live = Live(table, console=console, refresh_per_second=4)
            self._live.start()
        self._live.update(table)

    def close(self) -> None:
        """Leave the last table on the screen."""
        if self._live is not None:
            self._live.stop()
            self._live = None


def show_summary(found: Summary, world: main_job.World) -> None:
    """Print the summary and how to check it."""
    table = Table("department", *OUTCOMES, title=f"rows taken up to {world.as_of}")
    for department, counts in found.rows.items():
        table.add_row(department, *(f"{counts[outcome]:,}" for outcome in OUTCOMES))
    totals = {outcome: sum(counts[outcome] for counts in found.rows.values()) for outcome in OUTCOMES}
    table.add_row("total", *(f"{totals[outcome]:,}" for outcome in OUTCOMES), style="bold")
    console.print(table)
    for reason in found.rejected:
        plain(f"rejected: {reason}")
    stages = Table("stage", "runs", "seconds of work", "rows out")
    for stage, count, seconds, rows in found.stages:
        stages.add_row(stage, str(count), f"{seconds:.1f}", "" if rows is None else f"{rows:,}")
    console.print(stages)
    plain(f"new deliveries {found.new_deliveries}, whole job {found.seconds:.1f} s")
    plain(f"enterprises {found.enterprises:,}")
    returns = settings().home / "returns"
    plain(f"open correction tickets {found.tickets_open:,} (tidu ticket list); what departments get back: {returns}")
    if found.release:
        release_id, period, word, approver = found.release
        plain(f"release {release_id}: {period}, {word}" + (f", approved by {approver}" if approver else ""))
    if (world.path / "truth").exists():
        plain(f"check it: tidu evaluate --truth {world.path / 'truth'}")
