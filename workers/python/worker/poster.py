"""A picture of a recording: a frame of its film that shows something, or its cover. Any failure means "none"."""

from __future__ import annotations

import time
from fractions import Fraction

import av
import numpy as np

from worker.media import open_media
from worker.progress import Progress

WIDTH, HEIGHT = 640, 1280            # at most, in pixels
SECONDS = 10                         # the best picture found by then is taken
PLACES = (0.1, 0.25, 0.5, 0.75, 0.03, 0.0)
GOOD_CONTRAST = 20
LEAST_CONTRAST = 2                   # below it there is nothing to see
FRAMES_IN_A_ROW, LOOKED_AT = 3000, 10
MAX_PACKETS = 1000                   # from one place, until there must have been a frame that stands alone
QUALITY = 4                          # libav's scale of 1 (best) to 31


def _even(value: float) -> int:
    return max(2, round(value / 2) * 2)


def _small(frame: av.VideoFrame, aspect: Fraction | None) -> av.VideoFrame:
    """Small, with square pixels, upright."""
    turns = round((frame.rotation or 0) / 90) % 4  # counterclockwise; numpy's too
    most = (HEIGHT, WIDTH) if turns % 2 else (WIDTH, HEIGHT)
    width = frame.width * float(min(max(aspect or 1, Fraction(1, 10)), 10))
    scale = min(1.0, most[0] / width, most[1] / frame.height)
    small = frame.reformat(_even(width * scale), _even(frame.height * scale), "yuvj420p")
    if turns == 0:
        return small
    upright = np.ascontiguousarray(np.rot90(small.to_ndarray(format="rgb24"), turns))
    return av.VideoFrame.from_ndarray(upright, "rgb24").reformat(format="yuvj420p")


def _contrast(frame: av.VideoFrame) -> float:
    return float(frame.to_ndarray(format="gray").std())


def _jpeg(frame: av.VideoFrame) -> bytes:
    codec = av.CodecContext.create("mjpeg", "w")
    codec.width, codec.height, codec.pix_fmt, codec.time_base = frame.width, frame.height, "yuvj420p", Fraction(1, 1)
    codec.options = {"q": str(QUALITY), "qmin": str(QUALITY), "qmax": str(QUALITY)}
    frame.pts = 0
    return b"".join(bytes(packet) for packet in [*codec.encode(frame), *codec.encode(None)])


def _is_cover(stream) -> bool:
    return bool(getattr(stream, "disposition", 0) & av.stream.Disposition.attached_pic)


def _key_frame(container, stream, progress: Progress):
    """The next frame that stands alone, or None."""
    for _, packet in zip(range(MAX_PACKETS), container.demux(stream)):
        progress.poll()
        if packet.is_keyframe and packet.size:
            frames = [*stream.codec_context.decode(packet), *stream.codec_context.decode(None)]
            stream.codec_context.flush_buffers()
            return frames[0] if frames else None
    return None


def _candidates(container, stream, progress: Progress):
    """Frames that stand alone, from several places; then, from the first place, every tenth."""
    start, length = container.start_time or 0, container.duration or 0
    for place in PLACES if length else ():
        try:
            container.seek(start + int(place * length))
            if (frame := _key_frame(container, stream, progress)) is not None:
                yield frame
        except (av.error.FFmpegError, EOFError):
            continue
    try:
        container.seek(start + int(PLACES[0] * length))
        for number, frame in zip(range(FRAMES_IN_A_ROW), container.decode(stream)):
            progress.poll()
            if number % LOOKED_AT == 0:
                yield frame
    except (av.error.FFmpegError, EOFError):
        return


def _of_film(container, stream, progress: Progress) -> av.VideoFrame | None:
    best, found, end = None, LEAST_CONTRAST, time.monotonic() + SECONDS
    stream.thread_type = "NONE"
    for frame in _candidates(container, stream, progress):
        small = _small(frame, stream.sample_aspect_ratio)
        if (contrast := _contrast(small)) >= found:
            best, found = small, contrast
        if found >= GOOD_CONTRAST or time.monotonic() > end:
            break
    return best


def make_poster(path: str, progress: Progress) -> bytes | None:
    container = open_media(path)
    try:
        films = [stream for stream in container.streams.video if not _is_cover(stream)]
        covers = [stream for stream in container.streams.video if _is_cover(stream)]
        picture = _of_film(container, films[0], progress) if films else None
        if picture is None and covers and (frame := next(container.decode(covers[0]), None)) is not None:
            picture = _small(frame, None)
        return _jpeg(picture) if picture is not None else None
    except (av.error.FFmpegError, EOFError, ValueError):
        return None
    finally:
        container.close()
