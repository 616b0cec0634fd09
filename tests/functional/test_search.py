"""Full text over real transcripts: GET /api/v1/search and /api/v1/transcripts/{id}/search."""

import pathlib
import sqlite3
import threading
import time
import uuid

import pytest

from zimu_server import Server

HOSTILE = ['"', '""', '"""', "AND", "a OR", "NOT", "NEAR(a b)", "a*", "^a", "text:a", "{text} : a", "(((", "-a", "'", ";--", "%",
           "_", "\\", "\x00", "a\x00b", "\x00" * 40, "\u202e", "\ufeff", "\u0301" * 20, "𝔘𝔫𝔦", "🙂", "\ud7ff", '"' * 500, "(" * 500]


def marked(hit: dict) -> list[str]:
    assert all(0 <= m["start"] < m["end"] <= len(hit["snippet"]) for m in hit["marks"]), hit
    return [hit["snippet"][m["start"]:m["end"]] for m in hit["marks"]]


def search(client, q: str, path: str = "/api/v1/search", **more) -> dict:
    answer = client.get(path, params={"q": q, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def transcribed(server, path, **options) -> dict:
    media = server.upload(pathlib.Path(path))
    job = server.wait_job(server.create_job(media["id"], **options)["id"])
    assert job["state"] == "done", job
    return job


def test_hits_are_where_the_words_are(server, client, jfk):
    job = transcribed(server, jfk, language="en")
    page = search(client, "COUNTRY")
    assert page["complete"] and page["total"] == len(page["items"]) >= 1 and page["next"] is None
    segments = {s["index"]: s for s in server.transcript(job["transcript_id"])["segments"]}
    for hit in page["items"]:
        segment = segments[hit["segment_index"]]
        assert (hit["start_ms"], hit["end_ms"]) == (segment["start_ms"], segment["end_ms"])
        assert hit["media_id"] == job["media_id"] and hit["transcript_id"] == job["transcript_id"]
        assert set(map(str.lower, marked(hit))) == {"country"} and "<" not in hit["snippet"]
    assert search(client, '"fellow americans"')["total"] == 1
    assert search(client, '"americans fellow"')["total"] == 0
    assert search(client, "américáns")["total"] == 1
    assert search(client, "fellow country")["total"] >= search(client, "fellow country zebra")["total"] == 0
    within = f"/api/v1/transcripts/{job['transcript_id']}/search"
    assert search(client, "country", within)["total"] == page["total"] and search(client, "ou", within)["total"] >= 1
    assert client.get(f"/api/v1/transcripts/{uuid.uuid4()}/search", params={"q": "a"}).status_code == 404


def test_chinese(server, client, jfk):
    job = transcribed(server, jfk, language="zh")
    # The small model writes English for it all the same; somebody corrects that.
    run = "公园里有很多人"
    transcript = server.transcript(job["transcript_id"])
    written = {"base": transcript["revision"],
               "operations": [{"op": "text", "index": 0, "text": f"春天来了，{run}。"}]}
    assert client.post(f"/api/v1/transcripts/{job['transcript_id']}/revisions", json=written).status_code == 201
    for length in (1, 2, 3, len(run)):
        page = search(client, run[:length])
        assert any(hit["transcript_id"] == job["transcript_id"] for hit in page["items"]), run[:length]
        assert all(run[:length] in "".join(marked(hit)) for hit in page["items"])
        assert page["items"][0]["language"] == "zh"


def test_follows_a_running_job_a_restart_and_a_deletion(tmp_path, many_windows):
    running = Server(tmp_path).start()
    try:
        media = running.upload(many_windows)
        job = running.create_job(media["id"], language="en")
        with running.client() as client:
            for _ in range(600):
                if total := search(client, "country")["total"]:
                    break
                time.sleep(0.1)
            assert 0 < total and running.job(job["id"])["state"] == "running", "found while the job runs"
        running.kill()  # no farewell
        running = Server(tmp_path).start()
        assert running.wait_job(job["id"])["state"] == "done"
        said = sum("country" in s["text"].lower() for s in running.transcript(job["transcript_id"])["segments"])
        with running.client() as client:
            assert search(client, "country")["total"] == said >= 64
            assert client.delete(f"/api/v1/media/{media['id']}").status_code == 204
            assert search(client, "country")["total"] == 0
        running.stop()
        with sqlite3.connect(tmp_path / "zimu.db") as database:
            assert database.execute("SELECT count(*) FROM segment_search").fetchone() == (0,)
            database.execute("INSERT INTO segment_search (segment_search) VALUES ('integrity-check')")
    finally:
        running.stop()


def test_hostile_queries(server, client):
    for q in HOSTILE:
        answer = client.get("/api/v1/search", params={"q": q})
        assert answer.status_code == (400 if "\x00" in q else 200), (q, answer.text)  # no URL here may hold a NUL
    for q in ("x" * 513, "x" * 10_000, "字" * 200, " ".join(map(str, range(17)))):
        answer = client.get("/api/v1/search", params={"q": q})
        assert answer.status_code == 400 and "'q'" in answer.json()["detail"], answer.text
    assert client.get("/api/v1/search").status_code == 400
    assert client.get("/api/v1/search?q=%FF%FE%C0").status_code == 400  # nor what is no UTF-8
    for cursor in ("", "1", "1.2.3", "9" * 400, "%s.%s.%s", "\x00"):
        assert client.get("/api/v1/search", params={"q": "a", "cursor": cursor}).status_code == 400, cursor


def fill(path: pathlib.Path, transcripts: int, each: int) -> None:
    """Many segments, as the server would have written them (all ASCII)."""
    words = "the quick brown fox jumps over a lazy dog while nobody in this country asks what time it might be today".split()
    database = sqlite3.connect(path)
    with database:
        for t in range(transcripts):
            media, transcript = (f"01900000-0000-7000-{kind}000-{t:012x}" for kind in "89")
            database.execute("INSERT INTO media VALUES (?, ?, 'a.mp3', 'audio/mpeg', 1, '', 'ready', '', 'mp3', 1000, 0, 0, "
                             "'upload', 0, 0)", (media, f"Recording {t}"))
            database.execute("INSERT INTO transcripts (id, media_id, job_id, title, model, task, language, language_probability, "
                             "duration_ms, complete, created_at, updated_at) "
                             "VALUES (?, ?, '', '', 'base', 'transcribe', 'en', 1, 1000, 1, 0, 0)",
                             (transcript, media))
            database.executemany(
                "INSERT INTO segments (transcript_id, idx, window_idx, start_ms, end_ms, text, speaker, avg_logprob, "
                "compression_ratio, no_speech_prob, temperature, words, tokens) VALUES (?, ?, 0, ?, ?, ?, '', 0, 0, 0, 0, x'', x'')",
                ((transcript, i, i * 1000, i * 1000 + 900, " " + " ".join(words[(i * 7 + k * (t + 3)) % len(words)] for k in range(12)))
                 for i in range(each)))
        database.execute("INSERT INTO segment_search (rowid, text) SELECT id, ltrim(lower(text)) FROM segments")
        database.execute("DELETE FROM segment_search_todo")
    database.close()


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_a_big_library_answers_and_holds_no_writer(tmp_path, jfk, journal):
    running = Server(tmp_path, env={"ZIMU_JOURNAL_MODE": journal}).start()
    running.stop()
    fill(tmp_path / "zimu.db", 50, 3000)
    running = Server(tmp_path, env={"ZIMU_JOURNAL_MODE": journal}).start()
    slowest: dict[str, float] = {}
    over = threading.Event()

    def ask(q: str):
        with running.client() as client:
            while not over.is_set():
                begin = time.monotonic()
                page = search(client, q)
                slowest[q] = max(slowest.get(q, 0), time.monotonic() - begin)
                assert page["items"] or q == "zz", q

    threads = [threading.Thread(target=ask, args=(q,)) for q in ("the", "zz", "a lazy country dog", "it")]
    try:
        for thread in threads:
            thread.start()
        job = transcribed(running, jfk, language="en")  # its windows are written all the while
        over.set()
        for thread in threads:
            thread.join(60)
        assert set(slowest) == {"the", "zz", "a lazy country dog", "it"}
        assert not [line for line in running.log if "busy" in line or "locked" in line]
        with running.client() as client:
            page = search(client, "the", limit=500)
            assert not page["complete"] and page["total"] == 5000 and len(page["items"]) == 500
            again = search(client, "the", limit=500, cursor=page["next"])
            ids = [(h["transcript_id"], h["segment_index"]) for h in page["items"] + again["items"]]
            assert len(set(ids)) == 1000
            assert search(client, "fellow americans")["items"][0]["transcript_id"] == job["transcript_id"]
        print({q: round(seconds, 2) for q, seconds in slowest.items()})
    finally:
        over.set()
        running.stop()
