"""When two names or two codes are spelt the same: the normal forms that linkage compares.

The same rules run set-based in the warehouse (macros `name_key` and `code_key` of the dbt project);
a test feeds both the same texts. Nothing here decides who is who.
"""

from __future__ import annotations

import re
import unicodedata

OPENING, CLOSING = "[{【〔〖", "]}】〕〗"
DROPPED = (
    " \t\n\v\f\r\u00ad\u200b\u200c\u200d\u2060\ufeff"  # white space and what no one sees
    "·•‧・∙⋅●"  # middle dots
    ".,;:、。，；：!?"
    "-_‐‑‒–—―−~"
    "'\"`´‘’“”′″「」『』《》〈〉"
)
_FORM = str.maketrans(OPENING + CLOSING, "(" * len(OPENING) + ")" * len(CLOSING), DROPPED)
_CAPITALS = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_CODE_FORM = str.maketrans("OI", "01", DROPPED)
PLACEHOLDER_NAME = re.compile(r"(测试.*|无|待补|不详|未知|NULL|NONE|N/?A|0+|/+)?")
BRANCH_ENDINGS = ("分公司", "分店", "分厂", "分行", "支行", "办事处", "营业部")


def name_key(name: str | None) -> str | None:
    """Return the normal form of an enterprise's name; None for an empty or placeholder name.

    Width, case, white space, dots, dashes, quotes and kinds of brackets do not count.

    >>> name_key("青岛（海天）Ａ·b 有限公司")
    '青岛(海天)AB有限公司'
    >>> name_key("测试企业") is None
    True
    """
    form = unicodedata.normalize("NFKC", name or "").translate(_CAPITALS).translate(_FORM)
    return None if PLACEHOLDER_NAME.fullmatch(form) else form


def code_key(code: str | None) -> str | None:
    """Return the normal form of a credit, organisation or registration code; None for an empty one.

    The alphabet of GB 32100 has no O and no I, so they are read as 0 and 1. Validity is not checked.

    >>> code_key(" 91370202ma3c-x1oi2 ")
    '91370202MA3CX1012'
    """
    form = unicodedata.normalize("NFKC", code or "").translate(_CAPITALS).translate(_CODE_FORM)
    return form if re.fullmatch(r"[0-9A-Z]*[1-9A-Z][0-9A-Z]*", form) else None


def is_branch(name: str | None) -> bool:
    """Tell whether a name is that of a branch, which is an enterprise of its own.

    >>> is_branch("青岛海天有限公司市北分公司")
    True
    """
    return (name_key(name) or "").endswith(BRANCH_ENDINGS)
