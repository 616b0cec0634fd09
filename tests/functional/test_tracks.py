"""Subtitle files brought along, plain texts laid on word times, and transcripts removed."""

import pytest

import film

TEXT = "And so, my fellow Americans: ask not what your country can do for you. Ask what you can do for your country!"


@pytest.fixture(scope="module")
def media(server, jfk):
    return server.upload(jfk)


def bring(client, media, body, **query):
    return client.post(f"/api/v1/media/{media['id']}/transcripts", params=query, content=body)


def test_import_and_export_again(server, client, media):
    body = film.srt((0.5, 2, "Fellow <i>Americans</i>"), (2, 4.25, "字幕，你好"), (3, 5, "overlaps"))
    answer = bring(client, media, body.encode(), format="srt", title="Mine", language="en")
    assert answer.status_code == 201, answer.text
    header = answer.json()
    assert (header["origin"], header["title"], header["language"], header["complete"], header["job_id"]) == ("import", "Mine", "en", True, None)
    assert answer.headers["location"] == f"/api/v1/transcripts/{header['id']}"
    transcript = server.transcript(header["id"])
    assert [(s["index"], s["start_ms"], s["end_ms"], s["text"]) for s in transcript["segments"]] == [
        (0, 500, 2000, "Fellow Americans"), (1, 2000, 4250, "字幕，你好"), (2, 3000, 5000, "overlaps")]
    assert server.export(header["id"], "srt") == body.replace("<i>", "").replace("</i>", "")
    assert header["id"] in [t["id"] for t in client.get(f"/api/v1/media/{media['id']}").json()["transcripts"]]
    # It is found, and checked against rules, as any other.
    hits = client.get("/api/v1/search", params={"q": "字幕，你好"}).json()["items"]
    assert [h["transcript_id"] for h in hits] == [header["id"]]
    assert client.get(f"/api/v1/transcripts/{header['id']}/check", params={"preset": "netflix", "cues": "segments"}).json()["cues"] == 3


def test_import_vtt_in_utf16(server, client, media):
    body = "WEBVTT\r\n\r\nNOTE no\r\n\r\n00:01.000 --> 00:02.000 line:0\r\n<v Anna>Tom &amp; Jerry\r\n".encode("utf-16")
    header = bring(client, media, body).json()
    assert header["title"] == media["title"] and header["language"] == ""
    segment = server.transcript(header["id"])["segments"][0]
    assert (segment["speaker"], segment["text"], segment["start_ms"]) == ("Anna", "Tom & Jerry", 1000)


@pytest.mark.parametrize("body,query,status,named", [
    (b"", {}, 422, "empty"), (b"hello", {}, 422, "no cue was found"), (b"1\n00:00:01,000 --> 0\nx", {}, 422, "line 2"),
    (b"1\n0:01 --> 0:02\ncaf\xe9", {}, 422, "line 3 is not UTF-8"), (b"0:01 --> 0:02\na", {"format": "ass"}, 400, "'format'"),
    (b"0:01 --> 0:02\na", {"language": "klingon"}, 400, "'language'"), (b"0:01 --> 0:02\na", {"title": "x" * 501}, 400, "'title'"),
    (b" " * (16 << 20) + b"x", {}, 413, "16777216"),
])
def test_import_refuses(client, media, body, query, status, named):
    before = len(client.get("/api/v1/transcripts", params={"media_id": media["id"]}).json()["items"])
    answer = bring(client, media, body, **query)
    assert answer.status_code == status and named in answer.json()["detail"], answer.text
    assert len(client.get("/api/v1/transcripts", params={"media_id": media["id"]}).json()["items"]) == before


def test_import_needs_its_recording(client):
    answer = client.post("/api/v1/media/019375b2-8e1c-7d3a-b2f4-0a1b2c3d4e5f/transcripts", content=b"0:01 --> 0:02\na")
    assert answer.status_code == 404


def test_align_on_real_speech(server, client, media):
    job = server.wait_job(server.create_job(media["id"], words=True)["id"])
    heard = server.transcript(job["transcript_id"])
    answer = client.post(f"/api/v1/transcripts/{heard['id']}/align", params={"title": "The speech"}, content=TEXT.encode())
    assert answer.status_code == 201, answer.text
    assert (answer.json()["origin"], answer.json()["title"], answer.json()["language"]) == ("align", "The speech", "en")
    aligned = server.transcript(answer.json()["id"])
    assert " ".join(s["text"] for s in aligned["segments"]) == TEXT
    assert [s["text"][-1] for s in aligned["segments"]] == [".", "!"]
    # The times are those that the same words were heard at.
    times = {w["text"].strip(" ,.!:").lower(): w["start_ms"] for s in heard["segments"] for w in s["words"]}
    words = [w for s in aligned["segments"] for w in s["words"]]
    for name in ("fellow", "americans"):
        word = next(w for w in words if w["text"].strip(" ,.!:").lower() == name)
        assert abs(word["start_ms"] - times[name]) <= 1, (word, times)
    assert all(a["end_ms"] <= b["start_ms"] for a, b in zip(words, words[1:]))
    assert client.post(f"/api/v1/transcripts/{heard['id']}/align", content="Bonjour à tous".encode()).status_code == 422
    assert client.post(f"/api/v1/transcripts/{heard['id']}/align", content=b"").status_code == 422


def test_delete(server, client, media):
    kept = bring(client, media, b"0:01 --> 0:02\nkept").json()
    header = bring(client, media, b"0:01 --> 0:02\nforgotten words").json()
    assert client.delete(f"/api/v1/transcripts/{header['id']}").status_code == 204
    assert client.get(f"/api/v1/transcripts/{header['id']}").status_code == 404
    assert client.delete(f"/api/v1/transcripts/{header['id']}").status_code == 404
    assert client.get("/api/v1/search", params={"q": "forgotten words"}).json()["items"] == []
    assert client.get(f"/api/v1/transcripts/{kept['id']}").status_code == 200


def test_delete_waits_for_the_job(server, client, ten_windows):
    media = server.upload(ten_windows)
    job = server.create_job(media["id"])
    server.wait_job(job["id"], states=("running",))
    refused = client.delete(f"/api/v1/transcripts/{job['transcript_id']}")
    assert refused.status_code == 409 and "cancel" in refused.json()["action"]
    client.post(f"/api/v1/jobs/{job['id']}/cancel")
    server.wait_job(job["id"], states=("cancelled",))
    assert client.delete(f"/api/v1/transcripts/{job['transcript_id']}").status_code == 204
    assert client.get(f"/api/v1/jobs/{job['id']}").status_code == 404
