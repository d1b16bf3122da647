"""Where packages and images come from is the machine's setting, never the repository's."""

from __future__ import annotations

import re

import pytest

from tests.architecture.tree import repository_files
from tidu.settings import PROJECT_ROOT

HOSTS = [
    "pypi" + ".org",
    "python" + "hosted",
    "npm" + "js.",
    "docker" + ".io",
    "gh" + "cr.io",
    "quay" + ".io",
    "gcr" + ".io",
]
INDEX_LINE = re.compile(
    r"^\s*(--(extra-)?" + r"index-url|-i\s+http|--find" + r"-links|--trusted" + r"-host)", re.MULTILINE
)
CHECKSUM = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def test_no_file_names_a_registry_or_an_index() -> None:
    named = {}
    for path in repository_files():
        text = (PROJECT_ROOT / path).read_bytes().decode("utf-8", errors="ignore")
        found = [host for host in HOSTS if host in text] + INDEX_LINE.findall(text)
        if found:
            named[path] = found
    assert named == {}


@pytest.mark.parametrize(("lock", "least"), [("requirements.lock", 100), ("requirements-spark.lock", 2)])
def test_every_locked_package_is_pinned_and_hashed(lock: str, least: int) -> None:
    text = (PROJECT_ROOT / lock).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[a-zA-Z0-9])", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).strip())
    assert len(entries) >= least
    assert [e.splitlines()[0] for e in entries if "==" not in e.splitlines()[0] or not CHECKSUM.search(e)] == []
