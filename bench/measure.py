"""Runs one command and says what it cost: wall and CPU seconds, peak memory of every process of its tree, and how
much of the machine others used meanwhile. Linux only; standard library only."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import subprocess
import tempfile
import threading
import time

SAMPLE_SECONDS = 0.05
TICKS = os.sysconf("SC_CLK_TCK")


@dataclasses.dataclass
class Process:
    name: str
    peak_kb: int = 0  # VmHWM: the kernel's own high-water mark, so sampling misses at most the last 50 ms


@dataclasses.dataclass
class Run:
    exit_code: int
    wall: float
    cpu: float             # user + system, of the whole tree
    processes: dict[int, Process]
    tree_peak_kb: int      # greatest sum of resident memory seen at one moment
    others_share: float    # of all cores' time, what other programs took while this one ran
    steal_share: float     # what the hypervisor took
    stdout: str
    stderr: str
    course: list[tuple[float, dict[str, int]]]  # (seconds, resident KiB by program), thinned out: see Tree

    def peak_kb(self, part: str) -> int:
        return max((p.peak_kb for p in self.processes.values() if part in p.name), default=0)


def read(path: str) -> str:
    try:
        return pathlib.Path(path).read_text()
    except OSError:  # the process ended
        return ""


def children(pid: int) -> list[int]:
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, read(str(task)).split()):
            found += [child, *children(child)]
    return found


def status_kb(pid: int, *keys: str) -> list[int]:
    values = dict.fromkeys(keys, 0)
    for line in read(f"/proc/{pid}/status").splitlines():
        key, _, rest = line.partition(":")
        if key in values:
            values[key] = int(rest.split()[0])
    return list(values.values())


def process_name(pid: int) -> str:
    words = read(f"/proc/{pid}/cmdline").split("\0")
    name = os.path.basename(words[0]) if words[0] else read(f"/proc/{pid}/comm").strip()
    return os.path.basename(words[1]) if name.startswith("python") and len(words) > 1 else name


def clean_environment() -> dict[str, str]:
    """Without Zimu's settings: programs run with their defaults, whatever the caller's shell has set."""
    return {key: value for key, value in os.environ.items() if not key.startswith("ZIMU_")}


def machine_ticks() -> tuple[int, int]:
    """(busy, stolen) clock ticks of all cores since boot."""
    user, nice, system, _, _, irq, softirq, steal = map(int, read("/proc/stat").splitlines()[0].split()[1:9])
    return user + nice + system + irq + softirq + steal, steal


class Tree(threading.Thread):
    """Watches a process and all it starts. Its course of memory has at most MOST_POINTS points: when there are more,
    every second one goes and looks come half as often into it."""

    MOST_POINTS = 2000

    def __init__(self, root: int, interval: float):
        super().__init__(daemon=True)
        self.root, self.processes, self.peak_kb, self.end = root, {}, 0, threading.Event()
        self.interval, self.started, self.looks, self.every = interval, time.monotonic(), 0, 1
        self.course: list[tuple[float, dict[str, int]]] = []

    def look(self) -> None:
        total, now = 0, {}
        for pid in [self.root, *children(self.root)]:
            peak, resident = status_kb(pid, "VmHWM", "VmRSS")
            if peak:
                process = self.processes.setdefault(pid, Process(""))
                process.name = process_name(pid) or process.name  # changes at exec
                process.peak_kb = max(process.peak_kb, peak)
                now[process.name] = now.get(process.name, 0) + resident
            total += resident
        self.peak_kb = max(self.peak_kb, total)
        self.note(now)

    def note(self, now: dict[str, int]) -> None:
        if self.looks % self.every == 0:
            self.course.append((round(time.monotonic() - self.started, 2), now))
        self.looks += 1
        if len(self.course) > self.MOST_POINTS:
            del self.course[1::2]
            self.every *= 2

    def run(self) -> None:
        while not self.end.wait(self.interval):
            self.look()


def run(argv: list, env: dict[str, str] | None = None, cores: list[int] | None = None,
        interval: float = SAMPLE_SECONDS) -> Run:
    """`cores`: the processors that it and what it starts may use. `interval`: between looks at memory."""
    pinned = ["taskset", "-c", ",".join(map(str, cores))] if cores else []
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        busy, steal = machine_ticks()
        own = sum(os.times()[:2])
        started = time.monotonic()
        child = subprocess.Popen([str(a) for a in [*pinned, *argv]], stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                 env=clean_environment() | (env or {}))
        tree = Tree(child.pid, interval)
        tree.start()
        _, state, usage = os.wait4(child.pid, 0)  # counts what the child waited for too
        wall = time.monotonic() - started
        child.returncode = os.waitstatus_to_exitcode(state)
        tree.end.set()
        tree.join()
        busy_after, steal_after = machine_ticks()
        cpu = usage.ru_utime + usage.ru_stime
        all_cores = wall * os.cpu_count()
        others = (busy_after - busy - (steal_after - steal)) / TICKS - cpu - (sum(os.times()[:2]) - own)
        out.seek(0)
        err.seek(0)
        return Run(child.returncode, wall, cpu, tree.processes, tree.peak_kb, max(0.0, others / all_cores),
                   (steal_after - steal) / TICKS / all_cores, out.read(), err.read(), tree.course)
