"""Ratios within rounds, their intervals, and the tables of compare.py."""

from __future__ import annotations

import random
import statistics

import limit
import runs
import wer

DRAWS = 4000
CONFIDENCE = 0.95


def bootstrap(values: list[float], seed: int = 1) -> tuple[float, float]:
    """Where the median lies with 95 % confidence: percentiles of the medians of rounds drawn again with replacement."""
    draw = random.Random(seed)
    medians = sorted(statistics.median(draw.choices(values, k=len(values))) for _ in range(DRAWS))
    tail = (1 - CONFIDENCE) / 2
    return medians[int(DRAWS * tail)], medians[int(DRAWS * (1 - tail)) - 1]


def ratio(values: list[float]) -> str:
    middle = f"{statistics.median(values):.2f}"
    if len(values) == 1:
        return middle
    low, high = bootstrap(values)
    return f"{middle} [{low:.2f}, {high:.2f}]"


def middle(results: list[dict], key: str) -> float:
    return statistics.median(result[key] for result in results)


def mebibytes(results: list[dict]) -> str:
    peaks: dict[str, int] = {}
    for process in (p for result in results for p in result["processes"]):
        peaks[process["name"]] = max(peaks.get(process["name"], 0), process["peak_kb"])
    # Sampled, where the kernel's own mark of a process is exact.
    tree = max([result["tree_peak_kb"] for result in results] + list(peaks.values())) // 1024
    each = ", ".join(f"{name} {kb // 1024}" for name, kb in peaks.items())
    return str(tree) if len(peaks) == 1 else f"{tree} ({each})"


def efficiency(results: list[dict], calibrations: list[dict], shape: limit.Shape, windows: float,
               tokens: float) -> float:
    """η: the least time of the work, by the yardsticks of each round, as a share of the time that it took."""
    work = limit.whole(shape, windows, tokens)
    return statistics.median(limit.least_seconds(work, rates) / result["wall"]
                             for result, rates in zip(results, calibrations, strict=True))


HEADS = ("program", "WER %", "sub/del/ins", "loops", "wall, × {base}'s [95 %]", "CPU, × {base}'s [95 %]",
         "× real time", "CPU s an hour of audio", "η", "peak MiB of the tree (processes)")


def comparison(rounds: list[dict], base: str, material: dict, shape: limit.Shape, tokenizer) -> tuple[str, dict]:
    """`rounds`: [{"calibration": …, "results": {program: run}}]. The table, and the same as JSON."""
    seconds, reference = material["seconds"], material["text"]
    calibrations = [r["calibration"] for r in rounds]
    windows = seconds / 30
    lines = ["| " + " | ".join(HEADS).format(base=base) + " |", "|---" * len(HEADS) + "|"]
    facts = {}
    for name in rounds[0]["results"]:
        results = [r["results"][name] for r in rounds]
        texts = sorted({result["text"] for result in results})
        scores = [runs.checked_score(reference, text, material["scored"]) for text in texts] if reference else []
        worst = max(scores, key=lambda s: s.errors) if scores else None
        loops = max(len(wer.loops(text, material["scored"])) for text in texts)
        walls, cpus = ([r["results"][name][k] / r["results"][base][k] for r in rounds] for k in ("wall", "cpu"))
        tokens = limit.tokens_of(reference or texts[0], windows, material["sentences"], tokenizer)
        share = efficiency(results, calibrations, shape, windows, tokens)
        hourly = middle(results, "cpu") / seconds * 3600
        facts[name] = {"wer": worst and worst.wer, "loops": loops, "different_texts": len(texts), "wall_ratios": walls,
                       "cpu_ratios": cpus, "wall_interval": bootstrap(walls), "cpu_interval": bootstrap(cpus),
                       "median_wall": middle(results, "wall"), "cpu_seconds_an_hour": hourly, "efficiency": share,
                       "tokens": tokens}
        errors = (f"{100 * worst.wer:.2f}{'' if len(texts) == 1 else f' (worst of {len(texts)} texts)'} "
                  f"| {worst.substituted}/{worst.deleted}/{worst.inserted}") if worst else "– | –"
        lines.append(f"| {name} | {errors} | {loops} | {ratio(walls)} | {ratio(cpus)} "
                     f"| {seconds / middle(results, 'wall'):.1f} | {hourly:.0f} | {share:.2f} | {mebibytes(results)} |")
    return "\n".join(lines), facts


def stages(results: list[dict], calibrations: list[dict], shape: limit.Shape, tokens: float) -> tuple[str, dict]:
    """Where Zimu's time goes, by its own clocks. The stages overlap, so that their sum is not the whole."""
    says = [result["says"] for result in results]
    if "timings_ms" not in says[0]:
        return "", {}
    names = [name for name in says[0]["timings_ms"] if name != "batch"]
    spent = {name: statistics.median(s["timings_ms"][name] for s in says) / 1000 for name in names}
    wall = middle(results, "wall")
    windows, retried = (statistics.median(s[key] for s in says) for key in ("windows", "retried_windows"))
    share = efficiency(results, calibrations, shape, windows, tokens) if windows else 0.0
    more = {"windows": f"{windows:g}", "decoded again": f"{retried:g}", "η of its windows": f"{share:.2f}"}
    full = [s["timings_ms"]["batch"] / s["timings_ms"]["sample"] for s in says if s["timings_ms"].get("sample")
            and "batch" in s["timings_ms"]]
    if full:
        more["windows in a step"] = f"{statistics.median(full):.1f}"
    heads = [*(f"{name} s" for name in names), "whole s", *more]
    values = [*(f"{s:.1f} ({100 * s / wall:.0f} %)" for s in spent.values()), f"{wall:.1f}", *more.values()]
    table = f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|\n| {' | '.join(values)} |"
    return table, {"stage_seconds": spent, "windows": windows, "retried": retried, "efficiency_of_its_windows": share,
                   "windows_in_a_step": full and statistics.median(full)}


def yardsticks(calibrations: list[dict]) -> str:
    def of(name: str, form: str) -> str:
        values = [c[name] for c in calibrations if c[name] is not None]
        return form.format(statistics.median(values)) if values else "–"
    first = calibrations[0]
    return (f"fp32 {of('fp32', '{:.0f}')} ({first['fp32_with']}), bf16 {of('bf16', '{:.0f}')} ({first['bf16_with']}), "
            f"int8 {of('int8', '{:.0f}')} ({first['int8_with']}) giga operations a second, memory "
            f"{of('read_bytes', '{:.1f}')} GB/s; oneDNN {first['onednn']} reaches {of('int8_product', '{:.0f}')} with "
            f"int8 and {of('bf16_attention', '{:.0f}')} with bf16 attention. It had the processors for "
            f"{100 * min(c['processor_share'] for c in calibrations):.0f} % of its time at least")
