"""A disk that fills, for real: a small tmpfs as the data folder."""

import contextlib
import os
import subprocess
import time

import pytest

from zimu_server import Server

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounting a tmpfs needs root")


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=192m", "tmpfs", folder], check=False)
    if mounted.returncode != 0:
        pytest.skip("no permission to mount")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill(folder, keep):
    stat = os.statvfs(folder)
    size = max(stat.f_bavail * stat.f_frsize - keep, 0)
    with contextlib.suppress(OSError), open(folder / "filler", "wb") as file:  # the server may take the last of it
        while size > 0:
            size -= file.write(b"\0" * min(size, 1 << 20))


def test_upload_on_a_full_disk_is_refused_and_works_again(small_disk, tmp_path, jfk):
    big = tmp_path / "big.wav"
    with open(big, "wb") as file:
        file.truncate(256 << 20)
    running = Server(small_disk).start()
    try:
        with running.client() as client, open(big, "rb") as file:
            answer = client.post("/api/v1/media", files={"file": ("big.wav", file)})
        assert answer.status_code == 507 and answer.json()["code"] == "no_space" and answer.json()["action"]
        declared = running.client().post("/api/v1/uploads", headers={"Tus-Resumable": "1.0.0", "Upload-Length": str(1 << 30)})
        assert declared.status_code == 507
        assert not list((small_disk / "uploads" / "incoming").iterdir())
        media = running.upload(jfk)
        assert running.wait_job(running.create_job(media["id"])["id"])["state"] == "done"
    finally:
        running.stop()


def test_disk_fills_during_a_resumable_upload(small_disk):
    """The declared size fits when the upload begins; somebody else takes the room; nothing of what was sent is lost."""
    size, piece = 40 << 20, 20 << 20
    running = Server(small_disk).start()
    try:
        client = running.client()
        tus = {"Tus-Resumable": "1.0.0"}
        made = client.post("/api/v1/uploads", headers=tus | {"Upload-Length": str(size), "Upload-Metadata": "filename YS53YXY="})
        assert made.status_code == 201, made.text
        path = made.headers["location"]

        def send(offset, amount):
            return client.patch(path, content=os.urandom(amount), headers=tus | {
                "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"})

        assert send(0, piece).status_code == 204
        fill(small_disk, keep=5 << 20)
        refused = send(piece, piece)
        assert refused.status_code == 507 and refused.json()["code"] == "no_space" and refused.json()["action"]
        kept = int(client.head(path, headers=tus).headers["upload-offset"])
        assert piece <= kept < size
        os.unlink(small_disk / "filler")
        assert send(kept, size - kept).status_code == 204
        assert client.get("/readyz").status_code == 200
    finally:
        running.stop()


def test_disk_fills_during_transcription(small_disk, ten_windows):
    running = Server(small_disk).start()
    try:
        media = running.upload(ten_windows)
        job = running.create_job(media["id"])
        running.wait_job(job["id"], states=("running",))
        time.sleep(1)
        fill(small_disk, keep=0)
        # A small transcript may still fit in the database's free pages: then the job is simply done.
        job = running.wait_job(job["id"], states=("paused", "done", "failed"))
        assert job["state"] in ("paused", "done"), job
        if job["state"] == "paused":
            assert job["failure"]["code"] == "no_space" and job["failure"]["action"]
        os.unlink(small_disk / "filler")
        job = running.wait_job(job["id"])
        assert job["state"] == "done", job
        assert len(running.transcript(job["transcript_id"])["segments"]) >= 15
    finally:
        running.stop()
    checked = subprocess.run(["sqlite3", small_disk / "zimu.db", "PRAGMA integrity_check"], capture_output=True, text=True)
    assert checked.stdout.strip() == "ok" or checked.returncode == 127
