"""A person pauses jobs: the worker leaves, what is finished stays, and only a person lets them go on."""

import time

import pytest

import speech
from conftest import ffmpeg
from zimu_server import Server, zimu


def post(server, job_id, what):
    with server.client() as client:
        return client.post(f"/api/v1/jobs/{job_id}/{what}")


def wait_windows(server, job_id, least):
    """Until so much is committed."""
    end = time.monotonic() + 240
    while time.monotonic() < end:
        job = server.job(job_id)
        assert job["state"] in ("queued", "running"), job
        if job["processed_ms"] >= least:
            return job
        time.sleep(0.05)
    raise AssertionError(job)


@pytest.fixture(scope="module")
def some_windows(media_dir, jfk):
    """Some eighty seconds: three or four windows."""
    target = media_dir / "some_windows.wav"
    ffmpeg("-stream_loop", "5", "-i", jfk, "-af", "apad=pad_dur=2", "-ar", "16000", "-ac", "1", target)
    return target


@pytest.fixture
def running(tmp_path):
    server = Server(tmp_path / "data").start()
    yield server
    assert server.stop() == 0, "\n".join(server.log[-40:])


def wait_text(server, job):
    """Until some of it is committed."""
    end = time.monotonic() + 240
    while not server.transcript(job["transcript_id"])["segments"]:
        assert server.job(job["id"])["state"] in ("queued", "running") and time.monotonic() < end
        time.sleep(0.02)


def test_a_running_job_goes_on_from_where_it_was(running, some_windows):
    # More windows than are decoded at once: the first are finished while others have not begun.
    talk = running.upload(speech.minutes_of_speech(10).path)
    media = running.upload(some_windows)
    job = running.create_job(talk["id"], language="en")
    wait_text(running, job)
    answer = post(running, job["id"], "pause")
    assert answer.status_code == 200 and answer.json()["stage"] in ("pausing", "paused"), answer.text
    paused = running.wait_job(job["id"], states=("paused", "done", "failed"))
    assert paused["state"] == "paused" and paused["failure"] is None, paused
    kept = running.transcript(job["transcript_id"])["segments"]
    assert kept and paused["processed_ms"] > 0
    # Others may run meanwhile, and the disk's watcher leaves it alone over a restart that is a crash.
    other = running.create_job(media["id"], language="en")
    running.wait_job(other["id"], states=("running",))
    running.kill()
    running.start()
    assert running.wait_job(other["id"], states=("running", "done"))["state"] in ("running", "done")
    assert post(running, other["id"], "cancel").status_code in (200, 409)
    time.sleep(6)  # longer than the watcher's round
    assert running.job(job["id"])["state"] == "paused"
    assert post(running, job["id"], "resume").json()["state"] == "queued"
    done = running.wait_job(job["id"], seconds=900)
    assert done["state"] == "done" and done["attempts"] == 2, done
    segments = running.transcript(job["transcript_id"])["segments"]
    assert segments[: len(kept)] == kept, "what was finished was not done again"
    assert len(segments) > len(kept)


def test_queued_ones_wait_and_conflicts_are_told(running, some_windows):
    media = running.upload(some_windows)
    first = running.create_job(media["id"], language="en")
    waiting = running.create_job(media["id"], language="en")
    assert post(running, waiting["id"], "pause").json()["state"] == "paused"
    assert post(running, waiting["id"], "pause").json()["state"] == "paused"
    assert zimu("jobs", "resume", waiting["id"], env={"ZIMU_DATA_DIR": str(running.data), "ZIMU_LISTEN": running.url[7:]}
                ).stdout.decode().strip() == f"{waiting['id']} queued"
    refused = post(running, waiting["id"], "resume")
    assert refused.status_code == 409 and "only paused jobs" in refused.json()["detail"]
    assert post(running, first["id"], "cancel").status_code == 200
    running.wait_job(first["id"])
    assert post(running, first["id"], "pause").status_code == 409
    assert post(running, "019375b2-8e1c-7d3a-b2f4-0a1b2c3d4e5f", "pause").status_code == 404
    assert post(running, waiting["id"], "pause").status_code == 200
    assert post(running, waiting["id"], "cancel").status_code == 200
    assert running.wait_job(waiting["id"])["state"] == "cancelled"


def test_the_command_line_pauses_without_a_server(tmp_path):
    server = Server(tmp_path / "data").start()
    job = server.create_job(server.upload(speech.minutes_of_speech(10).path)["id"], language="en")
    wait_windows(server, job["id"], 1)
    server.kill()
    env = {"ZIMU_DATA_DIR": str(server.data)}
    said = zimu("jobs", "pause", job["id"], env=env)
    assert said.returncode == 0 and said.stdout.decode().strip() == f"{job['id']} paused", said
    server.start()
    try:
        time.sleep(2)
        assert server.job(job["id"])["state"] == "paused"
    finally:
        server.stop()
