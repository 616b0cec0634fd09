"""OpenAI's own Python package against the server, with the real model."""

import json
import re
import threading
import time

import httpx
import openai
import pytest

WORDS = "ask not what your country can do for you"


def plain(text: str) -> str:
    return re.sub(r"[^a-z ]", "", re.sub(r"\s+", " ", text.lower()))


@pytest.fixture(scope="module")
def sdk(server):
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="unused", max_retries=0, timeout=120,
                       http_client=openai.DefaultHttpxClient(trust_env=False)) as client:
        yield client


@pytest.fixture(scope="module")
def transcribe(sdk, jfk):
    def call(**options):
        with open(jfk, "rb") as file:
            return sdk.audio.transcriptions.create(**{"model": "whisper-1", "file": file} | options)
    return call


def test_json_is_the_default(transcribe):
    answer = transcribe()
    assert WORDS in plain(answer.text)
    assert answer.usage.type == "duration" and answer.usage.seconds in (11, 12)


def test_text(transcribe):
    answer = transcribe(response_format="text")
    assert isinstance(answer, str) and WORDS in plain(answer) and answer.endswith("\n")


def test_srt(transcribe):
    answer = transcribe(response_format="srt")
    assert re.match(r"1\n00:00:0\d,\d{3} --> 00:00:\d\d,\d{3}\n\S", answer) and WORDS in plain(answer.replace("\n", " "))


def test_vtt(transcribe):
    answer = transcribe(response_format="vtt")
    assert answer.startswith("WEBVTT\n\n") and re.search(r"\d\d:\d\d\.\d{3} --> ", answer) and WORDS in plain(answer)


def test_verbose_json_has_segments(transcribe):
    answer = transcribe(response_format="verbose_json")
    assert answer.task == "transcribe" and answer.language == "english" and 10.5 <= answer.duration <= 11.5
    assert WORDS in plain(answer.text) and answer.words is None
    assert "".join(s.text for s in answer.segments).strip() == answer.text
    for segment in answer.segments:
        assert 0 <= segment.start < segment.end <= 11.5 and segment.seek == 0
        assert -1.5 < segment.avg_logprob < 0 and 0 <= segment.no_speech_prob <= 1
        assert 0 < segment.compression_ratio < 2.4 and segment.temperature >= 0
        assert segment.tokens and all(isinstance(token, int) for token in segment.tokens)
    assert [s.id for s in answer.segments] == list(range(len(answer.segments)))


def check_words(answer):
    assert [plain(w.word) for w in answer.words][-4:] == ["do", "for", "your", "country"]
    assert all(a.start <= b.start and a.start <= a.end for a, b in zip(answer.words, answer.words[1:]))
    assert answer.words[-1].end <= 11.5 and all(w.word == w.word.strip() for w in answer.words)


def test_word_granularity(transcribe):
    answer = transcribe(response_format="verbose_json", timestamp_granularities=["word"])
    check_words(answer)
    assert answer.segments is None


def test_segment_granularity(transcribe):
    answer = transcribe(response_format="verbose_json", timestamp_granularities=["segment"])
    assert answer.segments and answer.words is None


def test_both_granularities(transcribe):
    answer = transcribe(response_format="verbose_json", timestamp_granularities=["word", "segment"])
    check_words(answer)
    assert answer.segments


def test_stream(transcribe):
    events = list(transcribe(stream=True, model="gpt-4o-mini-transcribe"))
    assert [e.type for e in events[:-1]] == ["transcript.text.delta"] * (len(events) - 1) and len(events) >= 2
    done = events[-1]
    assert done.type == "transcript.text.done" and done.text == "".join(e.delta for e in events[:-1])
    assert WORDS in plain(done.text)


def test_stream_comes_while_the_job_runs(server, sdk, many_windows):
    with open(many_windows, "rb") as file:
        stream = sdk.audio.transcriptions.create(model="whisper-1", file=file, stream=True)
    first = next(iter(stream))
    assert first.type == "transcript.text.delta" and first.delta
    running = [job for job in jobs_of(server) if job["state"] == "running"]
    assert running, "the first delta came after the job's end"
    # A client that leaves cancels nothing.
    stream.close()
    assert server.job(running[0]["id"])["state"] == "running"
    with server.client() as client:
        assert client.post(f"/api/v1/jobs/{running[0]['id']}/cancel").status_code == 200
    server.wait_job(running[0]["id"])


