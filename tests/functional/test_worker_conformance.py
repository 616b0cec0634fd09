"""Every worker against docs/formats/worker-protocol.md, spoken to on its pipes as the server does: transcription,
resuming, cancelling, ending. The section of the page that a test holds is in brackets."""

import json
import os
import signal

import pytest

from worker_client import Ended
from worker_commands import MODEL
from worker_fixtures import *  # noqa: F403
from worker_rules import JobRules, check_hello
from conftest import ffmpeg


# --- hello and transcribe [3, 4, 5]

def test_hello_is_first_and_unasked(fresh):
    check_hello(fresh.event(), fresh.pid)


def test_a_recording(worker, jfk):
    rules, done = transcribe(worker, jfk, job="Auftrag 字幕 #1", words=True, language="auto")
    assert done["type"] == "done", done
    assert SENTENCE in rules.text and rules.language == "en"
    assert rules.types[0] == "media" and "progress" in rules.types
    assert rules.media["info"]["streams"][0]["codec"] == "mp3" and not rules.media["info"]["has_video"]
    assert abs(rules.media["info"]["duration_ms"] - 11_000) < 200 and done["duration_ms"] == 11_000
    assert done["coverage"] > 0.7 and not done.get("sha256")
    words = [w for window in rules.windows for s in window["segments"] for w in s["words"]]
    assert len(words) >= 20
    asked = next(w for w in words if w["text"].strip().lower().startswith("ask"))
    assert 2500 < asked["start_ms"] < 4000, "words lie where they are spoken"


def test_a_given_language_is_said_and_words_only_on_request(worker, jfk):
    worker.send("transcribe", job="given", media=str(jfk), model=str(MODEL), options={"language": "en"})
    events = worker.rest("given")
    assert SENTENCE in JobRules(words=False).feed(events).text
    language = [e for e in events if e["type"] == "language"]
    assert [(e["language"], e["probability"]) for e in language] == [("en", 1)]


def test_the_language_is_one_of_those_that_may_be(worker, jfk):
    rules, done = transcribe(worker, jfk, language="auto", languages=["fr", "en"])
    assert done["type"] == "done" and rules.language == "en" and SENTENCE in rules.text
    rules, done = transcribe(worker, jfk, language="auto", languages=["de"])
    assert done["type"] == "done" and rules.language == "de"


def test_a_fast_decoding(worker, jfk):
    rules, done = transcribe(worker, jfk, language="en", beam_size=1)
    assert done["type"] == "done" and SENTENCE in rules.text


def test_a_temperature_gives_the_same_text_every_time(worker, jfk):
    first, _ = transcribe(worker, jfk, temperature=0.6)
    second, _ = transcribe(worker, jfk, temperature=0.6)
    assert first.windows == second.windows and first.text


def test_translation_and_a_prompt(worker, jfk):
    rules, done = transcribe(worker, jfk, task="translate", prompt="Kennedy, 字幕.")
    assert done["type"] == "done" and "country" in rules.text


def test_silence_is_windows_without_text(worker, media_dir):
    silent = media_dir / "silent.wav"
    ffmpeg("-f", "lavfi", "-i", "anullsrc=r=16000:cl=mono", "-t", "40.0055", silent)
    rules, done = transcribe(worker, silent, language="auto")
    assert done["type"] == "done" and done["duration_ms"] == 40_005 and done["coverage"] == 1
    assert rules.windows and all(w["silence"] for w in rules.windows) and rules.at_ms == 40_005


def test_sound_without_text_is_named(worker, jfk, media_dir):
    mixed = media_dir / "tone_after.wav"
    ffmpeg("-i", jfk, "-f", "lavfi", "-i", "sine=frequency=440:duration=20", "-filter_complex",
           "[0]aresample=16000,aformat=channel_layouts=mono,apad=whole_dur=41[a];[1]aresample=16000[b];"
           "[a][b]concat=n=2:v=0:a=1", mixed)
    rules, done = transcribe(worker, mixed, language="en")
    measured = [window["coverage"] for window in rules.windows]
    audible, covered = (sum(one[name] for one in measured) for name in ("audible_ms", "covered_ms"))
    assert done["coverage"] == pytest.approx(covered / audible, abs=1e-3) and audible > 25_000
    in_gaps = sum(gap["end_ms"] - gap["start_ms"] for one in measured for gap in one["gaps"])
    assert audible - covered - in_gaps < 3000, "what has no text is in gaps, but for short bits"


# --- resuming [6]

