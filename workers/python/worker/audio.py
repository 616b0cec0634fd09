"""A recording's sound as mono float samples at 16 kHz, decoded as it is read: memory does not depend on its length.

Sample n lies at n/16000 s on the clock that a player shows: late audio begins with silence, gaps are filled. Decoding
starts at the beginning, so that the same file gives the same samples whatever was read before. Only to read from a late
moment on, in a file whose clock can be trusted, it jumps: the same moment gives the same samples."""

from __future__ import annotations

import itertools
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
SEEK_FROM_MS = 60_000                # before this it is not worth a jump
SETTLE_MS = 2_000                    # what decoders need to sound right after one
# Formats whose clock says nothing about the place.
JUMPY = av.format.Flags.ts_discont.value | av.format.Flags.no_timestamps.value


class AudioReader:
    def __init__(self, path: str, audio_stream: int):
        self.path = path
        self._wanted_stream = audio_stream
        self._open()
        self.info = describe(self._container, self._stream)

    def _open(self) -> None:
        path = self.path
        self._container = open_media(path)
        self._stream, self.audio_stream = choose_audio(self._container, self._wanted_stream, path)
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
        self._offset = 0           # of the first frame's timestamp from the place it got
        self._landing = False      # the next frame says where a jump led to
        self._landed: int | None = None
        self._decoded_any = False
        self._bad = 0

    def close(self) -> None:
        self._container.close()

    def pieces(self, start_ms: int = 0) -> Iterator[np.ndarray]:
        """What comes from there on, in pieces of about a second at most, and empty ones while there is only something
        else to read."""
        unwanted = start_ms * (RATE // 1000)
        source = None
        if start_ms >= SEEK_FROM_MS:
            source = self._jump(start_ms)
            if source is None:
                self.close()
                self._open()
            else:
                unwanted -= self._landed
        for piece in source or self._all():
            gone = min(unwanted, len(piece))
            unwanted -= gone
            yield piece[gone:]

    def _jump(self, start_ms: int) -> Iterator[np.ndarray] | None:
        """What comes from some sample, `_landed`, at or before that moment on; None where that cannot be."""
        if next((piece for piece in self._all() if len(piece)), None) is None:  # how the beginning lies to its timestamps
            return None
        seconds = Fraction(start_ms - SETTLE_MS, 1000) + self._start
        if self._container.format.flags & JUMPY or not self._seek(seconds):
            return None
        self._stream.codec_context.flush_buffers()
        self._resampler = None
        self._fed = Fraction(0)
        self._shift = -self._offset
        self._landing = True
        source = self._all()
        first = next((piece for piece in source if len(piece)), None)
        if first is None or self._landing or self._landed > start_ms * (RATE // 1000):
            return None
        return itertools.chain([first], source)

    def _seek(self, seconds: Fraction) -> bool:
        # Matroska keeps the places of the pictures only.
        for stream in (self._stream, *self._container.streams.video[:1]):
            try:
                self._container.seek(int(seconds / stream.time_base), stream=stream)
                return True
            except av.error.FFmpegError:
                continue
        return False

    def _all(self) -> Iterator[np.ndarray]:
        """From where the container is to its end."""
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
        if self._landing:
            self._landing = False
            self._landed = self._produced = self._base = at
        drift = at - (self._base + int(self._fed * RATE))
        if JITTER_SAMPLES < drift <= MAX_GAP_SAMPLES:
            yield from self._flush()
            yield from self._silence(at - self._produced)
        elif abs(drift) > JITTER_SAMPLES:
            self._shift -= drift  # the clock jumped: keep every sample, go on from here
        if not self._decoded_any:
            self._offset = at - self._produced

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
