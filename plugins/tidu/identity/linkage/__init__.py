"""Ties what no exact rule can tie: a Fellegi-Sunter model (Splink) over few candidates, under hard constraints.

`link` takes parties and registered enterprises as tables and returns links and, for everything that is not clear,
candidates for a reviewer. It knows neither dbt nor the warehouse's tables.
"""

from tidu.identity.linkage.linking import Links, link

__all__ = ["Links", "link"]
