"""Bad workbooks, written part by part: what spreadsheets hold, and what no spreadsheet should."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from xml.sax.saxutils import escape

from tests.fuzz.bytes_mutation import damaged
from tests.fuzz.cells import nasty_text
from tests.fuzz.tables import Grid, bent, some_grid
from tests.fuzz.zip_files import packed

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
SERIALS = (
    "0",
    "1",
    "59",
    "60",
    "61",
    "45000",
    "45000.5",
    "2958465",
    "2958466",
    "99999999",
    "-1",
    "-0.5",
    "1e10",
    "1e300",
    "NaN",
    "INF",
    "0.999999999",
)
REFERENCES = (
    "A1",
    "XFD1",
    "XFE1",
    "A1048576",
    "XFD1048576",
    "A0",
    "A99999999999",
    "ZZZZ1",
    "a1",
    "1A",
    "$A$1",
    "",
    "A1:B2",
    "AAAAAAAA1",
)
DIMENSIONS = (
    "A1",
    "A1:XFD1048576",
    "A1:A1",
    "B2:A1",
    "",
    "A0:A0",
    "XFD1048576",
    "A1:ZZZ99999999999",
    "x",
    "A1:J99999999",
)
LOL = (
    '<!DOCTYPE x [<!ENTITY a "'
    + "lol" * 10
    + '">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9))
    + "]>"
)
WIDEST = 1_200
XXE = '<!DOCTYPE x [<!ENTITY j SYSTEM "file:///etc/passwd">]>'


@dataclass
class Parts:
    """The XML of a workbook before it is packed."""

    cells: list[list[str]]
    """XML of each cell by row."""
    shared: list[str] = field(default_factory=list)
    before: str = ""
    """Between the XML declaration and the worksheet's root."""
    dimension: str | None = None
    behind: str = ""
    """Behind sheetData."""
    styles: str = '<numFmts count="0"/><cellXfs count="4"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/><xf numFmtId="45"/></cellXfs>'
    date1904: bool = False
    sheets: int = 1
    unnumbered: bool = False


def workbook_case(rng: Random) -> tuple[Grid, bytes]:
    """Return a bent table and the bytes of a workbook that bears it."""
    grid = bent(rng, some_grid(rng, ("sftp_xlsx",)))
    # Wider than Excel's 16,384 columns costs much to make and is refused all the same.
    grid.headings, grid.rows = grid.headings[:WIDEST], [row[:WIDEST] for row in grid.rows]
    parts = _parts(rng, grid)
    for _ in range(rng.choice((0, 1, 1, 2))):
        bend = rng.choices(_BENDS, _WEIGHTS)[0]
        bend(rng, parts)
        grid.done.append(bend.__name__.strip("_"))
    members = _members(parts)
    if rng.random() < 0.2:
        members = _bent_package(rng, members, grid)
    data = packed(members, rng.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED)))
    if rng.random() < 0.15:
        data = _forged(rng, data)
        grid.done.append("forged sizes")
    if rng.random() < 0.2:
        data = damaged(rng, data)
        grid.done.append("damaged")
    return grid, data


def _parts(rng: Random, grid: Grid) -> Parts:
    parts = Parts([])
    title = [[grid.contract.heading]] * rng.choice((0, 0, 1, 2))
    footer = rng.choice(([], [], [["合计"]], [["注：甲"]], [[], ["备注"]]))
    for row in [*title, grid.headings, *grid.rows, *footer]:
        parts.cells.append([_cell(rng, parts, text) for text in row])
    return parts


