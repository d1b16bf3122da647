"""tidu (梯度): enterprise data shared across the departments of one city, correct to the row.

Rooms, each importing only those to its left:

    contracts <- ledger <- connectors, identity <- landing <- validation <- transform
              <- publishing <- serving <- orchestration <- dags

`errors` may be imported anywhere, `settings` from `ledger` rightwards.
"""

__version__ = "0.1.0"
