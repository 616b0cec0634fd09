"""The shape of the deployment, asked from the real Compose for every combination of files."""

from __future__ import annotations

import json
import re

import pytest

from compose_files import COMBINATIONS, OVERLAYS, ROOT, compose, config, files_of, needs_compose

pytestmark = needs_compose


def devices(service: dict) -> list[dict]:
    return service.get("deploy", {}).get("resources", {}).get("reservations", {}).get("devices", [])


@pytest.fixture(params=COMBINATIONS, ids=lambda c: c or "base")
def combined(request, tmp_path) -> tuple[str, dict]:
    return request.param, config(request.param, folder=tmp_path)


def test_every_file_is_in_a_combination():
    """Row 5: no overlay is forgotten by these tests."""
    assert sorted({name for c in COMBINATIONS for name in files_of(c)[1:]}) == OVERLAYS


def test_project_and_services(combined):
    """Rows 2 and 5: valid with an empty .env, without a warning; one project, the same two services."""
    combination, project = combined
    assert project["name"] == "zimu"
    expected = {"server", "web"} | ({"ollama"} if "ollama" in combination.split() else set())
    assert set(project["services"]) == expected


def test_valid_without_any_env_file(tmp_path):
    """Rows 1 and 2: the files alone, as after a fresh clone."""
    for name in [*OVERLAYS, "docker-compose.yml"]:
        (tmp_path / name).write_text((ROOT / name).read_text())
    answer = compose("config", "-q", cwd=tmp_path)
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")


def test_settings_that_are_empty_are_as_good_as_missing(tmp_path):
    """Row 2: NAME= in .env gives the same as no line, for everything that is not also passed on by name alone."""
    everything = "".join((ROOT / name).read_text() for name in ["docker-compose.yml", *OVERLAYS])
    names = set(re.findall(r"\$\{(\w+)", everything)) - {"ZIMU_VERSION", "NO_PROXY"}
    assert len(names) > 30
    text = "".join(f"{name}=\n" for name in names)
    for combination in COMBINATIONS:
        assert config(combination, text, folder=tmp_path) == config(combination, folder=tmp_path)


def test_no_gpu_unless_asked(combined):
    """Rows 3 and 4: the base asks for no device; a GPU file gives it to the server, as the capability gpu alone."""
    combination, project = combined
    names = combination.split()
    text = json.dumps(project)
    server = project["services"]["server"]
    if not any("gpu" in name for name in names):
        assert "nvidia" not in text and "cdi" not in text
        assert not any(devices(s) or s.get("devices") for s in project["services"].values())
    if "gpu-cdi" in names:
        assert devices(server) == [{"driver": "cdi", "device_ids": ["nvidia.com/gpu=all"], "capabilities": ["gpu"]}]
    elif "gpu" in names:
        assert devices(server) == [{"driver": "nvidia", "count": -1, "capabilities": ["gpu"]}]
    elif "gpu-podman" in names:
        assert not devices(server), "Podman ignores deploy.resources"
        assert [d["source"] for d in server["devices"]] == ["nvidia.com/gpu=all"]
        assert "label=disable" in server["security_opt"]
    for service in project["services"].values():
        for device in devices(service):
            assert device["capabilities"] == ["gpu"]
    assert "web" not in {n for n, s in project["services"].items() if devices(s) or s.get("devices")}
    if "ollama-gpu" in names:
        assert devices(project["services"]["ollama"]) == [{"driver": "nvidia", "count": -1, "capabilities": ["gpu"]}]


def test_the_gpu_image_is_another_image(combined):
    """Row 4: switching the GPU on or off must build the other target, and not take the image that is there."""
    combination, project = combined
    server = project["services"]["server"]
    is_gpu = any(name in ("gpu", "gpu-cdi", "gpu-podman") for name in combination.split())
    assert server["image"] == ("zimu-server:latest-cuda" if is_gpu else "zimu-server:latest")
    if "offline" not in combination.split():
        assert server["build"]["target"] == ("cuda" if is_gpu else "cpu")
    # The image alone says what the driver gives (row 6); an empty CUDA_VISIBLE_DEVICES would hide every card.
    assert not any(name.startswith("NVIDIA_") for name in server["environment"])
    assert server["environment"].get("CUDA_VISIBLE_DEVICES") is None


