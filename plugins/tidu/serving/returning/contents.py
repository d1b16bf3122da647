"""What stands in a district's package: one file per entry of contents.yml, made by the SQL file of its name."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import yaml

from tidu.contracts import contracts
from tidu.serving.reports.wording import LEVERS, MASKED, VERDICTS, is_restricted
from tidu.serving.reports.workbook import Sheet, write_workbook
from tidu.transform.tiers.inputs import inputs

HERE = Path(__file__).parent
BOM = b"\xef\xbb\xbf"
"""Without it spreadsheets take UTF-8 for another encoding."""
WORKBOOK, DICTIONARY = "return.xlsx", "dictionary.csv"
WORDS: dict[str, dict[str, str]] = {
    "verdict": VERDICTS,
    "lever": LEVERS,
    "readiness": {"ready": "已符合", "near": "接近", "watch": "关注"},
    "origin": {"quarantine": "数据质量", "drift": "结构变化", "disagreement": "部门间不一致"},
    "kind": {"outlier": "离群", "level_shift": "水平移动"},
    "state": {
        "open": "待更正", "closed": "已关闭", "valid": "有效", "expiring": "即将到期", "expired": "已到期",
        "at_risk": "复核有风险", "withdrawn": "已撤销",
    },
    "cell_status": {
        "published": "已发布", "suppressed_primary": "保密（初次）", "suppressed_secondary": "保密（二次）",
        "incomplete": "不完整",
    },
    "scope": {
        "all": "全部", "private": "民营（法律口径）", "registration_type": "民营（登记类型口径）",
        "no_state_no_foreign": "民营（非国有非外资口径）",
    },
}  # fmt: skip
"""How a sheet says what the files say in the words of the interface, by column."""
WIDE = {
    "name": 34,
    "former_names": 34,
    "asked": 40,
    "clause": 18,
    "uscc": 22,
    "note": 80,
    "source_key": 30,
    "failing": 40,
}


@dataclass(frozen=True)
class Content:
    """One file of a package."""

    name: str
    title: str
    grain: str
    columns: dict[str, str]
    """Column -> what it says, in Chinese; in the order of the file."""
    sheet: bool = False
    assessed: bool = False
    """Whether it is there only once tiers are assessed."""

    @property
    def sql(self) -> str:
        """The question to a session of the district."""
        return (HERE / "sql" / f"{self.name}.sql").read_text(encoding="utf-8").strip()


@dataclass(frozen=True)
class Written:
    """A file as it was written."""

    name: str
    sha256: str
    bytes: int
    rows: int | None = field(default=None)


@cache
def contents() -> tuple[Content, ...]:
    """Return the contents of a package in their order."""
    return tuple(Content(**entry) for entry in yaml.safe_load((HERE / "contents.yml").read_text(encoding="utf-8")))


def recipe() -> str:
    """Return a hash of what packages are made by; another one makes new packages of the same data."""
    told = (HERE / "contents.yml").read_text(encoding="utf-8") + "".join(c.sql for c in contents()) + repr(masked())
    return hashlib.sha256(told.encode()).hexdigest()


def masked() -> dict[str, Any]:
    """Return what stays with the bureau: inputs of policies, and fields of datasets, that contracts call restricted."""
    fields = [f"{c.name}.{f.name}" for c in contracts().values() for f in c.fields if f.classification == "restricted"]
    return {
        "restricted": sorted(name for name in inputs() if is_restricted(name)),
        "restricted_fields": sorted(fields),
        "masked": MASKED,
    }


def write_files(session: psycopg.Connection, folder: Path, wanted: dict[str, Any]) -> list[Written]:
    """Write what a session of a district sees into a folder; return the files.

    CSV: UTF-8 with BOM, names of columns as in contents.yml, rows in the order of their key. The workbook holds the
    same for people. Cost grows with what the district has.
    """
    session.execute("set local datestyle = 'ISO'")
    # one plan for a district's whole share of the city
    session.execute("set local work_mem = '128MB'")
    chosen = [c for c in contents() if wanted["assessed_on"] is not None or not c.assessed]
    files = [_table(session, content, folder / f"{content.name}.csv", wanted) for content in chosen]
    files.append(_dictionary(chosen, folder / DICTIONARY))
    sheets = [_sheet(session, content, wanted) for content in chosen if content.sheet]
    write_workbook(folder / WORKBOOK, [_notes(chosen, files, wanted), *sheets], wanted["title"], wanted["as_of"])
    files.append(witnessed(folder / WORKBOOK))
    return files


def witnessed(file: Path, rows: int | None = None) -> Written:
    """Return what is to be said of a file."""
    content = file.read_bytes()
    return Written(file.name, hashlib.sha256(content).hexdigest(), len(content), rows)


def _table(session: psycopg.Connection, content: Content, file: Path, wanted: dict[str, Any]) -> Written:
    query = f"copy ({content.sql}) to stdout with (format csv, header)".encode()
    with file.open("wb") as handle, session.cursor() as cursor:
        handle.write(BOM)
        with cursor.copy(query, wanted) as copied:
            for block in copied:
                handle.write(block)
        rows = cursor.rowcount
    return witnessed(file, rows)


def _dictionary(chosen: Iterable[Content], file: Path) -> Written:
    lines = [(f"{c.name}.csv", c.title, column, said, c.grain) for c in chosen for column, said in c.columns.items()]
    with file.open("w", encoding="utf-8-sig", newline="") as handle:
        csv.writer(handle, lineterminator="\n").writerows([("file", "title", "column", "meaning", "grain"), *lines])
    return witnessed(file, len(lines))


def _sheet(session: psycopg.Connection, content: Content, wanted: dict[str, Any]) -> Sheet:
    rows = session.execute(content.sql.encode(), wanted).fetchall()
    words = [WORDS.get(column, {}) for column in content.columns]
    told = ([known.get(value, value) for known, value in zip(words, row, strict=True)] for row in rows)
    headings = tuple((said, WIDE.get(column, 14)) for column, said in content.columns.items())
    return Sheet(content.title, headings, told)


def _notes(chosen: Iterable[Content], files: Iterable[Written], wanted: dict[str, Any]) -> Sheet:
    rows = {file.name: file.rows for file in files}

    def lines() -> Iterator[tuple[str, str]]:
        yield "区（市）", wanted["title"]
        yield "业务日期", str(wanted["as_of"])
        yield "评价日期", str(wanted["assessed_on"] or "尚未评价")
        yield "发布", f"第 {wanted['release_id']} 号，至 {wanted['period']}"
        yield "受限数据", f"数据合同定为受限的数值以 {MASKED} 遮盖。"
        yield "草案", "规则版本以 -draft 结尾的结论是草案，不得作为正式结论使用。"
        for content in chosen:
            yield content.title, f"{content.name}.csv，{rows[f'{content.name}.csv']} 行：{content.grain}"

    return Sheet("说明", (("项目", 20), ("内容", 90)), lines())
