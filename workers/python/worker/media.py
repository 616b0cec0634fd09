"""Opening a recording with PyAV, and what it holds."""

from __future__ import annotations


import av

from worker.errors import Failure, os_failure

NO_MEDIA_ACTION = "check that the file plays in a media player and is complete"
CONVERT_ACTION = "convert the file to a common format such as MP3, M4A or WAV"

# Demuxers that read what a file names instead of what it holds, or that are not recordings.
_REFUSED = {
    "hls", "dash", "concat", "concatf", "imf", "sdp", "rtsp", "rtp", "sap", "lavfi", "tty", "ffmetadata",
    "webm_dash_manifest", "image2", "image2pipe", "alias_pix", "brender_pix", "vobsub", "bin", "xbin", "idf", "adf",
    "srt", "webvtt",
    # devices
    "alsa", "decklink", "fbdev", "iec61883", "jack", "kmsgrab", "libcdio", "openal", "oss", "pulse", "sndio",
    "video4linux2,v4l2", "x11grab", "xcbgrab"}


def _allowed_formats() -> str:
    names = set()
    for name in av.formats_available:
        try:
            names.add(av.format.ContainerFormat(name, "r").name)  # demuxers only
        except ValueError:
            continue
    return ",".join(sorted(n for n in names if n not in _REFUSED and not n.endswith("_pipe")))


def not_media(path: str, why: str) -> Failure:
    return Failure("bad_media", f"{path} is not a recording that can be read: {why}", NO_MEDIA_ACTION)


def open_media(path: str):
    """A PyAV container. Nothing but this file is opened, whatever is written in it."""
    av.logging.set_level(None)
    try:
        with open(path, "rb") as file:
            empty = not file.read(1)
    except OSError as error:
        raise os_failure(error, f"cannot read {path}") from None
    except ValueError:  # a zero byte in the name
        raise Failure("not_found", f"cannot read {path!r}: no file has such a name", "check the path") from None
    if empty:
        raise not_media(path, "it is empty")
    try:
        # A "file:" prefix keeps names such as "http:x" or "a:b" names.
        return av.open("file:" + path, metadata_errors="replace",
                       options={"protocol_whitelist": "file", "format_whitelist": _allowed_formats()})
    except av.error.FFmpegError as error:
        raise not_media(path, error.strerror or str(error)) from None


def choose_audio(container, wanted: int, path: str):
    """The stream, and its number among the audio streams."""
    streams = list(container.streams.audio)
    if not streams:
        raise Failure("bad_media", f"there is no sound in {path}", "choose a file with an audio track")
    if wanted >= len(streams):
        raise Failure("bad_media", f"{path} has {len(streams)} audio streams, not a number {wanted}",
                      f"choose audio stream 0 to {len(streams) - 1}, or -1 for the default one")
    if wanted < 0:
        best = container.streams.best("audio")
        if best is None:
            raise not_media(path, "its audio track cannot be decoded")
        return best, [s.index for s in streams].index(best.index)
    return streams[wanted], wanted


def _has(stream, flag: str) -> bool:
    return bool(stream.disposition & getattr(av.stream.Disposition, flag))


def _describe_stream(stream) -> dict:
    out = {"index": stream.index, "kind": "other", "codec": "", "language": "", "default": _has(stream, "default")}
    try:
        out["codec"] = stream.codec_context.codec.canonical_name
    except AttributeError:  # no decoder
        pass
    out["language"] = stream.metadata.get("language", "")
    if stream.type == "audio":
        out |= {"kind": "audio", "channels": stream.codec_context.channels if stream.codec_context else 0,
                "sample_rate_hz": stream.codec_context.sample_rate if stream.codec_context else 0}
    elif stream.type == "video" and not _has(stream, "attached_pic"):
        out |= {"kind": "video", "width": stream.codec_context.width if stream.codec_context else 0,
                "height": stream.codec_context.height if stream.codec_context else 0}
    elif stream.type == "subtitle":
        out["kind"] = "subtitle"
    return out


def start_offset_ms(container, stream) -> int:
    """Start of the stream on the clock that a player shows."""
    if stream.start_time is None or container.start_time is None:
        return 0
    # Whole microseconds first, as libav rounds; then towards zero, as the C++ worker does.
    start_us = round(stream.start_time * stream.time_base * 1_000_000) - container.start_time
    return int(start_us / 1000)


def describe(container, audio) -> dict:
    """`info` of the media event."""
    streams = [_describe_stream(stream) for stream in container.streams]
    duration = container.duration or 0
    return {"format": container.format.name, "duration_ms": max(duration, 0) // 1000,
            "start_offset_ms": start_offset_ms(container, audio),
            "has_video": any(s["kind"] == "video" for s in streams), "streams": streams}


