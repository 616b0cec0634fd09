"""`zimu doctor` on the real program: ids, data, models, FFmpeg, platform. Every cause is named with its fix."""

from __future__ import annotations

import os
import pathlib
import re
import sqlite3
import subprocess

import pytest

from doctor_machine import Machine, read
from zimu_server import BIN, MODELS, ROOT, Server


@pytest.fixture
def machine(tmp_path) -> Machine:
    return Machine(tmp_path)


MOUNTS = {
    # name: (mountinfo lines with DATA, file system, journal, verdict)
    "ext4": (["2 1 8:1 / DATA rw - ext4 /dev/sda1 rw"], "ext4", "wal", "good"),
    "9p": (["2 1 0:5 / DATA rw - 9p drvfs rw,aname=drvfs"], "9p", "delete", "degraded"),
    "virtiofs": (["2 1 0:5 / DATA rw - fuse.virtiofs share rw"], "fuse.virtiofs", "delete", "degraded"),
    "nested ext4 in virtiofs": (["2 1 0:5 / PARENT rw - virtiofs share rw", "3 2 8:1 / DATA rw - ext4 /dev/sda1 rw"], "ext4", "wal", "good"),
    "virtiofs over ext4": (["2 1 8:1 / DATA rw - ext4 /dev/sda1 rw", "3 2 0:5 / DATA rw - virtiofs share rw"], "virtiofs", "delete", "degraded"),
    "fakeowner": (["2 1 0:5 / DATA rw - fakeowner /run/host_mark/Users rw"], "fakeowner", "delete", "degraded"),
    "nfs": (["2 1 0:5 / DATA rw - nfs4 nas:/zimu rw"], "nfs4", "delete", "degraded"),
    "fuse-overlayfs": (["2 1 0:5 / DATA rw - fuse.fuse-overlayfs overlay rw"], "fuse.fuse-overlayfs", "wal", "good"),
    "a malformed line": (["2 1 8:1 / DATA rw - ext4 /dev/sda1 rw", "3 2 broken"], "ext4", "wal", "good"),
}


@pytest.mark.parametrize("case", MOUNTS)
def test_journal_fits_the_file_system(machine, case):
    """rows 20, 21: the journal that fits, with its reason."""
    lines, kind, journal, verdict = MOUNTS[case]
    machine.mounts(*[line.replace("DATA", str(machine.data)).replace("PARENT", str(machine.root)) for line in lines])
    data = machine.doctor()["data"]
    assert f"{kind} mounted at" in data["detail"] and f"journal {journal}" in data["detail"], data
    assert data["verdict"] == verdict, data
    if verdict == "degraded":
        assert "WAL is not safe" in data["detail"] and "docker-compose.volume.yml" in data["action"]
    subprocess.run([BIN / "zimu", "migrate"], env=machine.env, check=True, capture_output=True)
    with open(machine.data / "zimu.db", "rb") as database:
        header = database.read(20)
    assert header[18:] == {"wal": b"\2\2", "delete": b"\1\1"}[journal], "the database itself decided otherwise"


def test_mount_points_with_blanks(machine):
    folder = machine.root / "my data"
    folder.mkdir()
    machine.mounts(f"2 1 0:5 / {str(folder).replace(' ', chr(92) + '040')} rw - fuse.virtiofs share rw")
    data = machine.doctor(ZIMU_DATA_DIR=str(folder))["data"]
    assert "fuse.virtiofs" in data["detail"] and "journal delete" in data["detail"]


def test_nothing_mounted(machine):
    """row 19"""
    machine.mounts()
    data = machine.doctor()["data"]
    assert data["verdict"] == "degraded" and "nothing is mounted" in data["detail"]


def local(machine):
    machine.mounts(f"2 1 8:1 / {machine.data} rw - ext4 /dev/sda1 rw")


def test_marks(machine):
    """row 19: the marks that the entrypoint writes."""
    local(machine)
    assert "no data of Zimu yet" in machine.doctor()["data"]["detail"]
    (machine.data / ".zimu").write_text("owner=1000:1000\n")
    data = machine.doctor()["data"]
    assert data["verdict"] == "broken" and "zimu.db is gone" in data["detail"]
    (machine.data / "zimu.db").touch()
    (machine.data / "uploads").mkdir()
    data = machine.doctor()["data"]
    assert data["verdict"] == "broken" and "uploads is not the folder" in data["detail"]


