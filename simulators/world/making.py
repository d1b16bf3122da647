"""Puts a world together: population, what happens to it, every department's rows, dirt, files, truth."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path

import polars as pl

from simulators.world import bureau, declarations, district_figures, finance, labour, market, market_records, tax
from simulators.world.dirt import soil
from simulators.world.lifecycle import Life, live
from simulators.world.placing import Faults, place
from simulators.world.population import Rng, invent
from simulators.world.promising import fitted, growing, promising
from simulators.world.timetable import Timetable, seeded
from simulators.world.writing import as_text, vacant, write_world
from tidu.contracts import contract


def make_world(
    out: Path,
    enterprises: int = 20_000,
    months: int = 18,
    seed: int = 1,
    start: date = date(2025, 1, 1),
    *,
    faults: Faults = "beside",
) -> None:
    """Write a synthetic world of `enterprises` registered entities into the empty or new folder `out`.

    `faults` says where faulty rows stand, see `simulators.world.placing`. The same arguments write the same bytes.
    Raises FileExistsError when `out` holds anything.
    """
    vacant(out)
    time, rng = Timetable(start.replace(day=1), months), seeded(seed)
    population = invent(enterprises, time, rng)
    notes: dict[str, object] = {"enterprises": enterprises, "seed": seed, "source": "made by grammar"}
    if faults != "beside":
        notes["faults"] = faults
    compose(out, population, time, rng, notes, faults=faults)


def compose(
    out: Path,
    population: pl.DataFrame,
    time: Timetable,
    rng: Rng,
    notes: dict[str, object],
    *,
    faulty_registrations: pl.DataFrame | None = None,
    faults: Faults = "beside",
) -> None:
    """Simulate all departments around a population and write the world.

    `faulty_registrations` are further rows of ms_registration that are faults as they stand, with `_rule`.
    """
    shared = population["name"].is_duplicated()
    life = live(population.with_columns(shared_name=shared), time, rng)
    soiled = {name: soil(name, frame, rng) for name, frame in departments(life, time, rng).items()}
    rows = {name: place(contract(name), frame, faults) for name, frame in soiled.items()}
    if faulty_registrations is not None:
        good = rows["ms_registration"]
        extra = as_text(faulty_registrations, contract("ms_registration")).with_columns(_place=pl.lit(-1.0))
        rows["ms_registration"] = pl.concat([good, extra.select(good.columns)])
    write_world(out, rows, time, notes)


def departments(life: Life, time: Timetable, rng: Rng) -> dict[str, pl.DataFrame]:
    """Return every dataset's good rows."""
    held = tax.accounts(life, time, rng)
    employers = labour.employers(life, time, rng)
    chosen = promising(life, held, employers, time, rng)
    life = dataclasses.replace(life, population=growing(life.population, chosen))
    held = growing(held, chosen)
    filed = tax.filings(held, time)
    firms = finance.firms(life)
    rows = {
        "ms_registration": market.registrations(life, time, rng),
        "ms_change_event": market.change_events(life, time, rng),
        "ms_irregularity": market_records.irregularities(life, time, rng),
        "ms_ip_right": market_records.ip_rights(life, time, rng),
        "ms_annual_report": market_records.annual_reports(life, time, rng),
        "tx_taxpayer": tax.taxpayers(held, time, rng),
        "tx_vat_return": tax.vat_returns(filed, time, rng),
        "tx_cit_return": tax.cit_returns(held, time, rng),
        "tx_payment": tax.payments(filed, time, rng),
        "tx_credit_rating": tax.credit_ratings(held, time, rng),
        "hr_insurance": labour.insurance(employers, time, rng),
        "hr_talent": labour.talent(employers, time, rng),
        "hr_stability_subsidy": labour.stability_subsidies(employers, time, rng),
        "fn_subsidy": finance.subsidies(firms, time, rng),
        "fn_loan": finance.loans(life, time, rng),
        "fn_guarantee": finance.guarantees(firms, time, rng),
        "fn_equity": finance.equity(firms, time, rng),
        "fn_listing": finance.listings(firms, time, rng),
        "mi_tier_holder": bureau.tier_holders(life, time, rng),
        "mi_tech_register": bureau.tech_registers(life, time, rng),
        "mi_declaration": declarations.declarations(life, time, rng),
        "mi_above_scale": bureau.above_scale(life, time, rng),
        "mi_arrears": bureau.arrears(life, time, rng),
        "st_district_indicator": district_figures.district_figures(time, rng),
    }
    return fitted(rows, chosen, time)
