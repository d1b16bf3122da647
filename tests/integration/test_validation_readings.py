"""What delivered text means: the reading functions and code checks of the warehouse."""

from __future__ import annotations

import csv
import datetime as dt
import random
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from stdnum.cn import uscc as stdnum_uscc

pytestmark = pytest.mark.postgres

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference" / "data"
SHANGHAI = dt.timezone(dt.timedelta(hours=8))


@pytest.fixture
def connection(warehouse: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(warehouse, autocommit=True) as connection:
        connection.execute("set timezone = 'UTC'")
        yield connection


def readings(connection: psycopg.Connection, call: str, texts: list[str | None]) -> list[object]:
    found = connection.execute(
        f"select {call} from unnest(%s::text[]) with ordinality as t (x, n) order by n", [texts]
    ).fetchall()
    assert len(found) == len(texts)
    return [row[0] for row in found]


CASES: dict[str, dict[str | None, object]] = {
    "ops.clean(x)": {None: None, "": None, "  ": None, "\u3000甲\u00a0": "甲", " a b ": "a b"},
    "ops.read_integer(x)": {
        "12": 12, " 12 ": 12, "-3": -3, "+3": 3, "12.0": 12, "12.5": None, "1e3": None, "": None, None: None,
        "一": None, "１２": None, "9" * 15: 10**15 - 1, "9" * 16: None, "9" * 40: None, "0x1F": None, "1_000": None,
        "+-3": None, "-": None, "12.": None,
    },
    "ops.read_decimal(x)": {
        "1.50": Decimal("1.50"), "-0.5": Decimal("-0.5"), ".5": Decimal("0.5"), "5.": Decimal(5), "1e3": Decimal(1000),
        "1E-2": Decimal("0.01"), "1,234.5": None, "1.2.3": None, "NaN": None, "Infinity": None, "1e999": None, "": None,
        "--1": None, ".": None, "12万": None, "１２": None, "1" + "0" * 17: None, "9" * 300: None, "0b1": None,
    },
    "ops.read_decimal_sheet(x, 'wan')": {
        "1,234.5": Decimal("1234.5"), "1234.5万元": Decimal("1234.5"), "12元": Decimal("0.0012"), "￥3": Decimal(3),
        "1234": Decimal(1234), "万元": None, "约12": None, "-3万": Decimal(-3), "1，234.5 万元": Decimal("1234.5"),
    },
    "ops.read_decimal_sheet(x, 'yuan')": {"1.5万元": Decimal(15000), "15000元": Decimal(15000), "7": Decimal(7)},
    "ops.read_decimal_sheet(x, null)": {"3.85": Decimal("3.85"), "三": None},
    "ops.read_date(x)": {
        "2025-02-28": dt.date(2025, 2, 28), "2025-02-29": None, "2024-02-29": dt.date(2024, 2, 29), "2025-2-3": None,
        "2025/02/03": None, "20250203": None, "2025-02-03 ": dt.date(2025, 2, 3), "today": None, "0000-01-01": None,
        "2025-13-01": None, "2025-02-03T00:00:00": None, "-2025-2-03": None, "２０２５-02-03": None, "2025--2-03": None,
    },
    "ops.read_date_sheet(x)": {
        "2025-07-01": dt.date(2025, 7, 1), "2025年7月1日": dt.date(2025, 7, 1), "2025/7/1": dt.date(2025, 7, 1),
        "20250701": dt.date(2025, 7, 1), "45839": dt.date(2025, 7, 1), "45839.0": dt.date(2025, 7, 1),
        "2025-07-01 00:00:00": dt.date(2025, 7, 1), "2025年2月30日": None, "20251301": None, "45839.5": None,
        "2025.7.1": dt.date(2025, 7, 1), "12": None, "尚未": None, "2025/12/31": dt.date(2025, 12, 31),
    },
    "ops.read_month(x)": {
        "2025-07": dt.date(2025, 7, 1), "2024-13": None, "2025-7": None, "2025-00": None, "202507": None,
        "2025-07-01": None, "0000-01": None, "-025-01": None, "": None,
    },
    "ops.read_timestamp(x)": {
        "2025-07-01T08:00:00": dt.datetime(2025, 7, 1, 8, tzinfo=SHANGHAI),
        "2025-07-01 08:00:00": dt.datetime(2025, 7, 1, 8, tzinfo=SHANGHAI),
        "2025-07-01T08:00:00Z": dt.datetime(2025, 7, 1, 8, tzinfo=dt.UTC),
        "2025-07-01T08:00:00+08:00": dt.datetime(2025, 7, 1, 8, tzinfo=SHANGHAI),
        "2025-07-01T08:00:00.123456+0800": dt.datetime(2025, 7, 1, 8, 0, 0, 123456, tzinfo=SHANGHAI),
        "2025-07-01T08:00": dt.datetime(2025, 7, 1, 8, tzinfo=SHANGHAI),
        "2025-07-01T08:00:00-05": dt.datetime(2025, 7, 1, 13, tzinfo=dt.UTC),
        "2025-07-01": dt.datetime(2025, 7, 1, tzinfo=SHANGHAI),
        "2025-07-01-08": None, "2025-07-01 25:00:00": None, "2025-02-30T08:00:00": None, "now": None, "": None,
        "2025-07-01T08:00:00 PST": None, "2025-07-01 1 :00:00": None, "2025-07-01T08:00:00+99:00": None,
        "2025-07-01 -1:00:00": None,
    },
    "ops.is_placeholder_code(x)": {
        "000000000000000000": True, "无": True, "待补": True, "NULL": True, "/": True, "0": True, None: False,
        "": False, "91370200MA3": False, " 无 ": True,
    },
}  # fmt: skip


@pytest.mark.parametrize("call", CASES)
def test_reading(connection: psycopg.Connection, call: str) -> None:
    texts = list(CASES[call])
    assert dict(zip(texts, readings(connection, call, texts), strict=True)) == CASES[call]


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_a_reading_does_not_depend_on_the_session(connection: psycopg.Connection, zone: str) -> None:
    connection.execute(f"set timezone = '{zone}'")
    connection.execute("set datestyle = 'SQL, DMY'")
    found = connection.execute(
        "select extract(epoch from ops.read_timestamp('2025-07-01'))::bigint,"
        " ops.read_date('2025-07-02') - make_date(2025, 7, 1), ops.read_month('2025-07') - make_date(2025, 7, 1)"
    ).fetchone()
    assert found == (dt.datetime(2025, 7, 1, tzinfo=SHANGHAI).timestamp(), 1, 0)


def uscc_samples(count: int) -> list[str]:
    """Valid codes, each followed by the same code with one character changed."""
    rng = random.Random(20251101)
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    found = []
    for _ in range(count):
        number = "91370200" + "".join(rng.choices("0123456789", k=8)) + rng.choice(alphabet)
        number += stdnum_uscc.calc_check_digit(number)
        place = rng.randrange(18)
        found += [number, number[:place] + rng.choice(alphabet) + number[place + 1 :]]
    return found


def test_uscc_agrees_with_python_stdnum(connection: psycopg.Connection) -> None:
    samples = uscc_samples(400)
    valid = readings(connection, "ops.is_uscc(x)", samples)
    assert valid.count(True) >= 400
    assert valid.count(False) >= 300
    for sample, is_valid in zip(samples, valid, strict=True):
        checksum = stdnum_uscc.calc_check_digit(sample[:17]) == sample[17]
        assert is_valid == checksum, sample


@pytest.mark.parametrize(
    "refused",
    [
        "000000000000000000",
        "",
        "91370200ma3c0qwu61",
        "91370200MA3C0QWU6",
        "无",
        "９1370200MA3C0QWU61",
        "91370200IO3C0QWU61",
    ],
)
def test_not_a_uscc(connection: psycopg.Connection, refused: str) -> None:
    assert readings(connection, "ops.is_uscc(x)", [refused]) == [False]


def org_code_check(code: str) -> str:
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(c, 36) * w for c, w in zip(code, weights, strict=True))
    return {10: "X", 11: "0"}.get(11 - total % 11, str(11 - total % 11))


