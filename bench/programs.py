"""The programs that are compared: how each is called and where its text is."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import sys
from collections.abc import Callable

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/functional"))  # speech.py and wer.py: one implementation for tests and figures

GGML = ROOT / "build/models/ggml-base.bin"
CT2 = ROOT / "build/models-src/base"
ZIMU = pathlib.Path(os.environ.get("ZIMU_BIN_DIR", ROOT / "build/release/bin")) / "zimu"
WHISPER_CLI = ROOT / "build/whisper-cli/bin/whisper-cli"
PYTHON = ROOT / "build/bench-venv/bin/python"


@dataclasses.dataclass(frozen=True)
class Program:
    name: str
    says: str  # for the table's notes
    argv: Callable[[pathlib.Path, pathlib.Path, int, str], list]  # file, output folder, threads, language
    text: Callable[[pathlib.Path], str]                           # of an output folder


def zimu(*more):
    return lambda file, out, threads, language: [ZIMU, "transcribe", file, "--model", GGML, "--language", language,
                                                 "--threads", threads, "--format", "json", "-o", out, *more]


def zimu_text(out: pathlib.Path) -> str:
    segments = json.loads(next(out.glob("*.json")).read_text())["segments"]
    return " ".join(segment["text"].replace("\n", " ") for segment in segments)


def whisper_cli(*more):
    return lambda file, out, threads, language: [WHISPER_CLI, "-m", GGML, "-l", language, "-t", threads, "-np", "-otxt",
                                                 "-of", out / "text", "-f", file, *more]


def whisper_cli_text(out: pathlib.Path) -> str:
    return (out / "text.txt").read_text(errors="replace").replace("\n", " ")


def faster_whisper(*more):
    def argv(file, out, threads, language):
        known = [] if language == "auto" else ["--language", language]
        return [PYTHON, ROOT / "bench/faster_whisper_peer.py", "--model", CT2, "--file", file, "--output",
                out / "text.json", "--threads", threads, *known, *more]
    return argv


def faster_whisper_text(out: pathlib.Path) -> str:
    return json.loads((out / "text.json").read_text())["text"]


PROGRAMS = {p.name: p for p in (
    Program("zimu", "`zimu transcribe`, its defaults", zimu(), zimu_text),
    Program("zimu-words", "the same with word times", zimu("--words"), zimu_text),
    Program("whisper-cli", "whisper.cpp's own program, its defaults (beam 5), same build flags", whisper_cli(),
            whisper_cli_text),
    Program("whisper-cli-greedy", "the same with `-bs 1`", whisper_cli("-bs", 1), whisper_cli_text),
    Program("faster-whisper", "int8, its defaults (beam 5), one window after the other", faster_whisper(),
            faster_whisper_text),
    Program("faster-whisper-greedy", "the same with beam_size=1", faster_whisper("--beam", 1), faster_whisper_text),
    Program("faster-whisper-batched", "int8, BatchedInferencePipeline, batch_size=8 (beam 5)",
            faster_whisper("--batch", 8), faster_whisper_text),
    Program("faster-whisper-batched-greedy", "the same with beam_size=1", faster_whisper("--batch", 8, "--beam", 1),
            faster_whisper_text),
)}
DEFAULT = ["zimu", "whisper-cli", "whisper-cli-greedy", "faster-whisper", "faster-whisper-batched",
           "faster-whisper-batched-greedy"]
