"""Every spelling of registered capital seen in registry extracts, and some that nobody should guess."""

from __future__ import annotations

from decimal import Decimal

import pytest

from simulators.world.capital import parse_capital, stated

READ = [
    ("93万元", "93", "CNY"), ("30(万)", "30", "CNY"), ("31,118(万)", "31118", "CNY"), ("50万人民币", "50", "CNY"),
    ("20万美元", "20", "USD"), ("515(万美元)", "515", "USD"), ("101.6万元", "101.6", "CNY"),
    ("19.8000(万)", "19.8", "CNY"),
    ("778.4万人民币", "778.4", "CNY"), ("1,286.5000(万)", "1286.5", "CNY"), ("3,168(万元人民币)", "3168", "CNY"),
    ("6172万元人民币", "6172", "CNY"), ("1,000(万美元)", "1000", "USD"), ("555.2000(万美元)", "555.2", "USD"),
    ("150(万元人民币)", "150", "CNY"), ("2312.5万美元", "2312.5", "USD"), ("3,906.5373(万美元)", "3906.5373", "USD"),
    ("134,000(万日元)", "134000", "JPY"), ("1,318.0500(万元人民币)", "1318.05", "CNY"), ("1200万", "1200", "CNY"),
    ("131.9850(万港元)", "131.985", "HKD"), ("40.600000万", "40.6", "CNY"), ("27000万日元", "27000", "JPY"),
    ("500万人民币元", "500", "CNY"), ("50万港元", "50", "HKD"), ("5,193.3756(万欧元)", "5193.3756", "EUR"),
    ("6万欧元", "6", "EUR"), ("2,333,833.5563(万元人民币)", "2333833.5563", "CNY"), ("10(万元)", "10", "CNY"),
    ("20(万人民币元)", "20", "CNY"), ("8.8E-05万人民币", "0.000088", "CNY"), ("50（万元人民币）", "50", "CNY"),
    ("500000元", "50", "CNY"), ("300万韩元", "300", "KRW"), ("0万人民币", "0", "CNY"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "amount", "currency"), READ)
def test_read(text: str, amount: str, currency: str) -> None:
    assert parse_capital(text) == (Decimal(amount), currency)


@pytest.mark.parametrize(
    "text", ["万人民币", "160(万新加坡元)", "500", "9.5", "约50万元", "50-100万元", "1,23万元", "五十万元", "-5万元"]
)
def test_listed_not_guessed(text: str) -> None:
    assert stated(text)
    assert parse_capital(text) is None


@pytest.mark.parametrize("text", [None, "", " ", "-", "N/A", "n/a", "无"])
def test_nothing_stated(text: str | None) -> None:
    assert not stated(text)
    assert parse_capital(text) is None
