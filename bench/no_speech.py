"""What each program writes where nobody speaks: words made up in half an hour of silence, noise, tones, hum and music,
the language left to be found. Less is better; "×" marks text that repeats itself. JSON in build/bench."""

from __future__ import annotations

import argparse
import os

from programs import PROGRAMS, RIVALS, chosen, model

import runs
import sounds
import wer


def arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--minutes", type=float, default=30, help="of all sounds together, each as long as the others")
    options.add_argument("--programs", default=",".join(RIVALS), help=f"of {','.join(PROGRAMS)}; or all")
    options.add_argument("--model", default="base")
    options.add_argument("--language", default="auto")
    options.add_argument("--threads", type=int, default=os.cpu_count())
    return options.parse_args()


def main() -> None:
    options = arguments()
    names, weights = chosen(options.programs), model(options.model)
    kinds = len(sounds.WITHOUT_SPEECH)
    seconds = round(options.minutes * 60 / kinds)
    print(f"| words made up in {seconds} s of | {' | '.join(names)} |\n{'|---' * (len(names) + 1)}|", flush=True)
    texts: dict[str, dict[str, str]] = {}
    totals = dict.fromkeys(names, 0)
    for kind, make in sounds.WITHOUT_SPEECH.items():
        file, texts[kind] = make(seconds), {}
        for name in names:
            run = runs.transcribe(PROGRAMS[name], weights, file, options.threads, options.language)
            texts[kind][name] = run["text"].strip()
        counts = {name: len(wer.basic(text)) for name, text in texts[kind].items()}
        totals = {name: totals[name] + counts[name] for name in names}
        cells = [f"{counts[name]}{' ×' if wer.loops(texts[kind][name], 'any') else ''}" for name in names]
        print(f"| {kind} | " + " | ".join(cells) + " |", flush=True)
    print(f"| all {seconds * kinds / 60:.1f} minutes | " + " | ".join(str(totals[name]) for name in names) + " |")
    runs.keep("no-speech", {"model": weights.name, "seconds_each": seconds, "texts": texts})


if __name__ == "__main__":
    main()
