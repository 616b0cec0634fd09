"""Recordings with known words, made from what Debian packages and whisper.cpp's own source bring, in build/material.

Real speech: five LibriVox sentences (package pocketsphinx-testdata), Kennedy's eleven seconds (whisper.cpp's sample)
and some hundred telephone prompts read by professional speakers in five languages (asterisk-core-sounds-*, 16 kHz
G.722, with transcripts; CC-BY-SA 3.0). Real music: asterisk-moh-opsound. Everything longer is made of these with
pauses of known place. Nothing of it is in the repository; every function makes its file once and then returns it.
"""

from __future__ import annotations

import dataclasses
import functools
import gzip
import itertools
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import tempfile
import wave

ROOT = pathlib.Path(__file__).resolve().parents[2]
MATERIAL = pathlib.Path(os.environ.get("ZIMU_MATERIAL_DIR", ROOT / "build" / "material"))
WHISPER_SAMPLES = ROOT / "build/whisper/source/node_modules/nodejs-whisper/cpp/whisper.cpp/samples"
RATE = 16000
VERSION = 1  # of what is made here: raise it when a function makes other audio under the same name

JFK_WORDS = ("And so, my fellow Americans, ask not what your country can do for you, "
             "ask what you can do for your country.")
SYNTHETIC = {  # espeak-ng voice: (Whisper's language code, what it says)
    "de": ("de", "Guten Morgen. Heute ist ein schöner Tag, und wir gehen zusammen in den Park. Das Wetter ist warm und "
                 "die Kinder spielen auf der Wiese."),
    "fr": ("fr", "Bonjour à tous. Aujourd'hui nous allons parler de la cuisine française et de son histoire."),
    "es": ("es", "Buenos días. Hoy vamos a hablar sobre la historia de nuestra ciudad y sus calles antiguas."),
    "cmn": ("zh", "大家好，今天天气很好，我们一起去公园散步。"),
}


@dataclasses.dataclass(frozen=True)
class Clip:
    path: pathlib.Path
    text: str
    language: str = "en"


@dataclasses.dataclass(frozen=True)
class Joined:
    """Speech with pauses. `spans` are the clips' places, `gaps` the pauses of digital silence between them."""
    path: pathlib.Path
    text: str
    spans: list[tuple[int, int]]
    gaps: list[tuple[int, int]]
    duration_ms: int


def command(*args) -> None:
    done = subprocess.run([str(a) for a in args], capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(map(str, args))}\n{done.stderr[-2000:]}"


def made(name: str, make) -> pathlib.Path:
    """MATERIAL/vN/name, made through a temporary name so that a half-made file is never used."""
    target = MATERIAL / f"v{VERSION}" / name
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{os.getpid()}-{target.name}")
        try:
            make(part)
            part.rename(target)
        finally:
            part.unlink(missing_ok=True)
    return target


def debian_file(package: str, path: str) -> pathlib.Path:
    """A file of a Debian package: the installed one, else from the package fetched and unpacked beside the material."""
    installed = pathlib.Path("/") / path
    if installed.exists():
        return installed
    unpacked = MATERIAL / "debian" / package
    if not unpacked.exists():
        unpacked.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=unpacked.parent) as work:
            fetched = subprocess.run(["apt-get", "-o", "APT::Sandbox::User=root", "download", "-q", package], cwd=work,
                                     capture_output=True, text=True)
            assert fetched.returncode == 0, (f"cannot fetch the Debian package {package}: install it, or run apt-get "
                                             f"update first\n{fetched.stderr[-500:]}")
            command("dpkg-deb", "-x", next(pathlib.Path(work).glob("*.deb")), pathlib.Path(work) / "x")
            (pathlib.Path(work) / "x").rename(unpacked)
    return unpacked / path


# ---- single recordings

def librivox() -> list[Clip]:
    folder = debian_file("pocketsphinx-testdata", "usr/share/pocketsphinx/test/data/librivox")
    clips = []
    for line in (folder / "transcription").read_text().splitlines():
        text, name = re.fullmatch(r"<s> (.*?) </s> \((.*)\)", line).groups()
        # The transcript repeats a syllable ("a more a amiable") that the reader does not say.
        clips.append(Clip(folder / f"{name}.wav", text.replace("more a amiable", "more amiable")))
    return clips


def jfk() -> Clip:
    return Clip(WHISPER_SAMPLES / "jfk.mp3", JFK_WORDS)


def read_speech() -> list[Clip]:
    return [*librivox(), jfk()]


