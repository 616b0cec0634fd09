"""Settings: what .env.example says, what the compose files read, what the server and the Dockerfiles know."""

from __future__ import annotations

import os
import re
import subprocess

import pytest
import yaml

from compose_files import COMBINATIONS, OVERLAYS, ROOT, config, container_environment, needs_compose

ZIMU = os.path.join(os.environ.get("ZIMU_BIN_DIR", ROOT / "build" / "dev" / "bin"), "zimu")
EXAMPLE = (ROOT / ".env.example").read_text()
LINE = re.compile(r"^#?([A-Za-z0-9_]+)=(.*)$")
# The image alone says where its own parts are.
OWNED_BY_THE_IMAGE = {"ZIMU_WEB_ROOT"}


def entrypoint_settings() -> set[str]:
    """Those that the entrypoint reads and takes out of the environment before it becomes the server."""
    lines = re.findall(r"^unset (.*)$", (ROOT / "server/entrypoint.sh").read_text(), re.M)
    assert len(lines) == 1
    return {name for name in lines[0].split() if name.startswith("ZIMU_")}


class Loader(yaml.SafeLoader):
    """Reads !reset and !override as what stands after them."""


Loader.add_multi_constructor("!", lambda loader, suffix, node: (
    loader.construct_sequence(node, deep=True) if isinstance(node, yaml.SequenceNode) else None))


def compose_files() -> dict[str, str]:
    return {name: (ROOT / name).read_text() for name in ["docker-compose.yml", *OVERLAYS]}


def without_comments(text: str) -> str:
    return re.sub(r"(^|\s)#.*$", "", text, flags=re.M)


def documented() -> dict[str, str]:
    return {m[1]: m[2] for m in map(LINE.match, EXAMPLE.splitlines()) if m}


def passed_by_name() -> set[str]:
    """NAME: without a value takes it from the shell or .env."""
    names = set()
    for text in compose_files().values():
        for service in yaml.load(text, Loader)["services"].values():
            for holder in (service.get("environment"), (service.get("build") or {}).get("args")):
                names |= {name for name, value in (holder or {}).items() if value is None}
    return names


def interpolated() -> dict[str, set[str]]:
    """Each ${NAME…} and the texts after :- that stand for it when it is missing."""
    found: dict[str, set[str]] = {}
    for text in compose_files().values():
        for name, default in re.findall(r"\$\{(\w+)(?::-([^}]*))?", without_comments(text)):
            found.setdefault(name, set()).add(default)
    return found


def server_settings() -> set[str]:
    """The names in the table of config.cpp."""
    text = (ROOT / "server/src/config/config.cpp").read_text()
    names = set(re.findall(r'Row\{"(\w+)"', text))
    assert len(names) > 15
    return names


def test_every_variable_is_explained():
    """Row 2: .env.example has every name that a compose file reads, and no other."""
    used = set(interpolated()) | passed_by_name()
    for_compose_itself = {"COMPOSE_FILE", "COMPOSE_PATH_SEPARATOR"}
    assert set(documented()) - for_compose_itself == used


def test_every_line_has_its_words():
    """Each setting has a comment of its own right above it, and all are commented out: a copy changes nothing."""
    lines = EXAMPLE.splitlines()
    assert all(len(line) <= 120 for line in lines)
    for number, line in enumerate(lines):
        if found := LINE.match(line):
            assert line.startswith("#"), f"{line} would change the default"
            above = lines[number - 1]
            assert above.startswith("# ") and not LINE.match(above), f"{found[1]} has no words above it"
    names = [found[1] for found in map(LINE.match, lines) if found]
    assert len(names) == len(set(names))


def test_the_defaults_that_it_names_are_true():
    """A default in .env.example is the one in the compose files."""
    for name, defaults in interpolated().items():
        real = {d for d in defaults if d}
        if len(real) == 1:
            assert documented()[name] == real.pop(), name
    assert documented()["ZIMU_TARGET"] == ""


@needs_compose
def test_a_copy_with_every_line_switched_on(tmp_path):
    """Row 2: .env.example is valid .env syntax, and its defaults are accepted."""
    text = re.sub(r"^#([A-Za-z0-9_]+=)", r"\1", EXAMPLE, flags=re.M)
    server = config("gpu ollama", text, folder=tmp_path)["services"]["server"]
    assert server["environment"]["HTTPS_PROXY"] == "http://proxy.example:3128"
    assert server["environment"]["NO_PROXY"].endswith(",host.docker.internal,host.containers.internal,.example")
    plain = container_environment(config("", EXAMPLE, folder=tmp_path)["services"]["server"])
    assert plain == container_environment(config("", folder=tmp_path)["services"]["server"])


