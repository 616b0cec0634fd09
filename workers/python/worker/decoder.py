"""One window of audio to segments, by the parts of faster-whisper: features, encoder, beam search, alignment of words.
Nothing of one window reaches the next. Times here are milliseconds from the window's start."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_compression_ratio, get_suppressed_tokens

from worker.errors import Failure
from worker.ladder import MAX_BEAM, Decoding, beam_options, climb
from worker.segments import fit
from worker.windows import coverage

WINDOW_SAMPLES = 30 * 16000
MIN_FRAMES = 100  # of 10 ms: alignment needs some
LEAST_CONSUMED_MS = 100  # a window that hands back nearly everything would come back as it was
LOST_MS = 2000  # of sound after the last word: the model has stopped too early
PREPEND = "\"'“¿([{-"
APPEND = "\"'.。,，!！?？:：”)]}、"


@dataclass
class WindowResult:
    consumed_ms: int  # the rest is the start of the next window
    segments: list[dict] = field(default_factory=list)
    retries: list[dict] = field(default_factory=list)
    encode_seconds: float = 0
    sample_seconds: float = 0


class Decoder:
    def __init__(self, model: WhisperModel, device: str):
        self._model = model
        self._tokenizers: dict[tuple[str, str], Tokenizer] = {}
        self.device = device
        self.multilingual = model.model.is_multilingual

    def knows(self, language: str) -> bool:
        if not self.multilingual:
            return language == "en"
        return language in self._model.supported_languages and (
            self._model.hf_tokenizer.token_to_id(f"<|{language}|>") is not None)

    def check_language(self, language: str) -> None:
        if self.knows(language):
            return
        if not self.multilingual:
            raise Failure("invalid_argument", f'the model knows English only, not "{language}"',
                          "choose a multilingual model, such as base")
        raise Failure("invalid_argument", f'the model does not know the language "{language}"',
                      "choose another language, or auto")

    def encode(self, samples: np.ndarray):
        padded = np.zeros(WINDOW_SAMPLES, np.float32)
        padded[:len(samples)] = samples
        return self._model.encode(self._model.feature_extractor(padded, padding=0)[:, :3000])

    def hear_language(self, samples: np.ndarray, among: list[str]) -> tuple[str, float]:
        """The likeliest of the languages, or of all when there are none, and its share."""
        if not self.multilingual:
            return "en", 1.0
        odds = {token[2:-2]: p for token, p in self._model.model.detect_language(self.encode(samples))[0]}
        allowed = {code: odds.get(code, 0.0) for code in among or odds}
        code = max(allowed, key=allowed.get)
        return code, allowed[code] / (sum(allowed.values()) or 1.0)

    def transcribe(self, samples: np.ndarray, language: str, task: str, prompt: str, words: bool,
                   temperature: float, beam_size: int = MAX_BEAM) -> WindowResult:
        result = WindowResult(consumed_ms=len(samples) // 16)
        tokenizer = self._tokenizer(language, task)
        started = time.monotonic()
        encoded = self.encode(samples)
        result.encode_seconds = time.monotonic() - started
        given = self._model.get_prompt(tokenizer, tokenizer.encode(" " + prompt.strip()) if prompt.strip() else [])

        def attempt(rung: float) -> Decoding:
            return self._decode(encoded, given, tokenizer, rung, beam_size if rung == temperature else MAX_BEAM)

        kept, result.retries = climb(temperature, attempt)
        if not kept.is_silence:
            self._add_segments(result, kept, encoded, tokenizer, samples, words)
        result.sample_seconds = time.monotonic() - started - result.encode_seconds
        return result

    def _tokenizer(self, language: str, task: str) -> Tokenizer:
        key = (language, task)
        if key not in self._tokenizers:
            self._tokenizers[key] = Tokenizer(self._model.hf_tokenizer, self.multilingual, task=task, language=language)
        return self._tokenizers[key]

    def _decode(self, encoded, prompt: list[int], tokenizer: Tokenizer, temperature: float,
                beam_size: int) -> Decoding:
        found = self._model.model.generate(
            encoded, [prompt], max_length=self._model.max_length, return_scores=True, return_no_speech_prob=True,
            suppress_blank=True, suppress_tokens=get_suppressed_tokens(tokenizer, [-1]),
            max_initial_timestamp_index=50, length_penalty=1, **beam_options(temperature, beam_size))[0]
        tokens = found.sequences_ids[0]
        text = tokenizer.decode(tokens).strip()
        return Decoding(tokens=tokens, text=text, temperature=temperature,
                        avg_logprob=found.scores[0] * len(tokens) / (len(tokens) + 1),
                        no_speech_prob=found.no_speech_prob,
                        compression_ratio=get_compression_ratio(text) if text else 0.0)

    def _split(self, tokens: list[int], samples: np.ndarray, frames: int, tokenizer: Tokenizer):
        """Pieces between timestamps, and the milliseconds after which decoding is to go on."""
        whole_ms = len(samples) // 16
        pieces, consumed, ends_with_time = self._model._split_segments_by_timestamps(
            tokenizer=tokenizer, tokens=tokens, time_offset=0.0, segment_size=frames,
            segment_duration=len(samples) / 16000, seek=0)
        consumed_ms = consumed * 10 if consumed < frames else whole_ms
        if ends_with_time and pieces:
            last_ms = max(round(pieces[-1]["end"] * 1000), 0)
            if last_ms < whole_ms and coverage(samples[last_ms * 16:], [])["audible_ms"] >= LOST_MS:
                consumed_ms = last_ms
        if consumed_ms < LEAST_CONSUMED_MS and consumed_ms < whole_ms:
            return [{"seek": 0, "start": 0.0, "end": len(samples) / 16000, "tokens": tokens}], whole_ms
        return pieces, consumed_ms

    def _add_segments(self, result: WindowResult, kept: Decoding, encoded, tokenizer: Tokenizer, samples: np.ndarray,
                      words: bool) -> None:
        frames = max(len(samples) // 160, 1)
        pieces, consumed_ms = self._split(kept.tokens, samples, frames, tokenizer)
        result.consumed_ms = min(result.consumed_ms, consumed_ms)
        if words:
            self._model.add_word_timestamps([pieces], tokenizer, encoded, max(frames, MIN_FRAMES), PREPEND, APPEND, 0.0)
        for piece in pieces:
            piece["text"] = tokenizer.decode(piece["tokens"]).strip()
        result.segments = [
            segment | {"avg_logprob": round(kept.avg_logprob, 4), "compression_ratio": round(kept.compression_ratio, 4),
                       "no_speech_prob": round(kept.no_speech_prob, 4), "temperature": round(kept.temperature, 4)}
            for segment in fit(pieces, result.consumed_ms)]