def _cell(rng: Random, parts: Parts, text: str) -> str:
    """Return a cell's XML without its reference: number, shared or inline string, formula, boolean, error."""
    safe = escape("".join(c for c in text if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff")))
    match rng.choices(("shared", "inline", "number", "str", "formula", "other"), (50, 20, 10, 5, 3, 3))[0]:
        case "shared":
            parts.shared.append(safe)
            return f' t="s"><v>{len(parts.shared) - 1}</v></c>'
        case "number" if text.replace(".", "", 1).isdecimal() and text.isascii():
            return f' s="{rng.choice((0, 0, 1, 2, 3))}"><v>{text}</v></c>'
        case "str":
            return f' t="str"><v>{safe}</v></c>'
        case "formula":
            return f' t="str"><f>{safe}</f><v>{safe}</v></c>'
        case "other":
            return rng.choice((
                ' t="b"><v>1</v></c>', ' t="b"><v>7</v></c>', ' t="e"><v>#REF!</v></c>', ' t="e"><v>#甲</v></c>', "></c>", "/>",
                ' t="d"><v>2024-02-30</v></c>', ' t="d"><v>0000-00-00T99</v></c>', ' t="s"><v>999999</v></c>', ' t="s"><v>-1</v></c>',
                ' t="s"><v>x</v></c>', ' t="s"></c>', ' t="x"><v>1</v></c>', ' s="999"><v>1</v></c>', ' s="-1"><v>1</v></c>',
                f' s="1"><v>{rng.choice(SERIALS)}</v></c>', f' s="2"><v>{rng.choice(SERIALS)}</v></c>', f' s="3"><v>{rng.choice(SERIALS)}</v></c>',
                ' t="inlineStr"></c>', ' t="inlineStr"><is/></c>', ' t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r></is></c>',
                ' t="inlineStr"><is><t>a</t><rPh><t>b</t></rPh></is></c>', "><v></v></c>", "><v>1</v><v>2</v></c>", "><f>1/0</f></c>",
            ))  # fmt: skip
    return f' t="inlineStr"><is><t xml:space="preserve">{safe}</t></is></c>'


def _members(parts: Parts) -> list[tuple[str, bytes]]:
    rows = []
    for y, row in enumerate(parts.cells, start=1):
        cells = (
            f"<c{cell}" if parts.unnumbered or cell.startswith(' r="') else f'<c r="{_column(x)}{y}"{cell}'
            for x, cell in enumerate(row)
        )
        number = "" if parts.unnumbered else f' r="{y}"'
        rows.append(f"<row{number}>{''.join(cells)}</row>")
    dimension = f'<dimension ref="{parts.dimension}"/>' if parts.dimension is not None else ""
    sheet = f'{parts.before}<worksheet xmlns="{MAIN}">{dimension}<sheetData>{"".join(rows)}</sheetData>{parts.behind}</worksheet>'
    items = "".join(f"<si><t>{text}</t></si>" for text in parts.shared)
    sheets = "".join(f'<sheet name="S{i}" sheetId="{i}" r:id="rId{i}"/>' for i in range(1, parts.sheets + 1))
    relations = "".join(
        f'<Relationship Id="rId{i}" Type="{REL}/worksheet" Target="worksheets/sheet1.xml"/>'
        for i in range(1, parts.sheets + 1)
    )
    files = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Type="{REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{REL}"><workbookPr date1904="{int(parts.date1904)}"/><sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">{relations}</Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}">{parts.styles}</styleSheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}" count="{len(parts.shared)}" uniqueCount="1">{items}</sst>',
        "xl/worksheets/sheet1.xml": sheet,
    }
    return [
        (name, ('<?xml version="1.0" encoding="UTF-8"?>' + xml).encode("utf-8", "replace"))
        for name, xml in files.items()
    ]


