"""Who is who: the normal forms of names, addresses and codes that records are linked by.

Deterministic linking is set-based SQL in the dbt project, models tagged `link`.
"""

from tidu.identity.addresses import address_parts
from tidu.identity.code_repair import possible_codes
from tidu.identity.enterprise_names import name_keys, name_parts
from tidu.identity.names import code_key, is_branch, name_key
from tidu.identity.pinyin import spoken

__all__ = ["address_parts", "code_key", "is_branch", "name_key", "name_keys", "name_parts", "possible_codes", "spoken"]
