"""The repository's compose files as the real Compose reads them."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
BASE = "docker-compose.yml"
OVERLAYS = sorted(p.name for p in ROOT.glob("docker-compose.*.yml"))
# The combinations that the files themselves, .env.example and deploy/setup.sh speak of.
COMBINATIONS = [
    "", "gpu", "gpu-cdi", "gpu gpu-cdi", "podman", "podman gpu-podman", "volume", "selinux", "ollama",
    "gpu ollama ollama-gpu", "gpu volume", "gpu-cdi selinux", "podman gpu-podman selinux ollama", "offline",
    "gpu offline", "gpu volume ollama ollama-gpu offline",
]


def files_of(combination: str) -> list[str]:
    return [BASE] + [f"docker-compose.{name}.yml" for name in combination.split()]


def find_compose() -> list[str] | None:
    named = os.environ.get("ZIMU_COMPOSE")
    candidates = [[named]] if named else [["docker", "compose"], ["docker-compose"]]
    for command in candidates:
        if not shutil.which(command[0]):
            continue
        answer = subprocess.run([*command, "version", "--short"], capture_output=True, text=True)
        if answer.returncode == 0 and re.match(r"v?[2-9]\.", answer.stdout.strip()):
            return command
    assert not named, f"ZIMU_COMPOSE={named} is not Docker Compose 2 or newer"
    return None


COMPOSE = find_compose()
needs_compose = pytest.mark.skipif(
    COMPOSE is None, reason="no Docker Compose 2 here: install it, or name its program in ZIMU_COMPOSE")


def clean_environment(**more: str) -> dict[str, str]:
    """Nothing of the shell can leak into the interpolation."""
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")} | more


def compose(*arguments: str, cwd: pathlib.Path = ROOT, **variables: str) -> subprocess.CompletedProcess:
    return subprocess.run([*COMPOSE, *arguments], cwd=cwd, env=clean_environment(**variables), capture_output=True,
                          text=True, stdin=subprocess.DEVNULL)


def config(combination: str = "", env: str = "", *, folder: pathlib.Path) -> dict:
    """The whole configuration for a .env with the text `env`; Compose must have no complaint."""
    file = folder / "test.env"
    file.write_text(env)
    names = [part for name in files_of(combination) for part in ("-f", name)]
    answer = compose("--env-file", str(file), *names, "config", "--format", "json")
    assert answer.returncode == 0, answer.stderr
    assert answer.stderr == "", answer.stderr
    return json.loads(answer.stdout)


def container_environment(service: dict) -> dict[str, str]:
    """What the container gets: names without a value are not passed on."""
    return {name: value for name, value in service["environment"].items() if value is not None}
