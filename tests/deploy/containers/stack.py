"""Zimu's compose project in a folder of its own, as a user has it after a clone."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import socket
import subprocess
import time

import httpx

ROOT = pathlib.Path(__file__).resolve().parents[3]
COMPOSE = os.environ.get("ZIMU_COMPOSE", "").split() or ["docker", "compose"]
JOB_SECONDS = 300


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def checkout(folder: pathlib.Path) -> None:
    """What a clone would hold: tracked files, and new ones that are not ignored."""
    names = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True,
                           capture_output=True).stdout.split(b"\0")
    for name in {n.decode() for n in names if n}:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


class Stack:
    def __init__(self, folder: pathlib.Path, host: str, env: dict[str, str]):
        self.folder, self.host = folder, host
        self.port = free_port()
        self.env = {"ZIMU_PORT": str(self.port), "ZIMU_SUBNET": "172.30.251.0/24", **env}
        self.url = f"http://127.0.0.1:{self.port}"
        self.write_env()

    def write_env(self, **more: str) -> None:
        self.env |= more
        (self.folder / ".env").write_text("".join(f"{k}={v}\n" for k, v in self.env.items()))

    def run(self, *command: str, check: bool = True, **options) -> subprocess.CompletedProcess:
        env = {k: v for k, v in os.environ.items() if not k.startswith(("ZIMU_", "COMPOSE_", "OLLAMA_", "HF_"))}
        env |= {"DOCKER_HOST": self.host, "DOCKER_BUILDKIT": "1"}
        result = subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                                **options)
        if check:
            assert result.returncode == 0, f"{' '.join(command)}\n{result.stdout[-4000:]}\n{result.stderr[-6000:]}"
        return result

    def compose(self, *arguments: str, **options) -> subprocess.CompletedProcess:
        return self.run(*COMPOSE, *arguments, **options)

    def docker(self, *arguments: str, **options) -> subprocess.CompletedProcess:
        return self.run("docker", *arguments, **options)

    def up(self, *arguments: str) -> None:
        result = self.compose("up", "-d", "--wait", *arguments, check=False)
        assert result.returncode == 0, result.stderr[-3000:] + self.logs()[-4000:]

    def logs(self, service: str = "") -> str:
        return self.compose("logs", "--no-color", *([service] if service else []), check=False).stdout

    def exec(self, service: str, *command: str, **options) -> subprocess.CompletedProcess:
        return self.compose("exec", "-T", service, *command, **options)

    def container(self, service: str) -> str:
        return self.compose("ps", "-q", service).stdout.strip()

    def inspect(self, service: str) -> dict:
        return json.loads(self.docker("inspect", self.container(service)).stdout)[0]

    def doctor(self) -> dict[str, dict]:
        answer = self.exec("server", "zimu", "doctor", "--json", check=False)
        return {check["name"]: check for check in json.loads(answer.stdout)["checks"]}

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=120, trust_env=False)

    def transcribe(self, path: pathlib.Path) -> str:
        """Uploads through nginx, waits, and gives the SRT."""
        with self.client() as client, open(path, "rb") as file:
            answer = client.post("/api/v1/media", files={"file": (path.name, file)})
            assert answer.status_code == 201, answer.text
            answer = client.post("/api/v1/jobs", json={"media_id": answer.json()["id"]})
            assert answer.status_code == 201, answer.text
            job = self.wait_job(client, answer.json()["id"])
            assert job["state"] == "done", job
            return self.srt(client, job["transcript_id"])

    def wait_job(self, client: httpx.Client, job_id: str, states=("done", "failed", "cancelled")) -> dict:
        end = time.monotonic() + JOB_SECONDS
        while True:
            job = client.get(f"/api/v1/jobs/{job_id}").raise_for_status().json()
            if job["state"] in states:
                return job
            assert time.monotonic() < end, (job, self.logs()[-3000:])
            time.sleep(0.3)

    def srt(self, client: httpx.Client, transcript_id: str) -> str:
        return client.get(f"/api/v1/transcripts/{transcript_id}/export", params={"format": "srt"}).raise_for_status().text

    def down(self, *arguments: str) -> None:
        self.compose("down", "--timeout", "30", *arguments)
