"""Editing through the real server: what was answered is on disk, nobody overwrites another, a span is taken over."""

import concurrent.futures
import random

import pytest

from conftest import ffmpeg
from zimu_server import Server


def edit(client, transcript_id, base, *operations):
    return client.post(f"/api/v1/transcripts/{transcript_id}/revisions", json={"base": base, "operations": list(operations)})


def step(client, transcript_id, name, base):
    return client.post(f"/api/v1/transcripts/{transcript_id}/{name}", json={"base": base})


@pytest.fixture(scope="module")
def transcribed(server, jfk):
    job = server.wait_job(server.create_job(server.upload(jfk)["id"], words=True)["id"])
    assert job["state"] == "done", job
    return job


def texts(transcript):
    return [segment["text"] for segment in transcript["segments"]]


def test_answered_edits_survive_a_kill(tmp_path, jfk):
    server = Server(tmp_path / "data").start()
    job = server.wait_job(server.create_job(server.upload(jfk)["id"], words=True)["id"])
    made = server.transcript(job["transcript_id"])
    with server.client() as client:
        assert edit(client, made["id"], 0, {"op": "text", "index": 0, "text": "一句新的话。"}).status_code == 201
        change = edit(client, made["id"], 1, {"op": "split", "index": 0, "offset": 2}, {"op": "rename_speaker", "from": "", "to": "肯尼迪"})
        assert change.status_code == 201, change.text
    server.kill()
    server = Server(tmp_path / "data").start()
    kept = server.transcript(made["id"])
    assert kept["revision"] == 2 and kept["undo"] == 2 and texts(kept)[:2] == ["一句", "新的话。"]
    assert {segment["speaker"] for segment in kept["segments"]} == {"肯尼迪"}
    with server.client() as client:
        assert step(client, made["id"], "undo", 2).status_code == 201
        assert step(client, made["id"], "undo", 3).status_code == 201
    undone = server.transcript(made["id"])
    assert undone["segments"] == made["segments"] and undone["redo"] == 1
    assert server.stop() == 0


def test_many_at_once_lose_nothing(server, transcribed):
    """Ten people who each add their own line, and begin again from what they see when somebody was faster."""
    transcript_id = transcribed["transcript_id"]

    def add(who):
        with server.client() as client:
            for _ in range(200):
                seen = client.get(f"/api/v1/transcripts/{transcript_id}").json()
                answer = edit(client, transcript_id, seen["revision"],
                              {"op": "insert", "index": 0, "start_ms": 0, "end_ms": 1 + who, "text": f"line of {who}"})
                if answer.status_code == 201:
                    return answer.json()["revision"]
                assert answer.status_code == 409, answer.text
        return None

    before = server.transcript(transcript_id)
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        numbers = sorted(pool.map(add, range(10)))
    assert numbers == list(range(before["revision"] + 1, before["revision"] + 11))
    after = server.transcript(transcript_id)
    assert sorted(texts(after)[:10]) == [f"line of {who}" for who in range(10)]
    assert texts(after)[10:] == texts(before) and [s["index"] for s in after["segments"]] == list(range(len(after["segments"])))
    with server.client() as client:
        restored = step(client, transcript_id, f"revisions/{before['revision']}/restore", after["revision"])
        assert restored.status_code == 201, restored.text
    assert server.transcript(transcript_id)["segments"] == before["segments"]


def test_changes_bring_a_late_reader_up_to_date(server, transcribed):
    """The hunks since a revision, done to what was read then, are what is read now."""
    transcript_id = transcribed["transcript_id"]
    chance = random.Random(7)
    with server.client() as client:
        old = client.get(f"/api/v1/transcripts/{transcript_id}").json()
        base, count = old["revision"], len(old["segments"])
        for n in range(12):
            kind = chance.choice(["text", "speaker", "split", "merge", "delete", "shift"])
            at = chance.randrange(max(1, count - 1))
            operation = {"op": kind, "index": at, "text": f"version {n} of it", "speaker": "A", "offset": 3, "by_ms": 10}
            fields = {"text": ["index", "text"], "speaker": ["index", "speaker"], "split": ["index", "offset"], "merge": ["index"],
                      "delete": ["index"], "shift": ["by_ms"]}[kind]
            answer = edit(client, transcript_id, base, {"op": kind} | {field: operation[field] for field in fields})
            if answer.status_code == 201:
                base = answer.json()["revision"]
                count += sum(len(hunk["inserted"]) - hunk["removed"] for hunk in answer.json()["hunks"])
            else:
                assert answer.status_code == 400, answer.text
        caught = client.get(f"/api/v1/transcripts/{transcript_id}/changes", params={"since": old["revision"]}).json()
        now = client.get(f"/api/v1/transcripts/{transcript_id}").json()
    segments = old["segments"]
    for hunk in caught["hunks"]:
        segments[hunk["at"]:hunk["at"] + hunk["removed"]] = hunk["inserted"]
    assert [s | {"index": i} for i, s in enumerate(segments)] == now["segments"] and caught["revision"] == now["revision"] > old["revision"]


def test_draft_is_taken_over(server, media_dir, jfk):
    recording = media_dir / "draft.wav"
    ffmpeg("-stream_loop", "3", "-i", jfk, "-af", "apad=pad_dur=2", "-ar", "16000", "-ac", "1", recording)
    job = server.wait_job(server.create_job(server.upload(recording)["id"], words=True)["id"])
    parent = server.transcript(job["transcript_id"])
    assert len(parent["segments"]) >= 3, texts(parent)
    middle = parent["segments"][1]
    with server.client() as client:
        broken = edit(client, parent["id"], 0, {"op": "text", "index": 1, "text": "This was never said."})
        assert broken.status_code == 201
        again = server.create_job(parent["media_id"], words=True,
                                  span={"transcript_id": parent["id"], "start_ms": middle["start_ms"], "end_ms": middle["end_ms"]})
        again = server.wait_job(again["id"])
        assert again["state"] == "done", again
        draft = server.transcript(again["transcript_id"])
        taken = edit(client, parent["id"], 1, {"op": "take", "draft_id": draft["id"]})
        assert taken.status_code == 201, taken.text
    now = server.transcript(parent["id"])
    assert "This was never said." not in texts(now)
    assert texts(now)[0] == texts(parent)[0] and texts(now)[-1] == texts(parent)[-1]
    assert texts(draft) == texts(now)[1:1 + len(draft["segments"])]
