"""Every worker against docs/formats/worker-protocol.md, spoken to on its pipes as the server does: `inspect`."""

import hashlib
import os

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
    assert bucket == 100 and len(values) == -(-done["duration_ms"] // 100) and not any(values)
    assert os.listdir(tmp_path) == ["peaks"], "nothing else is left behind"


def test_the_waveform_is_that_of_the_sound(worker, tmp_path):
    sound, peaks = tmp_path / "steps.wav", tmp_path / "peaks"
    # 0.5 s of a tone at half of full scale, 0.35 s of nothing, 0.5 s at a quarter.
    ffmpeg("-f", "lavfi", "-i", "aevalsrc='(lt(t,0.5)*0.5+gt(t,0.85)*0.25)*sin(2*PI*200*t)':s=16000:d=1.35",
           "-c:a", "pcm_f32le", sound)
    assert worker.run("inspect", "steps", media=str(sound), peaks=str(peaks))[-1]["type"] == "done"
    bucket, values = read_peaks(peaks)
    assert bucket == 100 and len(values) == 14
    assert all(abs(v - 127) <= 2 for v in values[:5]) and values[5:8] == [0, 0, 0], values
    assert all(abs(v - 64) <= 2 for v in values[8:14]), values


def test_a_gap_in_the_timestamps_is_silence(worker, tmp_path):
    gap, peaks = tmp_path / "gap.mkv", tmp_path / "peaks"
    ffmpeg("-f", "lavfi", "-i", "sine=200:d=4", "-af", "asetpts='if(gte(T,2),PTS+3/TB,PTS)'", "-c:a", "flac", gap)
    done = worker.run("inspect", "gap", media=str(gap), peaks=str(peaks))[-1]
    assert done["type"] == "done" and abs(done["duration_ms"] - 7000) <= 150, done
    _, values = read_peaks(peaks)
    loud = [v > 10 for v in values]
    assert all(loud[1:18]) and not any(loud[24:48]) and all(loud[54:68]), values


def test_inspect_without_a_place_for_peaks_writes_nothing(worker, jfk, tmp_path):
    done = worker.run("inspect", "plain", media=str(jfk))[-1]
    assert done["type"] == "done" and done["sha256"] == hashlib.sha256(jfk.read_bytes()).hexdigest()


def test_peaks_in_a_folder_that_is_not_there(worker, jfk, tmp_path):
    failed = worker.run("inspect", "nowhere", media=str(jfk), peaks=str(tmp_path / "no" / "peaks"))[-1]
    check_failed(failed)
    is_alive(worker, jfk)
