"""One small world for all tests of this folder; it is only read."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from simulators.world.making import make_world

ENTERPRISES, MONTHS, SEED = 1500, 7, 3
START = date(2025, 1, 1)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world of seven months."""
    folder = tmp_path_factory.mktemp("worlds") / "small"
    make_world(folder, ENTERPRISES, MONTHS, SEED, START)
    return folder
