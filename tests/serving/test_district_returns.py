"""What a district is handed back: its own and nobody else's, by the database's word; masked, whole, written once."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from typer.testing import CliRunner

from tests.serving.reported_town import AS_OF, INDEBTED, NAMES, SILENT, WHOLE, build_town
from tests.warehouses import new_warehouse
from tidu.cli import build as build_cli
from tidu.errors import TiduError
from tidu.ledger.database import connect
from tidu.ledger.districts import role_of, session_of
from tidu.ledger.roles import Role, acting_as
from tidu.ledger.ticket_places import place
from tidu.publishing import publish
from tidu.serving.returning import Package, files_of, write_packages
from tidu.settings import settings
from tidu.stack.postgres import Cluster
from tidu.transform import build

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
NORTH, SOUTH = "370203", "370202"
DAY = dt.date.fromisoformat(AS_OF)
TICKET = """
insert into ops.correction_ticket (department, dataset, source_key, subject, attribute, theirs, ours, evidence, origin,
    origin_id, opened_on, due_on)
values ('tax', 'tx_cit_return', %(key)s, %(key)s, %(attribute)s, '800001', '800002', '{}', 'disagreement', %(no)s,
    '2026-06-21', '2026-07-21')
"""
OF_ENTERPRISES = """
select n.nspname || '.' || c.relname, c.relkind::text, c.relrowsecurity, coalesce(c.reloptions, '{}'),
    array_agg(a.attname::text) filter (where a.attname in ('enterprise_id', 'district_code'))
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where has_table_privilege('tidu_district', c.oid, 'select') and c.relkind in ('r', 'v')
    and n.nspname in ('raw', 'ops', 'publish', 'staging', 'intermediate', 'mart')
