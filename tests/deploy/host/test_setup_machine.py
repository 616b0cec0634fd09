"""deploy/setup.sh: GPU, data folder, port, network and Ollama of the machine, and an .env that is there already."""

from __future__ import annotations

import pytest

from compose_files import needs_compose
from setup_machine import Machine
from test_setup import BASE, machine, refused, written  # noqa: F401 (machine is a fixture)

pytestmark = needs_compose

GPU = f"{BASE}:docker-compose.gpu.yml"
CDI = f"{BASE}:docker-compose.gpu-cdi.yml"


def make_wsl(m: Machine, smi: bool = True) -> Machine:
    (m.folder / "wsl-lib").mkdir()
    m.wsl()
    return m.nvidia(folder=m.folder / "wsl-lib") if smi else m


# --- GPU ---


@pytest.mark.parametrize("prepare, files, sentence", [
    (lambda m: m.nvidia().toolkit(), GPU, "NVIDIA GeForce RTX 3060, driver 550.120, through nvidia-container-runtime-hook"),
    # Until 29.1 Docker looks for the old hook alone; from 29.2 either will do.
    (lambda m: m.docker("29.2.0").nvidia().toolkit("nvidia-cdi-hook"), GPU, "through nvidia-cdi-hook"),
    (lambda m: m.docker("29.1.5").nvidia().toolkit("nvidia-cdi-hook"), BASE, "nvidia-container-toolkit is missing"),
    (lambda m: m.docker("20.10.24").nvidia().toolkit(), GPU, "through nvidia-container-runtime-hook"),
    (lambda m: m.nvidia().cdi_specification(), CDI, "through the CDI specification"),
    (lambda m: m.docker("24.0.7", cdi=None).nvidia().cdi_specification(), BASE, "nvidia-container-toolkit is missing"),
    (lambda m: m.docker("25.0.3", cdi="[]").nvidia().cdi_specification(), BASE, "nvidia-container-toolkit is missing"),
    (lambda m: m.nvidia(), BASE, 'could not select device driver "nvidia" with capabilities: [[gpu]]'),
    (lambda m: m.nvidia(), BASE, "sudo nvidia-ctk runtime configure --runtime=docker"),
    (lambda m: m.nvidia(driver="470.256.02").toolkit(), BASE, "driver 470.256.02 is older than 525"),
    (lambda m: m.nvidia(driver="525.60.13").toolkit(), GPU, "driver 525.60.13"),
    (lambda m: m.nvidia("GeForce GTX 750", capability="5.0").toolkit(), BASE, "has compute capability 5.0"),
    (lambda m: m.nvidia("RTX 5090", capability="12.0").toolkit(), GPU, "RTX 5090"),
    (lambda m: m.docker(security=" name=rootless").nvidia().toolkit(), BASE, "no-cgroups --in-place"),
    (lambda m: m.docker(security=" name=rootless").nvidia().toolkit().cdi_specification(), CDI, "Docker is rootless"),
    (lambda m: (m.docker(security=" name=rootless").nvidia().toolkit(), m.file("nvidia.toml", "  no-cgroups = true\n")),
     GPU, "with no-cgroups"),
    (lambda m: (m.docker(security=" name=rootless").nvidia().toolkit(), m.file("nvidia.toml", "#no-cgroups = true\n")),
     BASE, "no-cgroups --in-place"),
    (lambda m: make_wsl(m).toolkit(), GPU, "RTX 3060"),
    (lambda m: make_wsl(m).toolkit().nvidia(), GPU, "second nvidia-smi"),
    (lambda m: make_wsl(m).desktop(), f"{GPU}:docker-compose.volume.yml", "Docker Desktop, which brings the toolkit"),
    (lambda m: make_wsl(m, smi=False), BASE, "none found"),
    (lambda m: m, BASE, "no NVIDIA card"),
])
def test_gpu(machine, prepare, files, sentence):  # noqa: F811
    """Row 4: the one line in .env, by what the engine of this version really looks for."""
    prepare(machine)
    assert written(machine)["COMPOSE_FILE"] == files
    assert sentence in machine.said
    on = machine.setup("--gpu", "on", "--check")
    assert on.returncode == (0 if "gpu" in files else 1), on.stdout
    off = written(machine, "--gpu", "off", "--force")
    assert "gpu" not in off["COMPOSE_FILE"] and "--gpu off" in machine.reason("COMPOSE_FILE")


