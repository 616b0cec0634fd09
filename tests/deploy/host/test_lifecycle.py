"""Upgrade, roll back, backup, stop: the database and the jobs survive all of it (rows 23 to 26, 38).

The next Zimu is zimu_next: this one with two migrations more. Old databases come from the first N migrations.
Resuming with the same text after kill -9 is shown by tests/functional/test_survival.py; disks that fill up by
tests/functional/test_disk_full.py.
"""

from __future__ import annotations

import collections
import hashlib
import os
import re
import shutil
import subprocess
import time

import psutil
import pytest

import entry_container
from entry_container import BIN, Container, ContainerServer
from entry_fixtures import (MIGRATIONS, NEXT, below, columns, container, give, hashes, long_speech, old_database,  # noqa: F401
                            owner, pragma, rows)
from zimu_server import SAMPLES, base_environment

pytestmark = entry_container.pytestmark
CONFIG = 78
LAST = len(MIGRATIONS) + len(NEXT)
# Calls by which a database changes on the disk: a process can be killed before each of them.
WRITES = ("openat", "pwrite64", "write", "fdatasync", "fsync", "ftruncate", "rename", "unlink")


def old_rows(database, of):
    """The rows in the tables and columns that `of` (columns(…) of before) had; not what the next migrations fill."""
    kept = {table: [name for name in names if not name.startswith("next_")] for table, names in of.items()
            if table != "settings" and not table.startswith("next_")}
    return rows(database, kept)


def copies(data):
    return sorted((data / "backups").glob(f"pre-v{LAST}-*.db"))


@pytest.mark.parametrize("version", range(1, LAST))
def test_every_old_schema_is_copied_and_then_migrated(container, version):
    """Row 23, from each schema that there ever was."""
    database = container.data / "zimu.db"
    old_database(database, version)
    shape, before = columns(database), rows(database)
    expected = old_rows(database, shape)
    log = container(program="zimu_next").start_and_stop()
    assert any(f"schema {version} → {LAST}" in line for line in log) and any("is kept as /data/backups/pre-v" in line for line in log)
    copy, = copies(container.data)
    assert pragma(copy, "integrity_check") == "ok" and pragma(copy, "user_version") == version
    assert rows(copy) == before
    assert pragma(database, "user_version") == LAST and pragma(database, "integrity_check") == "ok"
    assert old_rows(database, shape) == expected
    assert {owner(path) for path in below(container.data)} == {(1000, 1000)}
    again = container(program="zimu_next").start_and_stop()
    assert any("nothing to do" in line for line in again) and len(copies(container.data)) == 1


