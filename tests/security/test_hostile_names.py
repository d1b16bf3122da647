"""Names that come from outside (files, columns, dates, contracts) never become paths or SQL of ours."""

from __future__ import annotations

import datetime as dt
import io
import os
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import psycopg.sql
import pytest

from tests.contracts.conftest import Edited, edited
from tests.security.outboxes import Outbox, serving
from tidu.connectors import Endpoint, connector_for
from tidu.contracts import contract
from tidu.errors import ConnectorError, ContractError, DeliveryRejected
from tidu.landing import land, pull
from tidu.landing.zip_archive import read_zip
from tidu.stack.postgres import Cluster
from tidu.validation import validate

__all__ = ["edited"]

AS_OF = dt.date(2025, 12, 31)
HOSTILE_FILES = (
    "../{name}", "../../../../etc/{name}", "/etc/{name}", "{name}/../../{name}", "..\\{name}", "{name}\n", "\n{name}",
    "{name}\x00.part", "./{name}", "..", ".", "", "{name} ", "x{name}", "hr_talent_２０２５０７０１.xlsx",
    "hr_talent_20250701.xlsx;rm -rf", "$(id)_20250701.xlsx", "hr_talent_99999999.xlsx",
)  # fmt: skip
INJECTIONS = (
    'x"; drop table ops.delivery; --',
    "x'; drop table ops.delivery; --",
    'a"b',
    "%s",
    "{0}",
    "$1",
    "\\",
    "行",
)


def test_an_outbox_that_lists_paths_gives_nothing(tmp_path: Path) -> None:
    name = "hr_talent_20250701.xlsx"
    talent = contract("hr_talent")
    assert talent.transport == "sftp_zip_csv"
    sheet = contract("fn_loan")
    with serving(Outbox(tmp_path / "outbox")) as outbox:
        (tmp_path / "outbox").mkdir()
        (tmp_path / "outbox" / "fn_loan_20250702.xlsx").mkdir()
        (tmp_path / "outbox" / "fn_loan_20250703.xlsx").symlink_to("/etc/passwd")
        for terms, suffix in ((talent, "_1.zip"), (sheet, ".xlsx")):
            own = f"{terms.name}_20250701{suffix}"
            outbox.names = [n.format(name=own).replace(name, own) for n in HOSTILE_FILES]
            outbox.names += [f"{n}.ok" for n in outbox.names]
            assert len(outbox.names) > 30
            endpoint = Endpoint("sftp", "127.0.0.1", outbox.port, "x", "y", "/", {"host_key": outbox.host_key})
            with connector_for(terms, endpoint) as connector:
                assert connector.available(terms) == []
    assert outbox.opened == []


def test_a_watched_folder_gives_its_own_files_and_nothing_they_point_to(
    tmp_path: Path, warehouse: str, caplog: pytest.LogCaptureFixture
) -> None:
    secret = tmp_path / "secrets.csv"
    secret.write_text("a secret of ours", encoding="utf-8")
    folder = tmp_path / "watched"
    folder.mkdir()
    (folder / "mi_arrears_20250701.csv").symlink_to(secret)
    (folder / "mi_arrears_20250702.csv").mkdir()
    os.mkfifo(folder / "mi_arrears_20250703.csv")
    (folder / "mi_arrears_20250704.csv").write_text("no contract", encoding="utf-8")
    terms = contract("mi_arrears")
    with connector_for(terms, Endpoint("file", path=str(folder))) as connector:
        (found,) = connector.available(terms)
        assert found.source_uri == "folder:mi_arrears_20250704.csv"
        (folder / "mi_arrears_20250701.csv").replace(folder / "mi_arrears_20250704.csv")
        with pytest.raises(ConnectorError, match="cannot read"):
            connector.fetch(terms, found, tmp_path)
        assert pull(terms, connector, AS_OF, "run") == []
    assert not list(tmp_path.rglob("*_mi_arrears_*"))


ZIP_NAMES = (
    "../t.csv", "/etc/t.csv", "a/../../t.csv", "..\\t.csv", "C:\\t.csv", "C:t.csv", "\\\\host\\t.csv", "..", "a/..", ""
)  # fmt: skip


