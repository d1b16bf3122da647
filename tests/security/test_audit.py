"""The dependency audit: what it says of findings, accepted ones, and of a service that does not answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

from tidu.settings import PROJECT_ROOT

FLAW = {"id": "PYSEC-2026-1", "fix_versions": ["2.0"], "aliases": [], "description": "x"}
Answering = Callable[[list[dict[str, object]] | str], None]


@pytest.fixture
def audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType("audit")
    module.__file__ = str(PROJECT_ROOT / ".ci" / "audit")
    loader = SourceFileLoader("audit", str(PROJECT_ROOT / ".ci" / "audit"))
    exec(loader.get_code("audit") or "", module.__dict__)
    monkeypatch.setattr(module, "ACCEPTED", tmp_path / "accepted")
    monkeypatch.setattr(module.sys, "executable", str(tmp_path / "python"))
    return module


@pytest.fixture
def answering(tmp_path: Path) -> Answering:
    """Put a program in pip-audit's place that answers as a service would."""

    def answer(content: list[dict[str, object]] | str) -> None:
        program = tmp_path / "pip-audit"
        text = content if isinstance(content, str) else json.dumps({"dependencies": content, "fixes": []})
        shout = "1>&2" if isinstance(content, str) else ""
        program.write_text(f"#!/bin/sh\ncat {shout} <<'END'\n{text}\nEND\n", encoding="utf-8")
        program.chmod(0o755)

    return answer


def test_every_pinned_package_is_asked_about(audit: ModuleType) -> None:
    lock = (PROJECT_ROOT / "requirements.lock").read_text(encoding="utf-8")
    found = audit.blocks(lock)
    assert len(found) > 150
    assert {"pip", "apache-airflow", "pip-audit"} <= set(found)
    assert all("--hash=sha256:" in block for block in found.values())


def test_packages_of_the_spark_extra_are_asked_about(
    audit: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = tmp_path / "asked"
    program = tmp_path / "pip-audit"
    answer = json.dumps({"dependencies": [{"name": "pip", "version": "1", "vulns": []}]})
    program.write_text(f"#!/bin/sh\ncat \"$4\" >> {asked}\necho '{answer}'\n", encoding="utf-8")
    program.chmod(0o755)
    assert audit.main() == 0
    assert "\npyspark==" in asked.read_text("utf-8") and "\napache-airflow==" in asked.read_text("utf-8")
    both = {name for lock in audit.LOCKS for name in audit.blocks(lock.read_text(encoding="utf-8"))}
    assert f"audit: {len(both)} packages" in capsys.readouterr().out


def test_locks_that_pin_a_package_differently_are_refused(
    audit: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, pin in (("one", "1.0"), ("two", "2.0")):
        (tmp_path / name).write_text(f"thing=={pin} \\\n    --hash=sha256:0\n", encoding="utf-8")
    monkeypatch.setattr(audit, "LOCKS", (tmp_path / "one", tmp_path / "two"))
    with pytest.raises(SystemExit, match=r"two pins thing==2\.0, another lock thing==1\.0"):
        audit.main()


def test_a_known_flaw_fails_and_names_the_fix(
    audit: ModuleType, answering: Answering, capsys: pytest.CaptureFixture[str]
) -> None:
    answering([{"name": "thing", "version": "1.0", "vulns": [FLAW]}, {"name": "other", "version": "1", "vulns": []}])
    assert audit.main() == 1
    assert "thing 1.0: PYSEC-2026-1; fixed in 2.0" in capsys.readouterr().out


@pytest.mark.parametrize(("until", "code"), [("2999-12-31", 0), ("2020-01-01", 1)])
def test_an_accepted_advisory_passes_until_its_day(
    audit: ModuleType, answering: Answering, until: str, code: int
) -> None:
    audit.ACCEPTED.write_text(f"# why\nPYSEC-2026-1 {until} no way to reach it from here\n", encoding="utf-8")
    answering([{"name": "thing", "version": "1.0", "vulns": [FLAW]}])
    assert audit.main() == code


@pytest.mark.parametrize(
    "silence",
    ["requests.exceptions.ConnectionError: no route", [{"name": "pip", "skip_reason": "not found"}], [], "not json"],
)
def test_a_service_that_does_not_answer_is_said_and_fails_nothing(
    audit: ModuleType, answering: Answering, capsys: pytest.CaptureFixture[str], silence: list[dict[str, object]] | str
) -> None:
    answering(silence)
    assert audit.main() == 0
    assert capsys.readouterr().out.startswith("audit skipped: the advisory service does not answer: ")


def test_without_the_program_it_is_skipped(audit: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.main() == 0
    assert "pip-audit is not installed" in capsys.readouterr().out
