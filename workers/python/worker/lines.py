"""The two pipes: bytes to lines, and events to lines. Knows JSON, not what the messages mean."""

from __future__ import annotations

import json
import os
import re
import threading

REQUEST_FD = 3
EVENT_FD = 4
MAX_LINE_BYTES = 1 << 20  # without the line feed
VERSION = 1

_SURROGATES = re.compile("[\ud800-\udfff]")


class LineTooLong(Exception):
    pass


class LineSplitter:
    """Holds at most one line and what came with its end."""

    def __init__(self):
        self._rest = bytearray()
        self._searched = 0  # of _rest: has no line feed

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that are complete now, without line feeds and without the empty ones."""
        self._rest += data
        lines = []
        start = 0
        while (end := self._rest.find(b"\n", max(start, self._searched))) >= 0:
            if end - start > MAX_LINE_BYTES:
                raise LineTooLong
            lines.append(bytes(self._rest[start:end]).rstrip(b"\r"))
            start = end + 1
        del self._rest[:start]
        self._searched = len(self._rest)
        if len(self._rest) > MAX_LINE_BYTES:
            raise LineTooLong
        return [line for line in lines if line]


def encode(type_: str, fields: dict) -> bytes:
    text = json.dumps({"v": VERSION, "type": type_, **fields}, ensure_ascii=False, allow_nan=False,
                      separators=(",", ":"))
    return _SURROGATES.sub("\ufffd", text).encode() + b"\n"


class EventWriter:
    """Whole lines, one at a time, from any thread. When nobody reads any more there is nothing left to do: the process
    ends."""

    def __init__(self, fd: int = EVENT_FD):
        self._fd = fd
        self._lock = threading.Lock()

    def write(self, type_: str, **fields) -> None:
        self._put(encode(type_, fields))

    def write_window(self, job: str, window: dict) -> None:
        """A window that is too long for a line goes without tokens, and if that is not enough without words."""
        line = encode("window", {"job": job, "window": window})
        for key in ("tokens", "words"):
            if len(line) <= MAX_LINE_BYTES + 1:
                break
            segments = [{k: v for k, v in s.items() if k != key} for s in window["segments"]]
            window = {**window, "segments": segments}
            line = encode("window", {"job": job, "window": window})
        self._put(line)

    def _put(self, line: bytes) -> None:
        if len(line) > MAX_LINE_BYTES + 1:
            raise ValueError(f"an event of {len(line)} bytes does not fit a line")
        rest = memoryview(line)
        with self._lock:
            try:
                while rest:
                    rest = rest[os.write(self._fd, rest):]
            except OSError:
                os._exit(0)