@pytest.mark.parametrize("overlay", ["gpu", "gpu-cdi", "podman gpu-podman"])
def test_gpu_choices(overlay, tmp_path):
    """Row 4: which cards and which target, by .env."""
    text = "ZIMU_GPU_COUNT=1\nZIMU_GPU_DEVICE=nvidia.com/gpu=1\nZIMU_TARGET=full\nCUDA_VISIBLE_DEVICES=0\nZIMU_VERSION=7\n"
    server = config(overlay, text, folder=tmp_path)["services"]["server"]
    assert server["image"] == "zimu-server:7-full" and server["build"]["target"] == "full"
    assert server["environment"]["CUDA_VISIBLE_DEVICES"] == "0"
    if overlay == "gpu":
        assert devices(server)[0]["count"] == 1
    elif overlay == "gpu-cdi":
        assert devices(server)[0]["device_ids"] == ["nvidia.com/gpu=1"]
    else:
        assert server["devices"][0]["source"] == "nvidia.com/gpu=1"
    assert config("", "ZIMU_TARGET=full\n", folder=tmp_path)["services"]["server"]["image"] == "zimu-server:latest-full"


def test_hardened(combined):
    """Row 37: read-only, no capability that is not needed, no new privileges, room for temporary files in memory."""
    _, project = combined
    for name, service in project["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert any(entry.startswith("/tmp:") for entry in service["tmpfs"]), name
        assert not service.get("privileged") and "network_mode" not in service and "pid" not in service, name
        assert "docker.sock" not in json.dumps(service), name
    # CHOWN, DAC_OVERRIDE: adopt the data; SETUID, SETGID: become PUID; KILL: init passes SIGTERM on.
    assert sorted(project["services"]["server"]["cap_add"]) == [
        "CHOWN", "DAC_OVERRIDE", "KILL", "SETGID", "SETUID"]
    assert "cap_add" not in project["services"]["web"]


def test_logs_are_bounded(combined):
    """Row 39, with the driver that Docker and Podman both have."""
    for name, service in combined[1]["services"].items():
        assert service["logging"] == {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}}, name


def test_lifecycle(combined):
    """Rows 1 and 38: health, order, restart, time to stop."""
    services = combined[1]["services"]
    for name, service in services.items():
        assert service["restart"] == "unless-stopped", name
        assert service["healthcheck"]["test"][0] == "CMD", name
        assert not service["healthcheck"].get("disable"), name
        # Engines before 25 refuse it.
        assert "start_interval" not in service["healthcheck"], name
    assert services["server"]["stop_grace_period"] == "1m0s"
    assert services["server"]["healthcheck"]["start_period"] == "5m0s"
    assert services["web"]["depends_on"] == {
        "server": {"condition": "service_healthy", "restart": True, "required": True}}
    # Row 29: nothing waits for Ollama.
    assert "depends_on" not in services["server"]


def test_the_health_check_is_that_of_the_image(tmp_path):
    """Row 1: the two places that name the check do not drift apart."""
    services = config(folder=tmp_path)["services"]
    for service, dockerfile in (("server", "server/Dockerfile"), ("web", "web/Dockerfile")):
        text = (ROOT / dockerfile).read_text().replace("\\\n", " ")
        in_image = {tuple(json.loads(m)) for m in re.findall(r"^HEALTHCHECK .*?CMD (\[.*\])$", text, re.M)}
        assert in_image == {tuple(services[service]["healthcheck"]["test"][1:])}, dockerfile


def test_data_stays_on_the_host(tmp_path):
    """Rows 16 and 19: ./data or what .env says; a folder that is gone is refused by Docker, not made anew."""
    for env, source in (("", str(ROOT / "data")), ("ZIMU_DATA=/srv/zimu\n", "/srv/zimu"),
                        ("ZIMU_DATA=./other\n", str(ROOT / "other"))):
        mounts = config("", env, folder=tmp_path)["services"]["server"]["volumes"]
        assert [(m["type"], m["source"], m["target"]) for m in mounts] == [("bind", source, "/data")]
        assert mounts[0]["bind"].get("create_host_path", False) is False
    assert (ROOT / "data" / ".gitkeep").exists(), "a fresh clone has the folder"


