"""The workers that the conformance tests run against, and their environment."""

from __future__ import annotations

import hashlib
import os
import pathlib
import subprocess
import sys

import pytest

from zimu_server import BIN, MODELS, ROOT

PYTHON_WORKER = pathlib.Path(os.environ.get("ZIMU_TEST_PYTHON_WORKER", ROOT / "workers/python/zimu_worker.py"))
REQUIREMENTS = ROOT / "workers/python/requirements.txt"
VENV = pathlib.Path(os.environ.get("ZIMU_TEST_WORKER_VENV", ROOT / "build/worker-venv"))
MODEL = MODELS / "ggml-base.bin"


def worker_environment() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith(("ZIMU_", "PYTHON"))}


def python_with_packages() -> pathlib.Path:
    """The interpreter of build/worker-venv, which is made when it is not there or the requirements changed."""
    stamp, python = VENV / "stamp", VENV / "bin/python"
    want = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()
    if not (stamp.exists() and stamp.read_text() == want):
        subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)
        pip = subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r",
                              REQUIREMENTS], capture_output=True, text=True)
        if pip.returncode != 0:
            pytest.fail(f"installing {REQUIREMENTS} into {VENV} failed (no network?):\n{pip.stderr[-2000:]}")
        stamp.write_text(want)
    return python


def command_of(kind: str) -> list[str]:
    if kind == "native":
        return [str(BIN / "zimu-worker")]
    return [str(python_with_packages()), str(PYTHON_WORKER)]
