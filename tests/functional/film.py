"""Films to render, and what can be seen in them: frames decoded by ffmpeg, streams named by ffprobe."""

import json
import pathlib
import subprocess

WIDTH, HEIGHT = 640, 360


def ffmpeg(*args) -> bytes:
    return subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *map(str, args)], check=True, capture_output=True).stdout


def grey_film(target: pathlib.Path, sound: pathlib.Path, seconds: float = 10, size: str = f"{WIDTH}x{HEIGHT}", codec=("libx264", "aac")):
    """A picture of one dark grey: whatever is bright in it is text."""
    ffmpeg("-f", "lavfi", "-i", f"color=c=0x303030:s={size}:r=10:d={seconds}", "-i", sound, "-t", seconds, "-map", "0:v", "-map", "1:a",
           "-c:v", codec[0], "-preset", "ultrafast", "-c:a", codec[1], "-strict", "-2", target)
    return target


def long_film(target: pathlib.Path, seconds: float):
    """A film whose encoding takes a while, made in no time: four seconds again and again."""
    piece = target.with_name("piece.mp4")
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=640x360:r=25", "-f", "lavfi", "-i", "sine=220", "-t", 4, "-c:v", "libx264", "-preset", "ultrafast",
           "-c:a", "aac", piece)
    ffmpeg("-stream_loop", round(seconds / 4) - 1, "-i", piece, "-c", "copy", target)
    return target


def probe(path) -> dict:
    ran = subprocess.run(["ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", str(path)], check=True, capture_output=True)
    return json.loads(ran.stdout)


def streams(path, kind: str) -> list[dict]:
    return [s for s in probe(path)["streams"] if s["codec_type"] == kind]


def frame(path, at: float, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    """One grey byte a pixel, of the picture that is shown at that second."""
    raw = ffmpeg("-i", path, "-ss", at, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "gray", "-")
    assert len(raw) == width * height
    return raw


def bright(picture: bytes, first_row: int, last_row: int, width: int = WIDTH) -> int:
    """Pixels of white text in these rows."""
    return sum(1 for pixel in picture[first_row * width:last_row * width] if pixel > 200)


def srt(*cues: tuple[float, float, str]) -> str:
    def clock(seconds):
        ms = round(seconds * 1000)
        return f"{ms // 3600000:02}:{ms // 60000 % 60:02}:{ms // 1000 % 60:02},{ms % 1000:03}"

    return "".join(f"{i}\n{clock(a)} --> {clock(b)}\n{text}\n\n" for i, (a, b, text) in enumerate(cues, 1))
