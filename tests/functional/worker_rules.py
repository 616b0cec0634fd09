"""The rules of docs/formats/worker-protocol.md for what a worker sends, held against one whole job."""

from __future__ import annotations

CODES = {"invalid_argument", "not_found", "too_large", "unsupported", "bad_media", "model_missing", "model_invalid",
         "unavailable", "timeout", "cancelled", "no_space", "permission", "io", "out_of_memory", "internal"}
RETRYABLE = {"unavailable", "timeout", "out_of_memory"}
REASONS = {"compression_ratio", "avg_logprob", "repetition", "no_speech"}
KINDS = {"audio", "video", "subtitle", "other"}
MAX_TIME = 1 << 40
MAX_WINDOW_MS = 65_000


def is_integer(value, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def is_real(value, least: float = float("-inf"), most: float = float("inf")) -> bool:
    return type(value) in (int, float) and least <= value <= most


def check_time(holder: dict, *names: str) -> None:
    for name in names:
        assert is_integer(holder[name], 0, MAX_TIME), (name, holder)


def check_hello(event: dict, pid: int) -> None:
    assert event["type"] == "hello" and event["v"] == 1, event
    assert event["pid"] == pid
    assert isinstance(event["engine"], str) and event["engine"]
    assert "cpu" in event["devices"] and set(event["devices"]) <= {"cpu", "cuda"}
    assert set(event["features"]) <= {"words", "translate", "inspect", "span", "poster"}


def check_media(event: dict) -> None:
    info = event["info"]
    check_time(info, "duration_ms")
    assert is_integer(info.get("start_offset_ms", 0), -MAX_TIME, MAX_TIME)
    assert isinstance(info["format"], str) and type(info["has_video"]) is bool
    for place, stream in enumerate(info["streams"]):
        assert stream["index"] == place and stream["kind"] in KINDS, stream
        assert all(isinstance(stream.get(key, ""), str) for key in ("codec", "language")), stream
        numbers = [stream.get(key, 0) for key in ("channels", "sample_rate_hz", "width", "height")]
        assert all(is_integer(number, 0, 1 << 31) for number in numbers), stream
        assert type(stream.get("default", False)) is bool
        if stream["kind"] == "audio":
            assert stream["channels"] > 0 and stream["sample_rate_hz"] > 0, stream
    audio = [s for s in info["streams"] if s["kind"] == "audio"]
    assert 0 <= event["audio_stream"] < len(audio), event
    assert info["has_video"] == any(s["kind"] == "video" for s in info["streams"])


def check_progress(event: dict) -> None:
    check_time(event, "done_ms", "total_ms")
    assert isinstance(event["stage"], str) and event["stage"]
    assert is_real(event["speed"], 0) and event.get("device", "") in ("", "cpu", "cuda")


def check_words(segment: dict, window: dict) -> None:
    at = window["start_ms"]
    for word in segment["words"]:
        check_time(word, "start_ms", "end_ms")
        assert at <= word["start_ms"] <= word["end_ms"] <= window["end_ms"], (word, segment)
        at = word["start_ms"]
        assert word["text"] and is_real(word["p"], 0, 1), word
    assert "".join(word["text"] for word in segment["words"]).strip() == segment["text"], segment


def check_segment(segment: dict, window: dict, words: bool) -> None:
    check_time(segment, "start_ms", "end_ms")
    assert window["start_ms"] <= segment["start_ms"] <= segment["end_ms"] <= window["end_ms"], (segment, window)
    assert segment["text"] == segment["text"].strip()
    assert is_real(segment["avg_logprob"], -100, 0) and is_real(segment["no_speech_prob"], 0, 1)
    assert is_real(segment["compression_ratio"], 0) and is_real(segment["temperature"], 0, 1)
    assert all(is_integer(token, 0, (1 << 24) - 1) for token in segment["tokens"])
    if not words:
        assert not segment.get("words")
    elif segment["text"]:
        check_words(segment, window)


def check_coverage(coverage: dict, window: dict) -> None:
    check_time(coverage, "audible_ms", "covered_ms")
    assert coverage["covered_ms"] <= coverage["audible_ms"] <= window["end_ms"] - window["start_ms"] + 20, (coverage, window)
    at = window["start_ms"]
    for gap in coverage["gaps"]:
        check_time(gap, "start_ms", "end_ms")
        assert at <= gap["start_ms"] and gap["start_ms"] + 900 < gap["end_ms"] <= window["end_ms"], (gap, window)
        at = gap["end_ms"]
    for text in coverage.get("left_out", []):
        check_time(text, "start_ms", "end_ms")
        assert window["start_ms"] <= text["start_ms"] <= text["end_ms"] <= window["end_ms"], (text, window)
        assert text["text"].strip() and text["reason"] in REASONS, text


class JobRules:
    """Feed every event of one transcription in order; the resume point and the span are what was asked for."""

    def __init__(self, words: bool = False, at_ms: int = 0, next_window: int = 0, next_segment: int = 0,
                 start_ms: int = 0, end_ms: int = 0):
        self.words = words
        self.start_ms = start_ms
        self.end_ms = end_ms or MAX_TIME
        self.at_ms = max(at_ms, start_ms)
        self.next_window = next_window
        self.next_segment = next_segment
        self.done_ms = 0
        self.types: list[str] = []
        self.windows: list[dict] = []
        self.language: str | None = None
        self.media: dict = {}

    def feed(self, events: list[dict]) -> "JobRules":
        for event in events:
            assert "done" not in self.types and "failed" not in self.types, "an event after the end of the job"
            getattr(self, "_" + event["type"])(event)
            self.types.append(event["type"])
        return self

    @property
    def text(self) -> str:
        return " ".join(s["text"] for w in self.windows for s in w.get("segments", []))

    def _media(self, event: dict) -> None:
        check_media(event)
        self.media = event

    def _progress(self, event: dict) -> None:
        assert self.types, "media is the first event of a job"
        check_progress(event)
        assert event["done_ms"] >= self.done_ms, "progress went back"
        assert self.start_ms <= event["done_ms"] <= self.end_ms, "progress outside of the span"
        if self.end_ms < MAX_TIME:
            assert event["total_ms"] == self.end_ms
        self.done_ms = event["done_ms"]

    def _language(self, event: dict) -> None:
        assert self.types and self.language is None
        assert event["language"] not in ("", "auto") and is_real(event["probability"], 0, 1)
        self.language = event["language"]

    def _window(self, event: dict) -> None:
        assert self.types
        window = event["window"]
        check_time(window, "start_ms", "end_ms")
        assert window["index"] == self.next_window, (window["index"], self.next_window)
        assert window["start_ms"] == self.at_ms < window["end_ms"], (window, self.at_ms)
        assert window["end_ms"] - window["start_ms"] <= MAX_WINDOW_MS
        assert window["end_ms"] <= self.end_ms, "a window beyond the span"
        for retry in window.get("retries", []):
            assert is_real(retry["temperature"], 0, 1) and is_real(retry["value"]) and retry["reason"] in REASONS, retry
        if window.get("coverage") is not None:
            check_coverage(window["coverage"], window)
        segments = window.get("segments", [])
        if window.get("silence", False):
            assert not segments
        if segments:
            assert self.language is not None, "text before its language"
        at = window["start_ms"]
        for segment in segments:
            assert segment["index"] == self.next_segment, segment
            check_segment(segment, window, self.words)
            assert segment["start_ms"] >= at
            at = segment["start_ms"]
            self.next_segment += 1
        self.next_window += 1
        self.at_ms = window["end_ms"]
        self.windows.append(window)

    def _done(self, event: dict) -> None:
        check_time(event, "duration_ms")
        assert is_real(event["coverage"], 0, 1) and event["device"] in ("cpu", "cuda")
        for timing in event["timings"]:
            assert timing["stage"]
            check_time(timing, "ms")
        if self.windows:
            assert event["duration_ms"] - self.at_ms in (-1, 0), "the windows end where the recording does"

    def _failed(self, event: dict) -> None:
        check_failed(event)


def check_failed(event: dict) -> None:
    assert event["type"] == "failed" and event["code"] in CODES, event
    assert event["message"] and len(event["message"].encode()) <= 8192, event
    assert len(event.get("action", "").encode()) <= 8192
    assert event.get("retryable", False) == (event["code"] in RETRYABLE), event
    if event["code"] in ("bad_media", "model_missing", "model_invalid", "invalid_argument", "unavailable"):
        assert event["action"], "it does not say what to do"
