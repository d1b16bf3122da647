"""The page's parts as one script and one sheet: ES modules of assets/js, put together in the order of their needs.

Modules keep to a plain form: `import { a, b } from "./module.js";`,
`import NAME from "./data.json" with { type: "json" };`,
and `export` in front of a function or constant. Whatever does not is refused with module and line.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from pathlib import Path

from tidu.errors import TiduError

ASSETS = Path(__file__).parent / "assets"
ENTRY = "main"
MODULE = "module_"
CODE = re.compile(r'^import (\{[^}]*\}) from "\./(\w+)\.js";\n', re.MULTILINE)
DATA = re.compile(r'^import (\w+) from "(\.\.?/[\w/]+\.json)" with \{ type: "json" \};\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.MULTILINE)


@cache
def script() -> str:
    """Return all modules as one that imports nothing. Raises TiduError where a module is not of the plain form."""
    parts: dict[str, str] = {}
    _collect(ENTRY, parts, ())
    return "".join(parts.values())


@cache
def style() -> str:
    """Return the style sheet."""
    return (ASSETS / "cockpit.css").read_text(encoding="utf-8")


@cache
def charts() -> str:
    """Return Apache ECharts, minified, its licence in its head."""
    return (ASSETS / "echarts" / "echarts.min.js").read_text(encoding="utf-8").strip() + "\n"


@cache
def template() -> str:
    """Return the template of the page."""
    return (ASSETS / "page.html.j2").read_text(encoding="utf-8")


@cache
def digest() -> str:
    """Return what tells one state of the page's code from every other."""
    return hashlib.sha256("\0".join((script(), style(), charts(), template())).encode()).hexdigest()[:16]


def hash_source(text: str) -> str:
    """Return a text as a source of a content security policy: only this very text may run."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _collect(name: str, parts: dict[str, str], path: tuple[str, ...]) -> None:
    """Add a module after those it imports, each a function of its own that returns what it exports."""
    if name in path:
        raise TiduError(f"modules import each other in a circle: {' -> '.join((*path, name))}")
    if name in parts:
        return
    text = (ASSETS / "js" / f"{name}.js").read_text(encoding="utf-8")
    for _, imported in CODE.findall(text):
        _collect(imported, parts, (*path, name))
    exported = EXPORT.findall(text)
    text = CODE.sub(lambda found: f"const {found[1]} = {MODULE}{found[2]};\n", text)
    text = DATA.sub(lambda found: f"const {found[1]} = {_data(found[2])};\n", EXPORT.sub("", text))
    for number, line in enumerate(text.splitlines(), start=1):
        if re.match(r"(import|export)\b", line) or "</script" in line.lower() or "<!--" in line:
            raise TiduError(f"{name}.js, line {number}: {line.strip()[:80]!r} cannot be put into one script")
    parts[name] = f"const {MODULE}{name} = (() => {{\n{text}return {{ {', '.join(exported)} }};\n}})();\n"


def _data(path: str) -> str:
    """Return a file of data as an expression; white space left out, `<` written so that it ends no script."""
    document = json.loads((ASSETS / "js" / path).resolve().read_text(encoding="utf-8"))
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
