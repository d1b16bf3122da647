"""A build whose linkage is beyond its bounds leaves links and master as the last good build left them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import psycopg
import pytest

from tests.dbt.town import deliver, take_in, uscc
from tests.integration.test_review_commands import tidu
from tidu.errors import DecisionRefused, LinkageGateClosed, PolicyError, TiduError
from tidu.identity import decisions
from tidu.identity.decisions import Signature
from tidu.identity.parties import party_of
from tidu.transform import build, linkage_policy, nothing_new

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.proof]
POLICY = """
labels: [labels.csv]
bounds: {{precision: {{lowest: 0.9}}, recall: {{lowest: 0.9}}, size_drift: {{highest: {drift}}},
  several_codes: {{highest: {codes}}}, several_names: {{highest: 1}}, several_cities: {{highest: 1}}}}
comparable_growth: 10
least_enterprises: 1
"""
SIGNED = ["--by", "审核员", "--reason", "looked"]
VISIBLE = (
    "select dataset, source_key, enterprise_id, method from mart.enterprise_xref order by 1, 2",
    "select enterprise_id, name, status, sources from mart.enterprise order by 1",
    "select * from mart.enterprise_redirect order by 1",
    "select enterprise_id, anchor from intermediate.int_enterprise__id_minted order by 1",
    "select change_no from mart.enterprise_change order by 1",
    "select enterprise_id, attribute, value from mart.enterprise_provenance where is_chosen order by 1, 2",
)


@pytest.fixture
def bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set a policy of this test's own."""
    (tmp_path / "policies").mkdir()
    monkeypatch.setattr(linkage_policy, "POLICY", tmp_path / "policies" / "linkage.yml")

    def write(drift: float = 1, codes: float = 1, labels: str = "") -> None:
        (tmp_path / "policies" / "linkage.yml").write_text(POLICY.format(drift=drift, codes=codes), "utf-8")
        (tmp_path / "labels.csv").write_text("left,right,same\n" + labels, "utf-8")

    write()
    return write


def rebuild(run: str) -> None:
    take_in("2025-06-30", run_id=run)


def visible(dsn: str) -> list[object]:
    with psycopg.connect(dsn) as connection:
        return [connection.execute(q.encode()).fetchall() for q in VISIBLE]


def states(dsn: str) -> list[object]:
    with psycopg.connect(dsn) as connection:
        found = connection.execute("select state from ops.decision order by decision_id").fetchall()
    return [state for (state,) in found]


def metrics(dsn: str, run: str) -> dict[object, tuple[object, object]]:
    with psycopg.connect(dsn) as connection:
        found = connection.execute(
            "select metric, value::float8, state from ops.linkage_metric where run_id = %s order by build_no", [run]
        ).fetchall()
    return {metric: (value, state) for metric, value, state in found}


def entity(number: int) -> dict[str, object]:
    return {
        "entity_no": str(number), "entity_name": f"青岛第{number}机械有限公司", "uscc": uscc(number),
        "entity_category": "企业", "holding_type": "私人控股", "established_on": "2020-01-01", "reg_status": "存续",
        "district_code": "370203", "industry_code": "C3511", "updated_at": "2025-01-01T08:00:00",
    }  # fmt: skip


def loan(number: int, enterprise: int) -> dict[str, object]:
    return {
        "loan_no": f"l{number}", "borrower_name": f"青岛第{enterprise}机械有限公司", "borrower_uscc": uscc(enterprise),
        "balance_wan": "5",
    }  # fmt: skip


