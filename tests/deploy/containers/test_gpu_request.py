"""GPU passthrough without a GPU: the request of docker-compose.gpu.yml really reaches the container, through a dockerd
that finds a program with the name of NVIDIA's hook, and is refused in Docker's own words by one that finds none."""

from __future__ import annotations

import json
import pathlib
import subprocess
import tempfile

import pytest

from engine import Engine
from stack import COMPOSE, ROOT

# As dockerd calls NVIDIA's: `prestart`, the container's state on standard input. It keeps what it was given.
HOOK = """#!/bin/sh
state=$(cat)
echo "$@" >>{log}/arguments
echo "$state" >{log}/state.json
bundle=$(echo "$state" | sed -n 's/.*"bundle":"\\([^"]*\\)".*/\\1/p')
cp "$bundle/config.json" {log}/config.json
"""
# One service is enough: its image, and a command that prints what it sees.
OVERRIDE = """
services:
  server:
    image: zimu-base/small
    build: !reset null
    pull_policy: never
    user: "0"
    entrypoint: ["env"]
    command: !override []
    restart: "no"
    network_mode: none
    networks: !reset null
    extra_hosts: !reset []
    healthcheck: !reset null
"""


@pytest.fixture(scope="module")
def small_image(docker_host, stack, tmp_path_factory) -> pathlib.Path:
    """The server's image as a file, for engines that share nothing with the first one."""
    file = tmp_path_factory.mktemp("image") / "small.tar"
    stack.docker("tag", stack.inspect("server")["Image"], "zimu-base/small")
    stack.docker("save", "-o", str(file), "zimu-base/small")
    return file


def engine_with(path: pathlib.Path | None, image: pathlib.Path) -> Engine:
    # A short name: the path of a socket has 107 characters at most.
    engine = Engine(pathlib.Path(tempfile.mkdtemp(prefix="zimu-")), path=path, alone=True).start()
    subprocess.run(["docker", "--host", engine.host, "load", "-q", "-i", image], check=True, capture_output=True)
    return engine


def up(engine: Engine, folder: pathlib.Path, overlay: str) -> subprocess.CompletedProcess:
    (folder / "override.yml").write_text(OVERRIDE)
    (folder / "data").mkdir(exist_ok=True)
    files = [f for name in dict.fromkeys(("docker-compose.yml", overlay)) for f in ("-f", str(ROOT / name))]
    return subprocess.run([*COMPOSE, "--project-directory", folder, *files, "-f", folder / "override.yml", "up", "server"],
                          env={"PATH": "/usr/bin:/bin:/usr/sbin", "DOCKER_HOST": engine.host, "HOME": str(folder)},
                          capture_output=True, text=True)


def test_request_arrives_where_the_toolkit_is(small_image, tmp_path):
    """Row 4: the container sees NVIDIA_VISIBLE_DEVICES=all, and the hook is called for it."""
    log, path = tmp_path / "log", tmp_path / "path"
    log.mkdir(), path.mkdir()
    hook = path / "nvidia-container-runtime-hook"
    hook.write_text(HOOK.format(log=log))
    hook.chmod(0o755)
    engine = engine_with(path, small_image)
    try:
        result = up(engine, tmp_path, "docker-compose.gpu.yml")
        assert result.returncode == 0, result.stdout + result.stderr
        assert "NVIDIA_VISIBLE_DEVICES=all" in result.stdout, result.stdout
        assert (log / "arguments").read_text().split() == ["prestart"]
        env = dict(e.split("=", 1) for e in json.loads((log / "config.json").read_text())["process"]["env"])
        assert env["NVIDIA_VISIBLE_DEVICES"] == "all"
        # dockerd sets this only when the request names capabilities beside gpu; the image's own then stands.
        assert env.get("NVIDIA_DRIVER_CAPABILITIES") in (None, "compute,utility,video"), env
    finally:
        engine.stop()


def test_refused_where_the_toolkit_is_missing(small_image, tmp_path):
    """The words that DEPLOY.md's troubleshooting lists, and deploy/setup.sh says so before."""
    engine = engine_with(None, small_image)
    try:
        result = up(engine, tmp_path, "docker-compose.gpu.yml")
        assert result.returncode != 0
        assert 'could not select device driver "nvidia" with capabilities: [[gpu]]' in result.stdout + result.stderr
        assert "could not select device driver" in (ROOT / "DEPLOY.md").read_text()
        # The base file alone starts on the same engine.
        alone = up(engine, tmp_path, "docker-compose.yml")
        assert alone.returncode == 0 and "NVIDIA_VISIBLE_DEVICES" not in alone.stdout, alone.stdout + alone.stderr
    finally:
        engine.stop()
