"""A Docker engine for the tests: the one that runs, or a dockerd of their own."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
START_SECONDS = 60


class Engine:
    """dockerd with a folder, a socket and processes of its own. `path` comes first in its PATH, where it looks for
    NVIDIA's hook. `alone`: without networks, so that it can run beside another one; its folder goes with it."""

    def __init__(self, folder: pathlib.Path, *, path: pathlib.Path | None = None, alone: bool = False):
        self.folder, self.path, self.alone = folder, path, alone
        self.host = f"unix://{folder}/docker.sock"
        self.process: subprocess.Popen | None = None

    def start(self) -> "Engine":
        self.folder.mkdir(parents=True, exist_ok=True)
        command = ["dockerd", "--host", self.host, "--data-root", f"{self.folder}/root", "--exec-root", f"{self.folder}/exec",
                   "--pidfile", f"{self.folder}/pid"]
        if self.alone:
            # In a network namespace of its own: with --bridge none dockerd deletes docker0, whosever it is.
            command = ["unshare", "--net", *command, "--bridge", "none", "--iptables=false", "--ip-masq=false"]
        path = os.pathsep.join([*([str(self.path)] if self.path else []), os.environ["PATH"], "/usr/sbin", "/sbin"])
        log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(command, env=os.environ | {"PATH": path}, stdout=log, stderr=log, start_new_session=True)
        end = time.monotonic() + START_SECONDS
        while subprocess.run(["docker", "--host", self.host, "info"], capture_output=True).returncode != 0:
            assert self.process.poll() is None and time.monotonic() < end, (self.folder / "log").read_text()[-4000:]
            time.sleep(0.2)
        return self

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process = None
        if self.alone:
            shutil.rmtree(self.folder, ignore_errors=True)


def running_host() -> str | None:
    """The engine that DOCKER_HOST or the default socket names, when one answers."""
    host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if not shutil.which("docker"):
        return None
    answer = subprocess.run(["docker", "--host", host, "info"], capture_output=True)
    return host if answer.returncode == 0 else None
