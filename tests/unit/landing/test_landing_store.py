"""The store of deliveries, on a local folder and on another file system."""

from __future__ import annotations

import datetime as dt
import hashlib
import stat
import uuid
from pathlib import Path

import fsspec
import pytest

from tidu.landing import store

DAY = dt.date(2025, 7, 1)


@pytest.fixture(params=["local", "memory"])
def root(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = str(tmp_path / "landing") if request.param == "local" else f"memory://{uuid.uuid4().hex}"
    monkeypatch.setenv("TIDU_LANDING_URL", url)
    return url


def test_a_kept_file_is_found_by_its_hash_and_kept_once(root: str, tmp_path: Path) -> None:
    source = tmp_path / "mi_arrears_20250701.csv"
    source.write_bytes(b"content" * 500_000)
    sha256 = hashlib.sha256(source.read_bytes()).hexdigest()
    first, second = (store.keep("mi_arrears", DAY, source) for _ in range(2))
    assert first == second == store.Landed(f"mi_arrears/2025-07-01/{sha256[:12]}_{source.name}", sha256, 3_500_000)
    assert store.read(first.uri) == source.read_bytes()
    source.write_bytes(b"other")
    assert store.keep("mi_arrears", DAY, source).uri != first.uri
    assert len(store.read(first.uri)) == 3_500_000
    system, folder = fsspec.core.url_to_fs(root)
    assert system.ls(f"{folder}/.incoming") == []


def test_a_kept_file_is_read_only_where_the_file_system_can_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIDU_LANDING_URL", str(tmp_path / "landing"))
    source = tmp_path / "a.csv"
    source.write_bytes(b"x")
    kept = tmp_path / "landing" / store.keep("mi_arrears", DAY, source).uri
    assert not kept.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)
