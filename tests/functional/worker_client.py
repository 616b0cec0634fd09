"""One worker process, started as the server starts it: posix_spawn, /dev/null on fd 0, a log pipe on fd 1 and 2,
requests on fd 3, events on fd 4, a process group of its own."""

from __future__ import annotations

import fcntl
import json
import os
import queue
import signal
import threading
import time

WAIT_SECONDS = 240  # for one event; a machine may be busy
MAX_LINE_BYTES = 1 << 20
FIRST_FREE_FD = 20  # above everything that the child gets


def _pipe() -> tuple[int, int]:
    ends = []
    for fd in os.pipe():
        ends.append(fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, FIRST_FREE_FD))
        os.close(fd)
    return ends[0], ends[1]


class Ended(Exception):
    """The worker closed fd 4."""


class Worker:
    def __init__(self, command: list[str], env: dict[str, str]):
        requests, self._to_worker = _pipe()
        self._from_worker, events = _pipe()
        self._log_pipe, log = _pipe()
        self.pid = os.posix_spawn(command[0], command, env, setpgroup=0, file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0), (os.POSIX_SPAWN_DUP2, log, 1),
            (os.POSIX_SPAWN_DUP2, log, 2), (os.POSIX_SPAWN_DUP2, requests, 3), (os.POSIX_SPAWN_DUP2, events, 4)])
        for fd in (requests, events, log):
            os.close(fd)
        self.log: list[str] = []
        self.raw: list[bytes] = []
        self._events: queue.Queue = queue.Queue()
        self._status: int | None = None
        self._threads = [threading.Thread(target=self._read_log, daemon=True),
                         threading.Thread(target=self._read_events, daemon=True)]
        for thread in self._threads:
            thread.start()

    def _read_log(self) -> None:
        with os.fdopen(self._log_pipe, "rb") as stream:
            for line in stream:
                self.log.append(line.decode("utf-8", "replace").rstrip("\n"))

    def _read_events(self) -> None:
        with os.fdopen(self._from_worker, "rb") as stream:
            for line in stream:
                self.raw.append(line)
                self._events.put(line)
        self._events.put(None)

    def send_raw(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._to_worker, rest):]

    def send(self, type_: str, **fields) -> None:
        self.send_raw(json.dumps({"v": 1, "type": type_, **fields}).encode() + b"\n")

    def event(self, seconds: float = WAIT_SECONDS) -> dict:
        """The next event. Raises Ended."""
        try:
            line = self._events.get(timeout=seconds)
        except queue.Empty:
            raise AssertionError(f"no event for {seconds} s; the log:\n" + "\n".join(self.log[-30:])) from None
        if line is None:
            self._events.put(None)
            raise Ended("the worker closed its events; the log:\n" + "\n".join(self.log[-30:]))
        assert line.endswith(b"\n") and len(line) - 1 <= MAX_LINE_BYTES
        message = json.loads(line.decode("utf-8"))  # strictly UTF-8
        assert isinstance(message, dict) and isinstance(message["type"], str)
        return message

    def rest(self, job: str) -> list[dict]:
        """All events of a job up to and with its end."""
        found = []
        while not found or found[-1]["type"] not in ("done", "failed"):
            found.append(self.event())
            assert found[-1].get("job") == job, found[-1]
        return found

    def until(self, type_: str) -> dict:
        while (event := self.event())["type"] != type_:
            assert event["type"] not in ("done", "failed"), event
        return event

    def run(self, type_: str, job: str, **fields) -> list[dict]:
        self.send(type_, job=job, **fields)
        return self.rest(job)

    def close_requests(self) -> None:
        if self._to_worker >= 0:
            os.close(self._to_worker)
            self._to_worker = -1

    def wait(self, seconds: float = 60) -> int:
        """The exit status as the shell counts it; negative for a signal."""
        end = time.monotonic() + seconds
        while self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._status = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > end:
                raise AssertionError(f"the worker is still there after {seconds} s; the log:\n"
                                     + "\n".join(self.log[-30:]))
            else:
                time.sleep(0.02)
        for thread in self._threads:
            thread.join(10)
        return self._status

    def stop(self) -> None:
        self.close_requests()
        if self._status is None:
            try:
                os.killpg(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.wait()
