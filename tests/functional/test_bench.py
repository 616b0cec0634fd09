"""The measuring tools measure: yardsticks, formulas, recordings in conditions. No figure of speed is judged here."""

from __future__ import annotations

import array
import json
import math
import pathlib
import struct
import subprocess
import sys
import wave

import pytest

from zimu_server import MODELS, ROOT

sys.path.insert(0, str(ROOT / "bench"))

import figures
import limit
import long as long_run
import measure
import sounds
import speech


# ---- formulas

def tensors(path) -> dict[str, tuple[int, ...]]:
    """Names and dimensions of a ggml file's weights."""
    with path.open("rb") as file:
        def numbers(count):
            return struct.unpack(f"<{count}i", file.read(4 * count))
        numbers(12)
        mels, bins = numbers(2)
        file.seek(4 * mels * bins, 1)
        for _ in range(numbers(1)[0]):
            file.seek(numbers(1)[0], 1)
        found = {}
        while head := file.read(12):
            count, length, kind = struct.unpack("<3i", head)
            shape = numbers(count)
            name = file.read(length).decode()
            file.seek(math.prod(shape) * {0: 4, 1: 2}[kind], 1)
            found[name] = shape
        return found


def test_operations_are_those_of_the_weights():
    shape, weights = limit.Shape.of(MODELS / "ggml-base.bin"), tensors(MODELS / "ggml-base.bin")

    def size(begin, *parts, but=()):
        return sum(math.prod(s) for name, s in weights.items() if name.startswith(begin) and name.endswith(".weight")
                   and len(s) > 1 and (not parts or any(p in name for p in parts)) and not any(p in name for p in but))
    encoder = 2 * shape.positions * (size("encoder.blocks") + size("encoder.conv2") + 2 * size("encoder.conv1"))
    remembered = 2 * shape.positions * size("decoder.blocks", "cross_attn.key", "cross_attn.value")
    assert limit.encoder(shape).linear == encoder + remembered
    step = size("decoder.blocks", but=("cross_attn.key", "cross_attn.value")) + size("decoder.token_embedding")
    token = limit.token(shape, 0, batch=1)
    assert token.linear == 2 * step
    assert token.read == step + 2 * shape.positions * shape.width * shape.decoder_layers


def test_work_adds_up_and_takes_what_the_rates_say():
    shape = limit.Shape.of(MODELS / "ggml-base.bin")
    two = limit.whole(shape, 2, 100)
    assert two.linear == pytest.approx(2 * limit.encoder(shape).linear + 100 * limit.token(shape, 25).linear)
    work = limit.Work(linear=6e9, attention=8e9, read=10e9)
    assert limit.least_seconds(work, {"int8": 3.0, "bf16": 4.0, "fp32": 1.0, "read_bytes": 5.0}) == pytest.approx(6)
    assert limit.least_seconds(work, {"int8": None, "bf16": None, "fp32": 2.0, "read_bytes": 5.0}) == pytest.approx(9)


def test_only_rounds_off_the_median_are_marked():
    steady = {name: 100.0 for name in limit.YARDSTICKS}
    rounds = [steady, steady | {"int8": 94.0, "read_bytes": 104.0}, steady | {"bf16_attention": None}, steady]
    assert limit.deviations(rounds, 0.05) == {1: "int8 -6 %"}


def test_interval_holds_the_median_and_grows_with_the_spread():
    assert figures.bootstrap([1.5] * 5) == (1.5, 1.5)
    close, wide = figures.bootstrap([1.9, 2.0, 2.1, 2.05, 1.95]), figures.bootstrap([1.0, 2.0, 3.0, 2.5, 1.5])
    assert wide[0] < close[0] <= 2.0 <= close[1] < wide[1]
    assert figures.bootstrap([1.0, 2.0, 3.0]) == figures.bootstrap([1.0, 2.0, 3.0])


def test_stages_tell_shares_and_how_full_the_batch_was():
    says = {"timings_ms": {"encode": 5000, "sample": 2000, "batch": 9000}, "windows": 10, "retried_windows": 1}
    rates = {"int8": 1000.0, "bf16": 500.0, "fp32": 250.0, "read_bytes": 20.0}
    shape = limit.Shape.of(MODELS / "ggml-base.bin")
    table, facts = figures.stages([{"says": says, "wall": 10.0}], [rates], shape, 500)
    assert facts["stage_seconds"] == {"encode": 5.0, "sample": 2.0} and facts["windows_in_a_step"] == 4.5
    assert facts["efficiency_of_its_windows"] == pytest.approx(
        limit.least_seconds(limit.whole(shape, 10, 500), rates) / 10)
    assert "| 5.0 (50 %) | 2.0 (20 %) |" in table and table.endswith("| 4.5 |")


