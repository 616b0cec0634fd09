"""A real `zimu serve` with a real worker and the real model, for the tests in this folder."""

from __future__ import annotations

import os
import pathlib
import re
import signal
import subprocess
import threading
import time

import httpx
import psutil

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("ZIMU_BIN_DIR", ROOT / "build" / "dev" / "bin"))
MODELS = pathlib.Path(os.environ.get("ZIMU_TEST_MODEL_DIR", ROOT / "build" / "models"))
SAMPLES = ROOT / "build/whisper/source/node_modules/nodejs-whisper/cpp/whisper.cpp/samples"
START_SECONDS = 60


def base_environment() -> dict[str, str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith("ZIMU_")}
    env["NO_PROXY"] = env["no_proxy"] = "127.0.0.1,localhost"
    return env


class Server:
    """Starts on a free port; `restart` keeps the data folder. Everything it printed is in `log`."""

    def __init__(self, data: pathlib.Path, *, env: dict[str, str] | None = None, args: list[str] | None = None):
        self.data = data
        self.env = env or {}
        self.args = args or []
        self.process: subprocess.Popen | None = None
        self.url = ""
        self.log: list[str] = []

    def launch(self) -> subprocess.Popen:
        env = base_environment() | {
            "ZIMU_LISTEN": "127.0.0.1:0",
            "ZIMU_DATA_DIR": str(self.data),
            "ZIMU_MODEL_DIR": str(MODELS),
            "ZIMU_LOG_FORMAT": "text",
        } | self.env
        return subprocess.Popen(
            [BIN / "zimu", "serve", *self.args], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def start(self) -> "Server":
        self.process = self.launch()
        ready = threading.Event()

        def read(stream):
            for line in stream:
                self.log.append(line.rstrip("\n"))
                if found := re.search(r"Zimu is at (http://\S+)", line):
                    self.url = found[1]
                    ready.set()
            ready.set()

        threading.Thread(target=read, args=(self.process.stdout,), daemon=True).start()
        assert ready.wait(START_SECONDS) and self.url and self.process.poll() is None, "\n".join(self.log)
        return self

    def stop(self, seconds: float = 30) -> int:
        assert self.process
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("the server did not stop:\n" + "\n".join(self.log[-30:])) from None

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()
        self.url = ""

    def workers(self) -> list[psutil.Process]:
        try:
            children = psutil.Process(self.process.pid).children(recursive=True)
            return [c for c in children if "worker" in " ".join(c.cmdline())]
        except psutil.NoSuchProcess:
            return []

    def memory(self) -> int:
        return psutil.Process(self.process.pid).memory_info().rss

    def client(self, **options) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=options.pop("timeout", 120), trust_env=False, **options)

    # The few calls that nearly every test makes.
    def upload(self, path: pathlib.Path, name: str | None = None) -> dict:
        with self.client() as client, open(path, "rb") as file:
            answer = client.post("/api/v1/media", files={"file": (name or path.name, file)})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def create_job(self, media_id: str, **options) -> dict:
        with self.client() as client:
            answer = client.post("/api/v1/jobs", json={"media_id": media_id, **options})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def job(self, job_id: str) -> dict:
        with self.client() as client:
            answer = client.get(f"/api/v1/jobs/{job_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def wait_job(self, job_id: str, states=("done", "failed", "cancelled"), seconds: float = 300) -> dict:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            job = self.job(job_id)
            if job["state"] in states:
                return job
            time.sleep(0.1)
        raise AssertionError(f"job still {job['state']} at {job['stage']} {job['progress']}\n" + "\n".join(self.log[-40:]))

    def transcript(self, transcript_id: str) -> dict:
        with self.client() as client:
            answer = client.get(f"/api/v1/transcripts/{transcript_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def export(self, transcript_id: str, format: str) -> str:
        with self.client() as client:
            answer = client.get(f"/api/v1/transcripts/{transcript_id}/export", params={"format": format})
        assert answer.status_code == 200, answer.text
        return answer.text


def zimu(*args, input: bytes | None = None, env: dict[str, str] | None = None, cwd=None, timeout: float = 300):
    """Runs the command line; standard output and error stay apart."""
    return subprocess.run(
        [str(BIN / "zimu"), *map(str, args)], input=input, capture_output=True, cwd=cwd, timeout=timeout,
        env=base_environment() | {"ZIMU_MODEL_DIR": str(MODELS)} | (env or {}))