def test_gpu_of_an_old_driver_without_compute_cap(machine):  # noqa: F811
    machine.program("nvidia-smi", 'case "$1" in *compute_cap*) echo \'Field "compute_cap" is not a valid field to query.\'; exit 2;; esac\n'
                                  'echo "Tesla T4, 450.80.02"\n')
    written(machine)
    assert "driver 450.80.02 is older than 525" in machine.said


@pytest.mark.parametrize("answer, sentence", [
    ("Failed to initialize NVML: Driver/library version mismatch", "restart the machine"),
    ("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.", "Reinstall the NVIDIA driver"),
    ("No devices were found", "No devices were found"),
])
def test_gpu_driver_that_fails(machine, answer, sentence):  # noqa: F811
    machine.program("nvidia-smi", f'echo "{answer}"; exit {0 if "No devices" in answer else 18}\n')
    machine.toolkit()
    assert written(machine)["COMPOSE_FILE"] == BASE
    assert sentence in machine.said


def test_gpu_without_driver(machine):  # noqa: F811
    machine.file("pci/0000:01:00.0/vendor", "0x10de\n")
    machine.file("pci/0000:01:00.0/class", "0x030000\n")
    written(machine)
    assert "an NVIDIA card, but no driver" in machine.said
    machine.file("pci/0000:01:00.0/class", "0x040300\n")  # its sound chip alone
    written(machine, "--force")
    assert "no NVIDIA card" in machine.said


# --- data ---


@pytest.mark.parametrize("type", ["9p", "virtiofs", "nfs4", "cifs", "fuse.sshfs", "fuse.virtiofs", "ntfs3"])
def test_unsafe_filesystem(machine, type):  # noqa: F811
    """Row 20: the named volume where the folder is not safe, unless there is data in it already."""
    machine.mount(type)
    assert written(machine)["COMPOSE_FILE"] == f"{BASE}:docker-compose.volume.yml"
    assert f"is on {type}" in machine.said and f"is on {type}" in machine.reason("COMPOSE_FILE")
    assert machine.project["services"]["server"]["volumes"][0]["type"] == "volume"
    machine.env.unlink()
    (machine.root / "data/zimu.db").touch()
    assert written(machine)["COMPOSE_FILE"] == BASE
    assert "A database is there already" in machine.said


@pytest.mark.parametrize("type", ["ext4", "xfs", "btrfs", "overlay", "zfs", "tmpfs"])
def test_safe_filesystem(machine, type):  # noqa: F811
    machine.mount(type)
    assert written(machine)["COMPOSE_FILE"] == BASE
    assert f"on {type}" in machine.said


def test_windows_drive(machine):  # noqa: F811
    """Row 20: the checkout is under /mnt/c."""
    machine.wsl().mount("9p")
    written(machine)
    assert "lies on a Windows drive" in machine.said and "cd ~ && git clone" in machine.said


def test_docker_desktop(machine):  # noqa: F811
    machine.desktop()
    assert written(machine)["COMPOSE_FILE"].endswith("docker-compose.volume.yml")
    values = written(machine, "--force", "--data", "./data")
    assert values["COMPOSE_FILE"] == BASE and values["ZIMU_DATA"] == "./data"
    assert "because you chose the folder" in machine.said


def test_data_elsewhere(machine):  # noqa: F811
    other = machine.folder / "big disk's"
    assert "does not exist" in refused(machine, "Is its disk mounted?", arguments=("--data", str(other)))
    other.mkdir()
    written(machine, "--data", str(other))
    assert machine.project["services"]["server"]["volumes"][0]["source"] == str(other)
    assert written(machine, "--force")["COMPOSE_FILE"] == BASE
    assert machine.project["services"]["server"]["volumes"][0]["source"] == str(other), "kept"


def test_data_volume_by_wish(machine):  # noqa: F811
    assert written(machine, "--data", "volume")["COMPOSE_FILE"].endswith("docker-compose.volume.yml")
    assert written(machine, "--force")["COMPOSE_FILE"].endswith("docker-compose.volume.yml"), "kept"


def test_no_data_folder(machine):  # noqa: F811
    """Row 19."""
    (machine.root / "data").rmdir()
    refused(machine, "does not exist", "mkdir -p")
    assert not (machine.root / "data").exists()


