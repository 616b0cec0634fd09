"""`zimu transcribe` on what people have: every container, odd streams, standard input and output."""

import json
import re
import signal
import subprocess
import time

import pytest

from conftest import ffmpeg
from zimu_server import BIN, MODELS, base_environment, zimu

WORDS = "ask not what your country can do for you"


def plain(text: str) -> str:
    return re.sub(r"[^a-z ]", "", re.sub(r"\s+", " ", text.lower()))


@pytest.fixture(scope="module")
def files(media_dir, jfk):
    made = {}

    def make(name, *args):
        made[name] = media_dir / name
        ffmpeg(*args, made[name])

    make("a.wav", "-i", jfk, "-ar", "16000", "-ac", "1")
    make("b.m4a", "-i", jfk, "-c:a", "aac")
    make("c.ogg", "-i", jfk, "-c:a", "libvorbis")
    make("d.mkv", "-f", "lavfi", "-i", "sine=frequency=300:duration=11", "-i", jfk, "-map", "0:a", "-map", "1:a",
         "-c:a", "aac", "-disposition:a:0", "0", "-disposition:a:1", "default")
    make("e.mp4", "-f", "lavfi", "-i", "testsrc=size=160x120:rate=10:duration=13", "-itsoffset", "1.5", "-i", jfk,
         "-map", "0:v", "-map", "1:a", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac")
    make("f51.wav", "-i", jfk, "-ar", "44100", "-af", "pan=5.1|FL=0*c0|FR=0*c0|FC=c0|LFE=0*c0|BL=0*c0|BR=0*c0")
    made["noextension"] = media_dir / "noextension"
    made["noextension"].write_bytes(jfk.read_bytes())
    made["jfk.mp3"] = jfk
    return made


def test_every_container_in_one_run(files, tmp_path):
    ran = zimu("transcribe", *files.values(), "--format", "srt,json", "-o", tmp_path)
    assert ran.returncode == 0, ran.stderr.decode()
    for name in files:
        stem = name.split(".")[0]
        srt, data = (tmp_path / f"{stem}.srt").read_text(), json.loads((tmp_path / f"{stem}.json").read_text())
        assert WORDS in plain(re.sub(r"\d+\n[\d:,]+ --> [\d:,]+\n", "", srt)), name
        assert data["segments"], name
    late = json.loads((tmp_path / "e.json").read_text())["segments"]
    plainly = json.loads((tmp_path / "a.json").read_text())["segments"]
    shift = late[0]["start_ms"] - plainly[0]["start_ms"]
    assert 1000 <= shift <= 2000, "audio that starts 1.5 s late is 1.5 s later"
    assert not list(tmp_path.glob("*.part"))


def test_standard_input_and_output(jfk):
    ran = zimu("transcribe", "-", "-o", "-", "--format", "txt", input=jfk.read_bytes())
    assert ran.returncode == 0 and WORDS in plain(ran.stdout.decode()), ran.stderr


def test_json_line_says_what_it_cost(jfk, tmp_path):
    ran = zimu("transcribe", jfk, "--json", "--format", "json", "-o", tmp_path)
    assert ran.returncode == 0, ran.stderr.decode()
    line, document = json.loads(ran.stdout), json.loads((tmp_path / "jfk.json").read_text())
    assert line["file"] == str(jfk) and line["outputs"] == [str(tmp_path / "jfk.json")]
    assert line["segments"] == len(document["segments"]) and line["duration_ms"] == document["duration_ms"]
    assert line["windows"] == 1 and line["retried_windows"] == 0 and line["coverage"] > 0.9
    assert line["device"] == "cpu" and {"decode", "encode", "sample"} <= line["timings_ms"].keys()
    assert line["timings_ms"]["encode"] > 0


def test_chosen_audio_stream(files, tmp_path):
    ran = zimu("transcribe", files["d.mkv"], "--audio-stream", "0", "--format", "txt", "-o", "-")
    assert ran.returncode == 0 and WORDS not in plain(ran.stdout.decode())


@pytest.mark.parametrize("args,code", [
    (["transcribe", "/nowhere/x.mp3"], 66),
    (["transcribe"], 64),
    (["transcribe", "x", "--format", "docx"], 64),
    (["transcribe", "x", "--model", "none-such"], 69),
    (["nonsense"], 64),
])
def test_exit_codes(args, code):
    ran = zimu(*args)
    assert ran.returncode == code and ran.stderr, ran


def test_not_media_is_65_and_the_others_go_on(files, tmp_path):
    junk = tmp_path / "junk.mp3"
    junk.write_bytes(b"no recording" * 100)
    ran = zimu("transcribe", junk, files["a.wav"], "-o", tmp_path / "out")
    assert ran.returncode == 65 and b"junk.mp3" in ran.stderr
    assert (tmp_path / "out" / "a.srt").exists() and not (tmp_path / "out" / "junk.srt").exists()


def test_interrupt_leaves_nothing(ten_windows, tmp_path):
    process = subprocess.Popen([BIN / "zimu", "transcribe", ten_windows, "-o", tmp_path], stderr=subprocess.PIPE,
                               env=base_environment() | {"ZIMU_MODEL_DIR": str(MODELS)})
    time.sleep(4)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    assert not list(tmp_path.iterdir())


def test_unknown_setting_is_named(jfk):
    ran = zimu("transcribe", jfk, env={"ZIMU_MODLE": "base"})
    assert ran.returncode == 64 and b"ZIMU_MODEL" in ran.stderr


def test_version_doctor_and_help():
    assert zimu("version").stdout.startswith(b"zimu ")
    checks = json.loads(zimu("doctor", "--json").stdout)
    assert {c["name"] for c in checks["checks"]} == {"ids", "data", "models", "ffmpeg", "gpu", "ollama", "platform"}
    assert all(c["action"] for c in checks["checks"] if c["verdict"] != "good")
    for command in ("serve", "transcribe", "doctor", "models", "jobs", "export", "migrate", "backup", "restore", "user"):
        assert zimu(command, "--help").returncode == 0, command


def test_exports_are_read_by_ffmpeg(files, tmp_path):
    assert zimu("transcribe", files["a.wav"], "--format", "srt,vtt,ass,lrc", "--words", "-o", tmp_path).returncode == 0
    for extension in ("srt", "vtt", "ass", "lrc"):
        probed = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "stream=codec_type", "-of", "csv=p=0",
                                 tmp_path / f"a.{extension}"], capture_output=True, text=True, check=True)
        assert "subtitle" in probed.stdout, extension
