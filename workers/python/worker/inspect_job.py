"""`inspect`: streams, duration, hash, waveform and a picture of a file."""

from __future__ import annotations

import hashlib
import os
import struct
import threading

import numpy as np

from worker.audio import RATE, AudioReader
from worker.errors import os_failure
from worker.lines import EventWriter
from worker.poster import make_poster
from worker.progress import Progress
from worker.requests import Inspect

BUCKET_SAMPLES = RATE // 50
MAX_BUCKETS = 1_000_000


class Peaks:
    """Greatest |sample| of each 20 ms; pairs are merged whenever there would be too many. See ZPK1 in the protocol."""

    def __init__(self):
        self._bucket = BUCKET_SAMPLES
        self._closed = np.zeros(MAX_BUCKETS, np.uint8)
        self._count = 0
        self._rest = np.empty(0, np.float32)  # less than a bucket

    def add(self, samples: np.ndarray) -> None:
        samples = np.concatenate([self._rest, samples])
        while len(samples) >= self._bucket:
            room = MAX_BUCKETS - self._count
            buckets = min(len(samples) // self._bucket, room)
            used = buckets * self._bucket
            self._close(np.abs(samples[:used]).reshape(buckets, self._bucket).max(axis=1))
            samples = samples[used:]
        self._rest = samples

    def _close(self, peaks: np.ndarray) -> None:
        # Halves round up, as std::lround does.
        values = np.floor(np.minimum(np.nan_to_num(peaks), 1.0) * np.float32(255) + np.float32(0.5)).astype(np.uint8)
        self._closed[self._count:self._count + len(values)] = values
        self._count += len(values)
        if self._count == MAX_BUCKETS:
            self._count //= 2
            self._closed[:self._count] = self._closed.reshape(-1, 2).max(axis=1)
            self._bucket *= 2

    def file(self) -> bytes:
        if len(self._rest):
            self._close(np.abs(self._rest).max(keepdims=True))
            self._rest = self._rest[:0]
        return b"ZPK1" + struct.pack("<II", self._bucket // 16, self._count) + self._closed[:self._count].tobytes()


def write_whole(path: str, data: bytes) -> None:
    """To another name, then renamed: whole or not there."""
    beside = f"{path}.{os.getpid()}.tmp"
    try:
        with open(beside, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as error:
        try:
            os.unlink(beside)
        except OSError:
            pass
        raise os_failure(error, f"cannot write {path}") from None


def _sha256(path: str, progress: Progress) -> str:
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
                progress.poll()
    except OSError as error:
        raise os_failure(error, f"cannot read {path}") from None
    return digest.hexdigest()


def run_inspection(request: Inspect, events: EventWriter, cancelled: threading.Event) -> dict:
    """Fields of `done`."""
    progress = Progress(request.job, events, cancelled)
    progress.stage = "inspecting"
    reader = AudioReader(request.media, -1)
    try:
        info = reader.info
        events.write("media", job=request.job, info=info, audio_stream=reader.audio_stream)
        progress.total_ms = info["duration_ms"]
        peaks, samples = Peaks(), 0
        for piece in reader.pieces():
            samples += len(piece)
            peaks.add(piece)
            progress.done_ms = samples // 16
            progress.poll()
        if request.peaks:
            write_whole(request.peaks, peaks.file())
        if request.poster and (picture := make_poster(request.media, progress)) is not None:
            write_whole(request.poster, picture)
        duration = samples // 16
        if info["duration_ms"] == 0:
            events.write("media", job=request.job, info=info | {"duration_ms": duration},
                         audio_stream=reader.audio_stream)
        return {"duration_ms": duration, "sha256": _sha256(request.media, progress)}
    finally:
        reader.close()
