"""deploy/setup.sh on machines of every kind: what it writes, what it says is missing, and how to get it."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from compose_files import ROOT, compose, needs_compose
from setup_machine import Machine

pytestmark = needs_compose

BASE = "docker-compose.yml"


@pytest.fixture
def machine(tmp_path) -> Machine:
    return Machine(tmp_path / "a machine")


def written(machine: Machine, *arguments: str, **variables: str) -> dict[str, str]:
    """It worked, and the real Compose reads the result by `docker compose config` alone, as the user will."""
    answer = machine.setup(*arguments, **variables)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert answer.stderr == ""
    values = machine.values()
    machine.said = answer.stdout
    project = compose("config", "--format", "json", cwd=machine.root)
    assert (project.returncode, project.stderr) == (0, ""), project.stderr
    machine.project = json.loads(project.stdout)
    return values


def refused(machine: Machine, *sentences: str, arguments: tuple[str, ...] = ()) -> str:
    answer = machine.setup(*arguments)
    assert answer.returncode == 1, answer.stdout
    assert answer.stderr == ""
    assert not machine.env.exists(), "nothing may be written when something is missing"
    for sentence in sentences:
        assert sentence in answer.stdout, f"{sentence}\n--- not in ---\n{answer.stdout}"
    assert "STOP" in answer.stdout and "Nothing was written" in answer.stdout
    return answer.stdout


# --- nothing special ---


def test_plain_machine(machine):
    """Rows 1 and 2: a plain Ubuntu with Docker."""
    before = machine.everything()
    values = written(machine)
    assert values == {"COMPOSE_FILE": BASE, "COMPOSE_PATH_SEPARATOR": ":", "PUID": "1001", "PGID": "1002",
                      "TZ": "Europe/Berlin", "ZIMU_BIND": "127.0.0.1", "ZIMU_PORT": "8080"}
    assert "docker compose up -d --wait" in machine.said and "http://127.0.0.1:8080" in machine.said
    assert "note" not in machine.said and "STOP" not in machine.said
    assert machine.project["services"]["server"]["environment"]["PUID"] == "1001"
    assert machine.everything() - before == {".env"}, "it changes nothing else"
    assert machine.env.stat().st_mode & 0o777 == 0o600, "a token may come to stand in it"
    assert (machine.state / "compose_calls").read_text().count("\n") == 1


def test_on_the_machine_that_runs_this_test():
    """The real thing, without any stand-in: it may find Docker or not, but it never fails or writes."""
    answer = subprocess.run([ROOT / "deploy/setup.sh", "--check"], capture_output=True, text=True,
                            env=os.environ | {"SETUP_ENV_FILE": "/nonexistent/.env"})
    assert answer.returncode in (0, 1) and answer.stderr == "", answer.stdout + answer.stderr
    assert "system: Linux" in answer.stdout or "system: WSL2" in answer.stdout
    assert (answer.returncode == 1) == ("STOP" in answer.stdout)


@pytest.mark.parametrize("tool", ["setup.sh", "lib"])
def test_shellcheck(tool):
    folder = ROOT / "deploy"
    files = [folder / tool] if tool.endswith(".sh") else sorted((folder / tool).glob("*.sh"))
    answer = subprocess.run(["shellcheck", "-x", *files], capture_output=True, text=True, cwd=ROOT)
    assert answer.returncode == 0, answer.stdout
    assert all(len(f.read_text().splitlines()) <= 300 for f in files)


# --- the engine ---


def test_no_docker(machine):
    (machine.bin / "docker").unlink()
    refused(machine, "Docker is not installed.", "sudo apt-get install docker.io docker-compose-v2")


def test_no_docker_on_another_distribution(machine):
    (machine.bin / "docker").unlink()
    machine.file("os-release", 'ID=fedora\n')
    refused(machine, "https://docs.docker.com/engine/install/")


def test_no_docker_on_wsl(machine):
    (machine.wsl().bin / "docker").unlink()
    refused(machine, "Docker Desktop on Windows", "WSL integration")


@pytest.mark.parametrize("error, wsl, sentences", [
    ("permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock", False,
     ["you may not use it", "sudo usermod -aG docker"]),
    ("Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?", False,
     ["does not run", "sudo systemctl enable --now docker"]),
    ("Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?", True,
     ["Start Docker Desktop", "systemd=true"]),
    ("The command 'docker' could not be found in this WSL 2 distro.", True, ["not connected to this distribution"]),
    ("unexpected thing", False, ["Docker does not answer", "unexpected thing"]),
])
def test_docker_that_does_not_answer(machine, error, wsl, sentences):
    if wsl:
        machine.wsl()
    machine.set("error", error)
    refused(machine, *sentences)


def test_old_docker(machine):
    machine.docker(version="19.03.15")
    refused(machine, "Docker 19.03.15 is too old", "20.10")


@pytest.mark.parametrize("version, sentence", [("2.17.3", "Compose 2.17.3 is too old"), ("v2.24.3", "2.24.4 is the oldest"),
                                               (None, "Docker Compose is not installed")])
def test_old_compose(machine, version, sentence):
    machine.docker(compose=version)
    refused(machine, sentence, "docker-compose-v2")


@pytest.mark.parametrize("version", ["v2.24.4", "2.30.3-desktop.1", "5.5.0", "2.40.3+ds1-0ubuntu1"])
def test_good_compose(machine, version):
    machine.docker(compose=version)
    written(machine)


def test_compose_in_python(machine):
    machine.docker(compose=None)
    machine.program("docker-compose", 'echo 1.29.2\n')
    refused(machine, "Compose 1.29.2 is the old program in Python")


def test_standalone_compose(machine):
    """`docker-compose up -d`, the command of the requirement, with Compose 2 as a program of its own."""
    machine.docker(compose=None)
    machine.program("docker-compose", '[ "$1" = version ] && { echo 2.27.0; exit; }\nexec $COMPOSE "$@"\n')
    written(machine)
    assert "docker-compose up -d --wait" in machine.said


def test_wsl1(machine):
    machine.file("proc_version", "Linux version 4.4.0-19041-Microsoft (Microsoft@Microsoft.com)\n")
    refused(machine, "WSL 1", "wsl --set-version")


def test_remote_engine(machine):
    written(machine, DOCKER_HOST="ssh://server")
    assert "the containers run on that machine" in machine.said


# --- ids ---


def test_ids_under_sudo(machine):
    machine.ids(0, 0, SUDO_UID="1234", SUDO_GID="1235", SUDO_USER="anna")
    values = written(machine)
    assert (values["PUID"], values["PGID"]) == ("1234", "1235")
    assert "anna" in machine.reason("PUID")
    if os.geteuid() == 0:
        assert (machine.env.stat().st_uid, machine.env.stat().st_gid) == (1234, 1235)


def test_ids_of_plain_root(machine):
    machine.ids(0, 0)
    assert written(machine)["PUID"] == "1000"


def test_rootless_docker(machine):
    """Root in the container is the user: any other id would be a stranger to the files."""
    machine.docker(security=" name=rootless")
    values = written(machine)
    assert (values["PUID"], values["PGID"]) == ("0", "0")
    assert "rootless" in machine.reason("PUID")


# --- Podman ---


def test_podman(machine):
    """Row 5."""
    machine.podman()
    values = written(machine)
    assert values["COMPOSE_FILE"] == f"{BASE}:docker-compose.podman.yml"
    assert values["PUID"] == "0"
    assert "podman compose up -d" in machine.said


def test_podman_as_root_keeps_ids(machine):
    machine.podman(rootless=False)
    assert written(machine)["PUID"] == "1001"


def test_podman_under_the_name_of_docker(machine):
    machine.podman()
    machine.program("docker", (machine.bin / "podman").read_text())
    assert "docker-compose.podman.yml" in written(machine, DOCKER_NAME="podman version")["COMPOSE_FILE"]


def test_old_podman(machine):
    machine.podman(version="3.4.4")
    refused(machine, "Podman 3.4.4 is too old")


def test_podman_compose_in_python(machine):
    machine.podman().set("compose_provider", "podman-compose version 1.0.6")
    refused(machine, "podman-compose, which does not know", "cli-plugins/docker-compose")


def test_podman_gpu(machine):
    """Row 5: Podman ignores deploy.resources, so it has a file of its own, and needs a specification."""
    machine.podman().nvidia()
    assert "gpu" not in written(machine)["COMPOSE_FILE"]
    assert "sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml" in machine.said
    machine.cdi_specification()
    assert written(machine, "--force")["COMPOSE_FILE"] == (
        f"{BASE}:docker-compose.podman.yml:docker-compose.gpu-podman.yml")
    machine.podman_compose = machine.set("compose_provider", "Docker Compose version v2.29.7")
    assert "gpu" not in written(machine, "--force")["COMPOSE_FILE"]
    assert "needs docker-compose 2.30" in machine.said


# --- SELinux ---


@pytest.mark.parametrize("enforce, security, expected", [
    ("1", " name=selinux", True), ("1", None, False), ("0", " name=selinux", False)])
def test_selinux(machine, enforce, security, expected):
    machine.file("enforce", enforce)
    machine.docker(security=security)
    assert ("docker-compose.selinux.yml" in written(machine)["COMPOSE_FILE"]) is expected


# --- options ---


@pytest.mark.parametrize("arguments", [("--gpu",), ("--gpu", "maybe"), ("--ollama", "no"), ("--what",), ("--data", "")])
def test_wrong_usage(machine, arguments):
    answer = machine.setup(*arguments)
    assert answer.returncode == 64 and "deploy/setup.sh:" in answer.stderr and not machine.env.exists()


def test_help(machine):
    answer = machine.setup("--help")
    assert answer.returncode == 0 and "--check" in answer.stdout


def test_check_writes_nothing(machine):
    before = machine.everything()
    answer = machine.setup("--check")
    assert answer.returncode == 0 and "engine: Docker 27.3.1" in answer.stdout
    assert machine.everything() == before


def test_print_is_the_file_alone(machine):
    answer = machine.setup("--print")
    assert answer.returncode == 0 and not machine.env.exists()
    assert answer.stdout.startswith("# Written by deploy/setup.sh") and "engine: Docker" in answer.stderr
    written(machine)
    assert machine.env.read_text() == answer.stdout


def test_offline(machine):
    """Row 40: the file that forbids the network comes last."""
    machine.nvidia().toolkit()
    values = written(machine, "--offline", "--ollama", "compose")
    assert values["COMPOSE_FILE"].split(":")[-1] == "docker-compose.offline.yml"
    assert {s["pull_policy"] for s in machine.project["services"].values()} == {"never"}
    assert not any("build" in s for s in machine.project["services"].values())
