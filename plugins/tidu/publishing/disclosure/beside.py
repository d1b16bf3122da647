"""Months are searched and attacked side by side: each by itself, and mostly in libraries that let other threads run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Month = TypeVar("Month")
Found = TypeVar("Found")


def side_by_side(work: Callable[[Month], Found], months: Iterable[Month]) -> list[Found]:
    """Return what the work finds in each month, in their order; one thread per core this process may use."""
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as threads:
        return list(threads.map(work, months))
