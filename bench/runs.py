"""One run of one program on one file, its score, and where figures are kept."""

from __future__ import annotations

import datetime
import json
import os
import pathlib
import tempfile

from programs import ROOT, Model, Program

import measure
import wer


def cores(threads: int) -> list[int]:
    """The processors that a program of so many threads gets: the last ones, the first has most of the interrupts."""
    return sorted(os.sched_getaffinity(0))[-threads:]


def transcribe(program: Program, model: Model, file: pathlib.Path, threads: int, language: str) -> dict:
    """What it wrote and what it cost, on as many processors as threads."""
    with tempfile.TemporaryDirectory(prefix="zimu-bench-") as folder:
        out = pathlib.Path(folder)
        run = measure.run(program.argv(model, file, out, threads, language), cores=cores(threads),
                          env={"OMP_NUM_THREADS": str(threads)})
        if run.exit_code != 0:
            raise SystemExit(f"bench: {program.name} ended with {run.exit_code}:\n{run.stderr[-2000:]}")
        facts = {"wall": run.wall, "cpu": run.cpu, "tree_peak_kb": run.tree_peak_kb, "others": run.others_share,
                 "steal": run.steal_share, "text": program.text(out), "processes": [
                     {"name": p.name, "peak_kb": p.peak_kb} for p in run.processes.values()]}
        if program.name.startswith("zimu"):
            facts["says"] = json.loads(run.stdout)  # windows, coverage, where the time went
        if (out / "text.json").exists():
            facts["start_up"] = json.loads((out / "text.json").read_text())["start_up"]
        return facts


def checked_score(reference: str, heard: str, language: str = "en") -> wer.Score:
    """Our score, its arithmetic checked against jiwer on the same words."""
    score = wer.score(reference, heard, language)
    said, got = wer.normalise(reference, language), wer.normalise(heard, language)
    try:
        import jiwer
    except ImportError:
        return score
    if said and got and abs(jiwer.process_words(" ".join(said), " ".join(got)).wer - score.wer) > 1e-9:
        raise SystemExit(f"bench: our error rate {score.wer:.6f} and jiwer's differ")
    return score


def processor() -> str:
    return next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if "model name" in line), "unknown")


def keep(name: str, facts: dict) -> pathlib.Path:
    """JSON in build/bench, one file a run."""
    target = ROOT / "build/bench" / f"{name}-{datetime.datetime.now(datetime.UTC):%Y%m%dT%H%M%SZ}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps({"processor": processor(), "cores": os.cpu_count()} | facts, ensure_ascii=False,
                                 indent=1))
    return target
