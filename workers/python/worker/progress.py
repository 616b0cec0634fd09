"""`progress` events of one job: at most two a second, and at least one every few. They come from the loop that works;
`watch` is that loop while the model computes in its own thread, and gives up on a model that never answers."""

from __future__ import annotations

import concurrent.futures
import threading
import time

from worker.errors import Cancelled, Failure
from worker.lines import EventWriter

SHORTEST_SECONDS = 0.5
POLL_SECONDS = 0.05
MODEL_SECONDS = 900  # for one call


class Progress:
    def __init__(self, job: str, events: EventWriter, cancelled: threading.Event):
        self._job = job
        self._events = events
        self._cancelled = cancelled
        self._written = 0.0
        self.stage = ""
        self.done_ms = 0
        self.total_ms = 0
        self.speed = 0.0
        self.device = ""

    def check(self) -> None:
        if self._cancelled.is_set():
            raise Cancelled

    def report(self, stage: str | None = None) -> None:
        """Now, whatever was written before."""
        self.stage = stage or self.stage
        self._written = time.monotonic()
        total = max(self.total_ms, self.done_ms) if self.total_ms else 0
        self._events.write("progress", job=self._job, stage=self.stage, done_ms=self.done_ms, total_ms=total,
                           speed=round(self.speed, 4), device=self.device)

    def poll(self) -> None:
        """Sends when it is due; raises Cancelled."""
        self.check()
        if time.monotonic() - self._written >= SHORTEST_SECONDS:
            self.report()

    def watch(self, future):
        """The result of a Future."""
        started = time.monotonic()
        while not concurrent.futures.wait([future], POLL_SECONDS).done:
            self.poll()
            if time.monotonic() - started > MODEL_SECONDS:
                raise Failure("timeout", f"the model did not answer for {MODEL_SECONDS} seconds",
                              "use a smaller model, or give the machine more cores")
        self.poll()
        return future.result()
