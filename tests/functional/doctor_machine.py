"""A machine made of files for the tests of `zimu doctor`: what it looks at, under the names of doctor/places.hpp."""

from __future__ import annotations

import json
import pathlib
import shutil
import subprocess
import time

from zimu_server import BIN, MODELS, base_environment

EXIT = {"good": 0, "degraded": 1, "broken": 2}
KERNEL = "1 0 0:1 / / rw - overlay overlay rw\n"


def plain_environment() -> dict[str, str]:
    """Nothing of the machine that runs the test: no proxies, no driver."""
    env = {k: v for k, v in base_environment().items() if "proxy" not in k.lower() and not k.startswith(("NVIDIA", "CUDA", "OLLAMA", "PU", "PG", "HF_"))}
    return env | {"ZIMU_MODEL_DIR": str(MODELS)}


class Machine:
    """A machine made of files. What a test does not change is a plain container without a GPU."""

    def __init__(self, root: pathlib.Path):
        self.root = root
        self.data = root / "data"
        self.data.mkdir()
        for folder in ("dev", "wsl", "cgroup", "bin"):
            (root / folder).mkdir()
        self.env = plain_environment() | {
            "ZIMU_DATA_DIR": str(self.data),
            "ZIMU_TEST_DEV": str(root / "dev"),
            "ZIMU_TEST_WSL_LIB": str(root / "wsl"),
            "ZIMU_TEST_CGROUP": str(root / "cgroup"),
            "ZIMU_TEST_BACKENDS": str(root / "bin"),
            "ZIMU_TEST_PROC_VERSION": self.file("version", "Linux version 6.1.0\n"),
            "ZIMU_TEST_UID_MAP": self.file("uid_map", "0 0 4294967295\n"),
            "ZIMU_TEST_PROC_NVIDIA": str(root / "no-driver"),
            "ZIMU_TEST_DOCKER_MARK": self.file("dockerenv", ""),
            "ZIMU_TEST_PODMAN_MARK": str(root / "no-podman"),
            "ZIMU_TEST_LIBCUDA": str(root / "libcuda.so.1"),
            "ZIMU_TEST_LIBNVML": str(root / "libnvidia-ml.so.1"),
            "ZIMU_TEST_FAKE_GPU": str(root / "gpu"),
            "OLLAMA_HOST": "http://127.0.0.1:9",
        }

    def file(self, name: str, text: str) -> str:
        (self.root / name).write_text(text)
        return str(self.root / name)

    def mounts(self, *lines: str) -> None:
        self.env["ZIMU_TEST_MOUNTINFO"] = self.file("mountinfo", KERNEL + "".join(line + "\n" for line in lines))

    def gpu(self, libraries: pathlib.Path | None = None, **answers) -> None:
        """A driver that answers so, with its device files and the CUDA backend."""
        if libraries:
            for name in ("libcuda.so.1", "libnvidia-ml.so.1"):
                shutil.copy(libraries / name, self.root / name)
            shutil.copy(libraries / "libggml-cuda.so", self.root / "bin" / "libggml-cuda.so")
            for name in ("nvidia0", "nvidiactl", "nvidia-uvm"):
                (self.root / "dev" / name).touch()
        part = self.root / "gpu.part"
        part.write_text("".join(f"{name}={value}\n" for name, value in answers.items()))
        part.rename(self.root / "gpu")

    def doctor(self, **more: str) -> dict[str, dict]:
        ran = subprocess.run([BIN / "zimu", "doctor", "--json"], env=self.env | more, capture_output=True, timeout=120, cwd=self.root)
        return read(ran)


def read(ran: subprocess.CompletedProcess) -> dict[str, dict]:
    assert ran.stdout, ran.stderr.decode()
    said = json.loads(ran.stdout)
    assert ran.returncode == EXIT[said["verdict"]], said
    for check in said["checks"]:
        assert bool(check["action"]) == (check["verdict"] != "good"), check
        assert all(finding["fix"] and finding["code"].startswith(f"{check['name']}.") for finding in check["findings"]), check
    return {check["name"]: check for check in said["checks"]}


def system(client) -> dict:
    answer = client.get("/api/v1/system")
    assert answer.status_code == 200, answer.text
    return answer.json()


def wait_for(look):
    """The checks of the API are kept for ten seconds."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(1)
    raise AssertionError("it did not come")