def test_schema(machine):
    """rows 22, 25: SQLite's version; a newer database is refused with advice. Nothing is changed by looking."""
    local(machine)
    subprocess.run([BIN / "zimu", "migrate"], env=machine.env, check=True, capture_output=True)
    data = machine.doctor()["data"]
    assert "SQLite 3." in data["detail"] and "schema " in data["detail"] and data["verdict"] == "good", data
    before = sorted((p.name, p.stat().st_size) for p in machine.data.iterdir())
    with sqlite3.connect(machine.data / "zimu.db") as database:
        version = database.execute("PRAGMA user_version").fetchone()[0]
        database.execute(f"PRAGMA user_version = {version + 1}")
    database.close()
    data = machine.doctor()["data"]
    assert data["verdict"] == "broken" and f"schema version {version + 1}" in data["detail"] and "restore a backup" in data["action"]
    assert sorted((p.name, p.stat().st_size) for p in machine.data.iterdir()) == before
    (machine.data / "zimu.db").write_bytes(b"no database" * 100)
    assert "no SQLite database" in machine.doctor()["data"]["detail"]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to act as another user")
@pytest.mark.parametrize("case", ["root's folder", "root's -wal", "read-only mount"])
def test_permissions(machine, case):
    """rows 16, 17: who owns it, who we are, what to do. As uid 1234."""
    machine.root.chmod(0o755)
    for parent in machine.root.parents:
        if parent != pathlib.Path("/tmp") and parent.stat().st_mode & 0o005 != 0o005:
            parent.chmod(parent.stat().st_mode | 0o055)
    subprocess.run([BIN / "zimu", "migrate"], env=machine.env, check=True, capture_output=True)
    if case != "root's folder":
        for path in [machine.data, *machine.data.rglob("*")]:
            os.chown(path, 1234, 1234)
    command = ["setpriv", "--reuid", "1234", "--regid", "1234", "--clear-groups", str(BIN / "zimu"), "doctor", "--json"]
    if case == "root's -wal":
        for name in ("zimu.db-wal", "zimu.db-shm"):
            (machine.data / name).touch(mode=0o644)
            os.chown(machine.data / name, 0, 0)
    if case == "read-only mount":
        command = ["unshare", "--mount", "sh", "-c", f"mount --bind '{machine.data}' '{machine.data}' && mount -o remount,ro,bind '{machine.data}' && exec " + " ".join(command)]
    said = read(subprocess.run(command, env=machine.env | {"PUID": "1000"}, capture_output=True, timeout=60))
    data = said["data"]
    assert data["verdict"] == "broken", data
    assert {"root's folder": "belongs to 0:0", "root's -wal": "zimu.db-wal", "read-only mount": "mounted read-only"}[case] in data["detail"]
    assert {"root's folder": "chown -R 1234:1234", "root's -wal": "chown -R 1234:1234", "read-only mount": ":ro"}[case] in data["action"]
    assert "PUID 1000 is wanted, but this is 1234" in said["ids"]["detail"] and "user:" in said["ids"]["action"]


# --- Models, FFmpeg, ids, platform ------------------------------------------------------------------------------------

def test_models(machine):
    """row 40: missing, half fetched, damaged, offline."""
    folder = machine.root / "models"
    (folder / ".downloads" / "base").mkdir(parents=True)
    (folder / ".downloads" / "base" / "model.bin.part").write_bytes(bytes(2_000_000))
    here = {"ZIMU_MODEL_DIR": str(folder), "HF_ENDPOINT": "https://me:secret@mirror.example"}
    models = machine.doctor(**here)["models"]
    assert models["verdict"] == "broken" and "base (2.0 MB so far)" in models["detail"] and "zimu models pull base" in models["action"]
    assert "mirror.example" in models["detail"] and "secret" not in models["detail"]
    models = machine.doctor(**here, HF_HUB_OFFLINE="1")["models"]
    assert "HF_HUB_OFFLINE" in models["detail"] and "copy ggml-base.bin" in models["action"]
    with open(MODELS / "ggml-base.bin", "rb") as whole:
        (folder / "ggml-base.bin").write_bytes(whole.read(1_000_000))
    models = machine.doctor(**here)["models"]
    assert models["verdict"] == "broken" and "is damaged" in models["detail"], models
    (folder / "ggml-base.bin").unlink()
    (folder / "ggml-base.bin").symlink_to(MODELS / "ggml-base.bin")
    (folder / "ggml-other.bin").write_bytes(b"no model")
    models = machine.doctor(**here)["models"]
    assert models["verdict"] == "degraded" and "ggml-other.bin is damaged" in models["detail"] and "base in" in models["detail"]


