"""The journal fits the filesystem: real mounts, the real programs, and their system calls (rows 20 and 21).

The mount table's many shapes are tests of server/src/storage (journal_mode_test.cpp). Here the FUSE mounts are real; the
type's name is that of Docker Desktop's, the rest is bindfs. What must be seen is that Zimu never opens a -shm there.
"""

from __future__ import annotations

import re
import sqlite3

import pytest

import entry_container
from entry_fixtures import container, give, old_database, pragma, rows  # noqa: F401

pytestmark = entry_container.pytestmark
SPEECH = entry_container.ROOT / "LICENSE"


def opened(trace: str) -> set[str]:
    """Names of the files that were opened, or tried to be."""
    return {name.rsplit("/", 1)[1] for name in re.findall(r'open(?:at)?\([^"]*"([^"]*/zimu\.db[^"]*)"', trace)}


def journal_line(log: list[str]) -> str:
    return next(line for line in log if "journal" in line and "/data/zimu.db" in line)


def use(box) -> list[str]:
    """A life in which rows are written: a recording is uploaded and the server stops."""
    server = box.serve()
    server.upload(SPEECH, "minutes.txt")
    assert server.stop() == 0, "\n".join(server.log)
    return server.log


def test_virtiofs_never_sees_wal(container):
    """Rows 20, 21: a rollback journal, no -shm ever, and a warning with path, type and what to do."""
    box = container(data_type="virtiofs", strace="open,openat")
    log = use(box)
    assert "journal delete" in journal_line(log) and "fuse.virtiofs" in journal_line(log)
    warning = "\n".join(log)
    assert "warning: /data is on fuse.virtiofs, where WAL is not safe" in warning and "use the named volume" in warning
    names = opened(box.trace())
    assert "zimu.db-journal" in names and not names & {"zimu.db-shm", "zimu.db-wal"}, names
    assert not list(container.data.glob("zimu.db-*m")) and pragma(container.data / "zimu.db", "journal_mode") == "delete"


def test_the_watch_sees_wal_when_it_is_forced(container):
    """The control of the test above: on the same mount, told to use WAL, a -shm is opened and seen."""
    box = container(data_type="virtiofs", strace="open,openat", env={"ZIMU_JOURNAL_MODE": "wal"})
    log = use(box)
    assert {"zimu.db-shm", "zimu.db-wal"} <= opened(box.trace())
    assert "it can damage the database" in "\n".join(log) and "set ZIMU_JOURNAL_MODE=auto" in "\n".join(log)


@pytest.mark.parametrize("kind, type_name", [("bind", "ext4|xfs|btrfs|overlay|zfs"), ("tmpfs", "tmpfs"),
                                             ("fuse-overlayfs", "fuse.fuse-overlayfs")])
def test_safe_filesystems_get_wal(container, kind, type_name, tmp_path):
    """Row 20, the controls."""
    (tmp_path / "data-work").mkdir()
    box = container(data_type=kind, strace="open,openat")
    log = use(box)
    assert "journal wal" in journal_line(log) and re.search(type_name, journal_line(log)), log
    assert "zimu.db-shm" in opened(box.trace())
    assert "warning" not in "\n".join(log)


@pytest.mark.parametrize("command", [("serve",), ("migrate",), ("backup",), ("backup", "/data/copy.db")])
def test_wal_database_moved_onto_virtiofs_is_converted_first(container, command):
    """Row 21: with a -wal full of rows and a -shm, as a killed server leaves them; whichever command comes first."""
    server = container().serve()
    server.upload(SPEECH, "minutes.txt")
    server.kill()
    wal, shm = container.data / "zimu.db-wal", container.data / "zimu.db-shm"
    assert wal.stat().st_size > 0 and shm.exists()
    assert pragma_bytes(container.data / "zimu.db") == (2, 2)

    box = container(data_type="virtiofs", strace="open,openat")
    if command == ("serve",):
        log = box.start_and_stop()
        assert "journal delete" in journal_line(log)
    else:
        done = box.run(*command)
        assert done.returncode == 0, done.stdout
    names = opened(box.trace())
    assert "zimu.db-wal" in names and "zimu.db-shm" not in names, names
    assert pragma_bytes(container.data / "zimu.db") == (1, 1)
    assert not wal.exists() and not shm.exists()
    assert pragma(container.data / "zimu.db", "integrity_check") == "ok"
    assert [row[0] for row in rows(container.data / "zimu.db", {"media": ["file_name"]})["media"]] == ["minutes.txt"]
    # And back on a good disk it is WAL again, with every row.
    assert "journal wal" in journal_line(container().start_and_stop())
    assert len(rows(container.data / "zimu.db")["media"]) == 1


def test_wal_database_in_use_elsewhere_is_not_changed(container):
    """Row 21: a rollback journal is wanted, and another program reads the WAL database: refused, never changed under it.
    Locks do not pass through FUSE, so both are on this side of the mount here and the setting asks for the journal."""
    server = container().serve()
    server.upload(SPEECH, "minutes.txt")
    server.kill()
    (container.data / "zimu.db.lock").unlink()
    reader = sqlite3.connect(container.data / "zimu.db", isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM media").fetchone() == (1,)
    done = container(env={"ZIMU_JOURNAL_MODE": "delete"}).run("serve")
    reader.close()
    assert done.returncode == 69 and "could not be changed" in done.stdout and "stop every other Zimu" in done.stdout, done.stdout
    assert pragma_bytes(container.data / "zimu.db") == (2, 2)


def test_doctor_says_the_journal(container):
    """Row 20, the user's command."""
    give(container.data, 1000, 1000)
    assert re.search(r"data +degraded.*fuse\.virtiofs.*journal delete", container(data_type="virtiofs").run("doctor").stdout)
    assert re.search(r"data +good.*journal wal", container().run("doctor").stdout)


def pragma_bytes(database) -> tuple[int, int]:
    """The header's two version numbers: 2 is WAL, 1 is a rollback journal."""
    header = database.read_bytes()[18:20]
    return header[0], header[1]
