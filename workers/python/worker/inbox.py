"""Requests from fd 3, read by a thread of its own so that a cancel reaches a running job. The end of fd 3 ends the
process at once, also in the middle of a job: nobody waits for the rest."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections import deque

from worker import requests
from worker.lines import REQUEST_FD, LineSplitter, LineTooLong

MAX_WAITING = 16


def log(text: str) -> None:
    print(f"zimu_worker: {text}", file=sys.stderr, flush=True)


class Inbox:
    def __init__(self, fd: int = REQUEST_FD):
        self._fd = fd
        self._changed = threading.Condition()
        self._waiting: deque = deque()
        self._running = ""
        self._cancelled_early: set[str] = set()  # of the jobs that wait
        self.cancelled = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._read_all, daemon=True, name="requests").start()

    def next(self):
        """The next job; from now on a cancel is for it."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting)
            request = self._waiting.popleft()
            self._running = request.job
            self.cancelled.clear()
            if request.job in self._cancelled_early:
                self._cancelled_early.discard(request.job)
                self.cancelled.set()
            return request

    def end(self) -> None:
        """The job is over; a cancel that comes late is for nobody."""
        with self._changed:
            self._running = ""

    def _read_all(self) -> None:
        lines = LineSplitter()
        try:
            while data := os.read(self._fd, 1 << 16):
                for line in lines.feed(data):
                    self._take(line)
        except LineTooLong:
            log("a request is longer than 1 MiB; what follows it cannot be read")
            os._exit(1)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)

    def _take(self, line: bytes) -> None:
        try:
            request = requests.parse(line)
        except requests.Invalid as why:
            return log(f"a request was ignored: {why}")
        with self._changed:
            if isinstance(request, requests.Cancel):
                if request.job == self._running:
                    self.cancelled.set()
                elif any(job.job == request.job for job in self._waiting):
                    self._cancelled_early.add(request.job)
            elif len(self._waiting) >= MAX_WAITING:
                log("too many requests wait, one is dropped")
            else:
                self._waiting.append(request)
                self._changed.notify()
