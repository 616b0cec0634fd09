"""A span of a recording transcribed again: a draft beside its parent, made by the real worker."""

import re
import sys
import time
import uuid

import pytest

import speech
from worker_commands import ROOT
from zimu_server import MODELS, Server


def start_span(server, parent, start_ms, end_ms, **options):
    span = {"transcript_id": parent["transcript_id"], "start_ms": start_ms, "end_ms": end_ms}
    return server.create_job(parent["media_id"], span=span, words=True, **options)


def draft_of(server, job):
    job = server.wait_job(job["id"])
    assert job["state"] == "done" and job["progress"] == 1, job
    return server.transcript(job["transcript_id"])


def times(transcript):
    return [(s["start_ms"], s["end_ms"], s["text"]) for s in transcript["segments"]]


def check_inside(transcript, start_ms, end_ms):
    assert transcript["segments"]
    for segment in transcript["segments"]:
        assert start_ms <= segment["start_ms"] <= segment["end_ms"] <= end_ms, segment
        for word in segment["words"]:
            assert start_ms <= word["start_ms"] <= word["end_ms"] <= end_ms, word


# Where it was fetched, another model than the one of the spans.
SMALL = "tiny.en" if (MODELS / "ggml-tiny.en.bin").exists() else "base"
KILLED_SPAN = (61_250, 558_000)  # more windows than are decoded at once, and far enough in to be sought


@pytest.fixture(scope="module")
def talk():
    """Two minutes of the sample sentences, with pauses."""
    return speech.minutes_of_speech(2)


@pytest.fixture(scope="module")
def parent(server, talk):
    """Made by a small model for English where there is one; the spans are for a better one."""
    media = server.upload(talk.path)
    job = server.wait_job(server.create_job(media["id"], words=True, model=SMALL)["id"])
    assert job["state"] == "done", job
    return job


@pytest.fixture(scope="module")
def long_talk():
    return speech.minutes_of_speech(10)


@pytest.fixture(scope="module")
def undisturbed(server, long_talk):
    whole = server.wait_job(server.create_job(server.upload(long_talk.path)["id"], language="en")["id"])
    found = times(draft_of(server, start_span(server, whole, *KILLED_SPAN)))
    assert len(found) >= 50
    return found


def words_of(text):
    return re.findall(r"[a-z']+", text.lower())


def test_a_span_becomes_a_draft_and_the_parent_stays(server, client, parent):
    before = server.transcript(parent["transcript_id"])
    job = start_span(server, parent, 20_000, 35_000)
    assert job["span"] == {"transcript_id": parent["transcript_id"], "start_ms": 20_000, "end_ms": 35_000}
    assert job["options"]["language"] == "en" and job["duration_ms"] == 15_000
    draft = draft_of(server, job)
    assert draft["origin"] == "draft" and draft["parent_id"] == parent["transcript_id"] and draft["complete"]
    check_inside(draft, 20_000, 35_000)
    # What the better model hears there is about what the other one heard.
    heard = words_of(" ".join(s["text"] for s in draft["segments"]))
    there = words_of(" ".join(w["text"] for s in before["segments"] for w in s["words"]
                              if 20_000 <= w["start_ms"] and w["end_ms"] <= 35_000))
    assert len(there) > 15 and abs(len(heard) - len(there)) <= 0.3 * len(there), (heard, there)
    assert len(set(heard) & set(there)) >= 0.6 * len(set(there)), (heard, there)
    windows = client.get(f"/api/v1/transcripts/{draft['id']}/windows").json()["items"]
    assert windows[0]["start_ms"] == 20_000 and windows[-1]["end_ms"] == 35_000
    assert server.transcript(parent["transcript_id"]) == before

    ended = server.job(job["id"])
    assert ended["processed_ms"] == ended["duration_ms"] == 15_000
    assert server.export(draft["id"], "srt").startswith("1\n00:00:2")
    assert draft["model"] == "base" and before["model"] == SMALL


def test_drafts_are_nobodys_text(server, client, parent):
    draft = draft_of(server, start_span(server, parent, 40_000, 52_000))
    media = client.get(f"/api/v1/media/{parent['media_id']}").json()
    assert [t["id"] for t in media["transcripts"]] == [parent["transcript_id"]]
    assert media["job"]["id"] == parent["id"]
    listed = client.get("/api/v1/transcripts", params={"media_id": parent["media_id"]}).json()["items"]
    assert [t["id"] for t in listed] == [parent["transcript_id"]]
    everything = client.get("/api/v1/transcripts", params={"media_id": parent["media_id"], "drafts": "true"}).json()["items"]
    assert {t["origin"] for t in everything} == {"job", "draft"} and everything[0]["origin"] == "draft"
    word = max(words_of(draft["segments"][0]["text"]), key=len)
    hits = client.get("/api/v1/search", params={"q": word, "limit": 500}).json()["items"]
    assert {h["transcript_id"] for h in hits} <= {parent["transcript_id"]}
    within = client.get(f"/api/v1/transcripts/{draft['id']}/search", params={"q": word}).json()
    assert within["total"] >= 1, "in the draft itself it is found"


