"""Words that names and addresses are made of, read once from words.yml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

_WORDS: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "words.yml").read_text(encoding="utf-8"))
PROVINCES: list[str] = _WORDS["provinces"].split()
PREFECTURES: list[str] = _WORDS["prefectures"].split()
TRADES: list[str] = _WORDS["trades"].split()
DISTRICTS: dict[str, list[str]] = _WORDS["districts"]
"""Today's district of the city -> how it, what was joined to it and the zones in it are written."""
WITHDRAWN: dict[str, str] = _WORDS["withdrawn"]
"""Withdrawn district code -> the district it lies in today."""
