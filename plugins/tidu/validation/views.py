"""The views of Data Docs, with compiled templates kept on disk.

GX compiles its Jinja templates anew in every process, which took a third of a validation's time. It loads these
classes by the names in the site's configuration; nothing else imports this module, since it needs GX at once.
"""

from __future__ import annotations

from typing import Any

from great_expectations.render.view.view import DefaultJinjaIndexPageView, DefaultJinjaPageView
from jinja2 import Environment, FileSystemBytecodeCache

from tidu.settings import settings


def _keep_compiled(environment: Environment) -> None:
    """Let `environment` find its templates compiled; a changed template or Jinja is compiled again."""
    folder = settings().data_docs / ".templates"
    folder.mkdir(parents=True, exist_ok=True)
    environment.bytecode_cache = FileSystemBytecodeCache(str(folder))


class ResultPageView(DefaultJinjaPageView):  # type: ignore[misc]
    """The page of one validation."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _keep_compiled(self.env)


class IndexPageView(DefaultJinjaIndexPageView):  # type: ignore[misc]
    """The first page of a dataset's site."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _keep_compiled(self.env)
