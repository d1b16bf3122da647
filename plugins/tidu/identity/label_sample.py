"""A file of labelled pairs drawn from a truth, as a reviewer would have labelled them: for demonstration and tests.

No build reads a truth. What is written here is judged by nobody; a city's own labels come from people.
"""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from pathlib import Path

from tidu.contracts import contracts
from tidu.errors import DecisionRefused, TiduError
from tidu.identity.parties import Party, party_of

KEY = ["dataset", "source_key", "true_id"]
HEADINGS = ["left", "right", "same"]


def write_sample(xref: Path, out: Path, sample: int, seed: int) -> int:
    """Write up to `sample` labelled pairs, every other one of two enterprises; return how many there are.

    Grain: one row per pair of parties. A party stands beside its registered entity where it has one, else beside
    another party of the same enterprise; and beside a registered entity it is not. The same truth, size and seed give
    the same file. Raises TiduError for a file that is no truth, or that has no two parties to compare.
    """
    owners = _owners(xref)
    of: dict[str, list[Party]] = defaultdict(list)
    for party, owner in owners.items():
        of[owner].append(party)
    entity = {owner: p for owner, parties in of.items() for p in parties if p.kind == "entity"}
    picked = [p for p in owners if p.kind != "entity"]
    random.Random(seed).shuffle(picked)  # noqa: S311 - a sample that can be drawn again, no secret
    rows: list[tuple[Party, Party, str]] = []
    strangers = sorted(entity)
    for number, party in enumerate(picked):
        if len(rows) >= sample:
            break
        owner = owners[party]
        if len(rows) % 2 == 0:
            same = entity.get(owner) or next((p for p in of[owner] if p != party), None)
            rows += [(party, same, "yes")] if same else []
        else:
            other = next((s for s in (strangers[number % len(strangers) :] + strangers) if s != owner), None)
            rows += [(party, entity[other], "no")] if other else []
    if not rows:
        raise TiduError(f"{xref}: no two parties to compare; is it truth/xref.csv of a world?")
    with out.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([HEADINGS, *rows])
    return len(rows)


def _owners(xref: Path) -> dict[Party, str]:
    """Return the true enterprise of each party, in the order of the parties' names."""
    found: dict[Party, str] = {}
    known = contracts()
    try:
        with xref.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            if list(reader.fieldnames or ()) != KEY:
                raise TiduError(f"{xref}: the first line must be {','.join(KEY)}")
            for row in reader:
                if row["dataset"] in known:
                    found.setdefault(party_of(f"{row['dataset']}|{row['source_key']}"), row["true_id"])
    except (OSError, UnicodeDecodeError, csv.Error, DecisionRefused) as error:
        raise TiduError(f"{xref}: {error}") from error
    return dict(sorted(found.items(), key=lambda item: str(item[0])))
