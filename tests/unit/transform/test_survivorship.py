"""Rules of survivorship are read strictly, and dbt builds by them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tidu.errors import SurvivorshipError
from tidu.identity.overriding import ATTRIBUTES, OF_THE_UNREGISTERED
from tidu.settings import PROJECT_ROOT
from tidu.transform.survivorship import MACRO, RULES, derive, macro_text, parse, survivorship


def test_the_macro_in_the_tree_is_current() -> None:
    assert MACRO.read_text(encoding="utf-8") == macro_text(survivorship()), "run `tidu survivorship derive`"
    assert not derive()


def test_every_attribute_of_the_master_has_a_rule() -> None:
    models = yaml.safe_load(
        (PROJECT_ROOT / "dbt_project/models/mart/master/enterprise.yml").read_text(encoding="utf-8")
    )
    (master,) = models["models"]
    assert survivorship().names == {column["name"] for column in master["columns"]} - {"enterprise_id"}


def test_claims_stand_in_the_order_of_the_departments() -> None:
    order = list(survivorship().datasets)
    assert order[0] == "ms_registration"
    for rule in survivorship().attributes.values():
        assert list(rule["claims"]) == sorted(rule["claims"], key=order.index)


def test_a_reviewer_may_decide_what_the_rules_say() -> None:
    rules = survivorship()
    assert list(ATTRIBUTES) == rules.reviewer
    assert {a: rules.attributes[a]["claims"]["ms_registration"] for a in rules.reviewer} == ATTRIBUTES
    # of those the register does not know only what their records tell
    told = {a for a in rules.reviewer if rules.attributes[a]["unregistered"]["by"] in ("agreement", "rank")}
    assert told == set(OF_THE_UNREGISTERED)


def test_a_changed_rule_changes_what_dbt_runs(tmp_path: Path) -> None:
    document = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    document["attributes"]["industry_code"]["unregistered"] = {"rank": ["tx_taxpayer"]}
    assert macro_text(parse(written(tmp_path, document))) != macro_text(survivorship())


@pytest.mark.parametrize(
    ("place", "value", "says"),
    [
        (("datasets", "tx_unknown"), {"tied_by": "record"}, "datasets.tx_unknown: 'tx_unknown' is not one of"),
        (("datasets", "fn_loan", "tied_by"), "name", "datasets.fn_loan.tied_by: 'name' is not one of record"),
        (("datasets", "fn_loan", "observed"), "seen_at", "datasets.fn_loan: fn_loan: 'seen_at' is not one of"),
        (("attributes", "name", "claims", "fn_loan"), "lender", "attributes.name: fn_loan: 'lender' is not one of"),
        (("attributes", "name", "claims"), {"fn_loan": "borrower_name"}, "name.claims: ms_registration decides"),
        (("attributes", "name", "reads"), "letters", "attributes.name.reads: 'letters' is not one of text"),
        (("attributes", "name", "unregistered"), "newest", "attributes.name.unregistered: 'newest' is no rule"),
        (("attributes", "name", "unregistered"), {"rank": ["fn_loan"]}, "attributes.name.unregistered.rank: 'fn_loan'"),
        (("attributes", "name", "winner"), "me", r"attributes.name: unknown keys \['winner'\]"),
        (("attributes", "name", "tickets", "of"), ["st_district_indicator"], "attributes.name.tickets.of"),
        (("derived", "is_branch"), ["size"], "derived.is_branch: 'size' is not one of"),
        (("gathered", "name"), "twice", "named in two parts"),
        (("reviewer",), ["uscc"], "reviewer: 'uscc' is not one of"),
        (("also",), {}, r"the file: unknown keys \['also'\]"),
    ],
)  # fmt: skip
def test_what_is_not_known_is_refused_with_its_place(
    tmp_path: Path, place: tuple[str, ...], value: object, says: str
) -> None:
    document = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    at = document
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    with pytest.raises(SurvivorshipError, match=says):
        parse(written(tmp_path, document))


def written(folder: Path, document: dict[str, Any]) -> Path:
    path = folder / "enterprise.yml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return path