@pytest.mark.parametrize("free, sentence, code", [(1_000_000, "Model and first recordings need 2 GiB", 1),
                                                  (5_000_000, "Only 4882 MiB are free", 0), (99_999_999, "95 GiB free", 0)])
def test_space(machine, free, sentence, code):  # noqa: F811
    machine.set("free", str(free))
    answer = machine.setup("--check")
    assert (answer.returncode, sentence in answer.stdout) == (code, True), answer.stdout


def test_space_for_building_with_cuda(machine):  # noqa: F811
    machine.set("free", "20000000").nvidia().toolkit()
    written(machine)
    assert "images with CUDA takes about 30 GiB; 19 GiB are free" in machine.said


def test_little_memory(machine):  # noqa: F811
    machine.file("meminfo", "MemTotal:        1012345 kB\n")
    written(machine)
    assert "988 MiB" in machine.said and "ZIMU_MODEL=tiny" in machine.said


# --- port and network ---


def test_port_taken(machine):  # noqa: F811
    machine.listen("00000000:8080", "0100007F:8081")
    assert written(machine)["ZIMU_PORT"] == "8082"
    assert "8080 was taken" in machine.reason("ZIMU_PORT") and "http://127.0.0.1:8082" in machine.said


def test_port_taken_in_ipv6(machine):  # noqa: F811
    machine.listen("00000000000000000000000000000000:8080")
    assert written(machine)["ZIMU_PORT"] == "8081"


def test_port_of_zimu_itself(machine):  # noqa: F811
    machine.listen("0100007F:8080").set("ps", "127.0.0.1:8080->8080/tcp")
    assert written(machine)["ZIMU_PORT"] == "8080"


@pytest.mark.parametrize("routes, subnet", [
    ([("docker0", "AC110000", "FFFF0000")], None),
    ([("tun0", "AC1E0000", "FFFF0000")], "172.31.250.0/24"),
    ([("tun0", "AC100000", "FFF00000")], "10.213.77.0/24"),
    ([("tun0", "AC1EFA80", "FFFFFF80")], "172.31.250.0/24"),  # a part of ours
    ([("tun0", "AC100000", "FFF00000"), ("tun1", "0A000000", "FF000000")], "192.168.213.0/24"),
    ([("br-0123456789ab", "AC1EFA00", "FFFFFF00")], None),  # our own network, from the last start
    ([("br-ba9876543210", "AC1EFA00", "FFFFFF00")], "172.31.250.0/24"),
])
def test_subnet(machine, routes, subnet):  # noqa: F811
    machine.routes(*routes).set("network", "0123456789abcdef0123456789abcdef")
    assert written(machine).get("ZIMU_SUBNET") == subnet


# --- Ollama ---

ALL, LOOP, LOOP6, MAPPED, BRIDGE = ("00000000:11434", "0100007F:11434", "00000000000000000000000001000000:11434",
                                    "0000000000000000FFFF00000100007F:11434", "010011AC:11434")


@pytest.mark.parametrize("prepare, sentence", [
    (lambda m: m.listen(ALL), "listens on all addresses"),
    (lambda m: m.listen("00000000000000000000000000000000:11434"), "listens on all addresses"),
    (lambda m: m.listen(LOOP), 'Environment="OLLAMA_HOST=0.0.0.0:11434"'),
    (lambda m: m.listen(LOOP6), "listens on 127.0.0.1 only"),
    (lambda m: m.listen(MAPPED), "listens on 127.0.0.1 only"),
    (lambda m: m.listen(BRIDGE), "listens on one address"),
    (lambda m: m, "none here; Zimu works without it"),
    (lambda m: m.program("ollama", "exit 0\n"), "sudo systemctl start ollama"),
    (lambda m: m.wsl(), "One on Windows cannot be reached"),
    (lambda m: m.desktop(), "Docker Desktop reaches one"),
    (lambda m: m.desktop().listen(LOOP), "which Docker Desktop reaches"),
    (lambda m: (m.listen(ALL), m.file("ufw.conf", "ENABLED=yes\n")),
     "sudo ufw allow from 172.30.250.0/24 to any port 11434 proto tcp"),
    (lambda m: m.docker(security=" name=rootless").listen(ALL), "http://10.0.2.2:11434"),
])
def test_ollama(machine, prepare, sentence):  # noqa: F811
    """Rows 27 and 28: told before the first start, and never a reason not to start."""
    prepare(machine)
    written(machine)
    assert sentence in machine.said
    assert ("listens on all" in machine.said) == ("all addresses" in sentence or "ufw" in sentence or "10.0.2.2" in sentence)


