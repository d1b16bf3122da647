"""What each shared dataset promises: one ODCS v3 file per dataset, read into frozen classes.

Nothing here opens a database or the network. Everything that can be derived from a contract
(landing DDL, rules, dbt sources, the dictionary) is derived in `tidu.contracts.derive`.
"""

from tidu.contracts.catalogue import contract, contracts, departments
from tidu.contracts.model import DatasetContract, Field, Rule

__all__ = ["DatasetContract", "Field", "Rule", "contract", "contracts", "departments"]
