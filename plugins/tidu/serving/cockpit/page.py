"""The page around the figures: one template, with its parts at addresses of their own or all inside."""

from __future__ import annotations

import base64
import gzip
from typing import Any

import orjson
from jinja2 import Environment, StrictUndefined

from tidu.serving.cockpit import bundle

SERVED_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


SIGNED_OUT = """<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>请先登录</title></head>
<body><main><h1>请先登录</h1><p>监测驾驶舱只对已登录的用户开放。</p>
<p lang="en">Please sign in; the cockpit is open to signed-in users only.</p>
{% if target %}<p><a href="{{ target }}">登录 <span lang="en">Sign in</span></a></p>{% endif %}
</main></body></html>
"""


def signed_out(target: str | None) -> str:
    """Return the page for those who are not signed in, with the way to do so."""
    return Environment(autoescape=True, undefined=StrictUndefined).from_string(SIGNED_OUT).render(target=target)


def served(start: dict[str, Any], early: list[str]) -> str:
    """Return the page that fetches its parts; `early` are addresses it will ask for at once."""
    assets = f"assets/{bundle.digest()}"
    return _render(start=start, held=None, early=early, assets=assets, inside=None, policy=None)


def whole(start: dict[str, Any], held: dict[str, Any]) -> str:
    """Return the page with everything inside: no address is asked for, and only its own scripts may run."""
    inside = {"script": bundle.script(), "charts": bundle.charts(), "style": bundle.style()}
    policy = (
        f"default-src 'none'; script-src {bundle.hash_source(inside['script'])} {bundle.hash_source(inside['charts'])};"
        f" style-src {bundle.hash_source(inside['style'])}; img-src data:; base-uri 'none'; form-action 'none'"
    )
    return _render(start=start, held=held, early=[], assets=None, inside=inside, policy=policy)


def _render(*, start: dict[str, Any], held: dict[str, Any] | None, **parts: Any) -> str:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(bundle.template()).render(
        start=_embedded(start), held=None if held is None else _packed(held), **parts
    )


def _embedded(document: dict[str, Any]) -> str:
    """Return JSON that ends no script element, whatever texts are in it."""
    text = orjson.dumps(document, option=orjson.OPT_SORT_KEYS).decode()
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _packed(document: dict[str, Any]) -> str:
    """Return JSON compressed, as base64: a release's figures take a quarter of the room. The same bytes each time."""
    return base64.b64encode(gzip.compress(orjson.dumps(document, option=orjson.OPT_SORT_KEYS), 9, mtime=0)).decode()
