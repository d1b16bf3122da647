"""Texts for the readings that PostgreSQL does (ops.parse_*, ops.read_*, ops.is_*): they may answer null, never raise."""

from __future__ import annotations

from random import Random

import psycopg

from tests.fuzz.cells import DATES, NUMBERS, nasty_text

READINGS = {
    "integer": ("ops.parse_integer(v)", "ops.read_integer(v)"),
    "decimal": ("ops.parse_decimal(v)", "ops.read_decimal(v)"),
    "decimal of a sheet": (
        "ops.parse_decimal_sheet(v, null)", "ops.read_decimal_sheet(v, 'wan')", "ops.read_decimal_sheet(v, 'yuan')"
    ),
    "date": ("ops.parse_date(v)", "ops.read_date(v)"),
    "date of a sheet": ("ops.parse_date_sheet(v)", "ops.read_date_sheet(v)"),
    "month": ("ops.parse_month(v)", "ops.read_month(v)"),
    "timestamp": (
        "ops.parse_timestamp(v)", "ops.read_timestamp(v)", "(extract(epoch from ops.parse_timestamp(v)) * 1000000)::bigint"
    ),
    "code": ("ops.is_uscc(v)", "ops.is_org_code(v)", "ops.is_reg_no(v)", "ops.is_placeholder_code(v)", "ops.is_uscc(ops.clean(v))"),
    "text": ("ops.clean(v)", "to_jsonb(v)", "md5(concat_ws(E'\\x1f', v, v))::uuid", "hashtextextended(v, 0)"),
}  # fmt: skip
"""SQL of each reading over a text v, by type."""
_SHAPES = (
    "dddd-dd-dd", "dddd-dd", "dddd/d/d", "dddd年d月d日", "dddddddd", "ddddd", "ddddd.0", "dddd-dd-ddTdd:dd:dd", "dddd-dd-dd dd:dd:dd",
    "dddd-dd-ddTdd:dd:ddZ", "dddd-dd-ddTdd:dd:dd+dd:dd", "dddd-dd-dd dd:dd:dd.dddddd+dd", "d.d", "-d", "dedd", "d.dE-dd", "dd,ddd.dd", "￥d万元",
    "ddddddddddddddd", "dXddddddXddddddXXd", "ddddddddddddddddd.dddddddddddddddddddd", "d" * 39, "d" * 400, "dddd.d.d", "dddd-d-dTdd:dd",
)  # fmt: skip


def reading_texts(rng: Random, count: int) -> list[str]:
    """Return texts that nearly are what a reading takes, and some that are nowhere near."""
    return [_text(rng) for _ in range(count)]


def failing(connection: psycopg.Connection, expression: str, texts: list[str]) -> list[tuple[str, str]]:
    """Return the texts over which the expression raises, each with the error; none when all is well."""
    try:
        with connection.transaction():
            connection.execute(
                f"select count(x) from (select {expression} as x from unnest(%s::text[]) as t (v) offset 0) as r".encode(),
                [texts],
            )
    except psycopg.Error as error:
        if len(texts) == 1:
            return [(texts[0][:200], str(error))]
        half = len(texts) // 2
        return failing(connection, expression, texts[:half]) + failing(connection, expression, texts[half:])
    return []


def _text(rng: Random) -> str:
    match rng.randrange(10):
        case 0 | 1 | 2 | 3 | 4:
            shape = rng.choice(_SHAPES)
            text = "".join(
                rng.choice("0123456789") if c == "d" else rng.choice("ABCXYZ09") if c == "X" else c for c in shape
            )
        case 5 | 6 | 7:
            text = rng.choice((*DATES, *NUMBERS))
        case _:
            text = nasty_text(rng, 200_000)
    text = text.replace("\0", "")
    if text and rng.random() < 0.3:
        at = rng.randrange(len(text) + 1)
        text = (
            text[:at]
            + rng.choice((" ", "-", "+", ".", ":", "0", "9", "e", "T", "Z", "日", "\n", "", "\u3000", "１"))
            + text[at + rng.randrange(2) :]
        )
    return text