def _column(index: int) -> str:
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def _bent_package(rng: Random, members: list[tuple[str, bytes]], grid: Grid) -> list[tuple[str, bytes]]:
    place = rng.randrange(len(members))
    name, content = members[place]
    way = rng.choice(
        ("drop", "empty", "twice", "damage", "damage", "damage", "rename", "utf-16", "bom", "macro", "deep", "climb")
    )
    grid.done.append(f"{way} {name}")
    changed = {
        "drop": [], "empty": [(name, b"")], "twice": [(name, content), (name, content[: len(content) // 2])],
        "damage": [(name, damaged(rng, content))], "rename": [(name.upper(), content)], "climb": [("../" + name, content)],
        "utf-16": [(name, content.decode().encode("utf-16"))], "bom": [(name, b"\xef\xbb\xbf" + content)],
        "macro": [(name, content), ("xl/vbaProject.bin", rng.randbytes(200))],
        "deep": [(name, content.replace(b"?>", b"?>" + b"<a>" * 5_000, 1))],
    }[way]  # fmt: skip
    return [*members[:place], *changed, *members[place + 1 :]]


def _forged(rng: Random, data: bytes) -> bytes:
    content = bytearray(data)
    at = -1
    for _ in range(rng.randrange(1, 8)):
        at = content.find(b"PK\x01\x02", at + 1)
    if at >= 0:
        struct.pack_into(
            "<L", content, at + rng.choice((20, 24, 16)), rng.choice((0, 1, 50, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF))
        )
    return bytes(content)


def _far_cell(rng: Random, parts: Parts) -> None:
    row = rng.choice(parts.cells) if parts.cells else []
    row.append(f' r="{rng.choice(REFERENCES)}" t="str"><v>x</v></c>')


def _far_row(rng: Random, parts: Parts) -> None:
    number = rng.choice((1, 0, 3_000, 1_048_576, 1_048_577, 2**31, 2**32, 2**40))
    parts.cells.append([f' r="{rng.choice("AJ")}{number}"><v>{nasty_text(rng, 10).isascii():d}</v></c>'])


def _dimension(rng: Random, parts: Parts) -> None:
    parts.dimension = rng.choice(DIMENSIONS)


def _merged(rng: Random, parts: Parts) -> None:
    ranges = "".join(
        f'<mergeCell ref="{rng.choice(("A1:B2", "A1:XFD1048576", "x", "B2:A1"))}"/>'
        for _ in range(rng.choice((1, 5, 2_000)))
    )
    parts.behind = f"<mergeCells>{ranges}</mergeCells>"


def _entities(rng: Random, parts: Parts) -> None:
    parts.before = rng.choice((LOL, XXE, "<!DOCTYPE x>", "<!-- " + "x" * 10_000 + " -->"))
    parts.cells.append([' t="str"><v>&j;&a;&lt;&#0;&#xD800;&#x110000;&nbsp;</v></c>'])


def _shared_bomb(rng: Random, parts: Parts) -> None:
    """One long text that very many cells show."""
    parts.shared.insert(0, "长" * rng.choice((40_000, 1_000_000)))
    parts.cells += [[' t="s"><v>0</v></c>'] * 10] * rng.choice((10, 2_000))


def _many_rows(rng: Random, parts: Parts) -> None:
    parts.cells += [["><v>1</v></c>"] * rng.choice((1, 9))] * rng.choice((3_000, 8_000))


def _unnumbered(rng: Random, parts: Parts) -> None:
    parts.unnumbered = True


def _wide_and_long(rng: Random, parts: Parts) -> None:
    """Few cells without references, whose rectangle is enormous."""
    parts.unnumbered = True
    parts.cells += [["/>"] * 16_000] + [[]] * rng.choice((1_000, 50_000)) + [["><v>1</v></c>"]]


def _dates(rng: Random, parts: Parts) -> None:
    parts.date1904 = rng.random() < 0.5
    parts.cells.append([f' s="{rng.choice((1, 2, 3))}"><v>{rng.choice(SERIALS)}</v></c>' for _ in range(5)])


def _styles(rng: Random, parts: Parts) -> None:
    code = escape(
        rng.choice(("yyyy-mm-dd", "[h]:mm", "\\", '"', "[", "y" * 10_000, "e", "甲", "[$-804]yyyy年", ";;;@")),
        {'"': "&quot;"},
    )
    count = rng.choice((0, 1, 4, 99_999_999_999))
    parts.styles = f'<numFmts><numFmt numFmtId="{rng.choice((0, 14, 164, -1))}" formatCode="{code}"/></numFmts><cellXfs count="{count}"><xf numFmtId="164"/></cellXfs>'


def _many_sheets(rng: Random, parts: Parts) -> None:
    parts.sheets = rng.choice((0, 2, 300))


_BENDS: tuple[Callable[[Random, Parts], None], ...] = (
    _far_cell, _far_row, _dimension, _merged, _entities, _shared_bomb, _many_rows, _unnumbered, _wide_and_long, _dates, _styles, _many_sheets,
)  # fmt: skip
_WEIGHTS = (6, 4, 6, 3, 5, 0.3, 0.15, 3, 0.15, 6, 3, 2)