def test_another_language(server, client, jfk):
    english = server.wait_job(server.create_job(server.upload(jfk)["id"], model=SMALL)["id"])
    draft = draft_of(server, start_span(server, english, 200, 10_900, language="es", prompt="Discurso de Kennedy."))
    assert draft["language"] == "es" and draft["language_probability"] == 1
    text = "".join(s["text"] for s in draft["segments"])
    assert "país" in text, text  # told so, the model writes Spanish
    check_inside(draft, 200, 10_900)
    assert client.get("/api/v1/search", params={"q": "país"}).json()["total"] == 0
    assert server.transcript(english["transcript_id"])["language"] == "en"


@pytest.mark.parametrize("kill_server", [False, True])
def test_killed_in_the_span_it_goes_on_to_the_same_text(tmp_path, long_talk, undisturbed, kill_server):
    running = Server(tmp_path / "data").start()
    try:
        whole = running.create_job(running.upload(long_talk.path)["id"], language="en")
        with running.client() as client:
            client.post(f"/api/v1/jobs/{whole['id']}/cancel")
        running.wait_job(whole["id"])  # a parent half-way is one too
        job = start_span(running, whole, *KILLED_SPAN)
        seen = 0
        while seen == 0:
            state = running.job(job["id"])
            assert state["state"] in ("queued", "running"), state
            seen = state["processed_ms"]
            time.sleep(0.02)
        for worker in running.workers():
            worker.kill()
        if kill_server:
            running.kill()
            running.start()
        again = running.wait_job(job["id"])
        assert again["state"] == "done" and again["attempts"] == 2, again
        draft = running.transcript(job["transcript_id"])
        assert times(draft) == undisturbed and draft["complete"]
        check_inside(draft, *KILLED_SPAN)
    finally:
        running.stop()


def test_progress_is_that_of_the_span(server, parent):
    job = start_span(server, parent, 50_000, 120_000)
    shown = []
    while (now := server.job(job["id"]))["state"] in ("queued", "running"):
        shown.append((now["progress"], now["processed_ms"]))
        time.sleep(0.05)
    assert now["state"] == "done", now
    assert shown == sorted(shown) and shown[0][0] < 0.05 and all(p <= 70_000 for _, p in shown), shown
    assert any(0.1 < progress < 0.95 for progress, _ in shown), shown


def test_a_cancelled_draft_is_tried_again(server, client, parent):
    job = start_span(server, parent, 80_000, 100_000)
    server.wait_job(job["id"], states=("running",))
    assert client.post(f"/api/v1/jobs/{job['id']}/cancel").status_code == 200
    assert server.wait_job(job["id"])["state"] == "cancelled"
    assert client.get(f"/api/v1/media/{parent['media_id']}").json()["job"]["state"] == "done"
    assert client.post(f"/api/v1/jobs/{job['id']}/retry").status_code == 200
    check_inside(draft_of(server, job), 80_000, 100_000)


def test_what_is_refused(server, client, parent, jfk):
    def status(media_id=parent["media_id"], **changes):
        span = {"transcript_id": parent["transcript_id"], "start_ms": 0, "end_ms": 1_000} | changes
        answer = client.post("/api/v1/jobs", json={"media_id": media_id, "span": span})
        assert answer.headers["content-type"] == "application/problem+json" and answer.json()["detail"]
        return answer.status_code

    assert status(end_ms=199) == status(start_ms=1_000) == status(start_ms=-1) == 400
    assert status(end_ms=10_000_000) == 400
    assert status(transcript_id=str(uuid.uuid4())) == 404
    other = server.upload(jfk)
    assert status(media_id=other["id"]) == 400
    running = server.create_job(other["id"])
    answer = client.post("/api/v1/jobs", json={"media_id": other["id"], "span": {
        "transcript_id": running["transcript_id"], "start_ms": 0, "end_ms": 1_000}})
    assert answer.status_code in (409, 201)  # 201: it was quick
    server.wait_job(running["id"])


def test_a_worker_that_does_not_know_spans_is_not_asked(tmp_path, jfk):
    """The example worker of the protocol's page says that it has no features."""
    page = (ROOT / "docs/formats/worker-protocol.md").read_text()
    program = tmp_path / "worker.py"
    program.write_text(page.split("```python worker\n")[1].split("```")[0])
    running = Server(tmp_path / "data", env={"ZIMU_WORKER_COMMAND": f'"{sys.executable}" "{program}"'}).start()
    try:
        media = running.upload(jfk)
        whole = running.wait_job(running.create_job(media["id"])["id"])
        assert whole["state"] == "done", whole
        job = running.wait_job(start_span(running, whole, 0, 1_000)["id"])
        assert job["state"] == "failed" and job["failure"]["code"] == "unsupported", job
        assert "span" in job["failure"]["action"]
    finally:
        running.stop()
