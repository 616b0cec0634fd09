"""The loaded model, and the one thread that everything slow of it runs in: a job that is cancelled leaves its call
there and goes; the next job's calls wait behind it."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel

from worker import cache
from worker.decoder import Decoder
from worker.errors import Failure, is_out_of_memory, os_failure
from worker.ggml import model_invalid, model_missing
from worker.host import usable_cores
from worker.inbox import log
from worker.requests import Options

_COMPUTE = {"cpu": "int8", "cuda": "float16"}  # CTranslate2 takes the nearest one that the device has


def engine() -> str:
    return f"faster-whisper {version('faster-whisper')}, CTranslate2 {ctranslate2.__version__}"


def _has_cuda() -> bool:
    try:
        return ctranslate2.get_cuda_device_count() > 0
    except RuntimeError:
        return False


def devices() -> list[str]:
    return ["cpu", "cuda"] if _has_cuda() else ["cpu"]


def _load_folder(folder: str, device: str, threads: int) -> Decoder:
    model = WhisperModel(folder, device=device, compute_type=_COMPUTE[device], cpu_threads=threads,
                         local_files_only=True)
    decoder = Decoder(model, device)
    if device == "cuda":  # libraries of CUDA are looked for at the first use
        decoder.encode(np.zeros(16000, np.float32))
    return decoder


def _load_on(device: str, path: str, threads: int) -> Decoder:
    if os.path.isdir(path):
        for needed in ("model.bin", "tokenizer.json"):
            if not os.path.isfile(os.path.join(path, needed)):
                raise model_invalid(path, f"it is a folder without {needed}, not a CTranslate2 model")
        return _load_folder(path, device, threads)
    folder = cache.converted(path)
    try:
        return _load_folder(folder, device, threads)
    except (RuntimeError, ValueError, OSError) as error:
        if is_out_of_memory(error) or "cuda" in str(error).lower() or "cudnn" in str(error).lower():
            raise
        log(f"the converted model {folder} cannot be loaded, it is made anew: {error}")
        return _load_folder(cache.converted(path, anew=True), device, threads)


def _wanted_devices(wanted: str) -> list[str]:
    if wanted not in ("auto", "cpu", "cuda"):
        raise Failure("invalid_argument", f"there is no device {wanted!r}", "choose auto, cpu or cuda")
    if wanted == "cuda" and not _has_cuda():
        raise Failure("unavailable", "the device cuda was asked for, but no CUDA GPU can be used",
                      "choose device auto or cpu, or see `zimu doctor` for what the GPU lacks")
    return (["cuda"] if _has_cuda() else []) + ["cpu"] if wanted == "auto" else [wanted]


def _load(path: str, wanted: str, threads: int) -> Decoder:
    try:
        if not (os.path.isdir(path) or stat.S_ISREG(os.stat(path).st_mode)):
            raise model_invalid(path, "it is not a file")
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise model_missing(path) from None
    except OSError as error:
        raise os_failure(error, f"cannot read the model {path}") from None
    candidates = _wanted_devices(wanted)
    for device in candidates:
        try:
            return _load_on(device, path, threads)
        except (RuntimeError, ValueError) as error:
            if device == "cuda" and len(candidates) > 1:
                log(f"the GPU cannot be used, the CPU is: {error}")
            elif is_out_of_memory(error):
                raise
            elif device == "cuda":
                raise Failure("unavailable", f"the GPU cannot be used: {error}",
                              "install cuBLAS and cuDNN for CUDA 12, or choose device cpu") from None
            else:
                raise model_invalid(path, str(error)) from None
    raise AssertionError("unreachable")


class Models:
    def __init__(self):
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="model")
        self._key = None
        self._decoder: Decoder | None = None

    def call(self, progress, work, *args):
        """The result of work(*args) in the model's thread; sends progress meanwhile, and leaves when cancelled."""
        future = self._thread.submit(work, *args)
        try:
            return progress.watch(future)
        finally:
            future.cancel()

    def get(self, path: str, options: Options, progress) -> Decoder:
        if options.threads < 0:
            raise Failure("invalid_argument", f"{options.threads} threads make no sense", "choose 0 or more")
        return self.call(progress, self._get, path, options.device, options.threads or usable_cores())

    def _get(self, path: str, device: str, threads: int) -> Decoder:
        try:
            seen = cache.identity(path)
        except (OSError, ValueError):
            seen = None
        key = (path, seen, device, threads)
        if self._decoder is None or key != self._key:
            self._decoder = None  # before the next one is loaded: two models at once may not fit
            self._decoder = _load(path, device, threads)
            self._key = key
        return self._decoder