@needs_compose
def test_every_setting_of_the_server_can_be_set(tmp_path):
    """Each row of the server's table is passed into the container, and is the server's own name."""
    environment = config(folder=tmp_path)["services"]["server"]["environment"]
    assert server_settings() - set(environment) == OWNED_BY_THE_IMAGE
    assert {name for name in environment if name.startswith("ZIMU_")} <= server_settings() | entrypoint_settings()
    fixed = {"ZIMU_LISTEN", "ZIMU_DATA_DIR"}  # the web container and the mount rely on them
    text = "".join(f"{name}=from-env\n" for name in server_settings())
    changed = config("", text, folder=tmp_path)["services"]["server"]["environment"]
    assert {name for name in server_settings() if changed.get(name) == "from-env"} == (
        server_settings() - fixed - OWNED_BY_THE_IMAGE)


@needs_compose
@pytest.mark.parametrize("combination", COMBINATIONS, ids=lambda c: c or "base")
def test_the_server_accepts_what_compose_gives(combination, tmp_path):
    """The real server with exactly this environment: no name is unknown, no value is refused."""
    # Names that are Compose's alone must not reach it: the server refuses ZIMU_ names that it does not know.
    env = "ZIMU_BIND=0.0.0.0\nZIMU_PORT=9\nZIMU_DATA=/srv\nZIMU_TARGET=full\nZIMU_VERSION=3\nZIMU_SUBNET=10.1.2.0/24\n"
    for text in ("", env):
        environment = container_environment(config(combination, text, folder=tmp_path)["services"]["server"])
        environment = {name: value for name, value in environment.items() if name not in entrypoint_settings()}
        answer = subprocess.run([ZIMU, "serve", "--print-config"], capture_output=True, text=True,
                                env={"PATH": os.environ["PATH"]} | environment)
        assert answer.returncode == 0, answer.stdout + answer.stderr
        assert re.search(r"ZIMU_LISTEN\W+0\.0\.0\.0:8080", answer.stdout), answer.stdout
        assert re.search(r"ZIMU_DATA_DIR\W+/data\b", answer.stdout), answer.stdout
        assert re.search(r"ZIMU_MODEL_DIR\W+/data/models\b", answer.stdout), answer.stdout
        assert re.search(r"HF_ENDPOINT\W+https://huggingface\.co", answer.stdout), answer.stdout


@needs_compose
def test_docker_own_proxy_settings_are_not_wiped_out(tmp_path):
    """Row 40: a proxy that is not in .env is not passed on as empty, which would hide the Docker client's own."""
    server = config(folder=tmp_path)["services"]["server"]
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        assert server["environment"][name] is None


def test_build_arguments_are_those_of_the_dockerfiles():
    """Every base image can be chosen in .env; no argument is misspelt."""
    services = yaml.load((ROOT / "docker-compose.yml").read_text(), Loader)["services"]
    proxies = {"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"}  # known to every build
    for service in ("server", "web"):
        text = (ROOT / services[service]["build"]["dockerfile"]).read_text()
        known = dict(re.findall(r"^ARG (\w+)(?:=(.*))?$", text, re.M))
        known.pop("ZIMU_REVISION", None)  # a label of released images
        assert set(services[service]["build"]["args"]) - proxies == set(known)
        for name, default in known.items():
            if default and "$" not in default and name not in ("ZIMU_VERSION",):
                assert documented()[name] == default, name
    target = services["server"]["build"]["target"]
    stages = set(re.findall(r"^FROM \S+ AS (\w+)", (ROOT / "server/Dockerfile").read_text(), re.M))
    assert target == "${ZIMU_TARGET:-cpu}" and {"cpu", "cuda", "full"} <= stages


@needs_compose
def test_settings_of_the_web_container(tmp_path):
    """Each setting that its entrypoint reads is passed on, but for the port, which the ports: line relies on."""
    text = (ROOT / "web/entrypoint.sh").read_text()
    read = set(re.findall(r"\$\{(ZIMU_\w+)", text)) - {"ZIMU_WEB_LISTEN"}
    env = "ZIMU_HOSTS=zimu.example.org\nZIMU_RESOLVER=10.0.0.1\nZIMU_UPSTREAM=elsewhere:1\n"
    environment = config("", env, folder=tmp_path)["services"]["web"]["environment"]
    assert {name for name in environment if name.startswith("ZIMU_")} == read
    assert environment["ZIMU_HOSTS"] == "zimu.example.org" and environment["ZIMU_RESOLVER"] == "10.0.0.1"
    assert environment["ZIMU_UPSTREAM"] == "server:8080"
