"""Every worker against docs/formats/worker-protocol.md, spoken to on its pipes as the server does: `inspect`."""

import hashlib
import os
import subprocess

import pytest

from conftest import ffmpeg
from worker_fixtures import *  # noqa: F403
from worker_rules import check_failed, check_media


def read_peaks(path):
    data = path.read_bytes()
    assert data[:4] == b"ZPK1"
    bucket, count = (int.from_bytes(data[at:at + 4], "little") for at in (4, 8))
    assert len(data) == 12 + count
    return bucket, list(data[12:])


def test_inspect(worker, film, tmp_path):
    peaks = tmp_path / "peaks"
    events = worker.run("inspect", "look", media=str(film), peaks=str(peaks))
    assert events[0]["type"] == "media" and events[-1]["type"] == "done", events
    assert {e["type"] for e in events} <= {"media", "progress", "done"}
    check_media(events[0])
    info = events[0]["info"]
    assert "matroska" in info["format"] and info["has_video"] and abs(info["duration_ms"] - 13_500) <= 100
    streams = info["streams"]
    assert [s["kind"] for s in streams] == ["video", "audio", "audio", "subtitle"]
    assert [s.get("language", "") for s in streams[1:3]] in (["deu", "eng"], ["ger", "eng"])
    assert [s["codec"] for s in streams[:3]] == ["mpeg4", "flac", "flac"]
    assert (streams[0]["width"], streams[0]["height"]) == (160, 120)
    assert (streams[1]["channels"], streams[1]["sample_rate_hz"], streams[1]["default"]) == (2, 44100, True)
    done = events[-1]
    assert done["sha256"] == hashlib.sha256(film.read_bytes()).hexdigest()
    assert abs(done["duration_ms"] - 12_000) <= 50
    bucket, values = read_peaks(peaks)
    assert bucket == 20 and len(values) == -(-done["duration_ms"] // 20) and not any(values)
    assert os.listdir(tmp_path) == ["peaks"], "nothing else is left behind"


def test_the_waveform_is_that_of_the_sound(worker, tmp_path):
    sound, peaks = tmp_path / "steps.wav", tmp_path / "peaks"
    # 0.5 s of a tone at half of full scale, 0.35 s of nothing, 0.5 s at a quarter.
    ffmpeg("-f", "lavfi", "-i", "aevalsrc='(lt(t,0.5)*0.5+gt(t,0.85)*0.25)*sin(2*PI*200*t)':s=16000:d=1.35",
           "-c:a", "pcm_f32le", sound)
    assert worker.run("inspect", "steps", media=str(sound), peaks=str(peaks))[-1]["type"] == "done"
    bucket, values = read_peaks(peaks)
    assert bucket == 20 and len(values) == 68
    assert all(abs(v - 127) <= 2 for v in values[:25]) and not any(values[25:42]), values
    assert all(abs(v - 64) <= 2 for v in values[43:67]), values


def test_a_gap_in_the_timestamps_is_silence(worker, tmp_path):
    gap, peaks = tmp_path / "gap.mkv", tmp_path / "peaks"
    ffmpeg("-f", "lavfi", "-i", "sine=200:d=4", "-af", "asetpts='if(gte(T,2),PTS+3/TB,PTS)'", "-c:a", "flac", gap)
    done = worker.run("inspect", "gap", media=str(gap), peaks=str(peaks))[-1]
    assert done["type"] == "done" and abs(done["duration_ms"] - 7000) <= 150, done
    _, values = read_peaks(peaks)
    loud = [v > 10 for v in values]
    assert all(loud[5:90]) and not any(loud[120:240]) and all(loud[270:340]), values


def test_inspect_without_a_place_for_peaks_writes_nothing(worker, jfk, tmp_path):
    done = worker.run("inspect", "plain", media=str(jfk))[-1]
    assert done["type"] == "done" and done["sha256"] == hashlib.sha256(jfk.read_bytes()).hexdigest()


def test_peaks_in_a_folder_that_is_not_there(worker, jfk, tmp_path):
    failed = worker.run("inspect", "nowhere", media=str(jfk), peaks=str(tmp_path / "no" / "peaks"))[-1]
    check_failed(failed)
    is_alive(worker, jfk)


@pytest.fixture(scope="module")
def pictures(media_dir):
    """A film that begins black and has one key frame; the same turned as phones do; old television; nothing but black."""
    made = {name: media_dir / f"picture {name}" for name in ("film.mp4", "turned.mp4", "tv.ts", "black.mkv")}
    ffmpeg("-f", "lavfi", "-i", "color=black:s=1280x720:r=10:d=3[b];testsrc2=s=1280x720:r=10:d=9[t];[b][t]concat=n=2", "-f",
           "lavfi", "-i", "sine=d=12", "-c:v", "libx264", "-preset", "ultrafast", "-g", "999", "-c:a", "aac", made["film.mp4"])
    ffmpeg("-i", made["film.mp4"], "-c", "copy", "-metadata:s:v", "rotate=90", made["turned.mp4"])
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=720x576:r=25:d=4", "-f", "lavfi", "-i", "sine=d=4", "-vf", "setsar=16/11",
           "-c:v", "mpeg2video", "-c:a", "mp2", made["tv.ts"])
    ffmpeg("-f", "lavfi", "-i", "color=black:s=320x240:r=10:d=4", "-f", "lavfi", "-i", "sine=d=4", "-c:v", "libx264",
           "-c:a", "aac", made["black.mkv"])
    return made


