"""The store of deliveries, on a local folder and on another file system."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import resource
import stat
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import fsspec
import pytest

from tidu.errors import TiduError
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


def test_a_file_the_disk_has_no_room_for_leaves_nothing_behind(tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_bytes(b"x" * 100_000)
    keeping = (
        "import datetime, pathlib, sys; from tidu.landing import store;"
        " store.keep('mi_arrears', datetime.date(2025, 7, 1), pathlib.Path(sys.argv[1]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", keeping, str(source)],
        env={**os.environ, "TIDU_LANDING_URL": str(tmp_path / "landing"), "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "File too large" in done.stderr
    assert [path for path in (tmp_path / "landing").rglob("*") if path.is_file()] == []


def test_a_file_that_was_damaged_is_no_fault_of_the_department(root: str, tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_bytes(b"as received")
    kept = store.keep("mi_arrears", DAY, source)
    assert store.read(kept.uri, kept.sha256) == b"as received"
    with pytest.raises(TiduError, match="restore it from a backup"):
        store.read(kept.uri, hashlib.sha256(b"something else").hexdigest())


def test_a_half_written_file_under_the_final_name_is_replaced(root: str, tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_bytes(b"whole content")
    kept = store.keep("mi_arrears", DAY, source)
    system, folder = fsspec.core.url_to_fs(root)
    system.rm(f"{folder}/{kept.uri}")
    system.pipe_file(f"{folder}/{kept.uri}", b"whole")
    assert store.keep("mi_arrears", DAY, source) == kept
    assert store.read(kept.uri, kept.sha256) == b"whole content"


def test_what_killed_pulls_left_is_swept_after_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDU_LANDING_URL", str(tmp_path / "landing"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    incoming = tmp_path / "landing" / ".incoming"
    incoming.mkdir(parents=True)
    old, fresh = ([incoming / age, tmp_path / f"{store.FETCHING}{age}"] for age in ("old", "fresh"))
    for file, folder in (old, fresh):
        file.write_bytes(b"x")
        folder.mkdir()
        (folder / "part.csv").write_bytes(b"x")
    for path in old:
        os.utime(path, (time.time() - 90_000,) * 2)
    assert store.sweep() == 2
    assert [path.exists() for path in (*old, *fresh)] == [False, False, True, True]