def test_ffmpeg(machine):
    good = machine.doctor()["ffmpeg"]
    assert good["verdict"] == "good" and "version " in good["detail"] and "licence " in good["detail"]
    tools = machine.root / "tools"
    tools.mkdir()
    assert "no ffmpeg" in machine.doctor(PATH=str(tools))["ffmpeg"]["detail"]
    script = tools / "ffmpeg"
    script.write_text("#!/bin/sh\nexit 1\n")
    script.chmod(0o755)
    assert "ends with status 1" in machine.doctor(PATH=str(tools))["ffmpeg"]["detail"]
    script.write_text("#!/bin/sh\necho 'ffmpeg version 7.1 Copyright'\necho 'configuration: --enable-gpl --enable-nonfree'\n")
    assert "licence nonfree" in machine.doctor(PATH=str(tools))["ffmpeg"]["detail"]


def test_platform(machine):
    proxy = {"https_proxy": "http://me:secret@proxy:3128"}
    (machine.root / "cgroup" / "memory.max").write_text("536870912\n")
    (machine.root / "cgroup" / "cpu.max").write_text("150000 100000\n")
    platform = machine.doctor(**proxy)["platform"]
    for word in ("Docker", "1.5 cores", "0.5 GB", "https_proxy=http://***@proxy:3128"):
        assert word in platform["detail"], platform
    assert platform["verdict"] == "degraded" and "mem_limit" in platform["action"]
    rootless = machine.doctor(ZIMU_TEST_UID_MAP=machine.file("uid_map", "0 1000 1\n1 100000 65536\n"))
    assert "rootless" in rootless["platform"]["detail"]
    podman = {"ZIMU_TEST_DOCKER_MARK": "/nowhere", "ZIMU_TEST_PODMAN_MARK": machine.file("containerenv", 'engine="podman-4.3.1"\nrootless=1\n')}
    platform = machine.doctor(**podman)["platform"]
    assert "Podman" in platform["detail"] and "rootless" in platform["detail"]
    machine.mounts("2 1 0:5 / /host rw - fakeowner grpcfuse rw")
    assert "Docker Desktop" in machine.doctor()["platform"]["detail"]


def test_text_and_exit_status(machine):
    ran = subprocess.run([BIN / "zimu", "doctor"], env=machine.env | {"ZIMU_DEVICE": "cuda"}, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 2
    lines = ran.stdout.splitlines()
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == ["ids", "data", "models", "ffmpeg", "gpu", "ollama", "platform"]
    assert any("broken: ZIMU_DEVICE=cuda, but there is no NVIDIA GPU" in line for line in lines), ran.stdout
    assert any("→" in line for line in lines)


def test_beside_a_running_server(machine):
    """The database in use is read through SQLite, changes nothing, and hurts nobody."""
    local(machine)
    server = Server(machine.data, env=machine.env).start()
    try:
        data = machine.doctor()["data"]
        assert data["verdict"] == "good" and re.search(r"schema [1-9]", data["detail"]), data
        with server.client() as client:
            checks = {c["name"]: c for c in client.get("/api/v1/system").json()["checks"]}
            assert re.search(r"schema [1-9]", checks["data"]["detail"])
            assert client.get("/readyz").status_code == 200
        assert not list(machine.data.glob(".zimu-probe*"))
    finally:
        assert server.stop() == 0


def test_the_manual_lists_what_doctor_says():
    """docs/doctor.md quotes the program: every first column is found in its sources."""
    sources = "".join(path.read_text() for path in (ROOT / "server/src").glob("doctor/*.cpp") if not path.stem.endswith("_test"))
    sources += (ROOT / "server/src/storage/journal_mode.cpp").read_text() + (ROOT / "server/src/storage/database_state.cpp").read_text()
    sources = re.sub(r'"\s*\n\s*"', "", sources).replace('\\"', '"')
    rows = re.findall(r"^\| `(.+?)` \|", (ROOT / "docs/doctor.md").read_text(), re.M)
    assert len(rows) > 80
    for row in rows:
        for piece in row.split("…"):
            assert piece.strip() in sources, f"doctor never says: {row}"
