"""A delivery as headings and rows of text: sound ones by contract, then bent as departments bend them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from tests.fuzz.cells import ODD, nasty_text
from tests.unit.validation.dirt import sound_row
from tidu.contracts import DatasetContract, contracts

HUGE_CELL = 10_000_000


@dataclass
class Grid:
    """What is rendered into a file; `done` says what was bent, in order."""

    contract: DatasetContract
    headings: list[str]
    rows: list[list[str]]
    done: list[str] = field(default_factory=list)


def some_grid(rng: Random, transports: tuple[str, ...], *, chinese: bool = True) -> Grid:
    """Return a sound table of one of the contracts that come by these transports."""
    contract = rng.choice([c for c in contracts().values() if c.transport in transports])
    headings = [f.heading if chinese and rng.random() < 0.8 else f.name for f in contract.fields]
    numbers = range(rng.choice((0, 1, 1, 2, 3, 5, 8, 30)))
    return Grid(contract, headings, [list(sound_row(contract, n).values()) for n in numbers])


def bent(rng: Random, grid: Grid) -> Grid:
    """Bend a table in up to four ways, in place."""
    for _ in range(rng.choice((0, 1, 1, 2, 3, 4))):
        bend = rng.choices(_BENDS, _WEIGHTS)[0]
        bend(rng, grid)
        grid.done.append(bend.__name__.strip("_"))
    return grid


def _nasty_cells(rng: Random, grid: Grid) -> None:
    for _ in range(rng.randrange(1, 6) if grid.rows else 0):
        row = rng.choice(grid.rows)
        if row:
            row[rng.randrange(len(row))] = nasty_text(rng)


def _nasty_column(rng: Random, grid: Grid) -> None:
    place = rng.randrange(len(grid.headings)) if grid.headings else 0
    for row in grid.rows:
        if place < len(row):
            row[place] = nasty_text(rng)


def _huge_cell(rng: Random, grid: Grid) -> None:
    row = rng.choice(grid.rows) if grid.rows and grid.rows[0] else []
    if row:
        row[rng.randrange(len(row))] = rng.choice(("x", "长", "7", "a b")) * (HUGE_CELL // 3)


def _same_rows(rng: Random, grid: Grid) -> None:
    if grid.rows:
        grid.rows += [list(rng.choice(grid.rows)) for _ in range(rng.randrange(1, 5))]


def _ragged(rng: Random, grid: Grid) -> None:
    for row in grid.rows:
        match rng.randrange(4):
            case 0:
                del row[rng.randrange(len(row) + 1) :]
            case 1:
                row += [nasty_text(rng) for _ in range(rng.randrange(1, 6))]


def _endless_row(rng: Random, grid: Grid) -> None:
    grid.rows.append([rng.choice(("", "x", "长"))] * rng.choice((200, 1_001, 100_000)))


def _many_columns(rng: Random, grid: Grid) -> None:
    more = rng.choice((5, 200, 10_000, 20_000))
    name = rng.choice(("附加", "", "x", "附加列"))
    grid.headings += [name if rng.random() < 0.1 else f"{name}{i}" for i in range(more)]
    for row in grid.rows[:2]:
        row.extend([rng.choice(("", "1"))] * more)


def _one_column(rng: Random, grid: Grid) -> None:
    del grid.headings[1:]
    for row in grid.rows:
        del row[1:]


def _column_twice(rng: Random, grid: Grid) -> None:
    if grid.headings:
        place = rng.randrange(len(grid.headings))
        grid.headings.append(grid.headings[place] if rng.random() < 0.7 else f" {grid.headings[place]}\u3000")
        for row in grid.rows:
            row.append(row[place] if place < len(row) else "")


def _extra_columns(rng: Random, grid: Grid) -> None:
    for _ in range(rng.randrange(1, 4)):
        grid.headings.append(rng.choice((*ODD, "备注", "备注", "a" * 300, "x\n" * 30)))
        for row in grid.rows:
            row.append(nasty_text(rng))


def _lost_column(rng: Random, grid: Grid) -> None:
    if grid.headings:
        place = rng.randrange(len(grid.headings))
        del grid.headings[place]
        for row in grid.rows:
            del row[place : place + 1]


def _odd_heading(rng: Random, grid: Grid) -> None:
    if grid.headings:
        place = rng.randrange(len(grid.headings))
        odd = nasty_text(rng, 3_000)
        grid.headings[place] = rng.choice((odd, grid.headings[place] + odd, odd + grid.headings[place]))


def _shuffled(rng: Random, grid: Grid) -> None:
    if all(len(row) == len(grid.headings) for row in grid.rows):
        order = rng.sample(range(len(grid.headings)), len(grid.headings))
        grid.headings = [grid.headings[i] for i in order]
        grid.rows = [[row[i] for i in order] for row in grid.rows]


def _no_headings(rng: Random, grid: Grid) -> None:
    grid.headings = grid.rows.pop(0) if grid.rows and rng.random() < 0.5 else []


def _blank_rows(rng: Random, grid: Grid) -> None:
    width = len(grid.headings)
    for _ in range(rng.randrange(1, 4)):
        blank = rng.choice(([], [""], [""] * width, [" "] * width, [""] * (width + 2)))
        grid.rows.insert(rng.randrange(len(grid.rows) + 1), list(blank))


_BENDS: tuple[Callable[[Random, Grid], None], ...] = (
    _nasty_cells, _nasty_column, _huge_cell, _same_rows, _ragged, _endless_row, _many_columns, _one_column,
    _column_twice, _extra_columns, _lost_column, _odd_heading, _shuffled, _no_headings, _blank_rows,
)  # fmt: skip
_WEIGHTS = (40, 20, 0.15, 8, 12, 0.5, 0.8, 0.5, 1.5, 8, 2, 3, 5, 0.7, 6)