@pytest.mark.proof
def test_a_build_beyond_the_bounds_replaces_nothing(warehouse: str, bounds: Callable[..., None]) -> None:
    deliver(warehouse, "ms_registration", "2025-01-10", [entity(n) for n in range(1, 7)])
    deliver(warehouse, "fn_loan", "2025-02-05", [loan(n, n) for n in range(1, 7)])
    bounds(drift=0.2)
    take_in("2025-06-30", run_id="zeroth")
    decisions.merge("fn_loan:l2", "entity:2", Signature("审核员", "seen"))
    rebuild("first")
    good = visible(warehouse)
    assert all(good[:2]) and metrics(warehouse, "first")["parties"] == (6, "within")
    assert metrics(warehouse, "zeroth")["size_drift"] == (None, "unbounded")

    # the bank files six loans anew under one code
    deliver(warehouse, "fn_loan", "2025-03-05", [loan(n, 1) for n in range(1, 7)])
    with pytest.raises(LinkageGateClosed, match=r"size_drift is .*at most 0\.2.*`tidu link accept`"):
        rebuild("second")
    assert visible(warehouse) == good
    assert states(warehouse) == ["active"], "what was stopped ends no decision, whatever it made of its evidence"
    assert not nothing_new(date(2025, 6, 30))
    assert metrics(warehouse, "second")["size_drift"] == (1, "beyond")
    assert metrics(warehouse, "second")["parties"][1] == "beyond"
    # run again, it is measured against the last good build, not against the one that was stopped
    with pytest.raises(LinkageGateClosed, match="size_drift"):
        rebuild("third")
    assert visible(warehouse) == good
    shown = tidu("link", "gate")
    assert "beyond     size_drift is 1" in shown and "allowed: at most 0.2" in shown

    assert "let through: size_drift" in tidu("link", "accept", *SIGNED)
    rebuild("fourth")
    assert metrics(warehouse, "fourth")["size_drift"] == (1, "accepted")
    assert states(warehouse)[0] == "stale"
    assert visible(warehouse)[0] != good[0] and nothing_new(date(2025, 6, 30))
    with pytest.raises(DecisionRefused, match="nothing to accept"):
        tidu("link", "accept", *SIGNED)


@pytest.mark.proof
def test_labels_and_signs_of_overmerging_are_measured(warehouse: str, bounds: Callable[..., None]) -> None:
    deliver(warehouse, "ms_registration", "2025-01-10", [entity(n) for n in range(1, 5)])
    mixed = loan(2, 2) | {"borrower_name": "青岛第3机械有限公司"}
    deliver(warehouse, "fn_loan", "2025-02-05", [loan(1, 1), mixed, *(loan(n, 4) for n in range(10, 60))])
    deliver(warehouse, "tx_taxpayer", "2025-01-10", [
        {"taxpayer_no": "t1", "taxpayer_id": uscc(1), "taxpayer_name": "甲", "district_code": "110105",
         "updated_at": "2025-01-01T08:00:00"}
    ])  # fmt: skip
    bounds(labels="fn_loan:l1,entity:1,yes\nfn_loan:l2,entity:2,no\nfn_loan:gone,entity:1,yes\n")
    rebuild("first")
    found = metrics(warehouse, "first")
    # one of two ties is wrong, but two prove nothing
    assert found["precision"] == (0.5, "within") and found["recall"] == (1, "within")
    assert found["several_names"] == (pytest.approx(1 / 3, abs=1e-6), "within")
    assert found["several_cities"] == (pytest.approx(1 / 3, abs=1e-6), "within")
    decisions.split(["fn_loan:l2"], "entity:2", Signature("审核员", "another one"))
    rebuild("second")
    found = metrics(warehouse, "second")
    assert found["precision"] == (1, "within")
    # what a reviewer decided is counted apart: it is right by itself
    assert found["precision_before_review"] == (0.5, "unbounded")
    assert found["labelled_pairs"] == (2, "unbounded") and found["decided_pairs"] == (1, "unbounded")
    assert "decided_pairs is 1, 0 in the last good build, 0 of them as the rules alone say" in tidu("link", "gate")
    bounds(labels="".join(f"fn_loan:l{n},entity:4,no\n" for n in range(10, 60)))
    good = visible(warehouse)
    with pytest.raises(LinkageGateClosed, match=r"precision is 0, 1 in .*0 of 50, 95 % interval 0\.0000 to 0\.07"):
        build("link", "third", {"as_of": "2025-06-30", "series_start": ""})
    assert visible(warehouse) == good


