"""Reads registered capital as registries spell it: `1,286.5000(万)`, `50万人民币`, `12(万美元)`, `500元`.

The result is an amount in wan and an ISO currency. A 万 without a currency is CNY. What is not understood is never
guessed, a bare `500` without any unit included: no amount, no currency, and the caller lists it.
"""

from __future__ import annotations

import re
from decimal import Decimal

CURRENCIES = {
    "": "CNY", "元": "CNY", "人民币": "CNY", "人民币元": "CNY", "元人民币": "CNY",
    "美元": "USD", "港元": "HKD", "港币": "HKD", "欧元": "EUR", "日元": "JPY", "韩元": "KRW", "韩币": "KRW",
}  # fmt: skip
"""Spelling of a currency -> its code; those of the catalogue and no other."""
UNSTATED = {"", "-", "—", "/", "N/A", "NA", "无", "NULL"}
_SPELLING = re.compile(
    r"^(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\d+(?:\.\d+)?[eE][+-]?\d{1,2})(?P<wan>万?)(?P<currency>[^\d.,万]*)$"
)
MAX_WAN = Decimal(10) ** 13


def stated(text: str | None) -> bool:
    """True when the registry says anything about the capital."""
    return (text or "").strip().upper() not in UNSTATED


def parse_capital(text: str | None) -> tuple[Decimal, str] | None:
    """Return amount in wan and currency; None when nothing is stated or it cannot be read."""
    if not stated(text):
        return None
    bare = re.sub(r"[()（）\s]", "", text or "").replace("，", ",")
    found = _SPELLING.match(bare)
    if found is None or found["currency"] not in CURRENCIES or not (found["wan"] or found["currency"]):
        return None
    amount = Decimal(found["number"].replace(",", ""))
    if not found["wan"]:
        amount /= 10_000
    if amount >= MAX_WAN:
        return None
    return amount, CURRENCIES[found["currency"]]
