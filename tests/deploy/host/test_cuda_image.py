"""The CUDA images as far as they can be judged without NVIDIA's bases: what the Dockerfile sets, what the scripts install, and
for which cards tools/build_ggml_cuda.sh compiles, with a compiler that answers as each toolkit does."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess

import pytest

from docs_text import ROOT, read

# `nvcc --list-gpu-code` of these releases.
TOOLKITS = {
    "11.8": "35 37 50 52 53 60 61 62 70 72 75 80 86 87 89 90",
    "12.4": "50 52 53 60 61 62 70 72 75 80 86 87 89 90",
    "12.9": "50 52 53 60 61 62 70 72 75 80 86 87 89 90 100 101 103 120 121",
    "13.0": "75 80 86 87 88 89 90 100 103 110 120 121",
}
EXPECTED = {
    "11.8": "61-real;70-real;75-real;80-real;86-real;89-real;90-real;90-virtual",
    "12.4": "61-real;70-real;75-real;80-real;86-real;89-real;90-real;90-virtual",
    "12.9": "61-real;70-real;75-real;80-real;86-real;89-real;90-real;120-real;120-virtual",
    "13.0": "75-real;80-real;86-real;89-real;90-real;120-real;120-virtual",
}
NVCC = """#!/bin/sh
case "$1" in
  --list-gpu-code) for code in {codes}; do echo "sm_$code"; done ;;
  --version) echo "Cuda compilation tools, release {version}, V{version}.1" ;;
esac
"""
# Keeps what it was told; at --build, makes the file that the script takes.
CMAKE = """#!/bin/sh
printf '%s\\n' "$@" >>{log}
if [ "$1" = --build ]; then cp /bin/true "$2/libggml-cuda.so"; fi
"""


def stages() -> dict[str, str]:
    parts = re.split(r"^FROM (\S+) AS (\S+)$", read("server/Dockerfile"), flags=re.M)
    return {name: body for name, body in zip(parts[2::3], parts[3::3], strict=True)}


def environment(stage: str) -> dict[str, str]:
    text = re.sub(r"\\\n", " ", stages()[stage])
    return {name: value for line in re.findall(r"^ENV (.*)$", text, re.M) for name, value in re.findall(r"(\w+)=(\S*)", line)}


def test_the_environment_of_the_cuda_images():
    """Row 6: what the driver is asked for, and that no base can refuse to start on an older driver."""
    env = environment("cuda")
    assert env["NVIDIA_DRIVER_CAPABILITIES"].split(",") == ["compute", "utility", "video"]
    assert env["NVIDIA_VISIBLE_DEVICES"] == "all"
    assert env["NVIDIA_REQUIRE_CUDA"] == "" and env["NVIDIA_DISABLE_REQUIRE"] == "true"
    assert "FROM cuda AS full" in read("server/Dockerfile") and "NVIDIA_" not in stages()["full"]
    assert not [name for name in environment("cpu") if name.startswith("NVIDIA")]


def test_nothing_installs_a_driver():
    """Row 7: a driver library in the image would hide the host's."""
    files = [ROOT / "server/Dockerfile", ROOT / "tools/build_ggml_cuda.sh", *(ROOT / "server/image").iterdir()]
    for file in files:
        text = re.sub(r"(^|\s)#.*$", "", file.read_text(), flags=re.M)
        assert not re.search(r"libnvidia-|cuda-drivers|nvidia-driver|libcuda1|cuda-compat|nvidia-utils", text), file
    # Of CUDA only these two are bundled; the stub of libcuda never is.
    assert re.findall(r"awk '/([^/]*)/", read("tools/build_ggml_cuda.sh")) == ["libcudart|libcublas"]


def build(tmp_path: pathlib.Path, version: str, **env: str) -> tuple[list[str], pathlib.Path]:
    """What cmake was told, and the folder that was made."""
    programs, log, out = tmp_path / "bin", tmp_path / "cmake.log", tmp_path / "out"
    programs.mkdir()
    for name, text in (("nvcc", NVCC.format(codes=TOOLKITS[version], version=version)), ("cmake", CMAKE.format(log=log))):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    subprocess.run([ROOT / "tools/build_ggml_cuda.sh", tmp_path, out], check=True, capture_output=True,
                   env={"PATH": f"{programs}:{os.environ['PATH']}"} | env)
    return log.read_text().splitlines(), out


@pytest.mark.parametrize("version", TOOLKITS)
def test_architectures_by_toolkit(tmp_path, version):
    """Row 12: machine code for every card of the table that the toolkit knows, PTX for the newest; doctor gets the list."""
    told, out = build(tmp_path, version)
    assert f"-DCMAKE_CUDA_ARCHITECTURES={EXPECTED[version]}" in told
    assert "-DGGML_BACKEND_DL=ON" in told and "-DGGML_CUDA_NO_VMM=ON" in told  # loads without a driver
    assert (out / "bin/libggml-cuda.archs").read_text() == f"{version} {EXPECTED[version]}\n"
    assert (out / "bin/libggml-cuda.so").stat().st_mode & 0o111


def test_the_list_can_be_chosen(tmp_path):
    told, out = build(tmp_path, "12.9", CUDA_ARCHITECTURES="86-real")
    assert "-DCMAKE_CUDA_ARCHITECTURES=86-real" in told
    assert (out / "bin/libggml-cuda.archs").read_text() == "12.9 86-real\n"


def test_bundled_libraries_are_found_where_they_are_put():
    """As a run path of the backend itself, and one that counts for what its libraries need (RPATH, not RUNPATH)."""
    script = read("tools/build_ggml_cuda.sh")
    assert r'-DCMAKE_BUILD_RPATH="\$ORIGIN/../lib"' in script and "-Wl,--disable-new-dtags" in script
    assert '"$out/lib/"' in script and '"$out/bin/"' in script
