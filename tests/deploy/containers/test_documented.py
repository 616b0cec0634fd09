"""The commands of DEPLOY.md, run as they stand there: backup, restore, moving into a volume, a machine without a network.
Only the words in capitals are replaced."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import sys

import httpx
import pytest

from stack import COMPOSE, ROOT, checkout, free_port

sys.path.insert(0, str(ROOT / "tests/deploy/host"))
from docs_text import fences, read  # noqa: E402

SECTION = re.compile(r"^##+ (.+?)\n(.*?)(?=^##+ |\Z)", re.M | re.S)


def blocks(title: str) -> list[str]:
    """The shell commands of a section of DEPLOY.md."""
    [body] = [body for found, body in SECTION.findall(read("DEPLOY.md")) if found == title]
    return [code for language, code in fences(body) if language == "sh"]


@pytest.fixture(scope="module")
def plugin(tmp_path_factory) -> pathlib.Path:
    """A configuration of Docker's client in which `docker compose` is the Compose of these tests."""
    folder = tmp_path_factory.mktemp("docker")
    if len(COMPOSE) == 1:
        (folder / "cli-plugins").mkdir()
        (folder / "cli-plugins/docker-compose").symlink_to(pathlib.Path(shutil.which(COMPOSE[0])).resolve())
    return folder


@pytest.fixture
def shell(stack, plugin):
    def run(script: str, folder: pathlib.Path = stack.folder, **more: str) -> str:
        env = {k: v for k, v in os.environ.items() if not k.startswith(("ZIMU_", "COMPOSE_", "OLLAMA_", "HF_"))}
        env |= {"DOCKER_HOST": stack.host, "DOCKER_BUILDKIT": "1", "DOCKER_CONFIG": str(plugin)} | more
        ran = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=folder, env=env, capture_output=True, text=True,
                             stdin=subprocess.DEVNULL)
        assert ran.returncode == 0, f"{script}\n{ran.stdout[-3000:]}\n{ran.stderr[-5000:]}"
        return ran.stdout

    return run


@pytest.fixture
def recording(stack, jfk) -> dict:
    """In the library, with its bytes."""
    with stack.client() as client, open(jfk, "rb") as file:
        return client.post("/api/v1/media", files={"file": (jfk.name, file)}).raise_for_status().json()


def content(stack, recording: dict) -> bytes:
    with stack.client() as client:
        return client.get(f"/api/v1/media/{recording['id']}/content").raise_for_status().content


def test_backup_and_restore(stack, shell, recording, jfk):
    """Row 26: database and files, after both were lost."""
    backup, copies, restore = blocks("Backup and restore")
    shell(backup.replace("NAME", "documented"))
    shell(copies.replace("NAME", "documented"))
    assert (stack.folder / "documented.db").read_bytes() == (stack.folder / "data/backups/documented.db").read_bytes()
    assert any(p.read_bytes() == jfk.read_bytes() for p in (stack.folder / "uploads-copy").rglob("*") if p.is_file())
    with stack.client() as client:
        client.delete(f"/api/v1/media/{recording['id']}").raise_for_status()
        assert client.get(f"/api/v1/media/{recording['id']}").status_code == 404
    shell(restore.replace("NAME", "documented"))
    assert content(stack, recording) == jfk.read_bytes()


def test_into_a_named_volume(stack, shell, recording, jfk):
    """Row 20's remedy: everything is in the volume, and nothing in the folder is needed any more."""
    before, after = blocks("Move the data into a named volume")
    volume = "zimu-test-documented"
    shell(before)
    stack.write_env(COMPOSE_FILE="docker-compose.yml:docker-compose.volume.yml", COMPOSE_PATH_SEPARATOR=":", ZIMU_DATA_VOLUME=volume)
    try:
        shell(after)
        shutil.move(stack.folder / "data", stack.folder / "elsewhere")
        assert content(stack, recording) == jfk.read_bytes()
        assert stack.doctor()["models"]["verdict"] == "good"
    finally:
        if (stack.folder / "elsewhere").exists():
            shutil.move(stack.folder / "elsewhere", stack.folder / "data")
        stack.down("--volumes")
        for name in ("COMPOSE_FILE", "COMPOSE_PATH_SEPARATOR", "ZIMU_DATA_VOLUME"):
            del stack.env[name]
        stack.write_env()
        stack.up()


def test_without_a_network(stack, shell, tmp_path):
    """Images, checkout and model carried to another folder; `setup.sh --offline` there, and it starts."""
    here, there = blocks("Without a network")
    save = next(line for line in here.splitlines() if line.startswith("docker save"))
    shell(save)
    folder, port = tmp_path / "other", free_port()
    folder.mkdir()
    checkout(folder)
    shutil.move(stack.folder / "zimu-images.tar.gz", folder)
    # Port and network: it runs beside the first one.
    (folder / ".env").write_text(f"ZIMU_PORT={port}\nZIMU_SUBNET=172.30.252.0/24\nZIMU_VERSION={stack.env.get('ZIMU_VERSION', '')}\n")
    there = there.replace("/media/usb/", f"{stack.folder}/data/models/").replace("--offline", "--offline --force")
    try:
        shell(there, folder, COMPOSE_PROJECT_NAME="zimu-offline")
        assert "docker-compose.offline.yml" in (folder / ".env").read_text()
        answer = httpx.get(f"http://127.0.0.1:{port}/api/v1/models", trust_env=False).raise_for_status()
        assert "base" in answer.text
        printed = shell("docker compose exec server zimu serve --print-config", folder, COMPOSE_PROJECT_NAME="zimu-offline")
        assert "HF_HUB_OFFLINE=1" in printed
    finally:
        shell("docker compose down --volumes", folder, COMPOSE_PROJECT_NAME="zimu-offline")


def test_doctor_in_a_container_of_its_own(stack, shell):
    """When the server does not stay up."""
    [command] = blocks("Troubleshooting")
    assert "ids" in shell(command.strip() + " || [ $? = 1 ]")


def test_no_driver_library_in_the_image(stack):
    """Rows 7 and 8, with the image that was built: a library of NVIDIA's driver in it would hide the host's; it starts without."""
    image = stack.inspect("server")["Image"]
    found = stack.docker("run", "--rm", "--entrypoint", "find", image, "/", "-xdev", "-name", "libcuda.so*", "-o", "-xdev", "-name",
                         "libnvidia-*").stdout
    assert found == "", found
    assert stack.docker("run", "--rm", image, "version").stdout.startswith("zimu ")
