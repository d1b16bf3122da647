"""Who is who: the normal forms of names and codes that records are linked by.

The linking itself is set-based SQL in the dbt project, models tagged `link`.
"""

from tidu.identity.names import code_key, is_branch, name_key

__all__ = ["code_key", "is_branch", "name_key"]