def test_the_wire_is_openais(server, jfk):
    """What the package hides: framing of events, content types."""
    with server.client() as client, open(jfk, "rb") as file:
        with client.stream("POST", "/v1/audio/transcriptions", files={"file": file},
                           data={"model": "whisper-1", "stream": "true"}) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            lines = [line for line in answer.iter_lines() if line]
    assert all(line.startswith(("data: {", ":")) for line in lines)
    types = [json.loads(line[6:])["type"] for line in lines if line.startswith("data")]
    assert types[-1] == "transcript.text.done" and types.count("transcript.text.done") == 1


def test_language_prompt_and_temperature(server, transcribe):
    answer = transcribe(language="en", prompt="A speech of President Kennedy.", temperature=0.2,
                        response_format="verbose_json")
    assert answer.language == "english" and WORDS in plain(answer.text)
    job = jobs_of(server)[0]
    assert job["options"]["language"] == "en" and job["options"]["prompt"] == "A speech of President Kennedy."
    assert job["options"]["temperature"] == pytest.approx(0.2)


def test_translation(sdk, jfk):
    with open(jfk, "rb") as file:
        answer = sdk.audio.translations.create(model="whisper-1", file=file, response_format="verbose_json")
    assert answer.language == "english" and "country" in plain(answer.text) and answer.segments


def test_models(sdk):
    ids = [model.id for model in sdk.models.list()]
    assert "base" in ids and "whisper-1" in ids
    assert sdk.models.retrieve("base").object == "model"
    with pytest.raises(openai.NotFoundError) as caught:
        sdk.models.retrieve("no-such-model")
    assert caught.value.code == "model_not_found"


def test_an_installed_model_is_meant_by_its_name(server, transcribe):
    transcribe(model="base")
    assert jobs_of(server)[0]["options"]["model"] == "base"


@pytest.mark.parametrize(("options", "error", "param"), [
    ({"language": "klingon"}, openai.BadRequestError, "language"),
    ({"temperature": 3}, openai.BadRequestError, "temperature"),
    ({"response_format": "diarized_json"}, openai.BadRequestError, "response_format"),
    ({"timestamp_granularities": ["word"]}, openai.BadRequestError, "timestamp_granularities[]"),
    ({"model": "large-v9"}, openai.NotFoundError, "model"),
    ({"file": ("empty.mp3", b"")}, openai.BadRequestError, "file"),
    ({"file": ("notes.mp3", b"this is not a recording\n" * 50)}, openai.BadRequestError, "file"),
])
def test_errors_are_the_packages_own(transcribe, options, error, param):
    with pytest.raises(error) as caught:
        transcribe(**options)
    assert caught.value.param == param and caught.value.type == "invalid_request_error" and caught.value.message


def test_a_final_failure_is_not_tried_again(server, sdk):
    before = len(jobs_of(server))
    with pytest.raises(openai.BadRequestError):
        sdk.with_options(max_retries=2).audio.transcriptions.create(model="whisper-1", file=("x.mp3", b"no sound" * 99))
    assert len(jobs_of(server)) == before + 1


def test_a_key_finds_the_answer_after_a_lost_connection(server, ten_windows, jfk):
    key = {"Idempotency-Key": f"lost {time.time_ns()}"}
    form = {"model": "whisper-1"}
    with server.client(timeout=1) as impatient, open(jfk, "rb") as file, pytest.raises(httpx.TimeoutException):
        # Behind another job, so that no machine is too fast for this.
        threading.Thread(target=lambda: server.create_job(server.upload(ten_windows)["id"], priority=100)).start()
        while not any(job["state"] == "running" for job in jobs_of(server)):
            time.sleep(0.05)
        impatient.post("/v1/audio/transcriptions", files={"file": file}, data=form, headers=key)
    blocking = next(job for job in jobs_of(server) if job["state"] == "running")
    with server.client() as client:
        client.post(f"/api/v1/jobs/{blocking['id']}/cancel")
    count = len(jobs_of(server))
    with server.client() as client:
        answer = client.post("/v1/audio/transcriptions", files={"model": (None, "whisper-1")}, headers=key)
    assert answer.status_code == 200 and WORDS in plain(answer.json()["text"])
    assert len(jobs_of(server)) == count


def test_recordings_stay_in_the_library(server, transcribe):
    transcribe()
    with server.client() as client:
        newest = client.get("/api/v1/media").json()["items"][0]
    assert newest["source"] == "openai" and newest["file_name"] == "jfk.mp3"


def jobs_of(server) -> list[dict]:
    """Newest first."""
    with server.client() as client:
        return client.get("/api/v1/jobs", params={"limit": 500}).json()["items"]
