"""A recording's sound as mono float samples at 16 kHz, decoded as it is read: memory does not depend on its length.

Sample n lies at n/16000 s on the clock that a player shows: late audio begins with silence, gaps are filled. Decoding
always starts at the beginning, so that the same file gives the same samples whatever was read before."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np

from worker.errors import Failure
from worker.media import CONVERT_ACTION, NO_MEDIA_ACTION, choose_audio, describe, open_media

RATE = 16000
JITTER_SAMPLES = RATE // 10          # timestamps this near to the decoded length are jitter
MAX_GAP_SAMPLES = 2 * 3600 * RATE    # a longer jump is a damaged clock and is ignored
MAX_BAD_PACKETS = 500                # in a row, with nothing decoded before: the file is unreadable
PIECE = RATE                         # greatest length of a piece of silence


class AudioReader:
    def __init__(self, path: str, audio_stream: int):
        self.path = path
        self._container = open_media(path)
        self._stream, self.audio_stream = choose_audio(self._container, audio_stream, path)
        self.info = describe(self._container, self._stream)
        if self._stream.codec_context is None:
            raise Failure("bad_media", f"no decoder for the audio of {path}", CONVERT_ACTION)
        self._stream.thread_type = "NONE"
        self._start = Fraction(self._container.start_time or 0, 1_000_000)
        self._resampler = None
        self._made_for = None      # what the resampler was made for; a change in mid-stream makes a new one
        self._fed = Fraction(0)    # seconds given to the resampler since it was made
        self._base = 0             # samples on the timeline when it was made
        self._produced = 0         # samples on the timeline so far, silence included
        self._shift = 0            # correction after damaged timestamps, in samples
        self._decoded_any = False
        self._bad = 0

    def close(self) -> None:
        self._container.close()

    def pieces(self) -> Iterator[np.ndarray]:
        """All of it, in pieces of about a second at most, and empty ones while there is only something else to read."""
        for frame in self._frames():
            if frame is None:
                yield np.empty(0, np.float32)
                continue
            yield from self._place(frame)
            yield from self._convert(frame)
        yield from self._flush()
        if not self._decoded_any:
            raise Failure("bad_media", f"nothing in the audio of {self.path} could be decoded", NO_MEDIA_ACTION)

    def _frames(self) -> Iterator[av.AudioFrame | None]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except (StopIteration, av.error.FFmpegError):  # the end, or a damaged rest: what was read counts
                break
            if packet.dts is None and packet.size == 0:
                continue  # the end that PyAV makes up; the decoder is drained below
            yield from self._decode(packet)
            yield None
        yield from self._decode(None)

    def _decode(self, packet) -> Iterator[av.AudioFrame]:
        try:
            frames = self._stream.codec_context.decode(packet)
        except av.error.MemoryError as error:
            raise Failure("out_of_memory", f"no memory to decode {self.path}: {error}") from None
        except (av.error.FFmpegError, EOFError):
            frames = []
            self._bad += 1
            if not self._decoded_any and self._bad > MAX_BAD_PACKETS:
                raise Failure("bad_media", f"the audio of {self.path} is damaged: nothing in it decodes",
                              "check that the file plays in a media player") from None
        for frame in frames:
            if frame.sample_rate > 0 and frame.samples > 0:
                yield frame

    def _place(self, frame) -> Iterator[np.ndarray]:
        """Compares the frame's timestamp with the samples made so far: a gap becomes silence."""
        kind = (frame.sample_rate, frame.format.name, frame.layout.name)
        if kind != self._made_for:
            yield from self._flush()
            self._made_for = kind
        if frame.pts is None or frame.time_base is None:
            return
        at = int((frame.pts * frame.time_base - self._start) * RATE) + self._shift
        drift = at - (self._base + int(self._fed * RATE))
        if JITTER_SAMPLES < drift <= MAX_GAP_SAMPLES:
            yield from self._flush()
            yield from self._silence(at - self._produced)
        elif abs(drift) > JITTER_SAMPLES:
            self._shift -= drift  # the clock jumped: keep every sample, go on from here

    def _silence(self, samples: int) -> Iterator[np.ndarray]:
        while samples > 0:
            piece = np.zeros(min(samples, PIECE), np.float32)
            samples -= len(piece)
            self._produced += len(piece)
            yield piece
        self._base = self._produced

    def _convert(self, frame) -> Iterator[np.ndarray]:
        if self._resampler is None:
            self._resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
        self._decoded_any = True
        self._fed += Fraction(frame.samples, frame.sample_rate)
        frame.pts = None  # the resampler would fill gaps its own way
        yield from self._resampled(frame)

    def _flush(self) -> Iterator[np.ndarray]:
        """What is still in the resampler; the next frame gets a new one."""
        if self._resampler is not None:
            yield from self._resampled(None)
        self._resampler = None
        self._fed = Fraction(0)
        self._base = self._produced

    def _resampled(self, frame) -> Iterator[np.ndarray]:
        try:
            frames = self._resampler.resample(frame)
        except (av.error.FFmpegError, ValueError) as error:
            raise Failure("bad_media", f"resampling {self.path} failed: {error}", CONVERT_ACTION) from None
        for out in frames:
            if out is None or out.samples == 0:
                continue
            samples = out.to_ndarray().reshape(-1).astype(np.float32, copy=False)
            self._produced += len(samples)
            yield samples
