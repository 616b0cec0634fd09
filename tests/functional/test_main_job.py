"""A recording goes in, timed text comes out: over HTTP, with the real model."""

import json
import re

import httpx
import pytest

WORDS = "ask not what your country can do for you"


def plain(text: str) -> str:
    return re.sub(r"[^a-z ]", "", text.lower())


@pytest.fixture(scope="module")
def done(server, jfk):
    media = server.upload(jfk)
    job = server.wait_job(server.create_job(media["id"])["id"])
    assert job["state"] == "done", job
    return media, job


def test_transcript_and_every_export(server, done):
    _, job = done
    transcript = server.transcript(job["transcript_id"])
    assert transcript["complete"] and transcript["language"] == "en" and transcript["language_probability"] > 0.9
    assert WORDS in plain(" ".join(s["text"] for s in transcript["segments"]))
    assert all(s["start_ms"] < s["end_ms"] for s in transcript["segments"])
    assert 10_500 <= transcript["duration_ms"] <= 11_500
    for format in ("srt", "vtt", "txt", "json", "tsv", "csv", "lrc", "ass"):
        assert WORDS in plain(server.export(job["transcript_id"], format).replace("\n", " ")), format
    assert server.export(job["transcript_id"], "vtt").startswith("WEBVTT\n\n")
    json.loads(server.export(job["transcript_id"], "json"))


def test_transcript_says_what_of_the_sound_has_text(server, done):
    _, job = done
    transcript = server.transcript(job["transcript_id"])
    coverage = transcript["coverage"]
    assert 6_000 < coverage["covered_ms"] <= coverage["audible_ms"] <= 11_500
    assert coverage["share"] == pytest.approx(coverage["covered_ms"] / coverage["audible_ms"], abs=1e-3)
    assert coverage["share"] > 0.9 and all(g["end_ms"] - g["start_ms"] >= 900 for g in coverage["gaps"])
    exported = json.loads(server.export(job["transcript_id"], "json"))["coverage"]
    assert exported["audible_ms"] == coverage["audible_ms"] and exported["gaps"] == coverage["gaps"]


def test_a_fast_job_among_some_languages(server, done):
    job = server.create_job(done[0]["id"], beam_size=1, languages=["de", "en"])
    assert job["options"]["beam_size"] == 1 and job["options"]["languages"] == ["de", "en"]
    transcript = server.transcript(server.wait_job(job["id"])["transcript_id"])
    assert transcript["language"] == "en" and transcript["language_probability"] > 0.9
    assert WORDS in plain(" ".join(s["text"] for s in transcript["segments"]))


def test_job_says_what_it_did(done):
    _, job = done
    assert job["progress"] == 1 and job["device"] == "cpu" and job["speed"] > 0 and job["attempts"] == 1
    assert job["failure"] is None and job["processed_ms"] >= 10_000 and job["finished_at"]


def test_media_is_inspected_and_served_with_ranges(server, client, done, jfk):
    media = client.get(f"/api/v1/media/{done[0]['id']}").json()
    assert media["state"] == "ready" and media["streams"][0]["kind"] == "audio" and not media["has_video"]
    assert len(media["sha256"]) == 64
    whole = client.get(f"/api/v1/media/{media['id']}/content")
    assert whole.status_code == 200 and whole.content == jfk.read_bytes()
    part = client.get(f"/api/v1/media/{media['id']}/content", headers={"Range": "bytes=100-199"})
    assert part.status_code == 206 and part.content == jfk.read_bytes()[100:200]
    assert part.headers["content-range"] == f"bytes 100-199/{jfk.stat().st_size}"
    again = client.get(f"/api/v1/media/{media['id']}/content", headers={"If-None-Match": whole.headers["etag"]})
    assert again.status_code == 304
    past = client.get(f"/api/v1/media/{media['id']}/content", headers={"Range": "bytes=99999999-"})
    assert past.status_code == 416


def test_waveform_is_loud_where_speech_is(client, done):
    wave = client.get(f"/api/v1/media/{done[0]['id']}/waveform", params={"points": 200}).json()
    assert 50 <= len(wave["peaks"]) <= 200 and max(wave["peaks"]) > 100


