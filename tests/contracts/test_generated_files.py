"""What is generated from the contracts is committed as it is generated; the check sees every way to differ."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from tidu.cli import contract as contract_command
from tidu.contracts import contracts, departments
from tidu.contracts.derive.files import generated_files, stale_files, write_files
from tidu.settings import PROJECT_ROOT


@pytest.fixture
def written(tmp_path: Path) -> Path:
    write_files(departments(), tmp_path)
    return tmp_path


def test_generated_files_are_current() -> None:
    assert stale_files(departments(), PROJECT_ROOT) == []


def test_every_dataset_is_in_a_dbt_source_and_in_the_dictionary() -> None:
    files = generated_files(departments())
    sources = [yaml.safe_load(text) for path, text in files.items() if path.endswith(".yml")]
    tables = {t["name"]: t for s in sources for source in s["sources"] for t in source["tables"]}
    pages = "".join(text for path, text in files.items() if path.endswith(".md"))
    assert sorted(tables) == sorted(contracts())
    for c in contracts().values():
        columns = [column["name"] for column in tables[c.name]["columns"]]
        assert columns == ["delivery_id", "row_no", *c.field_names, "_extra"]
        assert f"## {c.name} {c.heading}" in pages


def test_writing_again_changes_nothing(written: Path) -> None:
    assert stale_files(departments(), written) == []
    assert write_files(departments(), written) == []


def test_a_file_changed_by_hand_is_named_and_written_anew(written: Path) -> None:
    page = written / "docs/dictionary/tax.md"
    page.write_text(page.read_text(encoding="utf-8").replace("税务局", "国税局"), encoding="utf-8")
    assert stale_files(departments(), written) == ["docs/dictionary/tax.md"]
    assert write_files(departments(), written) == ["docs/dictionary/tax.md"]
    assert stale_files(departments(), written) == []


def test_a_missing_file_and_one_without_contract_are_named(written: Path) -> None:
    (written / "docs/dictionary/tax.md").unlink()
    orphan = written / "docs/dictionary/forestry.md"
    orphan.write_text("# forestry\n", encoding="utf-8")
    assert stale_files(departments(), written) == ["docs/dictionary/forestry.md", "docs/dictionary/tax.md"]
    write_files(departments(), written)
    assert not orphan.exists()


def test_the_command_fails_naming_the_stale_file(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contract_command, "PROJECT_ROOT", written)
    assert CliRunner().invoke(contract_command.app, ["derive", "--check"]).exit_code == 0
    (written / "docs/dictionary/hr.md").unlink()
    found = CliRunner().invoke(contract_command.app, ["derive", "--check"])
    assert found.exit_code == 1
    assert "docs/dictionary/hr.md" in found.output


def test_list_and_show_speak_of_the_contract() -> None:
    listed = CliRunner().invoke(contract_command.app, ["list"], env={"COLUMNS": "200"})
    shown = CliRunner().invoke(contract_command.app, ["show", "tx_payment"], env={"COLUMNS": "200"})
    assert (listed.exit_code, shown.exit_code) == (0, 0)
    assert "st_district_indicator" in listed.output
    assert "税票号码" in shown.output
