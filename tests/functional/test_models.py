"""Models over the API: a real `zimu serve` fetches a real model's weights from a hub on this machine."""

import json
import os
import shutil
import subprocess
import threading
import time

import pytest

from model_hub import Hub
from zimu_server import MODELS, ROOT, Server, base_environment

WEIGHTS = ROOT / "build/models-src/base"
# The one of the catalogue without a pinned hash: a hub of ours may say what it holds.
MODEL, REPO = "distil-large-v2", "Systran/faster-distil-whisper-large-v2"


@pytest.fixture(scope="session", autouse=True)
def weights():
    subprocess.run([ROOT / "tools/fetch_base_source.sh"], check=True)


@pytest.fixture
def hub():
    with Hub({REPO: WEIGHTS, "Systran/faster-whisper-small": WEIGHTS}) as running:
        yield running


@pytest.fixture
def models(tmp_path):
    """A folder of its own: models are removed from it. The default is there."""
    folder = tmp_path / "models"
    folder.mkdir()
    for name in ("ggml-base.bin", "ggml-base.json"):
        os.symlink(MODELS / name, folder / name)
    return folder


@pytest.fixture
def start(tmp_path, models, hub):
    running = []

    def begin(**env):
        server = Server(tmp_path / "data", env={"ZIMU_MODEL_DIR": str(models), "HF_ENDPOINT": hub.url,
                                                "ZIMU_MODEL_IDLE_SECONDS": "2"} | env).start()
        running.append(server)
        return server

    yield begin
    for server in running:
        assert server.stop() == 0, "\n".join(server.log[-40:])
        bad = [line for line in server.log if "Sanitizer" in line or "runtime error" in line]
        assert not bad, "\n".join(bad)


def pullable(client, name=MODEL) -> dict:
    return next(m for m in client.get("/api/v1/models").json()["pullable"] if m["name"] == name)


def wait_state(client, state, name=MODEL, seconds=120) -> dict:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        model = pullable(client, name)
        if model["state"] == state:
            return model
        time.sleep(0.1)
    raise AssertionError(f"{name} is still {model}")


def wait_until(done, seconds=60):
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.05)


class Listener:
    """The `model` events of the stream, from now on."""

    def __init__(self, server):
        self.events: list[dict] = []
        self._client = server.client(timeout=None)
        opened = threading.Event()
        threading.Thread(target=self._read, args=(opened,), daemon=True).start()
        assert opened.wait(20)

    def _read(self, opened):
        try:
            with self._client.stream("GET", "/api/v1/events") as stream:
                name = ""
                for line in stream.iter_lines():
                    opened.set()
                    if line.startswith("event: "):
                        name = line.removeprefix("event: ")
                    elif line.startswith("data: ") and name == "model":
                        self.events.append(json.loads(line.removeprefix("data: ")))
        except Exception:  # noqa: BLE001 - the server ends it
            pass


def test_list_says_what_is_here_and_what_can_be_had(start, hub):
    server = start()
    with server.client() as client:
        answer = client.get("/api/v1/models").json()
        assert answer["default"] == "base" and answer["offline"] is False
        assert [(m["name"], m["default"], m["multilingual"]) for m in answer["items"]] == [("base", True, True)]
        by_name = {m["name"]: m for m in answer["pullable"]}
        assert by_name["base"]["state"] == "installed"
        assert by_name["large-v3"]["state"] == "available" and by_name["large-v3"]["size_bytes"] > 3e9
        assert client.post("/api/v1/models/base/pull").status_code == 409
        unknown = client.post("/api/v1/models/no-such-model/pull")
        assert unknown.status_code == 404 and unknown.json()["action"]
        assert client.delete("/api/v1/models/small/pull").status_code == 404
        assert client.delete("/api/v1/models/small").status_code == 404
        storage = client.get("/api/v1/system").json()["storage"]
        assert storage["models_bytes"] > 1e8 and storage["database_bytes"] > 0 and storage["free_bytes"] > 0
    assert not hub.requests, "nobody was asked"


