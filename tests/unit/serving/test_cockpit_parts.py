"""The parts of the cockpit's page: wording in two languages, modules put into one script, a map of ten districts."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tidu.contracts import departments
from tidu.errors import TiduError
from tidu.publishing import breakdowns, indicators
from tidu.serving.cockpit import bundle
from tidu.settings import PROJECT_ROOT
from tidu.transform.plans import plans

JS = bundle.ASSETS / "js"
PLACEHOLDER = re.compile(r"\{(\w+)\}")
COMPUTED = {
    "scope_": ("all", "private", "no_state_no_foreign", "registration_type"),
    "scope_hint_": ("all", "private", "no_state_no_foreign", "registration_type"),
    "state_": ("draft", "approved", "published", "withdrawn"),
    "mark_": ("1", "2", "i", "-"),
    "target_": ("reached", "missed", "on_track", "behind", "no_data", "not_measured"),
}


def wording() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads((JS / "wording.json").read_text(encoding="utf-8"))
    return found


def modules() -> dict[str, str]:
    found = {path.name: path.read_text(encoding="utf-8") for path in JS.glob("*.js")}
    assert len(found) > 10
    return found


def test_both_languages_say_the_same_things() -> None:
    told = wording()
    assert list(told) == ["zh", "en"]
    assert sorted(told["zh"]) == sorted(told["en"])
    for key, text in told["zh"].items():
        assert text.strip() and told["en"][key].strip(), key
        assert set(PLACEHOLDER.findall(text)) == set(PLACEHOLDER.findall(told["en"][key])), key


def test_every_text_the_page_asks_for_is_there_and_every_text_is_asked_for() -> None:
    everything = "\n".join(modules().values())
    asked = set(re.findall(r'\bsays?\("(\w[^"$]*)"', everything))
    assert len(asked) > 80
    known = set(wording()["zh"])
    assert asked - known == set()
    for start, ends in COMPUTED.items():
        assert f"`{start}$" in everything, start
        assert {f"{start}{end}" for end in ends} <= known
    quoted = set(re.findall(r'["`](\w+)["`]', everything)) | {f"{s}{e}" for s, ends in COMPUTED.items() for e in ends}
    idle = {key for key in known - quoted if not key.startswith(("problem_", "mark_"))}
    assert idle == set()


def test_what_releases_name_has_an_english_word() -> None:
    terms = json.loads((JS / "terms.json").read_text(encoding="utf-8"))
    with (PROJECT_ROOT / "dbt_project/seeds/seed_district.csv").open(encoding="utf-8") as handle:
        districts = {row["name"] for row in csv.DictReader(handle)} - {"青岛市"}
    units = {i.unit for i in indicators().values()} - {"比率"}
    owners = {datasets[0].owner.partition("（")[0] for datasets in departments().values()}
    sections = set(breakdowns()["industry_section"].values.values()) | set(breakdowns()["tier"].values.values())
    assert (districts | units | owners | sections) - set(terms) == set()


def test_the_units_of_plans_have_an_english_word() -> None:
    terms = json.loads((JS / "terms.json").read_text(encoding="utf-8"))
    assert {target.unit for plan in plans() for target in plan.targets} - {"比率"} <= set(terms)


def test_the_map_has_the_ten_districts() -> None:
    drawn = json.loads((bundle.ASSETS / "map" / "districts.json").read_text(encoding="utf-8"))
    with (PROJECT_ROOT / "dbt_project/seeds/seed_district.csv").open(encoding="utf-8") as handle:
        codes = {row["code"] for row in csv.DictReader(handle)} - {"370200", "370299"}
    assert sorted(f["properties"]["code"] for f in drawn["features"]) == sorted(codes)
    assert len(codes) == 10


def test_nothing_is_read_as_markup() -> None:
    sinks = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser|srcdoc")
    assert {name: found for name, text in modules().items() if (found := sinks.findall(text))} == {}


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Assets of a test's own."""
    (tmp_path / "js").mkdir()
    monkeypatch.setattr(bundle, "ASSETS", tmp_path)
    bundle.script.cache_clear()
    yield tmp_path / "js"
    bundle.script.cache_clear()


def test_modules_become_one_script_in_the_order_of_their_needs(parts: Path) -> None:
    (parts / "main.js").write_text('import { two } from "./b.js";\nimport { one } from "./a.js";\nshow(one + two);\n')
    (parts / "b.js").write_text('import { one } from "./a.js";\nexport const two = one + 1;\nconst own = 3;\n')
    (parts / "a.js").write_text('import DATA from "./d.json" with { type: "json" };\nexport function one() {}\n')
    (parts / "d.json").write_text('{"a": "</script>"}')
    text = bundle.script()
    assert [m for m in re.findall(r"^const module_(\w+) =", text, re.MULTILINE)] == ["a", "b", "main"]
    assert 'const DATA = {"a":"\\u003c/script>"};' in text
    assert "return { two };" in text
    assert "import" not in text and "export" not in text


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('import * as a from "./a.js";', "cannot be put into one script"),
        ('import a from "./a.js";', "cannot be put into one script"),
        ("export default 1;", "cannot be put into one script"),
        ("export { a };", "cannot be put into one script"),
        ('const a = "</script>";', "cannot be put into one script"),
        ('import { a } from "./main.js";', "circle: main -> main"),
    ],
)
def test_a_module_that_cannot_be_put_in_is_refused(parts: Path, line: str, said: str) -> None:
    (parts / "main.js").write_text(f"const fine = 1;\n{line}\n")
    with pytest.raises(TiduError, match=said):
        bundle.script()
