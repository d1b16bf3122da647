"""The whole path in one process, without Airflow: what the tasks do, in their order. Meant to be killed anywhere.

Run as `python -m tests.faults.walk WORLD AS_OF` with TIDU_HOME set; running it again does what is left.
"""

from __future__ import annotations

import sys
import uuid
from contextlib import closing
from pathlib import Path

from tidu.connectors import Endpoint, connector_for
from tidu.contracts import contracts
from tidu.landing import land, pull
from tidu.publishing import is_released, publish
from tidu.stack import databases, simulators
from tidu.stack.main_job import World
from tidu.stack.state import state
from tidu.transform import begin_build, build, finish_build, is_unfinished, nothing_new
from tidu.validation import validate


def walk(world: World) -> None:
    where = state()
    where.prepare()
    with where.lock():
        found = databases.start(where)
        part = simulators.component(where, found.tax_front)
        part.start(where)
        simulators.wait_until_ready(where, part)
    departments = simulators.connections(where, found.tax_front)
    simulators.publish(where, found.tax_front, world.path, world.as_of.isoformat())
    run_id = f"walk:{uuid.uuid4().hex[:8]}"
    for name, terms in contracts().items():
        with closing(connector_for(terms, Endpoint.from_uri(departments[terms.department]))) as connector:
            pull(terms, connector, world.as_of, run_id)
        land(name, run_id)
        validate(name, run_id)
    variables = {name: value for name, value in world.conf().items() if name in ("as_of", "series_start")}
    if not nothing_new(world.as_of):
        begin_build(run_id)
        for stage in ("stage", "link", "mart"):
            build(stage, run_id, variables)
        if not finish_build(run_id) and is_unfinished():
            sys.exit("another job took over the deliveries of this one")
    if not is_released(world.as_of):
        build("monitor", run_id, variables)
        publish(world.as_of, run_id)


if __name__ == "__main__":
    walk(World.read(Path(sys.argv[1]), sys.argv[2]))