def zimu_next(data, *args, strace=()):
    env = base_environment() | {"ZIMU_DATA_DIR": str(data), "ASAN_OPTIONS": "detect_leaks=0"}
    return subprocess.run([*strace, BIN / "zimu_next", *args], env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def kill_points(data) -> list[tuple[str, int]]:
    """Up to eight moments for each kind of call, spread over an undisturbed migration."""
    log = data.parent / "calls"
    assert zimu_next(data, "migrate", strace=("strace", "-f", "-qq", "-o", log, "-e", f"trace={','.join(WRITES)}")).returncode == 0
    count = collections.Counter(re.findall(r"^\d+\s+(\w+)\(", log.read_text(), re.M))
    assert count["pwrite64"] > 20 and count["fdatasync"] + count["fsync"] > 3 and count["rename"] > 0
    # The first opens are those of libraries: the last forty are the interesting ones.
    first = {"openat": max(1, count["openat"] - 40)}
    points = []
    for call, n in count.items():
        start = first.get(call, 1)
        points += [(call, when) for when in sorted({start + (n - start) * k // 7 for k in range(8)})]
    return points


def test_kill_at_any_moment_of_a_migration_is_safe(tmp_path):
    """Row 24: SIGKILL before some sixty different system calls; the next start ends with every row and one whole copy."""
    original, undisturbed = tmp_path / "original", tmp_path / "undisturbed" / "data"
    original.mkdir()
    old_database(original / "zimu.db", 1, recordings=20, segments=30)
    before = rows(original / "zimu.db")
    shutil.copytree(original, undisturbed)
    points = kill_points(undisturbed)
    expected = rows(undisturbed / "zimu.db")
    died = collections.Counter()
    for call, when in points:
        data = tmp_path / "killed"
        shutil.copytree(original, data)
        killed = zimu_next(data, "migrate", strace=("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e",
                                                    f"inject={call}:signal=SIGKILL:when={when}"))
        where = f"killed before {call} number {when}"
        died[version_after_recovery(data / "zimu.db") if killed.returncode in (-9, 137) else "ended"] += 1
        if version_after_recovery(data / "zimu.db") > 1:
            assert len(copies(data)) == 1 and rows(copies(data)[0]) == before, f"{where}: changed without a copy of before"
        again = zimu_next(data, "migrate")
        assert again.returncode == 0, f"{where}: {again.stdout}"
        assert pragma(data / "zimu.db", "integrity_check") == "ok" and pragma(data / "zimu.db", "user_version") == LAST, where
        assert rows(data / "zimu.db") == expected, where
        assert not list(data.glob("**/*.part*")), where
        assert any(rows(copy) == before for copy in copies(data)), where
        shutil.rmtree(data)
    assert died["ended"] <= len(points) // 4, died
    assert {1, LAST} <= set(died), f"no kill before, or none after the changes: {died}"


def version_after_recovery(database):
    """The schema version as the next program would see it, -wal included, without changing the files."""
    copy = database.parent.parent / "looked-at"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(database.parent, copy)
    return pragma(copy / "zimu.db", "user_version", mode="rw")


def test_container_killed_while_it_migrates(container):
    """Row 24, the user's command: docker compose kill, docker compose up, several times."""
    database = container.data / "zimu.db"
    old_database(database, 1, recordings=100, segments=150)
    before, shape = rows(database), columns(database)
    expected = old_rows(database, shape)
    for stage in (lambda: list(container.data.glob("backups/*.part")), lambda: len(copies(container.data)) == 1,
                  lambda: len(copies(container.data)) == 2):
        server = ContainerServer(container(program="zimu_next"))
        server.process = server.launch()
        until(lambda: stage() or server.process.poll() is not None, pause=0.001)   # noqa: B023
        assert server.process.poll() is None, server.process.stdout.read()
        server.kill()
    container(program="zimu_next").start_and_stop()
    assert pragma(database, "user_version") == LAST and pragma(database, "integrity_check") == "ok"
    assert old_rows(database, shape) == expected
    assert any(rows(copy) == before for copy in copies(container.data)) and len(copies(container.data)) <= 3
    assert not list(container.data.glob("backups/*.part*"))


def test_migration_that_fails_at_every_start_changes_nothing_and_fills_no_disk(container):
    """§2g, §2h: the error names the step; of the copies three stay, however often it is tried."""
    database = container.data / "zimu.db"
    old_database(database, len(MIGRATIONS))
    subprocess.run(["python3", "-c", "import sqlite3, sys; sqlite3.connect(sys.argv[1], isolation_level=None)"
                    ".execute('CREATE TABLE next_shelves (id INTEGER)')", database], check=True)
    before = rows(database)
    for _ in range(5):
        done = container(program="zimu_next").run("serve")
        assert done.returncode not in (0, CONFIG), done.stdout
        assert f"migration {len(MIGRATIONS) + 1} (entry_next_1) was not done" in done.stdout
        assert "entrypoint: not started" in done.stdout and "Zimu is at" not in done.stdout
    assert len(copies(container.data)) == 3 and all(rows(copy) == before for copy in copies(container.data))
    assert rows(database) == before and pragma(database, "user_version") == len(MIGRATIONS)
    # Copies of an older schema, and what people put there, are not counted.
    (container.data / "backups" / "mine.db").write_bytes(b"x")
    container(program="zimu_next").run("serve")
    assert (container.data / "backups" / "mine.db").exists()


def test_no_room_for_the_copy_means_no_migration(tmp_path):
    """Row 23: the free space is looked at first."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "none", disk], check=True)
    try:
        old_database(disk / "zimu.db", 1, recordings=100, segments=100)
        before = hashes(disk)
        done = zimu_next(disk, "migrate")
        assert done.returncode == 74 and "a copy of" in done.stdout and "free some space" in done.stdout, done.stdout
        after = hashes(disk)
        assert {name: after[name] for name in before} == before or pragma(disk / "zimu.db", "user_version") == 1
        assert not list(disk.glob("backups/*"))
    finally:
        subprocess.run(["umount", disk], check=True)


def test_newer_database_is_refused_and_the_way_back_works(container):
    """Row 25, and 26 for a roll back: this Zimu names the one to use and changes nothing; the copy that the upgrade made
    brings the old library back."""
    database = container.data / "zimu.db"
    old_database(database, len(MIGRATIONS))
    before = rows(database)
    container(program="zimu_next").start_and_stop()
    with_version(database, "9.9.9")
    newer = rows(database)
    digest = hashlib.sha256(database.read_bytes()).hexdigest()

    done = container().run("serve")
    assert done.returncode == CONFIG, done.stdout
    assert f"has schema version {LAST}" in done.stdout and f"knows versions up to {len(MIGRATIONS)}" in done.stdout
    assert "use Zimu 9.9.9 or newer" in done.stdout and "restore a backup" in done.stdout
    assert hashlib.sha256(database.read_bytes()).hexdigest() == digest and rows(database) == newer

    copy, = copies(container.data)
    restored = container().run("restore", f"/data/backups/{copy.name}")
    assert restored.returncode == 0 and "what was there before is kept as /data/backups/pre-restore-" in restored.stdout, restored.stdout
    container().start_and_stop()
    assert rows(database) == before
    kept = next((container.data / "backups").glob("pre-restore-*.db"))
    assert rows(kept) == newer, "the newer library is not thrown away"


def with_version(database, version: str) -> None:
    subprocess.run(["python3", "-c", "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute("
                    "\"UPDATE settings SET value = ? WHERE key = 'zimu_version'\", (sys.argv[2],)); c.commit(); c.close()",
                    database, version], check=True)


def test_backup_of_a_running_server_restores_every_row_and_file(container, tmp_path):
    """Row 26: a real transcript; backup by `docker compose exec`, the uploads copied, all of it on a new machine."""
    server = container().serve()
    media = server.upload(SAMPLES / "jfk.mp3")
    job = server.wait_job(server.create_job(media["id"])["id"])
    assert job["state"] == "done", job
    text = server.export(job["transcript_id"], "srt")
    assert "country" in text
    done = container().run("backup", "/data/backups/mine.db", entry=("zimu",))
    assert done.returncode == 0 and "1 recordings, 1 transcripts, 1 jobs" in done.stdout, done.stdout
    expected = rows(container.data / "zimu.db")
    server.upload(entry_container.ROOT / "LICENSE", "after the backup.txt")
    assert server.stop() == 0
    files = {name: value for name, value in hashes(container.data / "uploads").items() if media["id"] in name}
    assert files

    new = tmp_path / "new-machine"
    (new / "backups").mkdir(parents=True)
    shutil.copy(container.data / "backups" / "mine.db", new / "backups")
    shutil.copytree(container.data / "uploads", new / "uploads")
    give(new, 0, 0)
    done = container(new).run("restore", "/data/backups/mine.db")
    assert done.returncode == 0 and "1 recordings, 1 transcripts, 1 jobs" in done.stdout, done.stdout
    assert rows(new / "zimu.db") == expected
    server = container(new).serve()
    assert server.export(job["transcript_id"], "srt") == text
    with server.client() as client:
        content = client.get(f"/api/v1/media/{media['id']}/content").content
    assert server.stop() == 0
    assert hashlib.sha256(content).digest() == hashlib.sha256((SAMPLES / "jfk.mp3").read_bytes()).digest()
    assert {name: value for name, value in hashes(new / "uploads").items() if media["id"] in name} == files
    assert {owner(path) for path in below(new)} == {(1000, 1000)}


def test_damaged_backup_is_refused_and_the_library_stays(container):
    """Row 26."""
    container().start_and_stop()
    before = rows(container.data / "zimu.db")
    bad = container.data / "backups" / "bad.db"
    old_database(bad, 1)
    content = bytearray(bad.read_bytes())
    content[4096 * 3: 4096 * 9] = os.urandom(4096 * 6)
    bad.write_bytes(content)
    done = container().run("restore", "/data/backups/bad.db")
    assert done.returncode != 0 and ("is damaged" in done.stdout or "malformed" in done.stdout), done.stdout
    assert rows(container.data / "zimu.db") == before
    container().start_and_stop()


def test_second_container_on_the_same_data_is_refused(container):
    """§2b: two servers would run the same jobs twice."""
    server = container().serve()
    done = container().run("serve")
    assert done.returncode == 69 and "another Zimu uses /data/zimu.db" in done.stdout and "docker compose stop" in done.stdout
    assert server.stop() == 0


def test_stop_in_the_middle_of_a_job_leaves_no_zombie_and_the_job_goes_on(container, long_speech):
    """Row 38: docker stop through tini; a worker that leaves an orphan at each start, and one that is killed."""
    orphans = "sh -c '(sleep 0.5 &); exec /opt/zimu/bin/zimu-worker'"
    box = container(env={"ZIMU_WORKER_COMMAND": orphans})
    server = box.serve()
    job = server.create_job(server.upload(long_speech)["id"])
    server.wait_job(job["id"], states=("running",))
    until(lambda: server.job(job["id"])["progress"] > 0)
    for worker in (p for p in server.inside() if p.name() == "zimu-worker"):
        worker.kill()
    server.wait_job(job["id"], states=("running",))
    assert server.first().pid == psutil.Process(server.process.pid).children()[0].pid, "tini is process 1"
    until(lambda: not any(p.name() == "sleep" for p in server.inside()))
    until(lambda: all(p.status() != psutil.STATUS_ZOMBIE for p in server.inside()))
    everyone = server.inside()
    assert any(p.name() == "zimu-worker" for p in everyone) or server.job(job["id"])["state"] != "running"
    until(lambda: server.transcript(job["transcript_id"])["segments"])
    assert server.stop(60) == 0, "\n".join(server.log)   # stop_grace_period of docker-compose.yml
    assert not any(p.is_running() for p in everyone)
    assert not (container.data / "zimu.db-wal").exists(), "the journal is folded in"
    state, kept = subprocess_rows(container.data / "zimu.db")
    assert state == "queued" and kept > 0

    server = container().serve()
    job = server.wait_job(job["id"])
    assert job["state"] == "done", job
    assert len(server.transcript(job["transcript_id"])["segments"]) >= kept
    assert server.stop() == 0


def subprocess_rows(database) -> tuple[str, int]:
    found = rows(database, {"jobs": ["state"], "windows": ["idx"]})
    return found["jobs"][0][0], len(found["windows"])


def until(condition, seconds: float = 60, pause: float = 0.05) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except (psutil.NoSuchProcess, IndexError):
            pass   # a process that is not there yet, or not any more
        assert time.monotonic() < end, "it did not come about"
        time.sleep(pause)


def test_stop_before_the_server_is_up(container):
    """Row 38: SIGTERM while the entrypoint still looks at the folders ends it too, and the next start is a good one."""
    server = ContainerServer(container())
    server.process = server.launch()
    # Before that, process 1 is the shell that mounts, or tini's child is not yet in the group that tini signals.
    until(lambda: server.first().name() == "tini" and server.first().children()[0].name() != "tini")
    server.stop()
    container().start_and_stop()


def test_needed_capabilities_are_those_of_compose(container):
    """Row 38: without KILL tini, which stays root, could not pass SIGTERM on to the server of another user."""
    assert {"chown", "dac_override", "setuid", "setgid", "kill"} <= set(entry_container.compose_capabilities())
    assert not {"sys_admin", "net_admin", "sys_ptrace"} & set(entry_container.compose_capabilities())
    box: Container = container(capabilities=[c for c in entry_container.compose_capabilities() if c != "fowner"])
    box.start_and_stop()
