"""`tidu rebuild`: make everything derived again from landed files and decisions."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated

import typer

from tidu.cli.screen import plain
from tidu.contracts import contract, contracts
from tidu.errors import TiduError


def rebuild(
    dataset: Annotated[
        list[str] | None, typer.Option(help="Raw and settled rows of this dataset only; may be given several times.")
    ] = None,
    strict: Annotated[bool, typer.Option(help="Exit with 1 when anything comes out otherwise than it was.")] = True,
) -> None:
    """Load raw from the landing store, settle every pass and decision again, rebuild staging, links and marts.

    Deliveries, quarantined rows and passes keep their numbers; releases stay. Interrupted, it is simply run again.
    """
    from tidu.landing.reload import reload
    from tidu.validation.rebuild import settle_anew

    otherwise = False
    for name in dataset or contracts():
        contract(name)
        rows = reload(name)
        done = settle_anew(name)
        changed = ", ".join(f"{count} of {table}" for table, count in done.changed.items())
        otherwise |= bool(changed)
        plain(
            f"{name}: {rows} raw rows, {done.passes} passes, {done.decisions} decisions; "
            + (f"rows that came out otherwise: {changed}" if changed else "every row as it was")
        )
    otherwise |= _marts()
    if otherwise and strict:
        raise TiduError(
            "not everything came out as it was; a contract or model has changed since, or see the lines above"
        )


def _marts() -> bool:
    """Rebuild staging, links, marts and figures from nothing; return whether figures differ from the newest release."""
    from tidu.publishing import releases
    from tidu.publishing.comparison import differences_from_release
    from tidu.transform import STAGES, begin_build, build, finish_build
    from tidu.transform.builds import built_for

    found = built_for()
    if found is None:
        plain("marts: none were ever built; the next run of the pipeline builds them")
        return False
    as_of, series_start = found
    if not series_start:
        made_from = [str(r.manifest["series_start"]) for r in releases() if r.state != "withdrawn"]
        series_start = f"{made_from[0]}-01" if made_from else ""
    run_id = f"rebuild:{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%S}:{uuid.uuid4().hex[:6]}"
    begin_build(run_id)
    for stage in STAGES:
        build(stage, run_id, {"as_of": as_of.isoformat(), "series_start": series_start}, full_refresh=True)
        if stage == "mart":
            finish_build(run_id)
        plain(f"{stage}: rebuilt as of {as_of}")
    differences = differences_from_release(as_of)
    if differences is None:
        plain("figures: no release of just these deliveries, contracts and models to compare with")
    elif differences:
        plain(
            "figures: " + ", ".join(f"{n} rows of {table}" for table, n in differences.items()) + " are not as released"
        )
    else:
        plain("figures: the same as in the newest release")
    return bool(differences)