def test_a_build_without_labelled_pairs_says_so(
    warehouse: str, bounds: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    deliver(warehouse, "ms_registration", "2025-01-10", [entity(1), entity(2)])
    deliver(warehouse, "fn_loan", "2025-02-05", [loan(1, 1), loan(2, 2)])
    take_in("2025-06-30", run_id="zeroth", until="link")
    decisions.merge("fn_loan:l1", "entity:1", Signature("审核员", "seen"))
    for run, labels, said in (
        ("bare", "", "no labelled pairs"),
        ("gone", "fn_loan:gone,entity:1,yes\n", "no labelled pairs with records on both sides"),
        ("labelled", "fn_loan:l2,entity:2,yes\n", None),
    ):
        bounds(labels=labels)
        caplog.clear()
        build("link", run, {"as_of": "2025-06-30", "series_start": ""})
        with psycopg.connect(warehouse) as connection:
            value, detail = connection.execute(
                "select value, detail from ops.linkage_metric where run_id = %s and metric = 'labelled_pairs'", [run]
            ).fetchone() or (None, {})
        warned = [r.getMessage() for r in caplog.records if r.name == "tidu.transform.gate"]
        first = tidu("link", "gate").splitlines()[0]
        assert metrics(warehouse, run)["decided_pairs"] == (1, "unbounded")
        assert detail.get("missing") == said
        if said:
            assert value is None and metrics(warehouse, run)["precision"] == (None, "unbounded")
            assert len(warned) == 1 and f"{run}: as of 2025-06-30: {said}: neither precision" in warned[0]
            assert caplog.records[0].levelname == "WARNING"
            assert said in first
        else:
            assert value == 1 and metrics(warehouse, run)["precision"] == (1, "within")
            assert not warned and "no labelled pairs" not in first


def test_labels_are_drawn_from_a_truth(tmp_path: Path) -> None:
    truth, out = tmp_path / "xref.csv", tmp_path / "labels.csv"
    rows = [("ms_registration", str(n), f"e{n}") for n in range(20)]
    rows += [("fn_loan", f"l{n}", f"e{n % 20}") for n in range(50)]
    rows += [("tx_vat_return", f"t{n}|2025-{m:02}|1", f"e{n}") for n in range(5) for m in (1, 2)]
    rows += [("fn_loan", "s1", "stranger"), ("fn_loan", "s2", "stranger")]
    truth.write_text("dataset,source_key,true_id\n" + "".join(f"{a},{b},{c}\n" for a, b, c in rows), "utf-8")
    assert "40 labelled pairs" in tidu("link", "labels", "--from", str(truth), "--out", str(out), "--sample", "40")
    owner = {str(party_of(f"{a}|{b}")): c for a, b, c in rows}
    found = linkage_policy.read_labels(out)
    assert {label.same for label in found} == {True, False} and len(set(found)) == 40
    assert all((owner[str(label.left)] == owner[str(label.right)]) is label.same for label in found)
    first = out.read_bytes()
    tidu("link", "labels", "--from", str(truth), "--out", str(out), "--sample", "40")
    assert out.read_bytes() == first
    tidu("link", "labels", "--from", str(truth), "--out", str(out), "--sample", "1000")
    assert {"fn_loan:s1", "taxpayer:t1"} <= {str(p) for x in linkage_policy.read_labels(out) for p in (x.left, x.right)}
    truth.write_text("a,b\n", "utf-8")
    with pytest.raises(TiduError, match="the first line must be dataset,source_key,true_id"):
        tidu("link", "labels", "--from", str(truth), "--out", str(out))


@pytest.mark.parametrize(
    ("policy", "labels", "why"),
    [
        ("labels: []\nbounds: {}\n", "", "expected the keys"),
        (POLICY.format(drift="a", codes=1), "", "no number"),
        (POLICY.format(drift=-1, codes=1), "", "no bound"),
        (POLICY.format(drift=1, codes=1).replace("several_names", "size"), "", "size is no measure"),
        (POLICY.format(drift=1, codes=1).replace("{highest: 1}", "{most: 1}"), "", "lowest, highest or both"),
        (POLICY.format(drift=1, codes=1), "fn_loan:l1,entity:1,maybe\n", "line 2"),
        (POLICY.format(drift=1, codes=1), "fn_loan:l1,E1,yes\n", "names no party"),
        (POLICY.format(drift=1, codes=1), "fn_loan:l1,fn_loan:l1,yes\n", "paired with itself"),
        (POLICY.format(drift=1, codes=1), "fn_loan:a,fn_loan:b,yes\nfn_loan:b,fn_loan:a,no\n", "both ways"),
    ],
)
def test_a_faulty_policy_is_refused(tmp_path: Path, policy: str, labels: str, why: str) -> None:
    (tmp_path / "policies").mkdir()
    path = tmp_path / "policies" / "linkage.yml"
    path.write_text(policy, "utf-8")
    (tmp_path / "labels.csv").write_text("left,right,same\n" + labels, "utf-8")
    with pytest.raises(PolicyError, match=why):
        linkage_policy.linkage_policy(path)


def test_the_policy_of_this_city_is_sound() -> None:
    assert {b.metric for b in linkage_policy.linkage_policy().bounds} >= {"precision", "recall", "size_drift"}
