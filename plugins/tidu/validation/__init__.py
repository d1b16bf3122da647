"""What is wrong with a delivery, row by row: contract rules, plausibility suites, settlement.

`validate` takes every loaded delivery of a dataset to `accepted` or `rejected`; `predicate` tells
any other room what a contract rule means in SQL.
"""

from tidu.validation.judgement import Outcome, validate
from tidu.validation.predicates import predicate, predicates

__all__ = ["Outcome", "predicate", "predicates", "validate"]
