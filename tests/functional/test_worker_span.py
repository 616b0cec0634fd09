"""Every worker and the spans of docs/formats/worker-protocol.md: only a part of a recording is heard. The section of the
page that a test holds is in brackets."""

import time

import pytest

from conftest import ffmpeg
from worker_commands import MODEL
from worker_fixtures import *  # noqa: F403
from worker_rules import JobRules


@pytest.fixture(scope="module")
def three_hours(media_dir, ten_windows):
    """Three hours as phones record them, and as films come, made of some minutes again and again."""
    short, sound, film = media_dir / "short.m4a", media_dir / "3h.m4a", media_dir / "3h.mkv"
    ffmpeg("-i", ten_windows, "-t", 200, "-c:a", "aac", "-b:a", "64k", short)
    ffmpeg("-stream_loop", 53, "-i", short, "-c", "copy", sound)
    pictures = media_dir / "pictures.mkv"
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=320x180:rate=5:duration=200", "-c:v", "mpeg4", "-g", 50, pictures)
    ffmpeg("-stream_loop", 53, "-i", pictures, "-i", sound, "-map", "0:v", "-map", "1:a", "-c", "copy", film)
    return {"m4a": sound, "mkv": film}


# --- where it begins and ends [4, 5]

def test_a_span_is_all_that_is_heard(worker, ten_windows):
    span = {"start_ms": 20_000, "end_ms": 35_000}
    rules, done = transcribe(worker, ten_windows, span=span, words=True, language="auto")
    assert done["type"] == "done", done
    assert rules.windows[0]["start_ms"] == 20_000 and rules.windows[0]["index"] == 0
    assert rules.windows[-1]["end_ms"] == done["duration_ms"] == 35_000
    # The sentence comes every eleven seconds: the end of one, a whole one, the beginning of one.
    text = rules.text.lower()
    assert SENTENCE in text and text.count("do for you") <= 3, text
    assert text.count("fellow americans") <= 2, "what is said before and after is not heard"
    assert rules.language == "en"


def test_words_lie_where_they_lie_in_the_whole_recording(worker, ten_windows, jfk):
    def asked(rules):
        words = [w for window in rules.windows for s in window.get("segments", []) for w in s["words"]]
        return [w["start_ms"] for w in words if w["text"].strip().lower() == "ask"]

    once, _ = transcribe(worker, jfk, words=True)
    there = [at + 7 * 11_000 for at in asked(once)]
    part, _ = transcribe(worker, ten_windows, words=True, span={"start_ms": 78_000, "end_ms": 88_000})  # sought
    assert len(there) == 2 and len(asked(part)) == 2, (there, asked(part))
    assert all(abs(at - other) < 400 for at, other in zip(asked(part), there)), (asked(part), there)


def test_a_span_to_the_end_and_one_over_it(worker, jfk):
    for end in (0, 11_000, 60_000):
        rules, done = transcribe(worker, jfk, span={"start_ms": 3_000, "end_ms": end})
        assert done["type"] == "done" and done["duration_ms"] == 11_000 and rules.at_ms == 11_000
        assert SENTENCE in rules.text.lower() and "americans" not in rules.text.lower()


def test_a_span_behind_the_end_is_done_without_a_window(worker, jfk):
    rules, done = transcribe(worker, jfk, span={"start_ms": 70_000, "end_ms": 80_000})
    assert done["type"] == "done" and not rules.windows


def test_the_shortest_span(worker, jfk):
    rules, done = transcribe(worker, jfk, span={"start_ms": 4_000, "end_ms": 4_200}, words=True)
    assert done["type"] == "done" and rules.at_ms == 4_200


def test_a_span_that_ends_before_it_starts_is_no_message(fresh, jfk):
    fresh.event()
    fresh.send("transcribe", job="x", media=str(jfk), model=str(MODEL), span={"start_ms": 5_000, "end_ms": 5_000})
    is_alive(fresh, jfk)  # the first event after hello is of this job


# --- going on [6]

@pytest.mark.parametrize("start", [20_000, 75_250])  # decoded up to there; sought
def test_an_interrupted_span_gives_the_same(worker, ten_windows, start):
    span = {"start_ms": start, "end_ms": start + 40_000}
    whole, done = transcribe(worker, ten_windows, words=True, span=span)
    assert done["type"] == "done" and len(whole.windows) >= 2
    first = whole.windows[0]
    resume = {"at_ms": first["end_ms"], "next_window": 1, "next_segment": len(first.get("segments", []))}
    again, done = transcribe(worker, ten_windows, words=True, span=span, resume=resume)
    assert done["type"] == "done" and again.windows == whole.windows[1:]


# --- long recordings

@pytest.mark.parametrize("kind", ["m4a", "mkv"])
def test_the_end_of_three_hours_is_as_near_as_the_beginning(worker, three_hours, kind):
    def seconds(start):
        started = time.monotonic()
        worker.send("transcribe", job="far", media=str(three_hours[kind]), model=str(MODEL), options={"language": "en"},
                    span={"start_ms": start, "end_ms": start + 15_000})
        events = worker.rest("far")
        rules = JobRules(start_ms=start, end_ms=start + 15_000).feed(events)
        assert events[-1]["type"] == "done" and "country" in rules.text.lower(), events[-1]
        decode = next(t["ms"] for t in events[-1]["timings"] if t["stage"] == "decode")
        return time.monotonic() - started, decode / 1000

    seconds(20_000)  # loads the model
    near, _ = seconds(20_000)
    far, decode = seconds((3 * 3600 - 60) * 1000)
    print(f"{kind}: 15 s at 0:20 in {near:.2f} s, at 2:59:00 in {far:.2f} s, of it decoding {decode:.2f} s")
