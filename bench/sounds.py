"""Recordings for robustness.py and no_speech.py, made of what tests/functional/speech.py has: the same speech as it sounds
in bad conditions, and sounds in which nobody speaks. Every function makes its file once."""

from __future__ import annotations

import dataclasses
import itertools
import pathlib
import random
import re
import subprocess
import tempfile
import wave

import programs  # noqa: F401  (finds speech.py)

import speech
from speech import RATE, Joined, command, made

QUIETER_THAN_FULL = 0.98  # the greatest sample of a mixture, so that nothing is clipped
NEAR_SILENCE = 0.0003     # −70 dB of full scale: a quiet room
TURN_SECONDS = 45         # of one language before the other one comes


def level(path: pathlib.Path) -> tuple[float, float]:
    """(RMS, greatest) amplitude, 1 is full scale."""
    stats = subprocess.run(["sox", path, "-n", "stat"], capture_output=True, text=True, check=True).stderr
    rms, most, least = (abs(float(re.search(rf"{name}\s+amplitude:\s+(\S+)", stats)[1]))
                        for name in ("RMS", "Maximum", "Minimum"))
    return rms, max(most, least)


def speech_rms(joined: Joined) -> float:
    """Of the sentences alone: the pauses of `joined` are digital silence and would make speech seem quieter."""
    spoken = sum(end - start for start, end in joined.spans)
    return level(joined.path)[0] * (joined.duration_ms / spoken) ** 0.5


def over(joined: Joined, other: pathlib.Path, decibels: float, name: str) -> Joined:
    """`other` (at least as long) under the speech, so many decibels (RMS) below it; below 0 it is louder."""
    def make(part):
        with wave.open(str(joined.path)) as audio:
            frames = audio.getnframes()
        rms, peak = level(other)
        factor = speech_rms(joined) / 10 ** (decibels / 20) / rms
        gain = min(1.0, QUIETER_THAN_FULL / (level(joined.path)[1] + factor * peak))
        command("sox", "-R", "-m", "-v", gain, joined.path, "-v", gain * factor, other, "-t", "wav", part, "trim", 0,
                f"{frames}s")
    return dataclasses.replace(joined, path=made(f"{joined.path.stem}-{name}.wav", make))


def pink_noise(seconds: float) -> pathlib.Path:
    return speech.sox("pink-noise", seconds, "synth", seconds, "pinknoise", "vol", 0.3)


def music(seconds: float) -> pathlib.Path:
    """Pieces by bands, one after the other and from the beginning again."""
    def make(part):
        pieces = speech.recorded_music(600)  # whole ones: none is that long
        lengths = [float(subprocess.run(["soxi", "-D", piece], capture_output=True, text=True, check=True).stdout)
                   for piece in pieces]
        command("sox", *pieces * (int(seconds / sum(lengths)) + 1), "-t", "wav", part, "trim", 0, seconds)
    return made(f"music-{seconds:g}s.wav", make)


# ---- speech in conditions

