"""`transcribe`: decodes, cuts windows where it is quiet, and sends each with its text."""

from __future__ import annotations

import threading
import time

from worker.audio import RATE, AudioReader
from worker.errors import Failure
from worker.lines import EventWriter
from worker.models import Models
from worker.progress import Progress
from worker.requests import MAX_PROMPT_BYTES, Transcribe
from worker.sound import SAMPLES_PER_MS, Sound
from worker.windows import LOOK_SAMPLES, coverage, next_cut

SURE_OF_LANGUAGE = 0.5
LANGUAGE_PIECES = 6            # pieces of 30 s to ask while none is sure
PIECE_SAMPLES = 30 * RATE


def _check(request: Transcribe) -> None:
    options = request.options
    if options.task not in ("transcribe", "translate"):
        raise Failure("invalid_argument", f"there is no task {options.task!r}", "choose transcribe or translate")
    if not 0 <= options.temperature <= 1:
        raise Failure("invalid_argument", f"the temperature {options.temperature} is not between 0 and 1",
                      "choose one between 0 and 1")
    if not 1 <= options.beam_size <= 5:
        raise Failure("invalid_argument", f"the beam size {options.beam_size} is not between 1 and 5",
                      "choose one between 1 and 5")
    if len(options.prompt.encode()) > MAX_PROMPT_BYTES:
        raise Failure("invalid_argument", f"the prompt is longer than {MAX_PROMPT_BYTES} bytes", "shorten it")


class _Job:
    def __init__(self, request: Transcribe, models: Models, events: EventWriter, progress: Progress,
                 reader: AudioReader):
        self._request = request
        self._options = request.options
        self._models = models
        self._events = events
        self._progress = progress
        self._sound = Sound(reader, self._poll, request.span.start_ms, request.span.end_ms)
        self._begin_ms = max(request.resume.at_ms, request.span.start_ms)
        self._language = ""
        self._next_window = request.resume.next_window
        self._next_segment = request.resume.next_segment
        self._audible = self._covered = 0
        self._encode = self._sample = 0.0

    def run(self) -> dict:
        self._decoder = self._models.get(self._request.model, self._options, self._progress)
        self._progress.device = self._decoder.device
        if self._options.language not in ("auto", ""):
            self._decoder.check_language(self._options.language)
        for language in self._options.languages:
            self._decoder.check_language(language)
        self._progress.report("decoding")
        self._started = time.monotonic()
        self._progress.done_ms = self._request.span.start_ms
        self._sound.skip(self._begin_ms * SAMPLES_PER_MS - self._sound.position)
        self._progress.report("transcribing")
        while True:
            # One sample more than is looked at, so that the end of the recording is known and not guessed.
            self._sound.fill(LOOK_SAMPLES + 1)
            if not len(self._sound.available):
                break
            cut = next_cut(self._sound.available, self._sound.at_end)
            if cut.silence:
                self._finish_window(cut.length, {"silence": True})
            else:
                self._spoken_window(cut.length)
        self._progress.report("finishing")
        return self._done()

    def _poll(self) -> None:
        progress = self._progress
        progress.done_ms = self._sound.position // SAMPLES_PER_MS
        spent = time.monotonic() - self._started
        fresh = (progress.done_ms - self._begin_ms) / 1000
        progress.speed = fresh / spent if spent > 0.2 and fresh > 0 else 0.0
        progress.poll()

    def _spoken_window(self, length: int) -> None:
        self._settle_language()
        samples = self._sound.available[:length]
        o = self._options
        result = self._models.call(self._progress, self._decoder.transcribe, samples, self._language, o.task, o.prompt,
                                   o.words, o.temperature, o.beam_size)
        self._encode += result.encode_seconds
        self._sample += result.sample_seconds
        # The tail that the decoder hands back becomes the start of the next window. Whole milliseconds, and never none.
        used = length if result.consumed_ms >= length // SAMPLES_PER_MS else result.consumed_ms * SAMPLES_PER_MS
        self._finish_window(used, {"retries": result.retries, "segments": result.segments})

    def _finish_window(self, length: int, content: dict) -> None:
        start = self._sound.position // SAMPLES_PER_MS
        end = max((self._sound.position + length) // SAMPLES_PER_MS, start + 1)
        segments = []
        for segment in content.get("segments", []):
            moved = segment | {"index": self._next_segment, "start_ms": segment["start_ms"] + start,
                               "end_ms": segment["end_ms"] + start}
            if "words" in segment:
                moved["words"] = [word | {"start_ms": word["start_ms"] + start, "end_ms": word["end_ms"] + start}
                                  for word in segment["words"]]
            segments.append(moved)
            self._next_segment += 1
        heard = coverage(self._sound.available[:length],
                         [(s["start_ms"], s["end_ms"]) for s in content.get("segments", [])])
        self._audible += heard["audible_ms"]
        self._covered += heard["covered_ms"]
        heard["gaps"] = [{"start_ms": gap["start_ms"] + start, "end_ms": min(gap["end_ms"] + start, end)}
                         for gap in heard["gaps"]]
        window = content | {"index": self._next_window, "start_ms": start, "end_ms": end, "coverage": heard}
        if segments:
            window["segments"] = segments
        self._next_window += 1
        self._progress.check()
        self._events.write_window(self._request.job, window)
        self._sound.skip(length)
        self._poll()

    def _settle_language(self) -> None:
        """Once a job: given, remembered from before a restart, or heard."""
        if self._language:
            return
        resume = self._request.resume
        if self._options.language not in ("auto", ""):
            self._language, probability = self._options.language, 1.0
        elif resume.language:
            self._decoder.check_language(resume.language)
            self._language, probability = resume.language, resume.language_probability
        elif not self._decoder.multilingual:
            self._language, probability = "en", 1.0
        else:
            self._language, probability = self._hear_language()
        self._events.write("language", job=self._request.job, language=self._language,
                           probability=round(probability, 4))

    def _hear_language(self) -> tuple[str, float]:
        best = ((self._options.languages or ["en"])[0], 0.0)
        for piece in range(LANGUAGE_PIECES):
            start = piece * PIECE_SAMPLES
            self._sound.fill(start + PIECE_SAMPLES)
            samples = self._sound.available[start:start + PIECE_SAMPLES]
            if not len(samples) or best[1] >= SURE_OF_LANGUAGE:
                break
            heard = self._models.call(self._progress, self._decoder.hear_language, samples, self._options.languages)
            best = max(best, heard, key=lambda guess: guess[1])
        return best

    def _done(self) -> dict:
        timings = (("decode", self._sound.decode_seconds), ("encode", self._encode), ("sample", self._sample))
        return {"duration_ms": self._sound.position // SAMPLES_PER_MS,
                "coverage": round(self._covered / self._audible, 4) if self._audible else 1.0,
                "timings": [{"stage": stage, "ms": round(seconds * 1000)} for stage, seconds in timings],
                "device": self._decoder.device}


def run_transcription(request: Transcribe, models: Models, events: EventWriter, cancelled: threading.Event) -> dict:
    """Fields of `done`."""
    _check(request)
    progress = Progress(request.job, events, cancelled)
    reader = AudioReader(request.media, request.options.audio_stream)
    try:
        events.write("media", job=request.job, info=reader.info, audio_stream=reader.audio_stream)
        progress.total_ms = request.span.end_ms or reader.info["duration_ms"]
        progress.done_ms = request.span.start_ms
        progress.report("loading")
        return _Job(request, models, events, progress, reader).run()
    finally:
        reader.close()
