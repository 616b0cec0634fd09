"""Workers and recordings for the conformance tests. Import what a test file needs; `worker` stays one process for the
whole file, as the server keeps it."""

from __future__ import annotations

import pathlib

import pytest

from conftest import ffmpeg
from worker_client import Worker
from worker_commands import MODEL, command_of, worker_environment
from worker_rules import JobRules, check_hello

SENTENCE = "ask not what your country can do for you"
# For "from worker_fixtures import *": fixtures are used without being named.
__all__ = ["SENTENCE", "command", "film", "fresh", "is_alive", "three_times", "transcribe", "worker"]


@pytest.fixture(scope="module", params=["native", "python"])
def command(request):
    return command_of(request.param)


@pytest.fixture
def fresh(command):
    """A new process, before its hello was read."""
    worker = Worker(command, worker_environment())
    yield worker
    worker.stop()


@pytest.fixture(scope="module")
def worker(command):
    """One process for many jobs, as the server keeps it; its model stays loaded."""
    worker = Worker(command, worker_environment())
    check_hello(worker.event(), worker.pid)
    yield worker
    worker.close_requests()
    assert worker.wait() == 0, "\n".join(worker.log[-30:])
    assert not [line for line in worker.log if "Sanitizer" in line or "runtime error" in line or "Traceback" in line]

@pytest.fixture(scope="session")
def three_times(media_dir, jfk) -> pathlib.Path:
    """The sentence three times with pauses, some forty seconds."""
    target = media_dir / "three times.flac"
    ffmpeg("-stream_loop", "2", "-i", jfk, "-af", "apad=pad_dur=2", "-ar", "16000", "-ac", "1", target)
    return target


@pytest.fixture(scope="module")
def film(media_dir, jfk):
    """Pictures, and two sound tracks: nothing, and the sentence from 2.5 s on; subtitles besides."""
    subtitles = media_dir / "film.srt"
    subtitles.write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n")
    target = media_dir / "Fílm 電影: 50% #1?.mkv"
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=160x120:rate=5:duration=13", "-f", "lavfi", "-t", "12", "-i",
           "anullsrc=r=44100:cl=stereo", "-itsoffset", "2.5", "-i", jfk, "-i", subtitles, "-map", "0", "-map", "1",
           "-map", "2", "-map", "3", "-c:v", "mpeg4", "-c:a", "flac", "-c:s", "srt", "-disposition:a:0", "default",
           "-disposition:a:1", "0", "-metadata:s:a:0", "language=deu", "-metadata:s:a:1", "language=eng",
           "file:" + str(target))
    return target


def transcribe(worker, media, job="j", model=MODEL, resume=None, span=None, **options):
    """The rules, fed with the whole job, and its last event."""
    options = {"language": "en", **options}
    extra = {name: value for name, value in (("resume", resume), ("span", span)) if value}
    worker.send("transcribe", job=job, media=str(media), model=str(model), options=options, **extra)
    rules = JobRules(options.get("words", False), **(resume or {}), **(span or {}))
    events = worker.rest(job)
    return rules.feed(events), events[-1]


def is_alive(worker, media):
    """Answers a job."""
    events = worker.run("inspect", "alive", media=str(media))
    assert events[-1]["type"] == "done", events[-1]
