"""What each program writes where nobody speaks: words made up in a minute each of silence, noise, a tone and music, the
language left to be found. Less is better; "×" marks text that repeats itself. JSON in build/bench."""

from __future__ import annotations

import argparse
import json
import os

from programs import PROGRAMS, ROOT

import compare
import speech
import wer

options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
options.add_argument("--programs", default="zimu,whisper-cli,faster-whisper,faster-whisper-batched")
options.add_argument("--seconds", type=float, default=60)
options.add_argument("--threads", type=int, default=os.cpu_count())
options.set_defaults(language="auto")
a = options.parse_args()

files = [speech.silence(a.seconds), speech.white_noise(a.seconds), speech.sine(a.seconds), speech.plucked_music(a.seconds),
         *speech.recorded_music(a.seconds)]
names = a.programs.split(",")
print(f"| words made up in {a.seconds:g} s of | " + " | ".join(names) + " |\n" + "|---" * (len(names) + 1) + "|")
texts: dict[str, dict[str, str]] = {}
totals = dict.fromkeys(names, 0)
for file in files:
    texts[file.stem] = {name: compare.run_once(PROGRAMS[name], file, a)["text"].strip() for name in names}
    counts = {name: len(wer.basic(text)) for name, text in texts[file.stem].items()}
    totals = {name: totals[name] + counts[name] for name in names}
    cells = [f"{counts[name]}{' ×' if wer.loops(texts[file.stem][name], 'any') else ''}" for name in names]
    print(f"| {file.stem} | " + " | ".join(cells) + " |", flush=True)
print("| all | " + " | ".join(str(totals[name]) for name in names) + " |")
target = ROOT / "build/bench/no-speech.json"
target.parent.mkdir(parents=True, exist_ok=True)
target.write_text(json.dumps({"seconds": a.seconds, "texts": texts}, ensure_ascii=False, indent=1))