VOICES = {"en": "en_US_f_Allison", "es": "es_MX_f_Allison", "fr": "fr_CA_f_June", "it": "it_IT_m_Carlo",
          "ru": "ru_RU_f_IvrvoiceRU"}
FEWEST_WORDS = 6
MISSPELT = {"umute": "unmute", "represenatives": "representatives", "mail box": "mailbox"}
NOT_AS_READ = {  # English prompts whose transcript is not what is said, or is not a sentence
    "basic-pbx-ivr-main", "demo-instruct", "demo-moreinfo", "spy-iax2", "unidentified-no-callback",
}


@functools.cache
def prompts(language: str = "en") -> list[Clip]:
    """Whole sentences of at least six words whose transcript leaves no doubt about what is read out."""
    texts = gzip.decompress(debian_file(f"asterisk-core-sounds-{language}",
                                        f"usr/share/doc/asterisk-core-sounds-{language}/core-sounds-{language}.txt.gz"
                                        ).read_bytes()).decode("utf-8-sig")
    sounds = debian_file(f"asterisk-core-sounds-{language}-g722", f"usr/share/asterisk/sounds/{VOICES[language]}")
    clips = []
    for line in texts.splitlines():
        name, _, text = line.partition(":")
        name, text = name.strip(), text.strip()
        for wrong, right in MISSPELT.items():
            text = text.replace(wrong, right)
        if (line.startswith(";") or len(text.split()) < FEWEST_WORDS or re.search(r"[(\[*#<]|\.\.\.|\d\d|[A-Z] [A-Z] ", text)
                or "/" in name and name.split("/")[0] in ("letters", "digits", "phonetic", "silence")
                or name in NOT_AS_READ or not (sounds / f"{name}.g722").exists()):
            continue
        wav = made(f"prompts-{language}/{name.replace('/', '-')}.wav", lambda part, name=name: command(
            "ffmpeg", "-nostdin", "-v", "error", "-f", "g722", "-i", sounds / f"{name}.g722", "-ar", RATE, "-ac", 1,
            "-f", "wav", part))
        clips.append(Clip(wav, text, language))
    return clips


def synthetic(voice: str) -> Clip:
    language, text = SYNTHETIC[voice]

    def make(part):
        command("espeak-ng", "-v", voice, "-s", 140, "-w", f"{part}.wav", text)
        command("ffmpeg", "-nostdin", "-v", "error", "-i", f"{part}.wav", "-ar", RATE, "-ac", 1, "-f", "wav", part)
        pathlib.Path(f"{part}.wav").unlink()
    return Clip(made(f"espeak-{voice}.wav", make), text, language)


# ---- no speech at all

def sox(name: str, seconds: float, *effects) -> pathlib.Path:
    return made(f"{name}-{seconds:g}s.wav", lambda part: command(
        "sox", "-R", "-n", "-r", RATE, "-c", 1, "-b", 16, "-t", "wav", part, *effects))


def silence(seconds: float = 60) -> pathlib.Path:
    return sox("silence", seconds, "trim", 0, seconds)


def white_noise(seconds: float = 60) -> pathlib.Path:
    return sox("white-noise", seconds, "synth", seconds, "whitenoise", "vol", 0.1)


def sine(seconds: float = 60) -> pathlib.Path:
    return sox("sine", seconds, "synth", seconds, "sine", 440, "vol", 0.3)


def plucked_music(seconds: float = 60) -> pathlib.Path:
    """Four plucked chords in turn over a bass note."""
    chords = (("C3", "E3", "G3", "C4"), ("A2", "C3", "E3", "A3"), ("F2", "A2", "C3", "F3"), ("G2", "B2", "D3", "G3"))

    def make(part):
        with tempfile.TemporaryDirectory() as work:
            pieces = []
            for number, chord in enumerate(chords):
                pieces.append(f"{work}/{number}.wav")
                notes = [word for note in chord for word in ("pluck", note)]
                command("sox", "-R", "-n", "-r", RATE, "-c", 1, "-b", 16, pieces[-1], "synth", 2, *notes,
                        "synth", 2, "sine", "mix", chord[0], "remix", "-", "fade", "h", 0.01, 2, 0.1, "vol", 0.5)
            rounds = int(seconds // 8) + 1
            command("sox", *pieces * rounds, "-t", "wav", part, "trim", 0, seconds)
    return made(f"plucked-{seconds:g}s.wav", make)


def recorded_music(seconds: float = 60) -> list[pathlib.Path]:
    """Instrumental pieces by bands, from the telephone's waiting music."""
    folder = debian_file("asterisk-moh-opsound-g722", "usr/share/asterisk/moh")
    return [made(f"music/{piece.stem}-{seconds:g}s.wav", lambda part, piece=piece: command(
        "ffmpeg", "-nostdin", "-v", "error", "-f", "g722", "-i", piece, "-t", seconds, "-ar", RATE, "-ac", 1, "-f", "wav",
        part)) for piece in sorted(folder.glob("*.g722"))]


# ---- joined speech

def samples_of(clip: Clip) -> bytes:
    if clip.path.suffix == ".wav":
        with wave.open(str(clip.path)) as audio:
            if (audio.getframerate(), audio.getnchannels(), audio.getsampwidth()) == (RATE, 1, 2):
                return audio.readframes(audio.getnframes())
    return subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", clip.path, "-ar", str(RATE), "-ac", "1", "-f",
                           "s16le", "-"], check=True, capture_output=True).stdout


