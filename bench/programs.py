"""The programs that are compared: how each is called, with which weights, and where its text is."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import sys
from collections.abc import Callable

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/functional"))  # speech.py and wer.py: one implementation for tests and figures

ZIMU = pathlib.Path(os.environ.get("ZIMU_BIN_DIR", ROOT / "build/release/bin")) / "zimu"
WHISPER_CLI = ROOT / "build/whisper-cli/bin/whisper-cli"
PYTHON = ROOT / "build/bench-venv/bin/python"


@dataclasses.dataclass(frozen=True)
class Model:
    """The same weights in both forms: ggml for Zimu and whisper.cpp, CTranslate2 for faster-whisper."""
    name: str

    @property
    def ggml(self) -> pathlib.Path:
        return ROOT / f"build/models/ggml-{self.name}.bin"

    @property
    def ct2(self) -> pathlib.Path:
        return ROOT / f"build/models-src/{self.name}"

    def is_there(self) -> bool:
        return self.ggml.exists() and (self.ct2 / "model.bin").exists()

    def warm(self) -> None:
        """Into the page cache, for everyone."""
        for needed in (self.ggml, self.ct2 / "model.bin"):
            with needed.open("rb") as file:
                while file.read(1 << 24):
                    pass


def model(name: str) -> Model:
    if not (found := Model(name)).is_there():
        raise SystemExit(f"bench: no weights of {name}: {found.ggml} and {found.ct2} are needed; see bench/prepare.sh")
    return found


@dataclasses.dataclass(frozen=True)
class Program:
    name: str
    says: str  # for the table's notes
    argv: Callable[[Model, pathlib.Path, pathlib.Path, int, str], list]  # model, file, output folder, threads, language
    text: Callable[[pathlib.Path], str]                                  # of an output folder


def zimu(*more):
    return lambda model, file, out, threads, language: [
        ZIMU, "transcribe", file, "--model", model.ggml, "--language", language, "--threads", threads, "--json",
        "--format", "json", "-o", out, *more]


def zimu_document(out: pathlib.Path) -> dict:
    return json.loads(next(out.glob("*.json")).read_text())


def zimu_text(out: pathlib.Path) -> str:
    return " ".join(segment["text"].replace("\n", " ") for segment in zimu_document(out)["segments"])


def whisper_cli(*more):
    return lambda model, file, out, threads, language: [
        WHISPER_CLI, "-m", model.ggml, "-l", language, "-t", threads, "-np", "-otxt", "-of", out / "text", "-f", file,
        *more]


def whisper_cli_text(out: pathlib.Path) -> str:
    return (out / "text.txt").read_text(errors="replace").replace("\n", " ")


def faster_whisper(*more):
    def argv(model, file, out, threads, language):
        known = [] if language == "auto" else ["--language", language]
        return [PYTHON, ROOT / "bench/faster_whisper_peer.py", "--model", model.ct2, "--file", file, "--output",
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
RIVALS = ["zimu", "faster-whisper", "faster-whisper-batched", "whisper-cli"]  # where only the text counts


def chosen(names: str) -> list[str]:
    """Of a list with commas; `all` is every program."""
    found = list(PROGRAMS) if names == "all" else names.split(",")
    if unknown := [name for name in found if name not in PROGRAMS]:
        raise SystemExit(f"bench: no program called {', '.join(unknown)}; there are {', '.join(PROGRAMS)}")
    return found
