"""A backup goes into an empty state folder and gives everything back."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.integration.settlement_scenarios import arrears, vat
from tests.integration.test_rebuild import SIGNED, number, settle
from tidu.errors import StackError
from tidu.landing.reload import reload
from tidu.ledger.database import connect, stage_role
from tidu.ledger.proof import prove
from tidu.ledger.roles import Role, acting_as
from tidu.settings import settings
from tidu.stack import postgres
from tidu.stack.backup import back_up, restore
from tidu.stack.state import State, state
from tidu.validation import decisions, rebuild

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
TABLES = (
    "ops.delivery", "ops.row_ledger", "ops.quarantine", "ops.accepted_row", "ops.decision", "ops.migration_log",
    "raw.mi_arrears", "raw.tx_vat_return", "raw.tx_vat_return_repair", "publish.city_monthly",
)  # fmt: skip


@pytest.fixture
def kept(warehouse: str, tmp_path: Path) -> Path:
    """Folder of a backup of a small warehouse with decisions."""
    sent = tmp_path / "sent"
    sent.mkdir()
    with psycopg.connect(warehouse, autocommit=True) as connection:
        first = settle("mi_arrears", "2025-02-01", [arrears("1"), arrears("-5"), arrears("1")], sent)
        decisions.waive([number(connection, first, 2)], **SIGNED)
        second = settle("tx_vat_return", "2025-02-10", [vat("1"), vat("x")], sent)
        decisions.repair({number(connection, second, 2): {"version": "2"}}, **SIGNED)
    back_up(tmp_path / "backup")
    return tmp_path / "backup"


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> Iterator[State]:
    """A state folder in which nothing ever was, with an embedded server of its own; not below pytest's own folder."""
    with tempfile.TemporaryDirectory(prefix="tidu-elsewhere-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        monkeypatch.delenv("TIDU_DSN")
        monkeypatch.setenv("TIDU_HOME", folder)
        yield state()
        postgres.stop(state().cluster_data)


def contents(dsn: str) -> dict[str, list[str]]:
    with psycopg.connect(dsn) as connection:
        return {
            table: [row for (row,) in connection.execute(f"select t::text from {table} as t order by 1".encode())]
            for table in TABLES
        }


def files(root: str) -> dict[str, bytes]:
    found = {str(p.relative_to(root)): p.read_bytes() for p in Path(root).rglob("*") if p.is_file()}
    assert found
    return found


def test_rows_decisions_and_files_come_back_and_can_be_rebuilt(warehouse: str, kept: Path, empty: State) -> None:
    before, landed = contents(warehouse), files(str(kept.parent / "landing"))
    assert all(before[table] for table in TABLES if not table.startswith("publish"))
    done = restore(kept, empty)
    assert (done.deliveries, done.files) == (2, 2)
    assert contents(settings().warehouse_dsn()) == before
    assert files(settings().landing_url) == landed
    assert prove() == []
    with acting_as(Role.LAND):
        assert stage_role() == "tidu_land", "rights are given anew, also where the login is another one"
    for dataset in ("mi_arrears", "tx_vat_return"):
        assert reload(dataset) > 0
        assert rebuild.settle_anew(dataset).changed == {}
    with pytest.raises(StackError, match="holds deliveries"):
        restore(kept, empty)


def test_a_second_backup_copies_only_what_is_new(warehouse: str, kept: Path, tmp_path: Path) -> None:
    times = {p: p.stat().st_mtime_ns for p in (kept / "landing").rglob("*.csv")}
    assert len(times) == 2
    settle("mi_arrears", "2025-03-01", [arrears("2")], tmp_path / "sent")
    assert back_up(kept).files == 3
    assert {p: p.stat().st_mtime_ns for p in times} == times
    assert len(list((kept / "landing").rglob("*.csv"))) == 3


@pytest.mark.parametrize("damage", ["dump", "file", "gone", "nothing"])
def test_a_damaged_backup_is_refused(kept: Path, empty: State, damage: str) -> None:
    landed = next((kept / "landing").rglob("*.csv"))
    if damage == "dump":
        (kept / "warehouse.dump").write_bytes((kept / "warehouse.dump").read_bytes()[:-1])
    elif damage == "file":
        landed.chmod(0o600)
        landed.write_bytes(landed.read_bytes() + b" ")
    elif damage == "gone":
        landed.unlink()
    else:
        (kept / "manifest.json").unlink()
    with pytest.raises(StackError, match=r"damaged|holds no backup"):
        restore(kept, empty)
    if damage == "gone":
        original = kept.parent / "landing" / landed.relative_to(kept / "landing")
        landed.write_bytes(original.read_bytes())
        assert restore(kept, empty).files == 2, "once put right it can be run again"


def test_a_landed_file_that_is_missing_stops_the_backup(warehouse: str, kept: Path, tmp_path: Path) -> None:
    with connect() as connection:
        (uri,) = connection.execute("select min(landed_uri) from ops.delivery").fetchone() or ("",)
    (Path(settings().landing_url) / uri).unlink()
    with pytest.raises(StackError, match="not in the landing store"):
        back_up(tmp_path / "another")
    assert not (tmp_path / "another" / "manifest.json").exists()