group by c.oid, n.nspname, c.relname, c.relkind
having count(*) filter (where a.attname in ('enterprise_id', 'district_code')) > 0
order by 1
"""


@pytest.fixture(scope="module")
def handed(cluster: Cluster, warehouse_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """DSN of a warehouse with one enterprise in the south, the others in the north; assessed, released, ticketed."""
    with new_warehouse(cluster, warehouse_template, tmp_path_factory.mktemp("handed")) as dsn:
        build_town(dsn)
        build("monitor", "handed", {"as_of": AS_OF, "series_start": "2026-01-01"})
        assert publish(DAY, "handed", "李四") == 1
        with acting_as(Role.CORRECT), connect() as connection:
            for number, key in enumerate(("t0|2025|1", "t2|2025|1", "t99|2025|1")):
                for no, attribute in ((number, "total_liabilities_yuan"), (number + 10, "tax_year")):
                    connection.execute(TICKET, {"key": key, "no": no, "attribute": attribute})
            assert place(connection) == 4
            assert place(connection) == 0, "nothing moved since"
        yield dsn


@pytest.fixture(scope="module")
def packages(handed: str) -> dict[str, Package]:
    """The first packages, by district."""
    return {package.district_code: package for package in write_packages(DAY)}


def folder(package: Package) -> Path:
    return settings().home / "returns" / package.folder


def rows(package: Package, name: str) -> list[dict[str, str]]:
    with (folder(package) / name).open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


def test_a_session_of_a_district_sees_its_own_rows_in_everything_it_may_read(handed: str) -> None:
    with psycopg.connect(handed) as whole:
        relations = whole.execute(OF_ENTERPRISES).fetchall()
        homes = dict(whole.execute("select enterprise_id, district_code from mart.enterprise").fetchall())
    assert {name for name, *_ in relations} == {
        "mart.enterprise", "mart.finance_whitelist", "mart.seed_pool", "mart.tier_assessment", "mart.tier_finding",
        "mart.tier_holder_review", "mart.tier_pool", "mart.tier_review", "mart.tier_standing",
        "ops.correction_ticket", "ops.district_return",
        "publish.district_monthly", "publish.early_sign", "publish.stock_movement",
    }  # fmt: skip
    seen_by: dict[str, set[str]] = {}
    for code in (NORTH, SOUTH):
        with session_of(code) as session:
            for name, _, _, _, columns in relations:
                for column in columns:
                    query = sql.SQL("select distinct {} from {}").format(
                        sql.Identifier(column), sql.Identifier(*name.split("."))
                    )
                    found = {value for (value,) in session.execute(query).fetchall()}
                    districts = found if column == "district_code" else {homes[e] for e in found}
                    assert districts <= {code}, (name, column)
                    if districts:
                        seen_by.setdefault(name, set()).add(code)
    empty = {"mart.finance_whitelist", "ops.district_return", "publish.early_sign"}
    assert {name for name, codes in seen_by.items() if codes == {NORTH, SOUTH}} >= {n for n, *_ in relations} - empty


def test_nothing_of_single_districts_is_readable_without_a_policy(handed: str) -> None:
    with psycopg.connect(handed) as whole:
        relations = whole.execute(OF_ENTERPRISES).fetchall()
    assert len(relations) > 10
    for name, kind, has_policies, options, _ in relations:
        kept = {"security_invoker=true", "security_barrier=true"} & set(options)
        assert has_policies if kind == "r" else kept, name


def test_the_master_made_anew_is_kept_to_districts_again(handed: str) -> None:
    before = "select c.oid::bigint from pg_class as c where c.oid = 'mart.enterprise'::regclass"
    with psycopg.connect(handed) as whole:
        (old,) = whole.execute(before).fetchone() or (0,)
    build("mart", "again", {"as_of": AS_OF})
    with psycopg.connect(handed) as whole:
        (new,) = whole.execute(before).fetchone() or (0,)
    assert new != old, "dbt replaced the table"
    with session_of(SOUTH) as session:
        assert session.execute("select array_agg(uscc) from mart.enterprise").fetchone() == ([INDEBTED],)


def test_a_login_of_a_district_cannot_look_further(handed: str) -> None:
    with session_of(SOUTH):
        pass
    with psycopg.connect(handed, autocommit=True) as whole:
        whole.execute("create role south_login login password 'south'")
        whole.execute(sql.SQL("grant {} to south_login").format(sql.Identifier(role_of(SOUTH))))
    try:
        with psycopg.connect(handed, user="south_login", password="south", autocommit=True) as theirs:
            assert theirs.execute("select array_agg(uscc) from mart.enterprise").fetchone() == ([INDEBTED],)
            for refused in (f"set role {role_of(NORTH)}", "set role tidu_transform", "select from raw.ms_registration",
                            "select from mart.enterprise_year", "update ops.correction_ticket set state = 'closed'",
                            "alter table mart.enterprise disable row level security"):  # fmt: skip
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    theirs.execute(refused.encode())
            theirs.execute("set row_security = off")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                theirs.execute("select from mart.enterprise")
    finally:
        with psycopg.connect(handed, autocommit=True) as whole:
            whole.execute("drop role south_login")


def test_a_member_of_no_district_but_the_group_sees_nothing(handed: str) -> None:
    with psycopg.connect(handed) as whole:
        whole.execute("set local role tidu_district")
        assert whole.execute("select count(*) from mart.enterprise").fetchone() == (0,)
        assert whole.execute("select count(*) from mart.seed_pool").fetchone() == (0,)


@pytest.mark.parametrize("role", [Role.READ, Role.COCKPIT, Role.CORRECT, Role.TRANSFORM])
def test_readers_of_the_city_see_all_as_before(handed: str, role: Role) -> None:
    with acting_as(role), connect() as connection:
        assert connection.execute("select count(distinct district_code) from mart.enterprise").fetchone() == (2,)
        if role is not Role.CORRECT:
            assert connection.execute("select count(distinct district_code) > 1 from mart.seed_pool").fetchone() == (
                True,
            )


def test_a_district_reads_its_candidates_by_their_rank_in_the_city(handed: str) -> None:
    asked = "select tier, enterprise_id, rank from mart.seed_pool where district_code = %s order by 1, 2"
    with psycopg.connect(handed) as whole:
        ranked = whole.execute(asked, [SOUTH]).fetchall()
    with session_of(SOUTH) as session:
        assert session.execute(asked, [SOUTH]).fetchall() == ranked
    assert any(rank > 1 for _, _, rank in ranked)


def test_what_is_no_code_of_a_district_is_refused(handed: str) -> None:
    for code in ("", "37020", "370202; drop role x", "３７０２０２"):
        with pytest.raises(TiduError, match="no code of a district"), session_of(code):
            pass
    with pytest.raises(TiduError, match="release 1 has no district 379999; it has 370202, 370203"):
        write_packages(DAY, "379999")


def test_a_package_holds_every_file_its_manifest_names(packages: dict[str, Package]) -> None:
    assert len(packages) == 10, "those without any enterprise have theirs too"
    for code, package in packages.items():
        manifest = json.loads((folder(package) / "manifest.json").read_text(encoding="utf-8"))
        assert (manifest["district_code"], manifest["as_of"], manifest["assessed_on"]) == (code, AS_OF, AS_OF)
        assert manifest["release"]["release_id"] == package.release_id == 1
        named = {file["name"]: file for file in manifest["files"]}
        assert {"enterprises.csv", "verdicts.csv", "gaps.csv", "tickets.csv", "figures.csv"} <= set(named)
        assert "return.xlsx" in named
        assert {p.name for p in folder(package).iterdir()} == {*named, "manifest.json"}
        for file in folder(package).iterdir():
            assert file.stat().st_mode & 0o777 == 0o440
            if file.name in named:
                assert hashlib.sha256(file.read_bytes()).hexdigest() == named[file.name]["sha256"]
        for name, file in named.items():
            if name.endswith(".csv"):
                assert len(rows(package, name)) == file["rows"], name
        assert [f.name for f in files_of(package)] == list(named)


def test_columns_are_those_of_the_dictionary(packages: dict[str, Package]) -> None:
    meant: dict[str, list[str]] = {}
    for line in rows(packages[NORTH], "dictionary.csv"):
        meant.setdefault(line["file"], []).append(line["column"])
        assert line["meaning"] and line["grain"]
    assert len(meant) == 11
    for name, columns in meant.items():
        header = (folder(packages[NORTH]) / name).read_text(encoding="utf-8-sig").partition("\n")[0]
        assert header.split(",") == columns, name


def test_a_package_names_nobody_of_another_district(packages: dict[str, Package]) -> None:
    others = {SOUTH: [c for c in NAMES if c != INDEBTED], NORTH: [INDEBTED]}
    assert [r["uscc"] for r in rows(packages[SOUTH], "enterprises.csv")] == [INDEBTED]
    assert {r["uscc"] for r in rows(packages[NORTH], "enterprises.csv")} == set(others[SOUTH])
    for code, hidden in others.items():
        package = packages[code]
        content = b"".join(
            zipfile.ZipFile(file).read("xl/sharedStrings.xml") if file.suffix == ".xlsx" else file.read_bytes()
            for file in folder(package).iterdir()
        )
        assert all(mine.encode() in content for mine in NAMES if mine not in hidden)
        for other in hidden:
            assert other.encode() not in content
            assert NAMES[other].encode() not in content


def test_verdicts_gaps_tickets_and_figures_are_the_district_s(packages: dict[str, Package]) -> None:
    verdicts = rows(packages[SOUTH], "verdicts.csv")
    assert len({v["enterprise_id"] for v in verdicts}) == 1
    assert {v["verdict"] for v in verdicts} == {"not_met", "met"}
    patterns = {(p["policy_version"], p["gap_pattern"]) for p in rows(packages[SOUTH], "gap_patterns.csv")}
    short = {(v["policy_version"], v["gap_pattern"]) for v in verdicts if v["verdict"] != "met"}
    assert short and short <= patterns
    tickets = rows(packages[SOUTH], "tickets.csv")
    assert [(t["source_key"], t["state"]) for t in tickets] == [("t2|2025|1", "open")] * 2
    figures = rows(packages[SOUTH], "figures.csv")
    assert {f["value"] for f in figures if (f["indicator_code"], f["scope"], f["breakdown"], f["period"]) == (
        "market_entities", "all", "", "2026-05")} == {"1"}  # fmt: skip


def test_restricted_figures_stay_with_the_bureau(packages: dict[str, Package]) -> None:
    tickets = {t["field"]: t["theirs"] for t in rows(packages[SOUTH], "tickets.csv")}
    assert tickets == {"total_liabilities_yuan": "＊＊＊", "tax_year": "800001"}
    owing = [g for g in rows(packages[SOUTH], "gaps.csv") if "负债" in g["asked"]]
    assert {g["have"] for g in owing} == {"＊＊＊"}
    assert {g["short"] for g in owing} == {"＊＊＊"}
    open_ = [(g["asked"], g["have"], g["lever"]) for g in rows(packages[NORTH], "gaps.csv")]
    assert open_ == [("专精特新发展评价得分50分以上", "", "department")], "nothing else is masked"
    for package in packages.values():
        for file in folder(package).glob("*.csv"):
            assert "0.800001" not in file.read_text(encoding="utf-8-sig"), file.name


def test_no_name_is_taken_for_a_formula(packages: dict[str, Package]) -> None:
    (silent,) = [r for r in rows(packages[NORTH], "enterprises.csv") if r["uscc"] == SILENT]
    assert silent["name"] == "'" + NAMES[SILENT]


def test_the_same_again_writes_nothing_and_a_moved_ticket_does(handed: str, packages: dict[str, Package]) -> None:
    assert write_packages(DAY) == []
    with acting_as(Role.CORRECT), connect() as connection:
        connection.execute(
            "update ops.correction_ticket set theirs = '5' where source_key = 't2|2025|1' and origin_id = 11"
        )
    (second,) = write_packages(DAY)
    assert (second.district_code, second.part, Path(second.folder).name) == (SOUTH, 2, f"{AS_OF}_2")
    assert folder(packages[SOUTH]).exists(), "the first one stands"
    told = CliRunner().invoke(build_cli(), ["report", "returns", "--as-of", "2026-07-01", "--district", NORTH])
    assert told.exit_code == 0, told.output
    assert "370203: returns/districts/370203/2026-07-01, release 1" in told.output
    assert "  enterprises.csv, " in told.output
    again = CliRunner().invoke(build_cli(), ["report", "returns", "--as-of", "2026-07-01", "--district", NORTH])
    assert "nothing new" in again.output


def test_a_package_nobody_lived_to_record_is_recorded_by_the_next_run(handed: str) -> None:
    (first,) = write_packages(dt.date(2026, 7, 2), NORTH)
    with psycopg.connect(handed) as whole:
        whole.execute("delete from ops.district_return where return_id = %s", [first.return_id])
    (again,) = write_packages(dt.date(2026, 7, 2), NORTH)
    assert (again.folder, again.part, again.manifest_sha256) == (first.folder, 1, first.manifest_sha256)
    assert again.return_id > first.return_id


def test_a_changed_file_is_told_apart(packages: dict[str, Package]) -> None:
    manifest = folder(packages[NORTH]) / "manifest.json"
    content = manifest.read_bytes()
    manifest.chmod(0o640)
    manifest.write_bytes(content + b" ")
    try:
        with pytest.raises(TiduError, match=r"manifest\.json has changed"):
            files_of(packages[NORTH])
    finally:
        manifest.write_bytes(content)
        manifest.chmod(0o440)
    assert files_of(packages[NORTH])
    assert WHOLE in manifest.with_name("enterprises.csv").read_text(encoding="utf-8-sig")
