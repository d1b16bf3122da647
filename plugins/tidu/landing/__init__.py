"""Deliveries into immutable files and raw tables: `pull` fetches and keeps, `land` loads.

Rows are neither judged nor changed here; tidu.validation follows.
"""

from tidu.landing.load import land
from tidu.landing.receive import pull

__all__ = ["land", "pull"]
