"""How the cockpit answers: small, compressed, kept as long as it holds, and never a frame of somebody else's page."""

from __future__ import annotations

import json
import re

import httpx
import psycopg
import pytest

from tests.browser.shown_town import DRAFT, EMPTY, FIRST, NEWEST
from tidu.serving.cockpit import bundle

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.proof]


@pytest.fixture
def client(address: str) -> httpx.Client:
    return httpx.Client(base_url=address, headers={"Accept-Encoding": "gzip"})


def edition(client: httpx.Client, release: int = NEWEST) -> str:
    return str(client.get("start", params={"release": release}).json()["edition"])


def test_figures_of_a_release_are_sent_once_and_asked_for_each_time(client: httpx.Client) -> None:
    path = f"figures/{NEWEST}/{edition(client)}/places/370200/all"
    answer = client.get(path)
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["content-encoding"] == "gzip"
    again = client.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.json() == answer.json()
    assert answer.json()["figures"]["market_entities"]["value"][-1] == 9


def test_what_may_change_is_asked_for_each_time(client: httpx.Client) -> None:
    for path in (
        "",
        f"start?release={NEWEST}",
        f"releases/{NEWEST}/targets",
        "pool?place=370200",
        f"releases/{NEWEST}/file",
    ):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["cache-control"] == "private, no-cache", path
        again = client.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304, path
    names = client.get("enterprises", params={"place": "370200", "tier": "x", "as_of": "2026-06-30"})
    assert names.headers["cache-control"] == "no-store"


def test_an_address_names_what_the_release_holds(client: httpx.Client) -> None:
    """So that a browser that kept release 1 of another warehouse does not show it for this one's."""
    own = edition(client)
    assert own != edition(client, FIRST)
    for release, of, code in ((NEWEST, own, 200), (FIRST, own, 404), (NEWEST, "0" * 16, 404), (DRAFT, own, 404)):
        answer = client.get(f"figures/{release}/{of}/maps/market_entities/all")
        assert answer.status_code == code, (release, of)


@pytest.mark.parametrize(
    "path",
    ["start?release=77", f"start?release={DRAFT}", f"releases/{DRAFT}/file", f"releases/{DRAFT}/targets",
     "figures/3/{edition}/places/370999/all", "figures/3/{edition}/places/370200/some",
     "figures/3/{edition}/maps/x/all", "assets/0/cockpit.js"],
)  # fmt: skip
def test_what_is_not_there_is_not_found(client: httpx.Client, path: str) -> None:
    answer = client.get(path.format(edition=edition(client)))
    assert (answer.status_code, answer.json()["problem"]) == (404, "missing")


def test_the_page_may_run_its_own_scripts_alone(client: httpx.Client) -> None:
    answer = client.get("")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == "'self'"
    for name in ("cockpit.js", "echarts.js", "cockpit.css"):
        part = client.get(f"assets/{bundle.digest()}/{name}")
        assert part.status_code == 200
        assert part.headers["cache-control"].endswith("immutable")


def test_pages_are_small(client: httpx.Client) -> None:
    sizes = {}
    own = edition(client)
    for path in ("", f"assets/{bundle.digest()}/cockpit.js", f"figures/{NEWEST}/{own}/places/370200/all",
                 f"figures/{NEWEST}/{own}/cuts/370200/all/2026-05"):  # fmt: skip
        with client.stream("GET", path) as answer:
            sizes[path] = len(b"".join(answer.iter_raw()))
    assert max(sizes.values()) < 60_000, sizes


def test_what_the_warehouse_says_is_not_repeated(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDU_DSN", "postgresql://somebody:secret-word@127.0.0.1:1/none")
    answer = client.get("pool", params={"place": "370200"})
    assert answer.status_code == 503
    assert answer.json() == {"problem": "database_away", "detail": "database_away"}
    assert "secret-word" not in client.get("").text


def test_a_release_without_figures_has_no_months(client: httpx.Client) -> None:
    told = client.get("start", params={"release": EMPTY}).json()
    assert (told["months"], told["indicators"], told["places"]) == ([], [], [])


def test_arrays_are_told_apart_from_what_is_not_published(client: httpx.Client, town: str) -> None:
    own = edition(client)
    places = client.get(f"figures/{NEWEST}/{own}/maps/insured_headcount/all").json()["places"]
    month = client.get(f"start?release={NEWEST}").json()["months"].index("2026-02")
    assert (places["370203"]["status"][month], places["370203"]["value"][month]) == ("1", None)
    assert places["370202"]["status"][month] == "2"
    assert "status" not in client.get(f"figures/{NEWEST}/{own}/maps/enterprises/all").json()["places"]["370202"]
    with psycopg.connect(town) as connection:
        rows = connection.execute(
            "select district_code, array_agg(value::float8 order by period) from publish.district_monthly"
            " where release_id = %s and indicator_code = 'enterprises' and scope = 'private' and breakdown = ''"
            " group by district_code",
            [NEWEST],
        ).fetchall()
    told = client.get(f"figures/{NEWEST}/{own}/maps/enterprises/private").json()["places"]
    assert {code: told[code]["value"] for code, _ in rows} == dict(rows)


def test_documents_in_the_page_end_no_script(client: httpx.Client) -> None:
    text = client.get("").text
    (told,) = re.findall(r'<script type="application/json" id="start"[^>]*>(.*?)</script>', text, flags=re.DOTALL)
    assert "<" not in told
    assert json.loads(told)["release"]["release_id"] == NEWEST
