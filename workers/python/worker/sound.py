"""The place in a recording up to which it is done, with a view ahead of it."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from worker.audio import AudioReader

SAMPLES_PER_MS = 16


class Sound:
    """From `start_ms` to `end_ms` (0: the end of the recording), as if the recording began and ended there.

    `poll` is called with every piece that is decoded; it may raise to stop."""

    def __init__(self, reader: AudioReader, poll: Callable[[], None], start_ms: int = 0, end_ms: int = 0):
        self._pieces = reader.pieces(start_ms)
        self._poll = poll
        self._buffer = np.empty(0, np.float32)
        self._wanted = (end_ms - start_ms) * SAMPLES_PER_MS if end_ms else None  # to come up to the end
        self.position = start_ms * SAMPLES_PER_MS  # samples before `available`
        self.at_end = False    # nothing follows `available`
        self.decode_seconds = 0.0

    @property
    def available(self) -> np.ndarray:
        return self._buffer

    def fill(self, samples: int) -> None:
        """Reads until so many are available, or to the end."""
        have = [self._buffer]
        count = len(self._buffer)
        while count < samples and not self.at_end:
            started = time.monotonic()
            piece = next(self._pieces, None)
            self.decode_seconds += time.monotonic() - started
            self._poll()
            if piece is not None:
                piece = self._cut_to_span(piece)
            if piece is None:
                self.at_end = True
            elif len(piece):
                have.append(piece)
                count += len(piece)
        self._buffer = np.concatenate(have)

    def _cut_to_span(self, piece: np.ndarray) -> np.ndarray | None:
        """What of the piece lies in the span; None when that is over."""
        if self._wanted is None:
            return piece
        if self._wanted == 0:
            return None
        piece = piece[:self._wanted]
        self._wanted -= len(piece)
        return piece

    def skip(self, samples: int) -> None:
        """Goes on by so many, or to the end."""
        while samples > 0:
            if not len(self._buffer):
                self.fill(1)
                if not len(self._buffer):
                    return
            gone = min(samples, len(self._buffer))
            self._buffer = self._buffer[gone:]
            self.position += gone
            samples -= gone
