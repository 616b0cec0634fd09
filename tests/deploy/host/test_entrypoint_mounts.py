"""server/entrypoint.sh: a folder that is not mounted is refused before anything is written into the wrong one (row 19)."""

from __future__ import annotations

import shutil

import pytest
import yaml

import entry_container
from entry_fixtures import below, changes, container, hashes, old_database, owner, rows  # noqa: F401

pytestmark = entry_container.pytestmark
CONFIG = 78


@pytest.fixture
def used(container):
    """A data folder with a recording, after one good life."""
    server = container().serve()
    server.upload(entry_container.ROOT / "LICENSE", "minutes.txt")
    assert server.stop() == 0
    return container.data


@pytest.mark.parametrize("options", [{}, {"data_type": "anonymous"}])
def test_nothing_mounted_is_refused(container, options):
    """Row 19: the recordings would go with the container; also in the nameless volume that VOLUME makes."""
    unmounted = container(**options)
    unmounted.data = None
    done = unmounted.run("serve")
    assert done.returncode == CONFIG and "nothing of yours is mounted at /data" in done.stdout, done.stdout
    assert "ZIMU_ALLOW_UNMOUNTED_DATA=1" in done.stdout


def test_trying_out_without_a_mount_is_allowed_on_request(container):
    """And the switch does not reach zimu, which refuses settings that it does not know."""
    unmounted = container(data_type="anonymous", env={"ZIMU_ALLOW_UNMOUNTED_DATA": "1"})
    unmounted.data = None
    assert unmounted.start_and_stop()


def test_tmpfs_is_warned_of(container):
    log = container(data_type="tmpfs").start_and_stop()
    assert any("/data is a tmpfs: everything in it is lost" in line for line in log)


def test_compose_lets_no_engine_make_the_data_folder():
    """Row 19, `mv data x; docker compose up`: with the folder gone there is no mark in it to miss, so the engine must refuse."""
    compose = yaml.safe_load(entry_container.COMPOSE.read_text())
    bind = next(v for v in compose["services"]["server"]["volumes"] if v["target"] == "/data")
    assert bind["type"] == "bind" and bind["bind"]["create_host_path"] is False
    assert not {"ZIMU_DATA"} & set(compose["services"]["server"]["environment"])


def test_expected_data_that_is_not_there_is_refused(container, used, tmp_path):
    """Row 19, a disk that is not mounted on the host: its mount point is an empty folder. ZIMU_EXPECT_DATA tells."""
    env = {"ZIMU_EXPECT_DATA": "1"}
    container(env=env).start_and_stop()
    empty = tmp_path / "empty"
    empty.mkdir()
    before = changes(empty)
    done = container(empty, env=env).run("serve")
    assert done.returncode == CONFIG and "ZIMU_EXPECT_DATA is set, and /data holds no data of Zimu" in done.stdout
    assert changes(empty) == before, "an empty folder is left as it is"
    # Data of a Zimu that made no mark yet is data.
    (used / ".zimu").unlink()
    container(env=env).start_and_stop()


def test_uploads_disk_that_went_missing_is_refused(container, used, tmp_path):
    """Row 19: uploads/ on a disk of its own, and the empty folder below it when that disk is not there."""
    disk = tmp_path / "disk"
    shutil.move(used / "uploads", disk)
    (used / "uploads").mkdir()
    container(mounts={"/data/uploads": disk}).start_and_stop()
    before = changes(used / "uploads")
    done = container().run("serve")
    assert done.returncode == CONFIG and "/data/uploads is not the folder that held the recordings" in done.stdout
    assert changes(used / "uploads") == before
    (used / "uploads" / ".zimu").touch()   # what the text says for a folder that is right
    log = container().start_and_stop()
    assert any("is gone" in line or "Zimu is at" in line for line in log)


def test_database_that_went_missing_is_refused_and_a_restore_mends_it(container, used):
    """Row 19: an empty library over the old recordings would look as if all were lost."""
    assert container().run("backup").returncode == 0
    expected = rows(used / "zimu.db")
    before = hashes(used / "uploads")
    (used / "zimu.db").unlink()
    done = container().run("serve")
    assert done.returncode == CONFIG and "/data/zimu.db is gone" in done.stdout and "restore /data/backups/FILE.db" in done.stdout
    assert not (used / "zimu.db").exists() and hashes(used / "uploads") == before
    backup = next((used / "backups").glob("zimu-*.db"))
    assert container().run("restore", f"/data/backups/{backup.name}").returncode == 0
    assert owner(used / "zimu.db") == (1000, 1000)
    container().start_and_stop()
    assert rows(used / "zimu.db") == expected


def test_mark_is_made_after_the_first_good_start_only(container):
    """A start that failed promises nothing: the next one is not refused for a database that never was."""
    assert container(env={"ZIMU_MODLE": "x"}).run("serve").returncode == CONFIG
    assert not (container.data / ".zimu").exists()
    container().start_and_stop()
    assert "owner=1000:1000" in (container.data / ".zimu").read_text()
    assert (container.data / "uploads" / ".zimu").exists()


def test_mark_is_no_recording(container, used):
    """The server leaves .zimu in uploads/ alone and says nothing about it."""
    log = container().start_and_stop()
    assert not any(".zimu" in line for line in log), log


def test_data_of_before_the_marks_is_taken_on(container):
    """Row 17: an older data folder has no .zimu; it starts and gets one."""
    old_database(container.data / "zimu.db", version=1)
    container().start_and_stop()
    assert (container.data / ".zimu").exists() and (container.data / "uploads" / ".zimu").exists()
