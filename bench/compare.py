"""Zimu beside its peers on the same speech, weights and cores: one Markdown table, and JSON in build/bench.

Machines are noisy, so programs never run one after the other in blocks: each round runs every program once in random
order, and what is reported is the ratio to Zimu within the round (median, and range over the rounds). Above 1.00 the
other program takes more. Seconds are whole processes: start, loading the model, transcribing, ending. A round counts
only when nobody else used more than a twentieth of the machine; with --keep-noisy all count."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import pathlib
import random
import statistics
import sys
import tempfile

from programs import CT2, DEFAULT, GGML, PROGRAMS, ROOT

import measure
import speech
import wer

QUIET = 0.05


def arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--minutes", type=float, default=10, help="of speech with pauses of one second (default 10)")
    options.add_argument("--noise", type=float, help="add pink noise so many dB below the speech")
    options.add_argument("--file", type=pathlib.Path, help="measure on this file instead (no word error rate)")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--threads", type=int, default=os.cpu_count())
    options.add_argument("--language", default="en")
    options.add_argument("--programs", default=",".join(DEFAULT), help=f"of {','.join(PROGRAMS)}; or all")
    options.add_argument("--seed", type=int, default=1, help="of the order in the rounds")
    options.add_argument("--keep-noisy", action="store_true", help="count rounds that other programs disturbed too")
    return options.parse_args()


def checked_score(reference: str, heard: str) -> wer.Score:
    """Our score, its arithmetic checked against jiwer on the same words."""
    score = wer.score(reference, heard)
    try:
        import jiwer
    except ImportError:
        return score
    other = jiwer.process_words(" ".join(wer.english(reference)), " ".join(wer.english(heard)) or "nothing")
    if wer.english(heard) and abs(other.wer - score.wer) > 1e-9:
        raise SystemExit(f"compare: our error rate {score.wer:.6f} and jiwer's {other.wer:.6f} differ")
    return score


def run_once(program, file: pathlib.Path, options) -> dict:
    with tempfile.TemporaryDirectory(prefix="zimu-bench-") as folder:
        out = pathlib.Path(folder)
        run = measure.run(program.argv(file, out, options.threads, options.language),
                          env={"OMP_NUM_THREADS": str(options.threads)})
        if run.exit_code != 0:
            raise SystemExit(f"compare: {program.name} ended with {run.exit_code}:\n{run.stderr[-2000:]}")
        facts = {"wall": run.wall, "cpu": run.cpu, "tree_peak_kb": run.tree_peak_kb, "others": run.others_share,
                 "steal": run.steal_share, "text": program.text(out), "processes": [
                     {"name": p.name, "peak_kb": p.peak_kb} for p in run.processes.values()]}
        if (out / "text.json").exists():
            facts["start_up"] = json.loads((out / "text.json").read_text())["start_up"]
        return facts


def spread(values: list[float], form: str = "{:.2f}") -> str:
    middle = form.format(statistics.median(values))
    return middle if len(values) == 1 else f"{middle} ({form.format(min(values))}–{form.format(max(values))})"


def mebibytes(runs: list[dict]) -> str:
    peaks: dict[str, int] = {}
    for process in (p for run in runs for p in run["processes"]):
        peaks[process["name"]] = max(peaks.get(process["name"], 0), process["peak_kb"])
    # Sampled, where the kernel's own mark of a process is exact.
    tree = max([run["tree_peak_kb"] for run in runs] + list(peaks.values())) // 1024
    return f"{tree} (" + ", ".join(f"{name} {kb // 1024}" for name, kb in peaks.items()) + ")"


def report(rounds: list[dict], base: str, seconds: float, reference: str | None) -> tuple[str, dict]:
    lines = ["| program | WER % | errors sub/del/ins | loops | wall, × Zimu's | CPU, × Zimu's | wall s | × real time "
             "| CPU s | peak MiB of the tree (each process) |", "|---|---|---|---|---|---|---|---|---|---|"]
    facts = {}
    for name in rounds[0]:
        runs = [r[name] for r in rounds]
        texts = {run["text"] for run in runs}
        scores = [checked_score(reference, text) for text in sorted(texts)] if reference else []
        worst = max(scores, key=lambda s: s.errors) if scores else None
        loops = max((len(wer.loops(text)) for text in texts))
        walls, cpus = ([r[name][k] / r[base][k] for r in rounds] for k in ("wall", "cpu"))
        wall = statistics.median(run["wall"] for run in runs)
        facts[name] = {"wer": worst and worst.wer, "loops": loops, "wall_ratio": walls, "cpu_ratio": cpus,
                       "median_wall": wall, "different_texts": len(texts)}
        error_columns = (f"{100 * worst.wer:.2f}{'' if len(texts) == 1 else f' (worst of {len(texts)} texts)'} "
                         f"| {worst.substituted}/{worst.deleted}/{worst.inserted}") if worst else "– | –"
        lines.append(f"| {name} | {error_columns} | {loops} | {spread(walls)} | {spread(cpus)} "
                     f"| {wall:.1f} | {seconds / wall:.1f} | {statistics.median(run['cpu'] for run in runs):.1f} "
                     f"| {mebibytes(runs)} |")
    return "\n".join(lines), facts


def main() -> None:
    options = arguments()
    names = list(PROGRAMS) if options.programs == "all" else options.programs.split(",")
    if unknown := [n for n in names if n not in PROGRAMS]:
        raise SystemExit(f"compare: no program called {', '.join(unknown)}; there are {', '.join(PROGRAMS)}")
    if options.file:
        material, reference, seconds = options.file, None, float(measure.run(
            ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", options.file]).stdout)
    else:
        joined = speech.minutes_of_speech(options.minutes)
        if options.noise is not None:
            joined = speech.noisy(joined, options.noise)
        material, reference, seconds = joined.path, joined.text, joined.duration_ms / 1000
    for needed in (material, GGML, CT2 / "model.bin"):
        needed.read_bytes()  # into the page cache, for everyone

    order, rounds, disturbed = random.Random(options.seed), [], 0
    limit = options.rounds if options.keep_noisy else options.rounds * 2
    for number in range(1, limit + 1):
        results: dict[str, dict] = {}
        for name in order.sample(names, len(names)):
            print(f"round {number}: {name} …", end=" ", file=sys.stderr, flush=True)
            results[name] = run_once(PROGRAMS[name], material, options)
            print(f"{results[name]['wall']:.1f} s, others used {100 * results[name]['others']:.1f} %", file=sys.stderr)
        loudest = max(run["others"] + run["steal"] for run in results.values())
        if loudest > QUIET and not options.keep_noisy:
            disturbed += 1
            print(f"round {number} does not count: other programs used {100 * loudest:.0f} % of the machine",
                  file=sys.stderr)
            continue
        rounds.append({name: results[name] for name in names})
        if len(rounds) == options.rounds:
            break
    if not rounds:
        raise SystemExit("compare: every round was disturbed; run it on a quiet machine, or with --keep-noisy")

    base = "zimu" if "zimu" in names else names[0]
    table, facts = report(rounds, base, seconds, reference)
    start_ups = [run["start_up"] for r in rounds for run in r.values() if "start_up" in run]
    loudest = max(run["others"] + run["steal"] for r in rounds for run in r.values())
    print(f"\n{material.name}: {seconds:.0f} s of audio, {len(wer.english(reference or ''))} words; Whisper base, language "
          f"{options.language}, {options.threads} threads, {len(rounds)} rounds"
          f"{f' ({disturbed} more did not count)' if disturbed else ''}; ratios are medians (range) within rounds, "
          f"over {base}; others used at most {100 * loudest:.1f} % of the machine.\n\n{table}\n")
    for name in names:
        print(f"- {name}: {PROGRAMS[name].says}.")
    if start_ups:
        print(f"- Of faster-whisper's seconds, {spread(start_ups, '{:.1f}')} are Python's imports and loading the model.")
    target = ROOT / "build/bench" / f"compare-{datetime.datetime.now(datetime.UTC):%Y%m%dT%H%M%SZ}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps({
        "material": material.name, "seconds": seconds, "threads": options.threads, "language": options.language,
        "cpu": next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if "model name" in line), ""),
        "cores": os.cpu_count(), "summary": facts, "rounds": rounds}, ensure_ascii=False, indent=1))
    print(f"\n{target.relative_to(ROOT)}", file=sys.stderr)


if __name__ == "__main__":
    main()