def test_calibrate_knows_this_processor():
    build = ROOT / "build/bench-tools"
    for command in (["cmake", "-S", ROOT / "bench", "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release"],
                    ["cmake", "--build", build]):
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    done = subprocess.run([limit.CALIBRATE, "--threads", "1", "--seconds", "0.05"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rates, flags = json.loads(done.stdout), set(pathlib.Path("/proc/cpuinfo").read_text().split())
    assert rates["threads"] == 1 and rates["fp32"] > 0 and rates["read_bytes"] > 0 and rates["int8_product"] > 0
    for yardstick, feature in (("int8", "avx2"), ("bf16", "avx512_bf16")):
        if feature in flags:
            assert rates[yardstick] > 0 and rates[f"{yardstick}_with"]
    assert subprocess.run([limit.CALIBRATE, "--threads", "0"], capture_output=True).returncode == 64


# ---- measuring

def test_memory_and_exit_of_a_tree_are_seen():
    run = measure.run([sys.executable, "-c", "import subprocess, sys; subprocess.run([sys.executable, '-c', "
                                             "'import time; x = bytes([1]) * (200 << 20); time.sleep(1)']); sys.exit(3)"])
    assert run.exit_code == 3
    assert max(p.peak_kb for p in run.processes.values()) > 200 << 10
    assert max(sum(now.values()) for _, now in run.course) > 200 << 10


def test_course_keeps_its_ends_and_its_size():
    tree = measure.Tree(0, 1.0)
    for number in range(5000):
        tree.note({"x": number})
    values = [now["x"] for _, now in tree.course]
    assert len(values) <= tree.MOST_POINTS and values[0] == 0 and values[-1] > 4900
    assert len({b - a for a, b in zip(values, values[1:])}) == 1, "evenly spaced"


def test_left_out_sentences_and_wrong_ends_are_seen():
    spans, gaps = [(0, 1000), (2000, 3000), (4000, 5000)], [(1000, 2000), (3000, 4000), (5000, 6000)]
    assert long_run.heard_share(spans, [(0, 1000), (1900, 3100), (4000, 5000)]) == (1.0, 0)
    share, missed = long_run.heard_share(spans, [(0, 500), (4000, 5000)])
    assert share == pytest.approx(0.5) and missed == 1
    joined = speech.Joined(None, "", spans, gaps, 6000)
    assert long_run.end_errors(joined, [1100, 2950, 5000]) == [100, -50, 0]


# ---- recordings

@pytest.fixture(scope="module")
def joined() -> speech.Joined:
    return speech.minutes_of_speech(0.5)


def samples(path) -> array.array:
    with wave.open(str(path)) as audio:
        assert (audio.getframerate(), audio.getnchannels(), audio.getsampwidth()) == (speech.RATE, 1, 2)
        return array.array("h", audio.readframes(audio.getnframes()))


def power(values: array.array, places: list[tuple[int, int]]) -> float:
    chosen = [v for start, end in places for v in values[16 * start:16 * end]]
    return sum(v * v for v in chosen) / len(chosen)


@pytest.mark.parametrize("make,decibels", [(sounds.noisy, 5), (sounds.noisy, -5), (sounds.with_music, 10)])
def test_mixture_has_the_wanted_ratio(joined, make, decibels):
    mixed = make(joined, decibels)
    values, plain = samples(mixed.path), samples(joined.path)
    assert len(values) == len(plain) and max(map(abs, values)) < 32767
    # What was added: the mixture less the speech, which is as loud as its product with the mixture says.
    gain = sum(a * b for a, b in zip(values, plain)) / sum(b * b for b in plain)
    added = array.array("d", (a - gain * b for a, b in zip(values, plain)))
    ratio = 10 * math.log10(gain**2 * power(plain, joined.spans) / power(added, [(0, joined.duration_ms)]))
    assert abs(ratio - decibels) < 0.5


def test_telephone_keeps_only_its_band(joined):
    path = sounds.telephone(joined).path
    assert abs(len(samples(path)) - len(samples(joined.path))) < 160

    def share(which, band):
        band_only = which.parent / f".{which.stem}{band}.wav"
        speech.command("sox", which, band_only, "sinc", band)
        try:
            return sounds.level(band_only)[0] / sounds.level(which)[0]
        finally:
            band_only.unlink()
    assert share(path, "4200") < 0.03 < share(joined.path, "4200")
    assert share(path, "500-3000") > share(joined.path, "500-3000")


def test_fast_speech_is_shorter(joined):
    fast = sounds.faster(joined, 1.3)
    assert abs(len(samples(fast.path)) / 16 - joined.duration_ms / 1.3) < 100
    assert abs(fast.duration_ms - joined.duration_ms / 1.3) < 2
    values = samples(fast.path)
    quiet = [(start + 100, end - 100) for start, end in fast.gaps[:-1]]
    assert power(values, quiet) < 0.001 * power(values, fast.spans), "its pauses are where it says"


def test_pauses_are_long_and_nearly_silent():
    pauses = sounds.long_pauses(2)
    assert all(10_000 <= end - start <= 60_000 for start, end in pauses.gaps)
    below_full = 10 * math.log10(power(samples(pauses.path), pauses.gaps) / 32768**2)
    assert -85 < below_full < -60


def test_both_languages_are_there():
    both = sounds.two_languages("es", 2)
    texts = [{clip.text for clip in speech.prompts(language)} for language in ("en", "es")]
    assert all(any(text in both.text for text in of) for of in texts)
    assert both.duration_ms >= 120_000


@pytest.mark.parametrize("kind", sounds.WITHOUT_SPEECH)
def test_sounds_are_as_long_as_asked(kind):
    values = samples(sounds.WITHOUT_SPEECH[kind](8))
    assert len(values) == 8 * speech.RATE
    assert (max(map(abs, values)) <= 1) == (kind == "silence"), "silence is at most dither"
