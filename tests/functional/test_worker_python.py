"""The worker in Python: chosen for the real server, and what it makes of model files."""

import json
import os
import pathlib
import re
import subprocess
import sys
import time

import pytest

from worker_client import Worker
from worker_commands import MODEL, PYTHON_WORKER, command_of, python_with_packages, worker_environment
from worker_fixtures import SENTENCE, three_times  # noqa: F401 (a fixture)
from worker_rules import JobRules, check_hello
from zimu_server import Server


@pytest.fixture(scope="module")
def command():
    return command_of("python")


@pytest.fixture
def start(command, tmp_path):
    """Starts workers with a cache folder of this test's own."""
    workers = []

    def start_one(**env) -> Worker:
        worker = Worker(command, worker_environment() | {"XDG_CACHE_HOME": str(tmp_path / "cache")} | env)
        workers.append(worker)
        check_hello(worker.event(), worker.pid)
        return worker

    yield start_one
    for worker in workers:
        worker.stop()


@pytest.fixture
def models(tmp_path) -> pathlib.Path:
    """A folder with the model, and nothing converted yet."""
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "ggml-base.bin").symlink_to(MODEL)
    return folder


def hear(worker: Worker, model: pathlib.Path, media: pathlib.Path, **options) -> str:
    events = worker.run("transcribe", "j", media=str(media), model=str(model), options={"language": "en", **options})
    rules = JobRules().feed(events)
    assert events[-1]["type"] == "done", events[-1]
    return rules.text


def conversions(worker: Worker) -> int:
    worker.close_requests()
    assert worker.wait() == 0
    return len([line for line in worker.log if "converting" in line])


# --- with the server

@pytest.fixture(scope="module")
def served(command, tmp_path_factory):
    chosen = " ".join(f'"{part}"' for part in command)
    server = Server(tmp_path_factory.mktemp("data"), env={"ZIMU_WORKER_COMMAND": chosen}).start()
    yield server
    assert server.stop() == 0, "\n".join(server.log[-40:])


def test_the_server_takes_it(served, jfk):
    media = served.upload(jfk)
    job = served.wait_job(served.create_job(media["id"], words=True)["id"])
    assert job["state"] == "done", job
    command_lines = [" ".join(worker.cmdline()) for worker in served.workers()]
    assert any(str(PYTHON_WORKER) in line for line in command_lines), command_lines
    srt = served.export(job["transcript_id"], "srt")
    assert re.match(r"1\r?\n00:00:0\d,\d{3} --> 00:00:\d\d,\d{3}\r?\n", srt), srt
    assert SENTENCE in " ".join(line for line in srt.splitlines() if "-->" not in line and not line.isdigit())
    segments = served.transcript(job["transcript_id"])["segments"]
    assert all(segment["words"] for segment in segments)
    with served.client() as client:
        media = client.get(f"/api/v1/media/{media['id']}").json()
    assert media["duration_ms"] == 11_000 and media["sha256"], media


def test_killed_in_the_middle_it_goes_on_to_the_same_text(served, three_times):
    media = served.upload(three_times)

    def texts(job):
        return [(s["start_ms"], s["end_ms"], s["text"]) for s in served.transcript(job["transcript_id"])["segments"]]

    undisturbed = served.wait_job(served.create_job(media["id"], language="en")["id"])
    assert undisturbed["state"] == "done"
    job = served.create_job(media["id"], language="en")
    while not texts(job):
        assert served.job(job["id"])["state"] in ("queued", "running")
        time.sleep(0.05)
    for worker in served.workers():
        worker.kill()
    ended = served.wait_job(job["id"])
    assert ended["state"] == "done" and texts(ended) == texts(undisturbed), ended


# --- models

def test_a_ggml_model_is_converted_once_beside_it(start, models, jfk):
    model = models / "ggml-base.bin"
    first = start()
    assert SENTENCE in hear(first, model, jfk)
    entries = list((models / ".ct2").iterdir())
    assert [re.sub("[0-9a-f]{16}", "#", e.name) for e in entries] == ["ggml-base-#"], "nothing half-made is left"
    assert {"model.bin", "config.json", "vocabulary.json", "tokenizer.json"} <= {f.name for f in entries[0].iterdir()}
    assert conversions(first) == 1
    second = start()
    assert SENTENCE in hear(second, model, jfk)
    assert conversions(second) == 0

    (entries[0] / "model.bin").write_bytes(b"damaged")
    third = start()
    assert SENTENCE in hear(third, model, jfk), "a damaged copy is made anew"
    assert conversions(third) == 1

    fourth = start()
    assert SENTENCE in hear(fourth, entries[0], jfk), "the folder is a model itself"
    assert conversions(fourth) == 0


def test_without_a_place_beside_the_model_the_cache_folder_is_taken(start, models, tmp_path, jfk):
    (models / ".ct2").write_text("in the way")
    worker = start()
    assert SENTENCE in hear(worker, models / "ggml-base.bin", jfk)
    assert [e.name[:10] for e in (tmp_path / "cache/zimu/ct2").iterdir()] == ["ggml-base-"]


def test_converted_models_do_not_pile_up(start, models, jfk):
    place = models / ".ct2"
    for name in ("ggml-gone-0", "ggml-changed-0", ".work-old", "ggml-strange-0"):
        (place / name).mkdir(parents=True)
    (place / "ggml-gone-0/source.json").write_text(json.dumps({"path": str(models / "gone.bin")}))
    (place / "ggml-changed-0/source.json").write_text(json.dumps({"path": str(models / "ggml-base.bin"), "bytes": 1}))
    os.utime(place / ".work-old", (1, 1))
    hear(start(), models / "ggml-base.bin", jfk)
    assert [e.name[:10] for e in place.iterdir()] == ["ggml-base-"]


@pytest.mark.parametrize("kind", ["q5_0", "q5_1", "q8_0"])
def test_quantized_models(start, tmp_path, jfk, kind):
    model = tmp_path / f"ggml-base-{kind}.bin"
    script = pathlib.Path(__file__).with_name("worker_quantize.py")
    subprocess.run([python_with_packages(), script, MODEL, model, kind], check=True)
    assert SENTENCE in hear(start(), model, jfk)


def test_a_model_of_a_type_that_it_cannot_read(start, tmp_path, jfk):
    data = bytearray(MODEL.read_bytes())
    at = data.index(b"encoder.positional_embedding") - 12  # the type, before two extents
    data[at:at + 4] = (14).to_bytes(4, "little")  # q6_k
    model = tmp_path / "ggml-odd.bin"
    model.write_bytes(data)
    failed = start().run("transcribe", "j", media=str(jfk), model=str(model))[-1]
    assert failed["code"] == "model_invalid" and "type 14" in failed["message"], failed


def test_a_folder_that_is_no_model(start, tmp_path, jfk):
    failed = start().run("transcribe", "j", media=str(jfk), model=str(tmp_path))[-1]
    assert failed["code"] == "model_invalid" and "model.bin" in failed["message"], failed


# --- what people see when it cannot start

def test_missing_packages_are_named(tmp_path):
    worker = Worker([sys.executable, "-S", str(PYTHON_WORKER)], worker_environment())
    try:
        assert worker.wait() == 69
        assert any("requirements.txt" in line for line in worker.log), worker.log
    finally:
        worker.stop()


def test_started_by_hand(command):
    ended = subprocess.run(command, capture_output=True, text=True, close_fds=True)
    assert ended.returncode == 64 and "started by zimu" in ended.stderr
