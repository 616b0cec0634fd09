"""Zimu beside its peers on the same speech, weights and cores: Markdown tables, and JSON in build/bench.

Machines are noisy, so programs never run one after the other in blocks: each round runs every program once in random
order, and what is reported is the ratio to Zimu within the round: the median over the rounds and its 95 % interval.
Above 1.00 the other program takes more. Seconds are whole processes: start, loading the model, transcribing, ending.
A round counts only when nobody else used more than a twentieth of the machine; with --keep-noisy all count."""

from __future__ import annotations

import argparse
import os
import pathlib
import random
import statistics
import sys

from programs import DEFAULT, PROGRAMS, Model, chosen, model

import figures
import limit
import measure
import runs
import speech
import wer

QUIET = 0.05
STEADY = 0.05  # how far a yardstick may be from its median before the round is marked
MODELS = ("base", "tiny.en")


def arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--minutes", type=float, default=10, help="of speech with pauses of one second (default 10)")
    options.add_argument("--file", type=pathlib.Path, help="measure on this file instead (no word error rate)")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--threads", default=",".join(map(str, sorted({1, os.cpu_count()}))),
                         help="a table for each of these; programs get as many processors (default: one, and all)")
    options.add_argument("--models", help=f"a table for each (default: those of {', '.join(MODELS)} that are there)")
    options.add_argument("--language", default="en")
    options.add_argument("--programs", default=",".join(DEFAULT), help=f"of {','.join(PROGRAMS)}; or all")
    options.add_argument("--seed", type=int, default=1, help="of the order in the rounds")
    options.add_argument("--keep-noisy", action="store_true", help="count rounds that other programs disturbed too")
    return options.parse_args()


def material_of(options) -> dict:
    scored = options.language if options.language != "auto" else "any"
    if options.file:
        seconds = measure.run(["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0",
                               options.file]).stdout
        return {"path": options.file, "text": None, "seconds": float(seconds), "sentences": 0, "scored": scored}
    joined = speech.minutes_of_speech(options.minutes)
    return {"path": joined.path, "text": joined.text, "seconds": joined.duration_ms / 1000,
            "sentences": len(joined.spans), "scored": scored}


def one_round(names: list[str], order: random.Random, weights: Model, threads: int, file: pathlib.Path,
              language: str) -> dict:
    results = {}
    calibration = limit.calibrate(threads)
    for name in order.sample(names, len(names)):
        print(f"  {name} …", end=" ", file=sys.stderr, flush=True)
        results[name] = runs.transcribe(PROGRAMS[name], weights, file, threads, language)
        print(f"{results[name]['wall']:.1f} s, others used {100 * results[name]['others']:.1f} %", file=sys.stderr)
    return {"calibration": calibration, "results": {name: results[name] for name in names},
            "disturbed": max(run["others"] + run["steal"] for run in results.values())}


def rounds_of(options, names: list[str], weights: Model, threads: int, file: pathlib.Path) -> tuple[list[dict], int]:
    """The rounds that count, and how many others there were."""
    order, good, disturbed = random.Random(options.seed), [], 0
    while len(good) < options.rounds and len(good) + disturbed < 2 * options.rounds:
        print(f"{weights.name}, {threads} threads, round {len(good) + disturbed + 1}", file=sys.stderr)
        one = one_round(names, order, weights, threads, file, options.language)
        if one["disturbed"] <= QUIET or options.keep_noisy:
            good.append(one)
        else:
            disturbed += 1
            print(f"  does not count: others used {100 * one['disturbed']:.0f} % of the machine", file=sys.stderr)
    if not good:
        raise SystemExit("compare: every round was disturbed; run it on a quiet machine, or with --keep-noisy")
    return good, disturbed


def report(rounds: list[dict], disturbed: int, weights: Model, threads: int, material: dict) -> dict:
    names = list(rounds[0]["results"])
    base = "zimu" if "zimu" in names else names[0]
    shape = limit.Shape.of(weights.ggml)
    calibrations = [r["calibration"] for r in rounds]
    table, facts = figures.comparison(rounds, base, material, shape, weights.ct2 / "tokenizer.json")
    marked = limit.deviations(calibrations, STEADY)
    where = "1 thread on 1 processor" if threads == 1 else f"{threads} threads on {threads} processors"
    more = f" ({disturbed} more did not count)" if disturbed else ""
    print(f"\n### Whisper {weights.name}, {where}\n\n"
          f"{material['path'].name}: {material['seconds']:.0f} s of audio, {len(wer.english(material['text'] or ''))} "
          f"words; {len(rounds)} rounds{more}; others used at most "
          f"{100 * max(r['disturbed'] for r in rounds):.1f} % of the machine.\n\n{table}\n")
    stages = {}
    if "zimu" in names:
        says = [r["results"]["zimu"] for r in rounds]
        shown, stages = figures.stages(says, calibrations, shape, facts["zimu"]["tokens"])
        if shown:
            print(f"Zimu's stages:\n\n{shown}\n")
    print(f"The machine, by bench/calibrate: {figures.yardsticks(calibrations)}.")
    if marked:
        print(f"Rounds whose yardsticks are more than {100 * STEADY:.0f} % off the median: "
              + "; ".join(f"{index + 1} ({text})" for index, text in marked.items()) + ".")
    start_ups = [run["start_up"] for r in rounds for run in r["results"].values() if "start_up" in run]
    if start_ups:
        print(f"Of faster-whisper's seconds, {statistics.median(start_ups):.1f} are Python's imports and loading the "
              "model.")
    return {"model": weights.name, "threads": threads, "summary": facts, "stages": stages, "marked": marked,
            "rounds": rounds}


def main() -> None:
    options = arguments()
    names = chosen(options.programs)
    wanted = options.models.split(",") if options.models else [m for m in MODELS if Model(m).is_there()]
    if options.language != "en" and not options.models:
        wanted = [m for m in wanted if not m.endswith(".en")]
    material, tables = material_of(options), []
    material["path"].read_bytes()
    print(f"{runs.processor()}, {os.cpu_count()} processors; language {options.language}; ratios are medians within "
          "rounds [95 % interval].")
    for weights in map(model, wanted):
        weights.warm()
        for threads in map(int, options.threads.split(",")):
            rounds, disturbed = rounds_of(options, names, weights, threads, material["path"])
            tables.append(report(rounds, disturbed, weights, threads, material))
    print()
    for name in names:
        print(f"- {name}: {PROGRAMS[name].says}.")
    kept = runs.keep("compare", {"material": material["path"].name, "seconds": material["seconds"],
                                 "language": options.language, "tables": tables})
    print(f"\n{kept}", file=sys.stderr)


if __name__ == "__main__":
    main()