@pytest.mark.parametrize("name", ZIP_NAMES)
def test_a_zip_whose_member_leaves_it_is_rejected_and_nothing_is_unpacked(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as package:
        package.writestr(zipfile.ZipInfo(name or "/"), b"x")
    with pytest.raises(DeliveryRejected):
        read_zip(contract("hr_talent"), "t.zip", held.getvalue())
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def front(cluster: Cluster) -> Iterator[str]:
    """A front database whose columns are named to do harm."""
    name = f"front_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as admin:
        admin.execute(f"create database {name}")
    with psycopg.connect(cluster.dsn(name), autocommit=True) as tax:
        tax.execute("create table share_batch (dataset text, batch_date date, rows int, completed_at timestamptz)")
        names = contract("tx_credit_rating").field_names
        columns = [*(f"{n} text default '1'" for n in names), *(f"{_quoted(c)} text" for c in INJECTIONS)]
        tax.execute(f"create table tx_credit_rating (batch_date date, batch_seq int, {', '.join(columns)})".encode())
        tax.execute("insert into tx_credit_rating (batch_date, batch_seq, \"%s\") values ('2025-07-01', 1, 'kept')")
        tax.execute("insert into share_batch values ('tx_credit_rating', '2025-07-01', 1, now())")
        tax.execute("insert into share_batch values ('''; drop table share_batch; --', '2025-07-01', 1, now())")
    yield cluster.dsn(name)
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as admin:
        admin.execute(f"drop database {name} with (force)")


def _quoted(name: str) -> str:
    return psycopg.sql.Identifier(name).as_string()


def test_columns_of_the_tax_front_are_data_whatever_they_are_called(front: str, warehouse: str) -> None:
    terms = contract("tx_credit_rating")
    with connector_for(terms, Endpoint.from_uri(front)) as connector:
        assert len(pull(terms, connector, AS_OF, "run")) == 1
    assert land(terms.name, "run") == 1
    assert validate(terms.name, "run").rows_delivered == 1
    with psycopg.connect(warehouse) as connection:
        ((extra, deliveries),) = connection.execute(
            "select _extra, (select count(*) from ops.delivery) from raw.tx_credit_rating"
        ).fetchall()
    assert (extra["%s"], deliveries) == ("kept", 1)
    with psycopg.connect(front) as tax:
        assert tax.execute("select count(*) from share_batch").fetchone() == (2,)


def test_a_schema_of_a_connection_is_a_name_and_no_statement(front: str) -> None:
    terms = contract("tx_credit_rating")
    with (
        connector_for(terms, Endpoint.from_uri(f"{front}?schema=public%22%3B drop table share_batch; --")) as connector,
        pytest.raises(ConnectorError, match="does not exist"),
    ):
        connector.available(terms)
    with psycopg.connect(front) as tax:
        assert tax.execute("select count(*) from share_batch").fetchone() == (2,)


@pytest.mark.parametrize("heading", INJECTIONS)
def test_headings_of_a_file_are_data(heading: str, tmp_path: Path, warehouse: str) -> None:
    terms = contract("mi_arrears")
    cells = ",".join(["1"] * (len(terms.fields) + 1))
    quoted = heading.replace('"', '""')
    text = ",".join(f.heading for f in terms.fields) + f',"{quoted}"\n{cells}\n'
    (tmp_path / "mi_arrears_20250701.csv").write_text(text, encoding="utf-8")
    with connector_for(terms, Endpoint("file", path=str(tmp_path))) as connector:
        pull(terms, connector, AS_OF, "run")
    assert land(terms.name, "run") == 1
    with psycopg.connect(warehouse) as connection:
        assert connection.execute("select _extra from raw.mi_arrears").fetchall() == [({heading: "1"},)]
        assert connection.execute("select count(*) from ops.delivery").fetchone() == (1,)


@pytest.mark.parametrize("name", [*INJECTIONS, "../x", "X", "1a", "", "a" * 60, "select-x", "a b", "delivery_id"])
@pytest.mark.parametrize("place", ["dataset", "department", "field"])
def test_a_contract_with_a_name_that_is_no_identifier_is_refused(name: str, place: str, edited: Edited) -> None:
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    old = {"dataset": "\nname: tx_vat_return", "department": "domain: tax", "field": "name: sales_yuan,"}[place]
    key = old.partition(":")[0]
    with pytest.raises(ContractError, match=r"is not made of small letters|is taken by the platform"):
        edited("tx_vat_return", old, f'{key}: "{quoted}"' + ("," if place == "field" else ""))