def test_word_times(server, done):
    job = server.wait_job(server.create_job(done[0]["id"], words=True)["id"])
    words = [w for s in server.transcript(job["transcript_id"])["segments"] for w in s["words"]]
    assert len(words) >= 20
    assert all(a["start_ms"] <= b["start_ms"] for a, b in zip(words, words[1:]))
    assert all(w["start_ms"] <= w["end_ms"] <= 11_500 for w in words)


def test_events_replay_after_reconnect(server, done):
    with server.client() as client, client.stream("GET", "/api/v1/events", params={"last_event_id": "1"}) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        names = set()
        for line in stream.iter_lines():
            if line.startswith("event:"):
                names.add(line.split(":", 1)[1].strip())
            if {"job", "segment", "media"} <= names:
                return
    raise AssertionError(names)


def test_not_media_is_a_typed_failure(server, tmp_path):
    junk = tmp_path / "notes.mp3"
    junk.write_text("this is not a recording\n" * 50)
    media = server.upload(junk)
    with server.client() as client:
        answer = client.post("/api/v1/jobs", json={"media_id": media["id"]})
        if answer.status_code == 201:
            job = server.wait_job(answer.json()["id"])
            assert job["state"] == "failed" and job["failure"]["code"] == "bad_media", job
            assert job["failure"]["message"] and job["failure"]["action"]
        else:
            assert answer.status_code == 422 and answer.json()["code"] == "bad_media"


def test_missing_model_is_a_typed_failure(server, done):
    job = server.wait_job(server.create_job(done[0]["id"], model="large-v3")["id"])
    assert job["state"] == "failed" and job["failure"]["code"] == "model_missing"
    assert "zimu models pull large-v3" in job["failure"]["action"]


def test_cancel_and_retry(server, ten_windows):
    import time
    media = server.upload(ten_windows)
    job = server.create_job(media["id"])
    server.wait_job(job["id"], states=("running",))
    time.sleep(1)
    started = time.monotonic()
    with server.client() as client:
        assert client.post(f"/api/v1/jobs/{job['id']}/cancel").status_code == 200
    assert server.wait_job(job["id"])["state"] == "cancelled"
    assert time.monotonic() - started < 5  # a bound for "it works", not a measurement
    with server.client() as client:
        assert client.post(f"/api/v1/jobs/{job['id']}/retry").status_code == 200
        assert client.delete(f"/api/v1/media/{media['id']}").status_code == 204
        assert client.get(f"/api/v1/jobs/{job['id']}").status_code == 404


def test_unknown_things_are_problems(client):
    for method, path in (("GET", "/api/v1/media/018f0000-0000-7000-8000-000000000000"), ("GET", "/api/v1/jobs/x"),
                         ("GET", "/api/v1/nothing"), ("PUT", "/api/v1/media")):
        answer = client.request(method, path)
        assert 400 <= answer.status_code < 500 and answer.headers["content-type"] == "application/problem+json", path
        assert {"type", "title", "status", "detail", "code"} <= answer.json().keys()


def test_health_metrics_system(client):
    assert client.get("/livez").status_code == 200 and client.get("/readyz").status_code == 200
    assert "zimu_" in client.get("/metrics").text
    system = client.get("/api/v1/system").json()
    assert {c["name"] for c in system["checks"]} >= {"data", "models", "gpu", "ffmpeg"}
    assert system["default_model"] == "base"


def test_page_is_served(client):
    page = client.get("/")
    assert page.status_code == 200 and "<html" in page.text and "content-security-policy" in page.headers
    assert client.get("/media/018f0000-0000-7000-8000-000000000000").status_code == 200
    assert client.get("/assets/missing.js").status_code == 404


@pytest.mark.parametrize("raw", [
    b"POST /api/v1/media HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /api/v1/media HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    b"POST /api/v1/media HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n  c\r\n\r\n",
])
def test_smuggling_shapes_are_refused(server, raw):
    import socket
    url = httpx.URL(server.url)
    with socket.create_connection((url.host, url.port), timeout=10) as connection:
        connection.sendall(raw)
        answer = b""
        while piece := connection.recv(4096):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 400"), answer[:80]
