"""Bad CSV: every dialect, encoding and line end, and the structures that break parsers."""

from __future__ import annotations

from random import Random

from tests.fuzz.bytes_mutation import damaged
from tests.fuzz.tables import Grid, bent, some_grid

LINE_ENDS = ("\n", "\r\n", "\r", "\n\r", "\r\r\n", "\n\n", "\u2028", "\x0b", "\x1e", "\x00\n")
SEPARATORS = (",", ",", ",", ",", ",", ";", "\t", "|", "，", ", ")
OTHER_ENCODINGS = (
    *["utf-8"] * 12,
    "utf-8-sig",
    "utf-8-sig",
    "gb18030",
    "utf-16",
    "utf-16-le",
    "utf-32",
    "big5",
    "utf-7",
)


def csv_case(rng: Random, transports: tuple[str, ...] = ("folder_csv",), encoding: str = "") -> tuple[Grid, bytes]:
    """Return a bent table and the bytes of its file; without `encoding` any is taken."""
    grid = bent(rng, some_grid(rng, transports))
    text = _text(rng, grid)
    data = _encoded(rng, text, encoding or rng.choice(OTHER_ENCODINGS), grid)
    if rng.random() < 0.3:
        data = damaged(rng, data)
        grid.done.append("damaged")
    return grid, data


def _text(rng: Random, grid: Grid) -> str:
    sound = rng.random() < 0.7
    ends = ("\n",) if sound else tuple(rng.choices(LINE_ENDS, k=rng.choice((1, 2, 3))))
    separator = "," if sound else rng.choice(SEPARATORS)
    quoting = rng.choice(("needed", "needed", "always", "never", "random"))
    grid.done.append(f"{separator!r} {ends} {quoting}")
    lines = (
        separator.join(_cell(rng, c, quoting) for c in row) + rng.choice(ends) for row in [grid.headings, *grid.rows]
    )
    text = "".join(lines)
    if rng.random() < 0.2:
        grid.done.append(
            bend := rng.choice(("open quote", "no end", "stray quote", "bom", "preface", "sep=", "eof", "nul"))
        )
        text = _bent_text(rng, text, bend)
    return text


def _cell(rng: Random, cell: str, quoting: str) -> str:
    needs = any(c in cell for c in ',"\r\n;\t|')
    match quoting:
        case "never":
            return cell
        case "random" if rng.random() < 0.3:
            return f'{cell[:1]}"{cell[1:]}'
    return '"' + cell.replace('"', '""') + '"' if needs or quoting == "always" else cell


def _bent_text(rng: Random, text: str, bend: str) -> str:
    at = rng.randrange(len(text) + 1)
    first = text.find("\n") + 1
    return {
        "open quote": f'{text[:at]}"{text[at:]}',
        "no end": text.rstrip("\r\n"),
        "stray quote": f'{text[:at]}x"y{text[at:]}',
        "bom": f"\ufeff\ufeff{text}",
        "preface": f"\n \n,,,\n{text}",
        "sep=": f"sep=,\n{text}",
        "eof": f"{text}\x1a",
        "nul": text[:first] + "\0" * rng.choice((1, 5000)) + text[first:],
    }[bend]


def _encoded(rng: Random, text: str, encoding: str, grid: Grid) -> bytes:
    grid.done.append(encoding)
    surrogates = rng.random() < 0.03 and encoding == "utf-8"
    if surrogates:
        grid.done.append("surrogates")
        return (text + "甲,\ud800,\udfff").encode("utf-8", "surrogatepass")
    return text.encode(encoding, "replace")