def in_turn(clips: list[Clip], seed: int):
    """All clips in a shuffled order, again and again, never the same text twice in a row."""
    order, last = random.Random(seed), None
    while True:
        for clip in order.sample(clips, len(clips)):
            if last is None or clip.text != last.text:
                last = clip
                yield clip


def join(name: str, clips, pauses, seconds: float) -> Joined:
    """Clips with pauses (both iterables are drawn from as needed) until `seconds` are full."""
    facts = MATERIAL / f"v{VERSION}" / f"{name}.json"

    def make(part):
        spans, gaps, texts, at = [], [], [], 0
        with wave.open(str(part), "wb") as audio:
            audio.setnchannels(1)
            audio.setsampwidth(2)
            audio.setframerate(RATE)
            for clip, pause in zip(clips, pauses):
                speech, quiet = samples_of(clip), bytes(2 * int(RATE * pause))
                audio.writeframesraw(speech + quiet)
                spans.append((at // 32, (at + len(speech)) // 32))
                at += len(speech)
                gaps.append((at // 32, (at + len(quiet)) // 32))
                at += len(quiet)
                texts.append(clip.text)
                if at / (2 * RATE) >= seconds:
                    break
        facts.write_text(json.dumps(dict(text=" ".join(texts), spans=spans, gaps=gaps, duration_ms=at // 32)))

    path = made(f"{name}.wav", make)
    known = json.loads(facts.read_text())
    return Joined(path, known["text"], [tuple(s) for s in known["spans"]], [tuple(g) for g in known["gaps"]],
                  known["duration_ms"])


def english_clips() -> list[Clip]:
    return read_speech() + prompts("en")


def minutes_of_speech(minutes: float = 10) -> Joined:
    """Real English speech with pauses of one second; up to about ten minutes no sentence comes twice."""
    return join(f"joined-{minutes:g}min", in_turn(english_clips(), seed=1), itertools.repeat(1.0), minutes * 60)


def hours_of_speech(hours: float = 3) -> Joined:
    """As `minutes_of_speech`, with pauses from 0.3 s to 5 s and one of half a minute now and then."""
    lengths = random.Random(2)
    pauses = (30.0 if lengths.random() < 0.01 else round(lengths.uniform(0.3, 2) if lengths.random() < 0.8
                                                         else lengths.uniform(2, 5), 3) for _ in itertools.count())
    return join(f"joined-{hours:g}h", in_turn(english_clips(), seed=3), pauses, hours * 3600)


def noisy(speech: Joined, decibels: float = 10) -> Joined:
    """The same with pink noise under it, so many decibels (RMS of the whole file) below the speech."""
    def make(part):
        stats = subprocess.run(["sox", speech.path, "-n", "stat"], capture_output=True, text=True).stderr
        level = float(re.search(r"RMS\s+amplitude:\s+([\d.]+)", stats)[1])
        wanted = level / 10 ** (decibels / 20)
        with tempfile.TemporaryDirectory() as work:
            noise, seconds = f"{work}/noise.wav", speech.duration_ms / 1000
            command("sox", "-R", "-n", "-r", RATE, "-c", 1, "-b", 16, noise, "synth", seconds, "pinknoise")
            stats = subprocess.run(["sox", noise, "-n", "stat"], capture_output=True, text=True).stderr
            have = float(re.search(r"RMS\s+amplitude:\s+([\d.]+)", stats)[1])
            command("sox", "-R", "-m", "-v", 1, speech.path, "-v", wanted / have, noise, "-t", "wav", part)
    return dataclasses.replace(speech, path=made(f"{speech.path.stem}-noise{decibels:g}dB.wav", make))


def forget() -> None:
    """Removes everything made (not the fetched packages)."""
    shutil.rmtree(MATERIAL / f"v{VERSION}", ignore_errors=True)
