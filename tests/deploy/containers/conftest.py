"""Real containers on a real engine. Base images come from their registry where one is reached, else from
tests/deploy/base_images.sh. ZIMU_TEST_KEEP=1 leaves the images (they are the slow part) for the next run."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from engine import Engine, running_host
from stack import ROOT, Stack, checkout

sys.path.insert(0, str(ROOT / "tests/functional"))
MODEL = pathlib.Path(os.environ.get("ZIMU_TEST_MODEL_DIR", ROOT / "build/models")) / "ggml-base.bin"
SAMPLE = ROOT / "build/whisper/source/node_modules/nodejs-whisper/cpp/whisper.cpp/samples/jfk.mp3"
PULL_SECONDS = 300


def pytest_configure():
    for needed in (MODEL, SAMPLE):
        if not needed.exists():
            pytest.exit(f"{needed} is missing; run `make deploy-test`", returncode=2)


@pytest.fixture(scope="session")
def docker_host():
    """The running engine, or one of our own under build/deploy."""
    if host := running_host():
        yield host
        return
    engine = Engine(ROOT / "build/deploy/engine").start()
    yield engine.host
    engine.stop()


@pytest.fixture(scope="session")
def bases(docker_host) -> dict[str, str]:
    """Build arguments for the base images."""
    real = {"UBUNTU_IMAGE": "ubuntu:24.04", "NODE_IMAGE": "node:22-alpine", "NGINX_IMAGE": "nginx:1.29-alpine"}
    if all(pulled(docker_host, image) for image in real.values()):
        return {}
    subprocess.run([ROOT / "tests/deploy/base_images.sh"], check=True,
                   env=os.environ | {"DOCKER_HOST": docker_host})
    return {"UBUNTU_IMAGE": "zimu-base/ubuntu", "NODE_IMAGE": "zimu-base/node", "NGINX_IMAGE": "zimu-base/nginx"}


def pulled(host: str, image: str) -> bool:
    if subprocess.run(["docker", "--host", host, "image", "inspect", image], capture_output=True).returncode == 0:
        return True
    try:
        return subprocess.run(["docker", "--host", host, "pull", "-q", image], capture_output=True,
                              timeout=PULL_SECONDS).returncode == 0
    except subprocess.TimeoutExpired:
        return False


@pytest.fixture(scope="session")
def stack(docker_host, bases, tmp_path_factory):
    """A clean checkout, both images built, everything up. The model is put where an air-gapped user puts it."""
    folder = tmp_path_factory.mktemp("checkout")
    checkout(folder)
    stack = Stack(folder, docker_host, bases)
    stack.compose("build")
    (folder / "data/models").mkdir(parents=True)
    shutil.copy2(MODEL, folder / "data/models/")
    stack.up()
    yield stack
    (ROOT / "build/deploy").mkdir(parents=True, exist_ok=True)
    (ROOT / "build/deploy/last.log").write_text(stack.logs())
    stack.down("--volumes")


@pytest.fixture(scope="session")
def jfk() -> pathlib.Path:
    return SAMPLE
