"""`zimu doctor` and graphics cards: small fakes of libcuda and libnvidia-ml (fake_cuda/) drive every verdict of the real
program, and of the real server."""

from __future__ import annotations

import pathlib
import subprocess

import pytest

from doctor_machine import Machine, system, wait_for
from zimu_server import Server

HERE = pathlib.Path(__file__).parent


@pytest.fixture
def machine(tmp_path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture(scope="session")
def drivers(tmp_path_factory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("drivers")
    for source, target in (("fake_cuda.c", "libcuda.so.1"), ("fake_nvml.c", "libnvidia-ml.so.1"), ("fake_backend.c", "libggml-cuda.so")):
        subprocess.run(["gcc", "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", folder / target,
                        HERE / "fake_cuda" / source], check=True)
    return folder


GPU_CASES = {
    # name: (what the driver answers, verdict, words of the detail, words of the action)
    "good": ({}, "good", ["cuda", "Fake RTX 4090 (sm_89)", "driver 575.57.08", "CUDA 12.9", "GB free"], []),
    "driver 470": ({"driver": "470.82.01", "cuda": 11040}, "degraded", ["cpu", "driver 470.82.01 < 525"], ["525 or newer"]),
    "driver 525": ({"driver": "525.60.13", "cuda": 12000}, "good", ["cuda", "driver 525.60.13"], []),
    "driver 570": ({"driver": "570.86.10", "cuda": 12080}, "good", ["cuda", "CUDA 12.8"], []),
    "Maxwell": ({"name": "GeForce GTX 960", "major": 5, "minor": 0}, "degraded", ["cpu", "sm_50 not built"], ["CUDA_ARCHITECTURES"]),
    "Turing": ({"major": 7, "minor": 5}, "good", ["sm_75"], []),
    "Blackwell": ({"major": 12, "minor": 0}, "good", ["sm_120"], []),
    "a later card": ({"major": 13, "minor": 0}, "good", ["sm_130"], []),
    "a later card, driver too old": ({"major": 13, "minor": 0, "driver": "570.1", "cuda": 12080}, "degraded", ["sm_130 not built"], ["update"]),
    "memory full": ({"alloc": 2}, "degraded", ["cpu", "out of GPU memory"], ["nvidia-smi"]),
    "context busy": ({"context": 46}, "degraded", ["error 46", "exclusive"], ["nvidia-smi -c DEFAULT"]),
    "program fails": ({"launch": 719}, "degraded", ["error 719"], ["Xid"]),
    "writes nothing": ({"lame": 1}, "degraded", ["does not compute"], ["dmesg"]),
    "no device": ({"init": 100}, "degraded", ["error 100"], ["nvidia-smi"]),
    "unknown": ({"init": 999}, "degraded", ["error 999"], ["--force-recreate server"]),
    "mismatch": ({"init": 803, "nvml": 18}, "degraded", ["NVML error 18", "different versions"], ["reboot"]),
    "forward compatibility": ({"init": 804}, "degraded", ["error 804"], ["/usr/local/cuda/compat"]),
    "stub": ({"init": 34}, "degraded", ["stub"], ["LD_LIBRARY_PATH"]),
    "lost": ({"init": 999, "nvml": 999}, "degraded", ["NVML: Unknown Error"], ["cgroupfs", "docker-compose.gpu-cdi.yml"]),
    "wrong CUDA_VISIBLE_DEVICES": ({"count_error": 101}, "degraded", ["error 101"], ["CUDA_VISIBLE_DEVICES"]),
    "hidden": ({"count": 0}, "degraded", ["shows no GPU"], ["CUDA_VISIBLE_DEVICES"]),
    "hangs in cuInit": ({"hang": "cuInit"}, "degraded", ["cpu", "did not answer", "in cuInit"], ["ZIMU_DEVICE=cpu"]),
    "hangs in NVML": ({"hang": "nvmlInit"}, "degraded", ["did not answer", "in nvmlInit"], ["ZIMU_DEVICE=cpu"]),
    "crashes in cuInit": ({"crash": "cuInit"}, "degraded", ["cpu", "crashed (signal 11) in cuInit"], ["nvidia-smi"]),
    "crashes in cuMemAlloc": ({"crash": "cuMemAlloc"}, "degraded", ["crashed (signal 11) in cuMemAlloc"], ["nvidia-smi"]),
    "ends the program": ({"exit": "cuInit"}, "degraded", ["ended the program (status 3)"], ["nvidia-smi"]),
}


@pytest.mark.parametrize("case", GPU_CASES)
def test_gpu_driver(machine, drivers, case):
    """rows 9, 10, 11: which device, and why not the other."""
    answers, verdict, words, fixes = GPU_CASES[case]
    machine.gpu(drivers, **answers)
    gpu = machine.doctor(ZIMU_TEST_PROBE_MS="1500" if "hang" in answers else "")["gpu"]
    assert gpu["verdict"] == verdict, gpu
    for word in words:
        assert word in gpu["detail"], gpu
    for fix in fixes:
        assert fix in gpu["action"], gpu


def test_gpu_wanted_and_not_usable_is_broken(machine, drivers):
    machine.gpu(drivers, driver="470.82.01")
    assert machine.doctor(ZIMU_DEVICE="cuda")["gpu"]["verdict"] == "broken"
    gpu = machine.doctor(ZIMU_DEVICE="cpu")["gpu"]
    assert gpu["verdict"] == "good" and "ZIMU_DEVICE=cpu" in gpu["detail"]


def test_no_gpu_at_all_is_good(machine):
    """rows 3, 8: a machine without libcuda."""
    gpu = machine.doctor()["gpu"]
    assert gpu["verdict"] == "good" and "no NVIDIA GPU" in gpu["detail"]


def test_image_without_cuda(machine, drivers):
    machine.gpu(drivers)
    (machine.root / "bin" / "libggml-cuda.so").unlink()
    gpu = machine.doctor()["gpu"]
    assert gpu["verdict"] == "degraded" and "this image has no CUDA" in gpu["detail"] and "cuda image" in gpu["action"]


def test_backend_that_does_not_load(machine, drivers):
    machine.gpu(drivers)
    (machine.root / "bin" / "libggml-cuda.so").write_bytes(b"\x7fELF no library")
    gpu = machine.doctor()["gpu"]
    assert gpu["verdict"] == "degraded" and "CUDA backend cannot be loaded" in gpu["detail"], gpu


def test_architectures_that_were_really_built(machine, drivers):
    """row 11: the list beside the backend counts."""
    machine.gpu(drivers)
    (machine.root / "bin" / "libggml-cuda.archs").write_text("61-real;75-real\n")
    gpu = machine.doctor()["gpu"]
    assert "sm_89 not built" in gpu["detail"] and "61-real;75-real" in gpu["detail"], gpu


def test_gpu_requested_but_nothing_arrived(machine):
    gpu = machine.doctor(NVIDIA_VISIBLE_DEVICES="all")["gpu"]
    assert gpu["verdict"] == "degraded" and "nothing arrived" in gpu["detail"] and "nvidia-ctk runtime configure" in gpu["action"]
    assert machine.doctor(NVIDIA_VISIBLE_DEVICES="void")["gpu"]["verdict"] == "good"


def test_gpu_of_the_host_that_nobody_asked_for(machine):
    driver = machine.file("nvidia", "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.129.03  Thu Oct 19\n")
    gpu = machine.doctor(ZIMU_TEST_PROC_NVIDIA=driver)["gpu"]
    assert gpu["verdict"] == "good" and "535.129.03" in gpu["detail"] and "docker-compose.gpu.yml" in gpu["detail"]


def test_gpu_device_files(machine, drivers):
    machine.gpu(drivers, init=100)
    for node in (machine.root / "dev").iterdir():
        node.unlink()
    assert "no /dev/nvidia*" in machine.doctor()["gpu"]["detail"]
    (machine.root / "dev" / "nvidia0").touch()
    machine.gpu(init=999)
    gpu = machine.doctor()["gpu"]
    assert "/dev/nvidia-uvm is missing" in gpu["detail"] and "nvidia-modprobe" in gpu["action"]
    (machine.root / "libcuda.so.1").unlink()
    gpu = machine.doctor(NVIDIA_DRIVER_CAPABILITIES="utility")["gpu"]
    assert "NVIDIA_DRIVER_CAPABILITIES=utility" in gpu["detail"] and "compute,utility" in gpu["action"]


def test_gpu_on_wsl2(machine):
    wsl = {"ZIMU_TEST_PROC_VERSION": machine.file("version", "Linux version 5.15.167.4-microsoft-standard-WSL2\n"), "NVIDIA_VISIBLE_DEVICES": "all"}
    assert "WSL2" in machine.doctor(**wsl)["platform"]["detail"]
    gpu = machine.doctor(**wsl)["gpu"]
    assert "without /dev/dxg" in gpu["detail"] and "wsl --update" in gpu["action"]
    (machine.root / "dev" / "dxg").touch()
    gpu = machine.doctor(**wsl)["gpu"]
    assert "/dev/dxg is here, but no libcuda" in gpu["detail"]
    (machine.root / "wsl" / "libcuda.so.1").touch()
    gpu = machine.doctor(**wsl)["gpu"]
    assert "/usr/lib/wsl/lib" in gpu["detail"] and "nvidia-container-toolkit" in gpu["action"]
    gpu = machine.doctor(**wsl | {"ZIMU_TEST_DOCKER_MARK": "/nowhere"})["gpu"]
    assert "LD_LIBRARY_PATH=/usr/lib/wsl/lib" in gpu["action"]


def test_server_tells_that_its_gpu_was_lost(machine, drivers, jfk):
    """row 13: it worked, then it fails; the server stays, says what to do, and jobs go on on the CPU."""
    machine.gpu(drivers)
    server = Server(machine.data, env=machine.env | {"ZIMU_TEST_GPU_FRESH_MS": "0"}).start()
    try:
        with server.client() as client:
            gpu = lambda: {c["name"]: c for c in system(client)["checks"]}["gpu"]  # noqa: E731
            assert gpu()["verdict"] == "good"
            machine.gpu(init=999, nvml=999)
            lost = wait_for(lambda: (found := gpu())["verdict"] == "degraded" and found)
            assert "GPU lost" in lost["detail"] and "Fake RTX 4090" in lost["detail"]
            assert "--force-recreate server" in lost["action"] and "daemon-reload" in lost["action"]
            assert client.get("/livez").status_code == client.get("/readyz").status_code == 200
            media = server.upload(jfk)
            assert server.wait_job(server.create_job(media["id"])["id"])["state"] == "done"
            machine.gpu()
            assert wait_for(lambda: gpu()["verdict"] == "good")
    finally:
        assert server.stop() == 0, "\n".join(server.log[-20:])


def test_server_survives_a_driver_that_hangs_or_crashes(machine, drivers):
    machine.gpu(drivers, hang="cuInit")
    server = Server(machine.data, env=machine.env | {"ZIMU_TEST_GPU_FRESH_MS": "0", "ZIMU_TEST_PROBE_MS": "1000"}).start()
    try:
        with server.client() as client:
            assert "did not answer" in {c["name"]: c for c in system(client)["checks"]}["gpu"]["detail"]
            machine.gpu(crash="nvmlInit")
            assert wait_for(lambda: "crashed" in {c["name"]: c for c in system(client)["checks"]}["gpu"]["detail"])
            assert client.get("/livez").status_code == 200
        children = subprocess.run(["ps", "--ppid", str(server.process.pid), "-o", "args="], capture_output=True, text=True).stdout
        assert "probe-gpu" not in children, "the hanging probe was left behind"
    finally:
        assert server.stop() == 0, "\n".join(server.log[-20:])
