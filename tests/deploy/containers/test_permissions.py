"""The permission matrix in real containers: who owns the folder on the host, and who the server runs as."""

from __future__ import annotations

import os
import shutil
import sqlite3

import pytest

from stack import Stack

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="makes folders of several owners, which needs root")
SERVE_SECONDS = 90


@pytest.fixture
def box(stack, tmp_path):
    """One server container with its own folder, without compose's network; removed afterwards."""
    image = stack.inspect("server")["Image"]
    data = tmp_path / "data"
    data.mkdir()
    names = []

    def run(*options: str, mount: str | None = None) -> "Container":
        name = f"zimu-test-box-{len(names)}"
        names.append(name)
        stack.docker("run", "-d", "--name", name, "--read-only", "--tmpfs", "/tmp", "--tmpfs", "/run", "--cap-drop", "ALL",
                     *[f"--cap-add={c}" for c in ("CHOWN", "DAC_OVERRIDE", "FOWNER", "SETUID", "SETGID", "KILL")],
                     "--security-opt", "no-new-privileges", "-v", mount or f"{data}:/data", *options, image)
        return Container(stack, name)

    run.data = data
    yield run
    for name in names:
        stack.docker("rm", "-f", "-v", name, check=False)


class Container:
    def __init__(self, stack: Stack, name: str):
        self.stack, self.name = stack, name

    def wait(self) -> "Container":
        """Until it serves or has ended."""
        script = "for i in $(seq %d); do zimu health 2>/dev/null && exit 0; sleep 0.5; done; exit 1" % (SERVE_SECONDS * 2)
        answer = self.stack.docker("exec", self.name, "sh", "-c", script, check=False)
        assert answer.returncode == 0, self.log()
        return self

    def log(self) -> str:
        answer = self.stack.docker("logs", self.name, check=False)
        return answer.stdout + answer.stderr

    def ended(self) -> int:
        return int(self.stack.docker("wait", self.name).stdout)

    def uid(self) -> int:
        status = self.stack.docker("exec", self.name, "sh", "-c", "cat /proc/$(pidof zimu)/status").stdout
        return int(next(line for line in status.splitlines() if line.startswith("Uid:")).split()[2])


@pytest.mark.parametrize("owner", [0, 1000, 4242])
@pytest.mark.parametrize("puid", [None, 1234])
def test_folder_of_any_owner_is_taken_over(box, owner, puid):
    """Rows 14 and 16: root's folder, the right one's and a stranger's; PUID set or not."""
    os.chown(box.data, owner, owner)
    container = box(*(["-e", f"PUID={puid}", "-e", f"PGID={puid}"] if puid else [])).wait()
    want = puid or 1000
    assert container.uid() == want
    assert (box.data / "zimu.db").stat().st_uid == want and (box.data / "uploads").stat().st_uid == want


def test_user_mode(box):
    """Row 15: `user:` works with a folder of that user, and says that PUID does nothing."""
    os.chown(box.data, 1234, 1234)
    container = box("--user", "1234:1234", "-e", "PUID=77").wait()
    assert container.uid() == 1234
    assert "PUID" in container.log() and "no effect" in container.log()


def test_user_mode_with_a_foreign_folder_says_why(box):
    """Row 15's other side: who owns it, who we are, and the command that helps."""
    os.chmod(box.data, 0o755)
    container = box("--user", "1234:1234", "-e", "ZIMU_TEST_BACKOFF_SECONDS=0")
    assert container.ended() != 0
    assert "chown" in container.log() and "1234" in container.log() and "/data" in container.log(), container.log()


def test_read_only_folder_says_why(box):
    container = box("-e", "ZIMU_TEST_BACKOFF_SECONDS=0", mount=f"{box.data}:/data:ro")
    assert container.ended() != 0
    assert "/data" in container.log() and "read-only" in container.log().lower(), container.log()


def test_named_volume(box):
    """An empty named volume takes owner and content of the image's folder."""
    container = box(mount="zimu-test-volume:/data").wait()
    try:
        assert container.uid() == 1000
    finally:
        container.stack.docker("rm", "-f", container.name)
        container.stack.docker("volume", "rm", "-f", "zimu-test-volume")


def test_no_mount_is_refused(box, stack):
    """Row 19: without any mount all recordings would go with the container."""
    image = stack.inspect("server")["Image"]
    answer = stack.docker("run", "--rm", "-e", "ZIMU_TEST_BACKOFF_SECONDS=0", image, check=False)
    assert answer.returncode != 0 and "mount" in answer.stderr, answer.stderr


def test_database_of_the_root_era(box):
    """Row 17: a database with -wal and -shm that an older image wrote as root."""
    first = box("-e", "PUID=0", "-e", "PGID=0").wait()
    first.stack.docker("kill", first.name)
    assert (box.data / "zimu.db").stat().st_uid == 0
    second = box().wait()
    assert second.uid() == 1000
    for file in box.data.glob("zimu.db*"):
        assert file.stat().st_uid == 1000, file


def test_newer_database_is_refused_with_advice(box):
    """Row 25."""
    first = box().wait()
    first.stack.docker("stop", first.name)
    with sqlite3.connect(box.data / "zimu.db") as database:
        version = database.execute("PRAGMA user_version").fetchone()[0]
        database.execute(f"PRAGMA user_version = {version + 1}")
    database.close()
    second = box("-e", "ZIMU_TEST_BACKOFF_SECONDS=0")
    assert second.ended() == 78
    assert "newer" in second.log(), second.log()


def test_data_that_vanished_is_refused(box, stack):
    """Row 19: compose does not start with an empty folder where the data was."""
    stack.compose("stop", "server")
    try:
        shutil.move(stack.folder / "data", stack.folder / "elsewhere")
        answer = stack.compose("up", "-d", "--force-recreate", "--no-deps", "server", check=False)
        assert answer.returncode != 0 and "data" in answer.stderr, answer.stderr
    finally:
        if not (stack.folder / "data").exists():
            shutil.move(stack.folder / "elsewhere", stack.folder / "data")
        stack.up()