def test_org_code_has_exactly_one_check_character(connection: psycopg.Connection) -> None:
    rng = random.Random(7)
    for _ in range(60):
        stem = "".join(rng.choices("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=8))
        candidates = [stem + c for c in "0123456789X"]
        valid = readings(connection, "ops.is_org_code(x)", candidates)
        assert [c for c, v in zip(candidates, valid, strict=True) if v] == [stem + org_code_check(stem)]


def test_org_code_of_a_uscc_agrees_with_python_stdnum(connection: psycopg.Connection) -> None:
    known = "91110000600037341L"
    assert stdnum_uscc.is_valid(known)
    assert readings(connection, "ops.is_org_code(substr(x, 9, 9))", [known]) == [True]


def reg_no_check(stem: str) -> str:
    product = 10
    for digit in stem:
        total = (product % 11 + int(digit)) % 10 or 10
        product = total * 2
    return str((11 - product % 11) % 10)


def test_reg_no_has_exactly_one_check_digit(connection: psycopg.Connection) -> None:
    rng = random.Random(8)
    for _ in range(60):
        stem = "".join(rng.choices("0123456789", k=14))
        candidates = [stem + str(d) for d in range(10)]
        valid = readings(connection, "ops.is_reg_no(x)", candidates)
        assert [c for c, v in zip(candidates, valid, strict=True) if v] == [stem + reg_no_check(stem)]
    assert (
        readings(connection, "ops.is_reg_no(x)", ["", None, "1", "37020000000000a", "3702000000000001"]) == [False] * 5
    )


def test_no_false_alarm_on_a_real_registry(connection: psycopg.Connection) -> None:
    files = sorted((REFERENCE / "registry").glob("*.csv"))
    if not files:
        pytest.skip(f"no registry extract below {REFERENCE}")
    for file in files:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            codes = [row["统一社会信用代码"].strip() for row in csv.DictReader(lines)]
        valid = [c for c in codes if c.isupper() and stdnum_uscc.is_valid(c)]
        valid += [c for c in codes if c.isdigit() and stdnum_uscc.is_valid(c)]
        assert len(valid) > 0.99 * len(codes), file
        assert all(readings(connection, "ops.is_uscc(ops.clean(x))", list(valid)))
        assert all(readings(connection, "ops.is_org_code(substr(x, 9, 9))", list(valid)))


def test_every_really_irregular_number_is_refused_or_warned_of(connection: psycopg.Connection) -> None:
    """Three real codes pass GB 32100's own check and fail that of the organisation code inside: a warning."""
    file = REFERENCE / "validation" / "real_irregular_ids_dev.csv"
    if not file.exists():
        pytest.skip(f"{file} is not here")
    with file.open(encoding="utf-8-sig", newline="") as lines:
        problems = {row["value"]: row["problem"] for row in csv.DictReader(lines)}
    numbers: list[str | None] = list(problems)
    assert len(numbers) > 40
    as_uscc = readings(connection, "ops.is_uscc(x)", numbers)
    assert {problems[n or ""] for n, ok in zip(numbers, as_uscc, strict=True) if ok} <= {"org_check_digit"}
    inner = "ops.is_org_code(case length(x) when 15 then substr(x, 7, 9) else substr(x, 9, 9) end)"
    sound = readings(connection, f"{inner} and (length(x) = 15 or ops.is_uscc(x))", numbers)
    assert not any(sound)