def test_pull_over_a_broken_connection_then_use_then_remove(start, hub, jfk, models):
    server = start()
    hub.cuts = 2
    with server.client() as client:
        media = server.upload(jfk)
        missing = server.wait_job(server.create_job(media["id"], model=MODEL)["id"])
        assert missing["state"] == "failed" and missing["failure"]["code"] == "model_missing"
        assert MODEL in missing["failure"]["action"] and not hub.requests

        listener = Listener(server)
        accepted = client.post(f"/api/v1/models/{MODEL}/pull")
        assert accepted.status_code == 202 and accepted.json()["state"] in ("waiting", "pulling")
        again = client.post(f"/api/v1/models/{MODEL}/pull")
        assert again.status_code == 202, "asking twice is no error"
        wait_state(client, "installed")
        size = (WEIGHTS / "model.bin").stat().st_size
        assert hub.ranges() == [0, size // 2, size // 2 + (size - size // 2) // 2]
        wait_until(lambda: any(e["state"] == "installed" for e in listener.events))
        states = [e["state"] for e in listener.events if e["name"] == MODEL]
        assert states[0] == "waiting" and states[-1] == "installed" and states.count("pulling") > 1
        shares = [e["progress"] for e in listener.events]
        assert shares == sorted(shares) and shares[-1] == 1 and any(0 < s < 1 for s in shares)

        # The very job that failed now works.
        assert client.post(f"/api/v1/jobs/{missing['id']}/retry").status_code == 200
        done = server.wait_job(missing["id"])
        assert done["state"] == "done", done["failure"]
        assert "ask not what your country" in server.export(missing["transcript_id"], "txt").lower()

        # The worker that did it holds the model until it has been idle for long enough.
        worker = next(w for w in client.get("/api/v1/system").json()["workers"] if w["kind"] == "transcribe")
        if worker["model"] == MODEL:
            assert worker["device"] and worker["memory_bytes"] > 1e8
            refused = client.delete(f"/api/v1/models/{MODEL}")
            assert refused.status_code in (200, 409)  # it may let go between the two
            if refused.status_code == 409:
                assert "a worker holds it in memory" in refused.json()["detail"]
        wait_until(lambda: client.delete(f"/api/v1/models/{MODEL}").status_code in (200, 404), 30)
        assert pullable(client)["state"] == "available"
        wait_until(lambda: listener.events[-1]["state"] == "available")
    assert not (models / f"ggml-{MODEL}.bin").exists() and not (models / f"ggml-{MODEL}.json").exists()


def test_a_running_job_keeps_its_model(start, models, ten_windows):
    server = start()
    with server.client() as client:
        job = server.create_job(server.upload(ten_windows)["id"])
        server.wait_job(job["id"], states=("running",))
        refused = client.delete("/api/v1/models/base")
        assert refused.status_code == 409 and "a job that runs now uses it" in refused.json()["detail"]
        assert client.get("/api/v1/models").json()["items"][0]["in_use"] is True
        assert (models / "ggml-base.bin").exists()
        client.post(f"/api/v1/jobs/{job['id']}/cancel")
        server.wait_job(job["id"])
        answers = []
        wait_until(lambda: answers.append(client.delete("/api/v1/models/base")) or answers[-1].status_code == 200, 30)
        assert "base is the default model" in answers[-1].json()["warning"]
    assert not (models / "ggml-base.bin").exists() and (MODELS / "ggml-base.bin").exists()


def test_cancel_drops_what_has_come(start, hub, models):
    server = start()
    hub.hold_at = 40 << 20
    with server.client() as client:
        client.post(f"/api/v1/models/{MODEL}/pull")
        client.post("/api/v1/models/medium/pull")
        wait_until(lambda: pullable(client)["done_bytes"] >= 30 << 20)
        model = pullable(client)
        assert model["state"] == "pulling" and 0 < model["progress"] < 1 and model["total_bytes"] > model["done_bytes"]
        assert pullable(client, "medium")["state"] == "waiting", "one at a time"
        assert client.delete("/api/v1/models/medium/pull").status_code == 204
        assert pullable(client, "medium")["state"] == "available"
        assert client.delete(f"/api/v1/models/{MODEL}/pull").status_code == 204
        wait_state(client, "available", seconds=20)
    assert not (models / ".downloads" / MODEL).exists()


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_goes_on_after_a_restart(start, hub, end):
    server = start()
    hub.hold_at = 40 << 20
    with server.client() as client:
        client.post(f"/api/v1/models/{MODEL}/pull")
        wait_until(lambda: pullable(client)["done_bytes"] >= 30 << 20)
    getattr(server, end)()
    hub.hold_at = None
    hub.go.set()
    server.start()
    with server.client() as client:
        wait_state(client, "installed")
        assert MODEL in [m["name"] for m in client.get("/api/v1/models").json()["items"]]
    assert len(hub.ranges()) == 2 and hub.ranges()[1] >= 30 << 20, "from the byte where it was"


def test_a_wrong_hash_installs_nothing_and_says_so(start, hub, models):
    server = start()
    hub.told_hash = "a" * 64
    with server.client() as client:
        client.post("/api/v1/models/small/pull")
        failure = wait_state(client, "failed", "small")["failure"]
        assert failure["code"] == "model_invalid" and "SHA-256" in failure["message"] and failure["action"]
        assert client.delete("/api/v1/models/small/pull").status_code == 204
        assert pullable(client, "small")["state"] == "available"
    assert not (models / "ggml-small.bin").exists()


def test_offline_asks_nobody(start, hub):
    server = start(HF_HUB_OFFLINE="1")
    with server.client() as client:
        refused = client.post(f"/api/v1/models/{MODEL}/pull")
        assert refused.status_code == 409 and "HF_HUB_OFFLINE" in refused.json()["detail"] and refused.json()["action"]
        assert client.get("/api/v1/models").json()["offline"] is True
    assert not hub.requests


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a tmpfs needs root")
def test_a_full_disk_is_named(start, hub, models):
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", models], check=False)
    if mounted.returncode != 0:
        pytest.skip("no permission to mount")
    try:
        for name in ("ggml-base.bin", "ggml-base.json"):
            os.symlink(MODELS / name, models / name)
        server = start()
        with server.client() as client:
            client.post(f"/api/v1/models/{MODEL}/pull")
            failure = wait_state(client, "failed")["failure"]
            assert failure["code"] == "no_space" and failure["action"], failure
        server.stop()
    finally:
        subprocess.run(["umount", "-l", models], check=True)


@pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed")
def test_page_end_to_end(start, hub, jfk, tmp_path):
    """web/tests/e2e/system.spec.ts in a real browser."""
    hub.pace = 0.05
    server = start()
    media = server.upload(jfk)
    assert server.wait_job(server.create_job(media["id"], model=MODEL)["id"])["state"] == "failed"
    shots = os.environ.get("ZIMU_TEST_SHOTS", str(tmp_path / "shots"))
    ran = subprocess.run(
        [ROOT / "tools/node.sh", "npm", "run", "--silent", "e2e", "--", "system.spec.ts"], cwd=ROOT / "web",
        capture_output=True, text=True, timeout=540, check=False,
        env=base_environment() | {"ZIMU_URL": server.url, "ZIMU_MODEL": MODEL, "ZIMU_NO_MODEL": "medium",
                                  "ZIMU_SHOTS": shots, "PWTEST_CACHE_DIR": str(tmp_path / "cache")})
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