def noisy(joined: Joined, decibels: float) -> Joined:
    return over(joined, pink_noise(joined.duration_ms // 1000 + 1), decibels, f"pink{decibels:+g}dB")


def with_music(joined: Joined, decibels: float) -> Joined:
    return over(joined, music(joined.duration_ms // 1000 + 1), decibels, f"music{decibels:+g}dB")


def telephone(joined: Joined) -> Joined:
    """300 to 3400 Hz, 8 kHz, mu-law there and back."""
    def make(part):
        with tempfile.TemporaryDirectory() as work:
            line = pathlib.Path(work) / "line.wav"
            command("ffmpeg", "-nostdin", "-v", "error", "-i", joined.path, "-af",
                    "highpass=f=300:p=2,highpass=f=300:p=2,lowpass=f=3400:p=2,lowpass=f=3400:p=2", "-ar", 8000, "-c:a",
                    "pcm_mulaw", line)
            command("ffmpeg", "-nostdin", "-v", "error", "-i", line, "-ar", RATE, "-f", "wav", part)
    return dataclasses.replace(joined, path=made(f"{joined.path.stem}-telephone.wav", make))


def faster(joined: Joined, factor: float) -> Joined:
    path = made(f"{joined.path.stem}-x{factor:g}.wav", lambda part: command(
        "ffmpeg", "-nostdin", "-v", "error", "-i", joined.path, "-af", f"atempo={factor}", "-f", "wav", part))
    spans, gaps = ([(round(a / factor), round(b / factor)) for a, b in places] for places in (joined.spans, joined.gaps))
    return dataclasses.replace(joined, path=path, spans=spans, gaps=gaps, duration_ms=round(joined.duration_ms / factor))


def long_pauses(minutes: float) -> Joined:
    """A sentence, then 10 to 60 seconds of a quiet room."""
    lengths = random.Random(4)
    pauses = (round(lengths.uniform(10, 60), 3) for _ in itertools.count())
    joined = speech.join(f"pauses-{minutes:g}min", speech.in_turn(speech.english_clips(), seed=5), pauses, minutes * 60)
    seconds = joined.duration_ms / 1000
    path = made(f"{joined.path.stem}-room.wav", lambda part: command(
        "sox", "-R", "-m", "-v", 1, joined.path, "-v", 1, quiet_room(seconds), "-t", "wav", part))
    return dataclasses.replace(joined, path=path)


def two_languages(other: str, minutes: float) -> Joined:
    """English and another language in turns of about 45 seconds, the same professional kind of speaker."""
    def turns():
        sources = [speech.in_turn(speech.prompts(language), seed=6) for language in ("en", other)]
        for source in itertools.cycle(sources):
            spoken = 0.0
            while spoken < TURN_SECONDS:
                clip = next(source)
                spoken += len(speech.samples_of(clip)) / (2 * RATE) + 1
                yield clip
    return speech.join(f"en+{other}-{minutes:g}min", turns(), itertools.repeat(1.0), minutes * 60)


# ---- nobody speaks

def quiet_room(seconds: float) -> pathlib.Path:
    return speech.sox("quiet-room", seconds, "synth", seconds, "brownnoise", "norm", "vol", 4 * NEAR_SILENCE)


def tones(seconds: float) -> pathlib.Path:
    """What telephones and machines say: single tones, pairs as of a keypad, a sweep; a second each, half a second apart."""
    def make(part):
        kinds = (("sine", 440), ("sine", 1000), ("sine", 697, "sine", 1209), ("sine", 852, "sine", 1477), ("square", 600),
                 ("sine", "300:3000"))
        with tempfile.TemporaryDirectory() as work:
            pieces = []
            for number, kind in enumerate(kinds):
                pieces.append(f"{work}/{number}.wav")
                # One channel for each tone of a pair, then both in one.
                command("sox", "-R", "-r", RATE, "-c", len(kind) // 2, "-n", "-b", 16, pieces[-1], "synth", 1, *kind,
                        "remix", "-", "fade", "h", 0.01, 1, 0.01, "vol", 0.3, "pad", 0, 0.5)
            command("sox", *pieces * (int(seconds / (1.5 * len(kinds))) + 1), "-t", "wav", part, "trim", 0, seconds)
    return made(f"tones-{seconds:g}s.wav", make)


def hum(seconds: float) -> pathlib.Path:
    """A mains supply: 50 Hz and its harmonics over a little noise."""
    def make(part):
        command("sox", "-R", "-r", RATE, "-c", 5, "-n", "-b", 16, "-t", "wav", part, "synth", seconds, "sine", 50, "sine",
                100, "sine", 150, "sine", 250, "pinknoise", "remix", "1v0.1,2v0.05,3v0.05,4v0.02,5v0.01")
    return made(f"hum-{seconds:g}s.wav", make)


WITHOUT_SPEECH = {  # what it is: seconds → file
    "silence": speech.silence, "a quiet room": quiet_room, "white noise": speech.white_noise, "pink noise": pink_noise,
    "tones": tones, "mains hum": hum, "plucked chords": speech.plucked_music, "recorded music": music,
}
