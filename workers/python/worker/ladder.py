"""Which decoding of a window is kept.

Each rung says a temperature, as in openai/whisper, but draws no random numbers: CTranslate2's cannot be set back for
each window, and a window must give the same text whenever it is decoded. A higher rung is a beam search that is charged
more for saying again what it has said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

MAX_COMPRESSION_RATIO = 2.4
MIN_AVG_LOGPROB = -1.0
# Two ways to be silent: the model doubts that anybody speaks, and is unsure of what it wrote nevertheless.
UNSURE_NO_SPEECH = 0.15   # with a mean log-probability below MIN_AVG_LOGPROB
MAX_NO_SPEECH = 0.5       # with one below SURE_LOGPROB
SURE_LOGPROB = -0.7
STEP = 0.2
LAST = 0.8
MAX_BEAM = 5  # of every rung after the first


@dataclass
class Decoding:
    tokens: list[int]
    text: str
    temperature: float
    avg_logprob: float
    no_speech_prob: float
    compression_ratio: float

    @property
    def is_silence(self) -> bool:
        return ((self.no_speech_prob > UNSURE_NO_SPEECH and self.avg_logprob < MIN_AVG_LOGPROB)
                or (self.no_speech_prob > MAX_NO_SPEECH and self.avg_logprob < SURE_LOGPROB))

    def fault(self) -> dict | None:
        """Why it should not be kept, as a retry of the protocol."""
        if self.is_silence:  # thrown away as a whole: a second attempt would only invent something else
            return None
        if self.compression_ratio > MAX_COMPRESSION_RATIO:
            return _retry(self.temperature, "compression_ratio", self.compression_ratio)
        if self.avg_logprob < MIN_AVG_LOGPROB:
            return _retry(self.temperature, "avg_logprob", self.avg_logprob)
        return None


def _retry(temperature: float, reason: str, value: float) -> dict:
    return {"temperature": round(temperature, 4), "reason": reason, "value": round(value, 4)}


def beam_options(temperature: float, beam_size: int) -> dict:
    """For CTranslate2's generate()."""
    return {"beam_size": beam_size, "patience": 1, "repetition_penalty": 1 + temperature / 2,
            "no_repeat_ngram_size": 6 if temperature >= 0.4 else 0}


def climb(first: float, attempt: Callable[[float], Decoding]) -> tuple[Decoding, list[dict]]:
    """The first decoding without a fault, else the surest that does not repeat itself, else the surest; and the faults
    of those that were thrown away."""
    tried: list[Decoding] = []
    faults: list[dict] = []
    temperature = first
    while not tried or temperature < LAST + 1e-3:
        decoding = attempt(temperature)
        fault = decoding.fault()
        if fault is None:
            break
        tried.append(decoding)
        faults.append(fault)
        temperature = round(temperature + STEP, 4)
    else:
        kept = max(range(len(tried)), key=lambda i: (tried[i].compression_ratio <= MAX_COMPRESSION_RATIO,
                                                     tried[i].avg_logprob))
        decoding = tried[kept]
        del faults[kept]
    if decoding.is_silence:
        faults.append(_retry(decoding.temperature, "no_speech", decoding.no_speech_prob))
    return decoding, faults
