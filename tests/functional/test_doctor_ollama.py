"""`zimu doctor` and Ollama, in real networks: namespaces, a firewall, a name server, and what people find in Ollama's place."""

from __future__ import annotations

import pytest

from doctor_machine import Machine, read, system
from network_box import HOST, NetworkBox
from zimu_server import BIN, Server


@pytest.fixture
def machine(tmp_path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    try:
        made = NetworkBox(tmp_path_factory.mktemp("network"))
    except RuntimeError as error:
        pytest.skip(str(error))
    yield made
    made.close()


@pytest.fixture
def ollama(machine, box):
    box.quiet()

    def ask(**more: str) -> dict:
        env = machine.env | {"OLLAMA_HOST": "http://host.docker.internal:11434"} | more
        return read(box.run(BIN / "zimu", "doctor", "--json", env=env))["ollama"]

    yield ask
    box.quiet()


def test_ollama_good(box, ollama):
    box.serve("0.0.0.0", "ollama", "qwen3:latest")
    said = ollama(OLLAMA_MODEL="qwen3")
    assert said["verdict"] == "good" and HOST in said["detail"] and "0.12.6" in said["detail"] and "qwen3:latest" in said["detail"]


def test_ollama_model_missing(box, ollama):
    """row 28"""
    box.serve("0.0.0.0", "ollama", "llama3.2:1b")
    said = ollama(OLLAMA_MODEL="qwen3:8b")
    assert said["verdict"] == "degraded" and "ollama pull qwen3:8b" in said["action"]


def test_ollama_refused(box, ollama):
    """row 28: not running, or bound to 127.0.0.1."""
    assert f"refused by {HOST}:11434" in ollama()["detail"]
    box.serve("127.0.0.1", "ollama")
    said = ollama()
    assert f"refused by {HOST}:11434" in said["detail"] and "OLLAMA_HOST=0.0.0.0:11434" in said["action"]


def test_ollama_dropped(box, ollama):
    """row 28: a firewall that drops; the fix names our own network."""
    box.serve("0.0.0.0", "ollama")
    box.firewall("-p", "tcp", "--dport", "11434", "-j", "DROP")
    said = ollama()
    assert "timeout" in said["detail"] and "ufw allow from 10.77.0.0/24 to any port 11434" in said["action"], said


def test_ollama_rejected(box, ollama):
    """row 28: a firewall that rejects."""
    box.serve("0.0.0.0", "ollama")
    box.firewall("-p", "tcp", "--dport", "11434", "-j", "REJECT", "--reject-with", "icmp-host-unreachable")
    said = ollama()
    assert "No route to host" in said["detail"] and "firewall" in said["detail"] and "ufw allow" in said["action"]


def test_ollama_no_route(ollama):
    said = ollama(OLLAMA_HOST="http://10.99.0.1:11434")
    assert "Network is unreachable" in said["detail"] and "network_mode" in said["action"]


def test_ollama_name_unknown(box, ollama):
    """row 28: the DNS server knows no such name, as Docker's own without extra_hosts."""
    box.names(None)
    box.serve(HOST, "dns")
    said = ollama()
    assert "does not resolve" in said["detail"] and "extra_hosts" in said["action"]
    assert "service name" in ollama(OLLAMA_HOST="http://olama:11434")["action"]


def test_ollama_no_name_server(box, ollama):
    box.names(None)
    box.firewall("-p", "udp", "--dport", "53", "-j", "DROP")
    said = ollama()
    assert f"does not answer (asked: {HOST})" in said["detail"] and "resolv.conf" in said["action"]


@pytest.mark.parametrize("mode,words", [("html", "is not Ollama: HTTP 200, a web page"), ("404", "is not Ollama: HTTP 404"), ("500", "HTTP 500"),
                                        ("502", "gateway"), ("401", "refuses the request")])
def test_ollama_something_else_answers(box, ollama, mode, words):
    box.serve("0.0.0.0", mode)
    said = ollama()
    assert said["verdict"] == "degraded" and words in said["detail"], said


@pytest.mark.parametrize("mode", ["502", "407", "html"])
def test_ollama_behind_a_proxy(box, ollama, mode):
    """row 28: HTTP_PROXY handed in by the Docker client; the name is the proxy's matter then."""
    box.serve(HOST, mode)
    proxy = {"http_proxy": f"http://me:secret@{HOST}:11434", "NO_PROXY": "", "no_proxy": ""}
    said = ollama(OLLAMA_HOST="http://ollama.example:11434", **proxy)
    assert "through the proxy" in said["detail"] and "http_proxy" in said["detail"] and "secret" not in said["detail"]
    assert {"502": "HTTP 502", "407": "HTTP 407", "html": "a web page"}[mode] in said["detail"], said
    assert "NO_PROXY=ollama.example" in said["action"], said


def test_ollama_proxy_that_no_proxy_passes_by(box, ollama):
    box.serve("0.0.0.0", "ollama")
    said = ollama(http_proxy="http://10.99.0.1:3128", no_proxy="host.docker.internal")
    assert said["verdict"] == "good", said


def test_ollama_own_loopback(ollama):
    said = ollama(OLLAMA_HOST="http://127.0.0.1:11434")
    assert "the container itself" in said["detail"] and "host.docker.internal" in said["action"]
    said = ollama(OLLAMA_HOST="http://127.0.0.1:11434", ZIMU_TEST_DOCKER_MARK="/nowhere")
    assert "systemctl start ollama" in said["action"]


def test_ollama_wsl_and_rootless(machine, ollama):
    wsl = machine.file("version", "Linux version 5.15.167.4-microsoft-standard-WSL2\n")
    assert "vEthernet (WSL)" in ollama(ZIMU_TEST_PROC_VERSION=wsl)["action"]
    assert "10.0.2.2" in ollama(ZIMU_TEST_UID_MAP=machine.file("uid_map", "0 1000 1\n"))["action"]


def test_ollama_never_makes_the_server_unhealthy(machine):
    """row 29: the probe meets a name that nobody answers for; both health pages answer meanwhile."""
    server = Server(machine.data, env=machine.env | {"OLLAMA_HOST": "http://203.0.113.1:11434"}).start()
    try:
        with server.client() as client:
            checks = {c["name"]: c for c in system(client)["checks"]}
            assert checks["ollama"]["verdict"] == "degraded"
            assert client.get("/livez").status_code == client.get("/readyz").status_code == 200
    finally:
        assert server.stop() == 0
