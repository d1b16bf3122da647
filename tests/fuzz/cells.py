"""Cell texts that departments, mistakes and attackers put into files; every one follows from the rng given."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

FORMULAS = ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", '=HYPERLINK("http://x","y")', "=1/0", "\t=1", "=A1:XFD1")
DATES = (
    "0000-00-00", "0000-01-01", "0001-01-01", "9999-12-31", "10000-01-01", "2024-02-30", "2023-02-29", "2024-13",
    "9999-12", "0000-12", "2024-06-30T24:00:00", "2024-06-30 23:59:60", "9999-12-31T23:59:59.999999999+14:00",
    "0001-01-01T00:00:00-15:59", "2024-06-30T12:00:00+99:99", "2024-W10-1", "infinity", "-infinity", "today", "epoch",
    "2024-06-31", "20240631", "2024年2月30日", "2024/13/01", "99999", "2958465", "2958466", "-1", "0.5", "60", "1e5",
    "4713-01-01 BC", "294276-12-31", "2024-06-30T12:00:00 Asia/Shanghai", "２０２４-０６-３０",
)  # fmt: skip
NUMBERS = (
    "1e400", "-1e400", "1e-400", "NaN", "Infinity", "-Infinity", "0x1F", "1_000", "1,234.50", "￥1,234.5万元", "--1",
    "1.2.3", ".", "-", "+", "e", "1e", "1e+", "0e0", ".e1", "00000000000000000001", "999999999999999", "9" * 15 + ".0",
    "9223372036854775807", "9223372036854775808", "-0", "-0.0", "1E99", "9" * 17 + "e99", "1e-99", "١٢٣", "１２", "½",
    "99999999999999999.99999999999999999999", "万元", "元", "1万万元", "￥", ",", "1e5万元", "0.1" + "0" * 30,
)  # fmt: skip
ODD = (
    "", " ", "\u3000", "\u00a0", "无", "null", "测试", "\ufffd", "\ufeff", "\u202e", "\u200d", "a\u0301", "\U0001f468\u200d\U0001f469",
    "\U0010ffff", "\ufffe", "\uffff", "\x1f", "|", "\\", "\\N", "\\.", "'", "''; drop table raw.x; --", "$$", "%s", "{}",
    '"', '""', '"""', '","', "\n", "\r", "\r\n", "\x0b", "\x0c", "\x1a", "\x85", "\u2028", "\u2029", "\x00", "a\x00b",
    "\x7f", "\x08", "__surplus__", "__missing__", "[1]", '["a"]', "1, 2", "{}", "\\u0000", '["\\u0000"]', '["\\ud800"]',
    "../../etc/passwd", "<!ENTITY x>", "&lol;", "]]>", "\x01", "91110000600037341L", "000000000000000000",
    "９１１１００００６０００３７３４１Ｌ", "ﷺ" * 40, "é" * 501,
)  # fmt: skip
ALPHABET = "0123456789.-+eE/年月日:TZ ,;\"'\t\n\r|\\\0aZ甲乙\u3000\ufffd\U0001f600é\x1f"


def nasty_text(rng: Random, longest: int = 40_000) -> str:
    """Return one bad cell; long ones are rare and stay below `longest` characters."""
    kind: Callable[[Random, int], str] = rng.choices(_KINDS, _WEIGHTS)[0]
    return kind(rng, longest)


def digits(rng: Random, count: int) -> str:
    """Return that many digits, now and then with a sign and a point."""
    text = "".join(rng.choices("0123456789", k=count))
    return rng.choice(("", "-", "+")) + (text if rng.random() < 0.5 else f"{text[: count // 2]}.{text[count // 2 :]}")


def _known(rng: Random, _longest: int) -> str:
    return rng.choice(rng.choice((FORMULAS, DATES, NUMBERS, ODD)))


def _many_digits(rng: Random, _longest: int) -> str:
    return digits(rng, rng.choice((15, 16, 17, 38, 39, 40, 400, 4000)))


def _random(rng: Random, _longest: int) -> str:
    return "".join(rng.choices(ALPHABET, k=rng.randrange(1, 30)))


def _any_unicode(rng: Random, _longest: int) -> str:
    """Any code points that a UTF-8 file can hold: no surrogates."""
    points = (rng.randrange(0x110000) for _ in range(rng.randrange(1, 12)))
    return "".join(chr(p) for p in points if not 0xD800 <= p < 0xE000)


def _long(rng: Random, longest: int) -> str:
    unit = rng.choice(("长", "x", "9", "=", '"', "a,", "\n", "\U0001f600", "&"))
    return (unit * rng.choice((300, 1001, 2800, 33_000, longest)))[:longest]


def _glued(rng: Random, longest: int) -> str:
    return _known(rng, longest) + rng.choice((" ", "", "\n", "\0")) + _known(rng, longest)


_KINDS = (_known, _many_digits, _random, _any_unicode, _long, _glued)
_WEIGHTS = (50, 8, 15, 10, 2, 10)
