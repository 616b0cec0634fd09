"""One long recording through `zimu serve`, as a browser sends it: upload, job, transcript. Says how much memory the
server and its worker had at most, how fast it went, and how much was wrong. JSON in build/bench."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import pathlib
import tempfile
import threading
import time

from programs import ROOT, ZIMU

os.environ.setdefault("ZIMU_BIN_DIR", str(ZIMU.parent))  # before zimu_server reads it

import measure
import speech
import wer
import zimu_server

SAMPLE_SECONDS = 0.5


def arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--hours", type=float, default=3, help="of joined speech with pauses of varied length")
    options.add_argument("--words", action="store_true", help="with word times")
    options.add_argument("--codec", choices=("wav", "mp3"), default="mp3")
    options.add_argument("--limit", type=float, default=4, help="hours of waiting before giving up")
    return options.parse_args()


class Watch(threading.Thread):
    """High-water marks, and how resident and proportional memory went over time."""

    def __init__(self, server: zimu_server.Server):
        super().__init__(daemon=True)
        self.server, self.end = server, threading.Event()
        self.peaks: dict[str, dict[str, int]] = {}
        self.course: list[tuple[float, str, int]] = []

    def look(self, pid: int, who: str) -> None:
        peak, resident = measure.status_kb(pid, "VmHWM", "VmRSS")
        pss = [int(line.split()[1]) for line in measure.read(f"/proc/{pid}/smaps_rollup").splitlines()
               if line.startswith("Pss:")]
        known = self.peaks.setdefault(who, {"rss_kb": 0, "pss_kb": 0})
        known["rss_kb"] = max(known["rss_kb"], peak)
        known["pss_kb"] = max([known["pss_kb"], *pss])
        self.course.append((round(time.monotonic(), 1), who, resident))

    def run(self) -> None:
        while not self.end.wait(SAMPLE_SECONDS):
            self.look(self.server.process.pid, "server")
            for child in measure.children(self.server.process.pid):
                if "worker" in measure.process_name(child):
                    self.look(child, "worker")

    def growth(self, who: str, share: float = 0.5) -> int:
        """Kilobytes of resident memory gained from `share` of the way to the end: about nothing when nothing leaks."""
        values = [kb for _, name, kb in self.course if name == who]
        return values[-1] - values[int(len(values) * share)] if values else 0


def encoded(joined: speech.Joined, codec: str) -> pathlib.Path:
    if codec == "wav":
        return joined.path
    return speech.made(f"{joined.path.stem}.mp3", lambda part: speech.command(
        "ffmpeg", "-nostdin", "-v", "error", "-i", joined.path, "-b:a", "64k", "-f", "mp3", part))


def word_error_rate(reference: str, heard: str) -> tuple[float, int]:
    import jiwer  # our own alignment is quadratic in pure Python
    counted = jiwer.process_words(" ".join(wer.english(reference)), " ".join(wer.english(heard)))
    return counted.wer, counted.hits + counted.substitutions + counted.deletions


def main() -> None:
    options = arguments()
    joined = speech.hours_of_speech(options.hours)
    path = encoded(joined, options.codec)
    with tempfile.TemporaryDirectory(prefix="zimu-long-") as data:
        server = zimu_server.Server(pathlib.Path(data)).start()
        watch = Watch(server)
        watch.start()
        try:
            idle = measure.status_kb(server.process.pid, "VmRSS")[0]
            started = time.monotonic()
            media = server.upload(path)
            uploaded = time.monotonic() - started
            upload_peak = measure.status_kb(server.process.pid, "VmHWM")[0]
            job = server.create_job(media["id"], language="en", words=options.words)
            job = server.wait_job(job["id"], seconds=options.limit * 3600)
            took = time.monotonic() - started - uploaded
            if job["state"] != "done":
                raise SystemExit(f"long: the job {job['state']}: {job['failure']}")
            transcript = server.transcript(job["transcript_id"])
        finally:
            watch.end.set()
            watch.join()
            server.stop()
    text = " ".join(segment["text"] for segment in transcript["segments"])
    rate, words = word_error_rate(joined.text, text)
    seconds = joined.duration_ms / 1000
    facts = {
        "file": path.name, "bytes": path.stat().st_size, "seconds": seconds, "upload_seconds": uploaded,
        "transcribe_seconds": took, "real_time": seconds / took, "wer": rate, "words": words,
        "loops": wer.loops(text), "segments": len(transcript["segments"]), "complete": transcript["complete"],
        "server_idle_kb": idle, "server_upload_peak_kb": upload_peak, "peaks": watch.peaks,
        "growth_second_half_kb": {who: watch.growth(who) for who in watch.peaks},
        "last_segment_end_ms": transcript["segments"][-1]["end_ms"], "duration_ms": transcript["duration_ms"],
    }
    if options.words:
        timed = [(w["start_ms"], w["end_ms"], w["text"]) for s in transcript["segments"] for w in s["words"]]
        facts["words_in_gaps"] = len(wer.inside_gaps(timed, joined.gaps))
    print(f"| what | figure |\n|---|---|\n| recording | {path.name}, {seconds / 3600:.2f} h, "
          f"{path.stat().st_size / 2**20:.0f} MiB, {words} words |")
    print(f"| upload | {uploaded:.1f} s, server at most {upload_peak // 1024} MiB (idle {idle // 1024} MiB) |")
    print(f"| transcription | {took:.0f} s, {seconds / took:.1f} × real time |")
    print(f"| word error rate | {100 * rate:.2f} %, {len(facts['loops'])} loops |")
    for who, peak in watch.peaks.items():
        print(f"| {who}, most memory | {peak['rss_kb'] // 1024} MiB resident, {peak['pss_kb'] // 1024} MiB proportional; "
              f"grew {facts['growth_second_half_kb'][who] / 1024:.1f} MiB in the second half |")
    target = ROOT / "build/bench" / f"long-{datetime.datetime.now(datetime.UTC):%Y%m%dT%H%M%SZ}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(facts | {"course": watch.course}, indent=1))


if __name__ == "__main__":
    main()
