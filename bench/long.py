"""Many hours of joined speech through `zimu transcribe`: does memory stay flat, do times stay right, is anything left out
or repeated? The sentences' places are known from the joining. JSON in build/bench."""

from __future__ import annotations

import argparse
import bisect
import os
import pathlib
import statistics
import tempfile

from programs import PROGRAMS, ZIMU, model, zimu_document

import measure
import runs
import speech
import wer

LOOK_SECONDS = 0.5
REAL_PAUSE_MS = 1000  # sentences that end before one of these show where times are
TENTHS = 10


def arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--hours", type=float, default=3, help="of joined speech with pauses of varied length")
    options.add_argument("--words", action="store_true", help="with word times")
    options.add_argument("--codec", choices=("wav", "mp3"), default="wav")
    options.add_argument("--model", default="base")
    options.add_argument("--threads", type=int, default=os.cpu_count())
    return options.parse_args()


def encoded(joined: speech.Joined, codec: str) -> pathlib.Path:
    if codec == "wav":
        return joined.path
    return speech.made(f"{joined.path.stem}.mp3", lambda part: speech.command(
        "ffmpeg", "-nostdin", "-v", "error", "-i", joined.path, "-b:a", "64k", "-f", "mp3", part))


def word_errors(reference: str, heard: str) -> wer.Score:
    import jiwer  # our own alignment is quadratic in pure Python, in time and memory
    counted = jiwer.process_words(" ".join(wer.english(reference)), " ".join(wer.english(heard)))
    return wer.Score(counted.hits + counted.substitutions + counted.deletions, counted.substitutions, counted.deletions,
                     counted.insertions)


def heard_share(spans: list[tuple[int, int]], segments: list[tuple[int, int]]) -> tuple[float, int]:
    """How much of the spoken time lies in segments, and how many sentences have nothing of any."""
    covered, missed, first = 0, 0, 0
    for start, end in spans:
        while first < len(segments) and segments[first][1] <= start:
            first += 1
        at, inside = first, 0
        while at < len(segments) and segments[at][0] < end:
            inside += min(end, segments[at][1]) - max(start, segments[at][0])
            at += 1
        covered += inside
        missed += inside <= 0
    return covered / sum(end - start for start, end in spans), missed


def end_errors(joined: speech.Joined, ends: list[int]) -> list[int]:
    """For each sentence before a real pause: from its end to the nearest end of a segment."""
    errors = []
    for (_, end), (start, until) in zip(joined.spans, joined.gaps):
        if until - start >= REAL_PAUSE_MS:
            at = bisect.bisect_left(ends, end)
            errors.append(min((near - end for near in ends[max(0, at - 1):at + 1]), key=abs))
    return errors


def memory_course(course: list[tuple[float, dict[str, int]]], name: str) -> list[float]:
    """MiB of a program, the median of each tenth of the time."""
    values = [now[name] / 1024 for _, now in course if name in now]
    parts = [values[i * len(values) // TENTHS:(i + 1) * len(values) // TENTHS] for i in range(TENTHS)]
    return [round(statistics.median(part), 1) for part in parts if part]


def main() -> None:
    options = arguments()
    weights, joined = model(options.model), speech.hours_of_speech(options.hours)
    path = encoded(joined, options.codec)
    with tempfile.TemporaryDirectory(prefix="zimu-long-") as folder:
        program = PROGRAMS["zimu-words" if options.words else "zimu"]
        run = measure.run(program.argv(weights, path, pathlib.Path(folder), options.threads, "en"),
                          cores=runs.cores(options.threads), interval=LOOK_SECONDS)
        if run.exit_code != 0:
            raise SystemExit(f"long: {ZIMU} ended with {run.exit_code}:\n{run.stderr[-2000:]}")
        document = zimu_document(pathlib.Path(folder))
    text = " ".join(segment["text"].replace("\n", " ") for segment in document["segments"])
    places = [(segment["start_ms"], segment["end_ms"]) for segment in document["segments"]]
    score, seconds, loops = word_errors(joined.text, text), joined.duration_ms / 1000, wer.loops(text)
    share, missed = heard_share(joined.spans, places)
    errors = end_errors(joined, sorted(end for _, end in places))
    tenth = max(1, len(errors) // TENTHS)
    first, last = (statistics.median(map(abs, part)) for part in (errors[:tenth], errors[-tenth:]))
    last_error = places[-1][1] - joined.spans[-1][1]
    courses = {p.name: memory_course(run.course, p.name) for p in run.processes.values()}
    facts = {
        "file": path.name, "bytes": path.stat().st_size, "seconds": seconds, "wall": run.wall, "cpu": run.cpu,
        "wer": score.wer, "words": score.words, "errors": [score.substituted, score.deleted, score.inserted],
        "loops": loops, "segments": len(places), "complete": document["complete"], "spoken_time_with_text": share,
        "sentences": len(joined.spans), "sentences_without_text": missed, "last_end_error_ms": last_error,
        "end_errors_ms": {"first_tenth": first, "last_tenth": last}, "others": run.others_share,
        "peaks_kb": {p.name: p.peak_kb for p in run.processes.values()}, "memory_tenths_mib": courses,
    }
    rows = [
        ("recording", f"{path.name}, {seconds / 3600:.2f} h, {path.stat().st_size / 2**20:.0f} MiB, {score.words} words"),
        ("time", f"{run.wall:.0f} s, {seconds / run.wall:.1f} × real time, {run.cpu / seconds * 3600:.0f} CPU s an hour; "
                 f"others used {100 * run.others_share:.1f} % of the machine"),
        ("words wrong", f"{100 * score.wer:.2f} % ({score.substituted}/{score.deleted}/{score.inserted}), {len(loops)} "
                        "loops"),
        ("spoken time with text", f"{100 * share:.2f} %; {missed} of {len(joined.spans)} sentences have none"),
        ("end of the last sentence", f"{last_error:+d} ms from where it is"),
        ("ends of sentences", f"median {first:.0f} ms off in the first tenth, {last:.0f} ms in the last"),
        *((f"memory of {name}", f"at most {facts['peaks_kb'][name] // 1024} MiB; median of each tenth of the time: "
                                + ", ".join(f"{mib:.0f}" for mib in course)) for name, course in courses.items()),
    ]
    print("| what | figure |\n|---|---|")
    for what, figure in rows:
        print(f"| {what} | {figure} |")
    runs.keep("long", facts | {"course": run.course})


if __name__ == "__main__":
    main()