def picture_of(worker, media, target):
    """Width, height and gray pixels of what the worker wrote; None: nothing."""
    done = worker.run("inspect", "picture", media=str(media), poster=str(target))[-1]
    assert done["type"] == "done", done
    if not target.exists():
        return None
    probed = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "stream=codec_name,width,height", "-of", "csv=p=0",
                             target], capture_output=True, check=True).stdout.decode().strip().split(",")
    assert probed[0] == "mjpeg"
    pixels = subprocess.run(["ffmpeg", "-v", "error", "-i", target, "-f", "rawvideo", "-pix_fmt", "gray", "-"],
                            capture_output=True, check=True).stdout
    return int(probed[1]), int(probed[2]), pixels


@pytest.mark.parametrize("name,size", [("film.mp4", (640, 360)), ("turned.mp4", (640, 1138)), ("tv.ts", (640, 352))])
def test_the_picture_shows_something_in_the_right_shape(worker, pictures, tmp_path, name, size):
    width, height, pixels = picture_of(worker, pictures[name], tmp_path / "poster.jpg")
    assert abs(width - size[0]) <= 2 and abs(height - size[1]) <= 8
    assert max(pixels) - min(pixels) > 150, "it is not black"
    assert os.listdir(tmp_path) == ["poster.jpg"], "nothing else is left behind"


def small_gray(*source):
    """Very small, so that details do not count."""
    return subprocess.run(["ffmpeg", "-v", "error", *source, "-vf", "scale=36:64:flags=area", "-f", "rawvideo", "-pix_fmt",
                           "gray", "-frames:v", "1", "-"], capture_output=True, check=True).stdout


def test_a_turned_film_has_an_upright_picture(worker, pictures, tmp_path):
    """As FFmpeg shows the film, which turns it as players do; the test picture is not the same upside down."""
    assert picture_of(worker, pictures["turned.mp4"], tmp_path / "turned.jpg")
    made = small_gray("-i", tmp_path / "turned.jpg")
    shown = small_gray("-ss", "6", "-i", pictures["turned.mp4"])
    assert len(made) == len(shown) == 36 * 64
    error = lambda other: sum(abs(a - b) for a, b in zip(made, other)) / len(made)
    assert error(shown) < 25 < error(shown[::-1]), (error(shown), error(shown[::-1]))


def test_nothing_to_see_is_no_picture(worker, pictures, jfk, tmp_path):
    assert picture_of(worker, pictures["black.mkv"], tmp_path / "black.jpg") is None
    assert picture_of(worker, jfk, tmp_path / "sound.jpg") is None


def test_the_cover_of_an_audio_file(worker, jfk, media_dir, tmp_path):
    picture, covered = media_dir / "cover of.png", media_dir / "covered.mp3"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=300x900", "-frames:v", "1", picture)
    ffmpeg("-i", jfk, "-i", picture, "-map", "0:a", "-map", "1:v", "-c:a", "copy", "-c:v", "png", "-disposition:v",
           "attached_pic", covered)
    width, height, pixels = picture_of(worker, covered, tmp_path / "poster.jpg")
    assert (width, height) == (300, 900) and max(pixels) - min(pixels) > 150


def test_a_film_that_cannot_be_decoded_still_has_its_sound(worker, pictures, tmp_path):
    data = bytearray(pictures["film.mp4"].read_bytes())
    at = data.index(b"avcC")
    data[at:at + 12] = b"avcC" + b"\0" * 8
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(data)
    done = worker.run("inspect", "broken", media=str(broken), poster=str(tmp_path / "poster.jpg"))[-1]
    assert done["type"] == "done" and done["duration_ms"] > 11_000, done
