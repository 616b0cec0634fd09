"""kill -9 of worker and server at random moments: the job goes on and the text is that of an undisturbed run."""

import os
import random
import time

import pytest

from zimu_server import Server


def texts(transcript):
    return [(s["start_ms"], s["end_ms"], s["text"]) for s in transcript["segments"]]


@pytest.fixture(scope="module")
def undisturbed(server, ten_windows):
    media = server.upload(ten_windows)
    job = server.wait_job(server.create_job(media["id"])["id"])
    assert job["state"] == "done"
    found = texts(server.transcript(job["transcript_id"]))
    assert len(found) >= 15
    return found


def run_with_kills(data, media_file, kills, kill_server):
    running = Server(data).start()
    try:
        media = running.upload(media_file)
        job = running.create_job(media["id"])
        for _ in range(kills):
            time.sleep(random.uniform(0.5, 4.0))
            state = running.job(job["id"])["state"]
            if state in ("done", "failed"):
                break
            for worker in running.workers():
                worker.kill()
            if kill_server:
                running.kill()
                running.start()
        job = running.wait_job(job["id"])
        return job, texts(running.transcript(job["transcript_id"]))
    finally:
        running.stop()


# More kills than windows would be two deaths on one window: each round allows the job one window between two kills.
def test_worker_killed(tmp_path, ten_windows, undisturbed):
    random.seed(int(os.environ.get("ZIMU_TEST_SEED", "1")))
    job, found = run_with_kills(tmp_path / "data", ten_windows, kills=1, kill_server=False)
    assert job["state"] == "done" and job["attempts"] >= 1, job
    assert found == undisturbed


def test_server_and_worker_killed_repeatedly(tmp_path, ten_windows, undisturbed):
    random.seed(int(os.environ.get("ZIMU_TEST_SEED", "2")))
    job, found = run_with_kills(tmp_path / "data", ten_windows, kills=int(os.environ.get("ZIMU_TEST_KILLS", "4")),
                                kill_server=True)
    assert job["state"] == "done", job
    assert found == undisturbed


def test_worker_that_dies_twice_on_one_window_fails_the_job_and_keeps_the_text(tmp_path, ten_windows, undisturbed):
    running = Server(tmp_path / "data", env={"ZIMU_WORKER_CRASH_AT_WINDOW": "3", "ZIMU_WORKER_CRASH_SIGNAL": "SEGV"}).start()
    try:
        job = running.wait_job(running.create_job(running.upload(ten_windows)["id"])["id"])
        assert job["state"] == "failed" and job["failure"]["code"] == "worker_crashed", job
        assert "SIGSEGV" in job["failure"]["message"] and job["failure"]["action"]
        kept = texts(running.transcript(job["transcript_id"]))
        assert kept and kept == undisturbed[: len(kept)]
    finally:
        running.stop()


def test_stop_is_graceful_and_the_job_goes_on_after_it(tmp_path, ten_windows, undisturbed):
    running = Server(tmp_path / "data").start()
    job = running.create_job(running.upload(ten_windows)["id"])
    running.wait_job(job["id"], states=("running",))
    time.sleep(2)
    assert running.stop() == 0
    running.start()
    try:
        job = running.wait_job(job["id"])
        assert job["state"] == "done" and texts(running.transcript(job["transcript_id"])) == undisturbed
    finally:
        running.stop()
