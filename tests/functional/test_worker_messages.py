"""Every worker against docs/formats/worker-protocol.md, spoken to on its pipes as the server does: failures,
and requests that are not quite right. The section of the page that a test holds is in brackets."""

import json
import os

import pytest

from conftest import ffmpeg
from worker_client import MAX_LINE_BYTES, Ended
from worker_commands import MODEL
from worker_fixtures import *  # noqa: F403
from worker_rules import check_failed


# --- failed [5]

def bad_files(folder):
    (folder / "text.mp4").write_text("This is a letter, not a film.\n" * 100)
    (folder / "empty.mp3").touch()
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=64x64:rate=5:duration=1", "-c:v", "mpeg4", folder / "mute.mp4")
    (folder / "list.m3u8").write_text("#EXTM3U\n#EXTINF:10,\n/etc/passwd\n#EXT-X-ENDLIST\n")
    (folder / "folder.mp3").mkdir()
    return {"text.mp4": {"bad_media"}, "empty.mp3": {"bad_media"}, "mute.mp4": {"bad_media"},
            "list.m3u8": {"bad_media"}, "absent.mp3": {"not_found"}, "folder.mp3": {"bad_media", "io"}}


@pytest.mark.parametrize("type_", ["inspect", "transcribe"])
def test_unreadable_files(worker, tmp_path, type_, jfk):
    for name, codes in bad_files(tmp_path).items():
        path = str(tmp_path / name)
        failed = worker.run(type_, "bad", media=path, **({"model": str(MODEL)} if type_ == "transcribe" else {}))[-1]
        check_failed(failed)
        assert failed["code"] in codes and name in failed["message"], failed
    is_alive(worker, jfk)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_must_not_be_read(worker, tmp_path, jfk):
    secret = tmp_path / "secret.mp3"
    secret.write_bytes(jfk.read_bytes())
    secret.chmod(0)
    assert worker.run("inspect", "secret", media=str(secret))[-1]["code"] == "permission"


def test_models_that_cannot_be_used(worker, jfk, tmp_path):
    whole = MODEL.read_bytes()
    cases = {"absent.bin": (None, "model_missing"), "text.bin": (b"not a model" * 1000, "model_invalid"),
             "empty.bin": (b"", "model_invalid"), "cut.bin": (whole[: len(whole) // 2], "model_invalid"),
             "short.bin": (whole[:-1], "model_invalid")}
    for name, (content, code) in cases.items():
        if content is not None:
            (tmp_path / name).write_bytes(content)
        _, failed = transcribe(worker, jfk, model=tmp_path / name)
        check_failed(failed)
        assert failed["code"] == code and name in failed["message"], failed
    rules, done = transcribe(worker, jfk)
    assert done["type"] == "done" and SENTENCE in rules.text, "a good job after bad ones"


def test_options_that_make_no_sense(worker, jfk):
    for options, codes in (({"language": "tlh"}, {"invalid_argument"}),
                           ({"audio_stream": 7}, {"bad_media", "invalid_argument"})):
        _, failed = transcribe(worker, jfk, **options)
        check_failed(failed)
        assert failed["code"] in codes, failed


def test_cuda_where_there_is_none(fresh, jfk):
    if "cuda" in fresh.event()["devices"]:
        pytest.skip("this machine has a GPU")
    _, failed = transcribe(fresh, jfk, device="cuda")
    assert (failed["code"], failed["retryable"]) == ("unavailable", True)


# --- requests that are not quite right [2]

def test_what_cannot_be_read_is_logged_and_ignored(fresh, jfk):
    fresh.event()
    path = json.dumps(str(jfk)).encode()
    bad = [
        b"garbage", b"{", b"[]", b"17", b"{}", b'{"type": 3}', b'{"type": "weather", "job": "x"}',
        b'\xef\xbb\xbf{"type": "inspect", "job": "x", "media": ' + path + b"}",
        b'{"type": "inspect", "job": "\xff", "media": ' + path + b"}",
        b'{"type": "inspect", "job": "\\ud800", "media": ' + path + b"}",
        b'{"type": "inspect", "media": ' + path + b"}",
        b'{"type": "inspect", "job": null, "media": ' + path + b"}",
        b'{"type": "inspect", "job": 7, "media": ' + path + b"}",
        b'{"type": "inspect", "job": "x", "media": ' + path + b', "peaks": false}',
        b'{"type": "inspect", "job": "x", "media": ' + path + b', "poster": 7}',
        b'{"type": "inspect", "job": "x", "media": ' + path + b"} trailing",
        b'{"type": "transcribe", "job": "x", "media": ' + path + b"}",
        b"[" * 100_000,
        b'{"type": "inspect", "job": "x", "media": ' + path + b', "deep": ' + b"[" * 20 + b"]" * 20 + b"}",
    ]
    head = b'{"type": "transcribe", "job": "x", "media": ' + path + b', "model": "/m"'
    for field in (b'"threads": 1.0', b'"threads": 1e3', b'"threads": "2"', b'"words": 1', b'"language": 5',
                  b'"threads": 4294967296', b'"temperature": "0"', b'"temperature": 1e999', b'"temperature": NaN',
                  b'"beam_size": 1.5', b'"languages": "en"', b'"languages": [1]'):
        bad.append(head + b', "options": {' + field + b"}}")
    for field in (b'"at_ms": -1', b'"next_window": 1099511627777'):
        bad.append(head + b', "resume": {' + field + b"}}")
    bad.append(head + b', "resume": []}')
    fresh.send_raw(b"\n".join(bad) + b"\n")
    is_alive(fresh, jfk)  # the first event after hello is of this job
    fresh.close_requests()
    assert fresh.wait() == 0
    assert len(fresh.log) >= len(bad), "\n".join(fresh.log)


def test_what_must_be_tolerated(fresh, jfk, tmp_path):
    fresh.event()
    path = json.dumps(str(jfk)).encode()
    fresh.send_raw(b'\n\r\n{"type": "inspect", "extra": [{"deep": [1.5e-3, null]}], "peaks": null, "job": "no", '
                   b'"job": "crlf", "media": ' + path + b', "v": "two"}\r\n')
    assert fresh.rest("crlf")[-1]["type"] == "done"
    one = b'{"\\u0074ype":"inspect","job":"p\\u00fc\\ud83d\\ude00","media":' + path + b"}\n"
    for at in range(len(one)):
        fresh.send_raw(one[at:at + 1])
    assert fresh.rest("pü😀")[-1]["type"] == "done"
    fresh.send_raw(b'{"type": "transcribe", "job": "nulls", "media": ' + path + b', "model": ' + json.dumps(
        str(tmp_path / "none.bin")).encode() + b', "options": {"language": null, "threads": null, "unknown": {}, '
        b'"temperature": 0e0}, "resume": null}\n')
    assert fresh.rest("nulls")[-1]["code"] == "model_missing"


def test_the_longest_line_is_read_and_a_longer_one_ends_it(fresh, jfk):
    fresh.event()

    def line(job, size):
        head = json.dumps({"type": "inspect", "job": job, "media": str(jfk)})[:-1] + ', "pad": "'
        return (head + "x" * (size - len(head) - 2) + '"}').encode()

    fresh.send_raw(line("longest", MAX_LINE_BYTES) + b"\n")
    assert fresh.rest("longest")[-1]["type"] == "done"
    try:
        fresh.send_raw(line("longer", MAX_LINE_BYTES + 1) + b"\n")
        fresh.send("inspect", job="after", media=str(jfk))
    except BrokenPipeError:
        pass
    with pytest.raises(Ended):
        fresh.event()