def test_a_resumed_job_gives_what_the_undisturbed_one_gave(worker, three_times):
    whole, done = transcribe(worker, three_times, words=True)
    assert done["type"] == "done" and len(whole.windows) >= 2, "no middle to resume at"
    assert whole.text.lower().count("fellow americans") == 3
    place = len(whole.windows) // 2
    before = whole.windows[:place]
    resume = {"at_ms": before[-1]["end_ms"], "next_window": place,
              "next_segment": sum(len(w.get("segments", [])) for w in before),
              "language": "en", "language_probability": 0.75}
    worker.send("transcribe", job="again", media=str(three_times), model=str(MODEL), resume=resume,
                options={"words": True, "language": "auto"})
    events = worker.rest("again")
    again = JobRules(True, resume["at_ms"], place, resume["next_segment"]).feed(events)
    assert again.windows == whole.windows[place:]
    assert [(e["language"], e["probability"]) for e in events if e["type"] == "language"] == [("en", 0.75)]


def test_nothing_left_to_resume_is_done_without_a_window(worker, jfk):
    rules, done = transcribe(worker, jfk, resume={"at_ms": 11_000, "next_window": 4, "next_segment": 9})
    assert done["type"] == "done" and not rules.windows


# --- which sound, and when [4, 7]

def test_a_chosen_stream_that_begins_late(worker, film):
    rules, done = transcribe(worker, film, audio_stream=1, words=True)
    assert done["type"] == "done" and SENTENCE in rules.text
    assert rules.media["audio_stream"] == 1 and abs(rules.media["info"]["start_offset_ms"] - 2500) <= 100
    assert abs(done["duration_ms"] - 13_500) <= 100
    words = [w for window in rules.windows for s in window.get("segments", []) for w in s["words"]]
    asked = next(w for w in words if "ask" in w["text"])
    assert 5000 < asked["start_ms"] < 6500, "late sound begins with silence"


def test_the_default_stream_is_the_one_that_says_so(worker, film):
    rules, done = transcribe(worker, film)
    assert done["type"] == "done" and rules.media["audio_stream"] == 0 and not rules.text


# --- cancel [3]

def test_cancel_in_the_middle(worker, ten_windows, jfk):
    worker.send("transcribe", job="long", media=str(ten_windows), model=str(MODEL), options={"language": "en"})
    rules = JobRules().feed([worker.event()])
    while not rules.windows:
        rules.feed([worker.event()])
    worker.send("cancel", job="another")
    worker.send_raw(b'{"type": "cancel"}\n')
    while len(rules.windows) < 2:
        rules.feed([worker.event()])
        assert rules.types[-1] != "failed", "a cancel for another job counted"
    worker.send("cancel", job="long")
    events = worker.rest("long")
    rules.feed(events)
    assert events[-1]["type"] == "failed" and events[-1]["code"] == "cancelled", events[-1]
    worker.send("cancel", job="long")  # too late: for nobody
    is_alive(worker, jfk)
    rules, done = transcribe(worker, jfk, job="long")
    assert done["type"] == "done" and SENTENCE in rules.text


def test_cancel_right_after_the_request(fresh, ten_windows, jfk):
    fresh.event()
    request = {"type": "transcribe", "job": "hasty", "media": str(ten_windows), "model": str(MODEL)}
    fresh.send_raw((json.dumps(request) + '\n{"type": "cancel", "job": "hasty"}\n').encode())
    assert fresh.rest("hasty")[-1].get("code") == "cancelled"
    is_alive(fresh, jfk)


# --- the end [1]

def drain(worker):
    """Types of the events up to the end of fd 4."""
    types = []
    try:
        while True:
            types.append(worker.event()["type"])
    except Ended:
        return types


def test_the_end_of_requests_ends_an_idle_worker(fresh):
    fresh.event()
    fresh.close_requests()
    assert drain(fresh) == [] and fresh.wait() == 0


@pytest.mark.parametrize("moment", ["media", "language", "window"])
def test_the_end_of_requests_ends_it_in_the_middle_of_a_job(fresh, ten_windows, moment):
    fresh.event()
    fresh.send("transcribe", job="long", media=str(ten_windows), model=str(MODEL), options={"language": "en"})
    fresh.until(moment)
    fresh.close_requests()
    types = drain(fresh)
    assert "done" not in types and "failed" not in types and types.count("window") <= 2, types
    assert fresh.wait() == 0


def test_the_end_of_requests_before_anything_else(fresh):
    fresh.close_requests()
    assert set(drain(fresh)) <= {"hello"}
    fresh.wait()


def test_sigterm_ends_it(fresh):
    fresh.event()
    os.kill(fresh.pid, signal.SIGTERM)
    assert fresh.wait() in (-signal.SIGTERM, 0, 128 + signal.SIGTERM)