def test_ollama_in_compose(machine):  # noqa: F811
    machine.nvidia().toolkit()
    assert written(machine, "--ollama", "compose")["COMPOSE_FILE"] == (
        f"{GPU}:docker-compose.ollama.yml:docker-compose.ollama-gpu.yml")
    assert machine.project["services"]["server"]["environment"]["OLLAMA_HOST"] == "http://ollama:11434"
    assert "ollama.yml" in written(machine, "--force")["COMPOSE_FILE"], "kept"
    assert "ollama.yml" not in written(machine, "--force", "--ollama", "host")["COMPOSE_FILE"]


def test_exported_variable_is_told(machine):  # noqa: F811
    """Ollama's users often export OLLAMA_HOST=0.0.0.0, and Compose takes the shell first."""
    written(machine, OLLAMA_HOST="0.0.0.0")
    assert 'OLLAMA_HOST is exported in this shell as "0.0.0.0"' in machine.said
    assert "unset OLLAMA_HOST" in machine.said


# --- an .env that is there ---

OLD = """# my own words
OLLAMA_MODEL=qwen3:4b   # small

COMPOSE_FILE=docker-compose.yml:mine.yml
COMPOSE_PATH_SEPARATOR=:
PUID=4242
ZIMU_PORT = 9000
export HF_TOKEN='a $ecret'
# ZIMU_MODEL=tiny

TZ="Asia/Tokyo"
"""


def test_existing_env_is_left_alone(machine):  # noqa: F811
    machine.env.write_text(OLD)
    (machine.root / "mine.yml").write_text("services: {web: {labels: {a: b}}}\n")
    answer = machine.setup()
    assert answer.returncode == 3 and "--force" in answer.stdout
    assert machine.env.read_text() == OLD
    assert not list(machine.root.glob(".env.*"))


def test_force_keeps_what_is_yours(machine):  # noqa: F811
    machine.nvidia().toolkit().env.write_text(OLD)
    machine.env.chmod(0o644)
    (machine.root / "mine.yml").write_text("services: {web: {labels: {a: b}}}\n")
    answer = machine.setup("--force")
    assert answer.returncode == 0, answer.stdout
    text = machine.env.read_text()
    assert f"COMPOSE_FILE={GPU}:mine.yml\n" in text, "the new look, and the file of one's own"
    for line in ("# my own words\nOLLAMA_MODEL=qwen3:4b   # small\n", "\nPUID=4242\n", "\nZIMU_PORT = 9000\n",
                 "\nexport HF_TOKEN='a $ecret'\n", '\nTZ="Asia/Tokyo"\n'):
        assert line in text, line
    for name in ("PUID", "PGID", "ZIMU_PORT", "HF_TOKEN", "COMPOSE_FILE", "OLLAMA_MODEL", "TZ"):
        assert text.count(f"{name}=") + text.count(f"{name} =") == 1, name
    assert "Yours. This machine suggests 1001" in text
    backups = list(machine.root.glob(".env.bak-*"))
    assert [b.read_text() for b in backups] == [OLD]
    assert all(p.stat().st_mode & 0o777 == 0o600 for p in (machine.env, *backups))
    assert "http://127.0.0.1:9000" in answer.stdout
    # Once more: the same, and a second copy.
    assert machine.setup("--force").returncode == 0
    assert machine.env.read_text() == text
    assert len(list(machine.root.glob(".env.bak-*"))) == 2


def test_env_that_compose_refuses_is_not_written(machine):  # noqa: F811
    machine.env.write_text("ZIMU_GPU_COUNT=many\n")
    machine.nvidia().toolkit()
    answer = machine.setup("--force")
    assert answer.returncode == 1 and "does not accept these settings" in answer.stdout
    assert machine.env.read_text() == "ZIMU_GPU_COUNT=many\n"
    assert sorted(p.name for p in machine.root.glob(".env*")) == [".env"]


def test_port_of_the_old_env_is_taken(machine):  # noqa: F811
    machine.env.write_text("ZIMU_PORT=9000\n")
    machine.listen("0100007F:9000")
    assert written(machine, "--force")["ZIMU_PORT"] == "9000"
    assert "9000, which your .env names, is taken" in machine.said
