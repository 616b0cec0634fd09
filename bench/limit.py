"""What the work of Whisper costs at least on this machine: operations and bytes by the shape of the model, over what
bench/calibrate measures in the same round."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import statistics
import struct

from programs import ROOT

import measure
import runs

CALIBRATE = ROOT / "build/bench-tools/bin/calibrate"
BATCH = 8           # windows that are decoded at a time: weights are read once for all of them
PROMPT_TOKENS = 3   # language, task, beginning of text
MARKS = 2           # time stamps of a segment, two tokens
YARDSTICKS = ("fp32", "bf16", "int8", "read_bytes", "int8_product", "bf16_attention")


@dataclasses.dataclass(frozen=True)
class Shape:
    vocabulary: int
    positions: int      # T: of audio, after the second convolution
    width: int          # d
    encoder_layers: int
    decoder_layers: int
    mel_bands: int

    @staticmethod
    def of(ggml: pathlib.Path) -> "Shape":
        with ggml.open("rb") as file:
            magic, vocabulary, positions, width, _, encoder, _, _, _, decoder, mels, _ = struct.unpack(
                "<I11i", file.read(48))
        if magic != 0x67676D6C:
            raise SystemExit(f"bench: {ggml} is not a ggml model")
        return Shape(vocabulary, positions, width, encoder, decoder, mels)


@dataclasses.dataclass(frozen=True)
class Work:
    linear: float = 0     # operations of layers whose weights can be of 8 bits
    attention: float = 0  # operations between activations
    read: float = 0       # bytes

    def __add__(self, other: "Work") -> "Work":
        return Work(*(a + b for a, b in zip(dataclasses.astuple(self), dataclasses.astuple(other))))

    def __mul__(self, times: float) -> "Work":
        return Work(*(times * a for a in dataclasses.astuple(self)))


def encoder(s: Shape) -> Work:
    """One window: convolutions, layers, and the keys and values that the decoder's cross attention asks for."""
    layers = s.encoder_layers * 24 * s.positions * s.width**2
    convolutions = 12 * s.positions * s.width * s.mel_bands + 6 * s.positions * s.width**2
    return Work(linear=layers + convolutions + cross(s), attention=s.encoder_layers * 4 * s.positions**2 * s.width)


def cross(s: Shape) -> float:
    return 4 * s.positions * s.width**2 * s.decoder_layers


def token(s: Shape, text: float, batch: int = BATCH) -> Work:
    """One token after `text` others: weights of 8 bits, read once a step for `batch` windows, and the window's own keys
    and values of 8 bits."""
    weights = 14 * s.width**2 * s.decoder_layers + s.width * s.vocabulary
    return Work(linear=28 * s.width**2 * s.decoder_layers + 2 * s.width * s.vocabulary,
                attention=4 * (s.positions + text) * s.width * s.decoder_layers,
                read=weights / batch + 2 * s.positions * s.width * s.decoder_layers)


def whole(s: Shape, windows: float, tokens: float) -> Work:
    return encoder(s) * windows + token(s, tokens / windows / 2) * tokens


def tokens_of(text: str, windows: float, segments: int, tokenizer: pathlib.Path) -> float:
    """As the model writes it, with the marks around segments and the tokens that begin a window."""
    try:
        from tokenizers import Tokenizer
        count = len(Tokenizer.from_file(str(tokenizer)).encode(text, add_special_tokens=False).ids)
    except ImportError:
        count = round(1.3 * len(text.split()))
    return count + windows * (PROMPT_TOKENS + 1) + segments * MARKS


def calibrate(threads: int) -> dict:
    """About a second. Rates in giga a second; null where the processor has no such instructions."""
    run = measure.run([CALIBRATE, "--threads", threads], cores=runs.cores(threads))
    if run.exit_code != 0:
        raise SystemExit(f"bench: calibrate failed:\n{run.stderr[-1000:]}")
    return json.loads(run.stdout)


def least_seconds(work: Work, rates: dict) -> float:
    """One after the other, nothing overlapping. Without 8 bits or bfloat16 the next wider numbers count."""
    activations = rates["bf16"] or rates["fp32"]
    weights = rates["int8"] or activations
    return (work.linear / weights + work.attention / activations + work.read / rates["read_bytes"]) / 1e9


def deviations(calibrations: list[dict], limit: float) -> dict[int, str]:
    """The rounds (by index) whose yardsticks lie further from the median than `limit`, with the worst of them."""
    found: dict[int, tuple[float, str]] = {}
    for name in YARDSTICKS:
        values = [c[name] for c in calibrations]
        if None in values:
            continue
        middle = statistics.median(values)
        for index, value in enumerate(values):
            off = value / middle - 1
            if abs(off) > limit and abs(off) > found.get(index, (0.0, ""))[0]:
                found[index] = (abs(off), f"{name} {100 * off:+.0f} %")
    return {index: text for index, (_, text) in sorted(found.items())}