def test_data_in_a_volume_and_under_selinux(tmp_path):
    """Rows 5 and 20: the named volume takes the place of the folder; SELinux labels it."""
    project = config("volume", folder=tmp_path)
    assert project["services"]["server"]["volumes"][0]["type"] == "volume"
    assert len(project["services"]["server"]["volumes"]) == 1
    assert project["volumes"]["data"]["name"] == "zimu-data"
    mounts = config("selinux", "ZIMU_DATA=/srv/zimu\n", folder=tmp_path)["services"]["server"]["volumes"]
    assert mounts == [{"type": "bind", "source": "/srv/zimu", "target": "/data",
                       "bind": {"selinux": "z", "create_host_path": True}}]


def test_published_to_this_machine_only(combined, tmp_path):
    """There are no accounts yet: nothing is open to the network until .env says so."""
    combination, project = combined
    ports = {name: s.get("ports", []) for name, s in project["services"].items()}
    assert ports.pop("web") == [
        {"mode": "ingress", "host_ip": "127.0.0.1", "target": 8080, "published": "8080", "protocol": "tcp"}]
    assert not any(ports.values())
    opened = config(combination, "ZIMU_BIND=0.0.0.0\nZIMU_PORT=80\n", folder=tmp_path)["services"]["web"]["ports"][0]
    assert (opened["host_ip"], opened["published"]) == ("0.0.0.0", "80")


def test_ollama_is_reachable(combined):
    """Rows 27 and 28: the host has a name in the container, and no proxy stands between."""
    combination, project = combined
    names = combination.split()
    server = project["services"]["server"]
    if "podman" in names:  # it names the host itself and may refuse host-gateway
        assert not server.get("extra_hosts")
    else:
        assert server["extra_hosts"] == ["host.docker.internal=host-gateway"]
    expected = "http://host.docker.internal:11434"
    if "podman" in names:
        expected = "http://host.containers.internal:11434"
    if "ollama" in names:
        expected = "http://ollama:11434"
    assert server["environment"]["OLLAMA_HOST"] == expected
    host = re.sub(r"^http://|:\d+$", "", expected)
    for name in ("NO_PROXY", "no_proxy"):
        assert {host, "server", "localhost", "127.0.0.1"} <= set(server["environment"][name].split(","))


def test_network_is_fixed_and_can_be_changed(tmp_path):
    """Row 27: one firewall rule can name the containers."""
    for env, subnet in (("", "172.30.250.0/24"), ("ZIMU_SUBNET=10.9.8.0/24\n", "10.9.8.0/24")):
        networks = config("", env, folder=tmp_path)["networks"]
        assert networks["default"]["ipam"]["config"] == [{"subnet": subnet}]


def test_offline_never_asks_the_network(tmp_path):
    """Row 40: no pull, no build, no download; what is missing is an error at once."""
    for combination in [c for c in COMBINATIONS if c.split()[-1:] == ["offline"]]:
        project = config(combination, "OLLAMA_PULL_POLICY=never\nHF_HUB_OFFLINE=0\n", folder=tmp_path)
        for service in project["services"].values():
            assert service["pull_policy"] == "never" and "build" not in service
        assert project["services"]["server"]["environment"]["HF_HUB_OFFLINE"] == "1"


def test_compose_file_line_in_env(tmp_path):
    """Row 4: one line in .env switches the GPU on."""
    for name in [*OVERLAYS, "docker-compose.yml"]:
        (tmp_path / name).write_text((ROOT / name).read_text())
    (tmp_path / ".env").write_text(
        "COMPOSE_FILE=docker-compose.yml:docker-compose.gpu.yml\nCOMPOSE_PATH_SEPARATOR=:\n")
    answer = compose("config", "--format", "json", cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert devices(json.loads(answer.stdout)["services"]["server"])[0]["driver"] == "nvidia"
