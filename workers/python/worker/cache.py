"""Where converted models are kept: one folder a model, beside the ggml file where that can be written, else in the
user's cache folder, else in the folder for temporary files. A folder is written under another name and renamed, so it
is whole or not there. At most MAX_ENTRIES are kept, those of models that changed or went not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time

from worker.convert import convert
from worker.errors import Failure, os_failure
from worker.inbox import log

FORMAT = 1  # of what convert() writes
MAX_ENTRIES = 4
STALE_SECONDS = 3600  # of a conversion that was killed
_SOURCE = "source.json"


def identity(path: str) -> dict:
    """A model pulled anew under the same name is another file."""
    status = os.stat(path)
    return {"format": FORMAT, "path": os.path.abspath(path), "bytes": status.st_size, "mtime_ns": status.st_mtime_ns}


def _entry_name(source: dict) -> str:
    stem = os.path.splitext(os.path.basename(source["path"]))[0]
    return f"{stem[:80]}-{hashlib.sha256(json.dumps(source, sort_keys=True).encode()).hexdigest()[:16]}"


def _places(model: str) -> list[str]:
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return [os.path.join(os.path.dirname(os.path.abspath(model)), ".ct2"), os.path.join(cache, "zimu", "ct2"),
            os.path.join(tempfile.gettempdir(), f"zimu-ct2-{os.getuid()}")]


def _is_ours(place: str) -> bool:
    """Not a folder or a link that somebody else has put there: what is in it would be loaded."""
    status = os.lstat(place)
    return os.path.isdir(place) and not os.path.islink(place) and status.st_uid in (os.getuid(), 0)


def _sync(folder: str) -> None:
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as file:
            os.fsync(file.fileno())


def _fill(place: str, name: str, model: str, source: dict) -> str:
    """Converts into `place`; returns the folder."""
    work = tempfile.mkdtemp(prefix=".work-", dir=place)
    try:
        convert(model, work)
        with open(os.path.join(work, _SOURCE), "w", encoding="utf-8") as out:
            json.dump(source, out)
        _sync(work)
        folder = os.path.join(place, name)
        try:
            os.rename(work, folder)
        except OSError:
            if not os.path.isdir(folder):  # else another worker was faster; its folder is as good
                raise
        return folder
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _used(folder: str) -> float:
    try:
        return os.stat(folder).st_mtime
    except OSError:
        return 0


def _is_outdated(folder: str) -> bool:
    try:
        with open(os.path.join(folder, _SOURCE), encoding="utf-8") as file:
            source = json.load(file)
        return identity(source["path"]) != source
    except (OSError, ValueError, KeyError, TypeError):
        return True


def _tidy(place: str, keep: str) -> None:
    folders = [entry.path for entry in os.scandir(place) if entry.is_dir(follow_symlinks=False)]
    works = [f for f in folders if os.path.basename(f).startswith(".work-")]
    entries = sorted((f for f in folders if f not in works and f != keep), key=_used, reverse=True)
    gone = [f for f in works if time.time() - _used(f) > STALE_SECONDS]
    gone += [f for i, f in enumerate(entries) if i >= MAX_ENTRIES - 1 or _is_outdated(f)]
    for folder in gone:
        shutil.rmtree(folder, ignore_errors=True)


def converted(model: str, anew: bool = False) -> str:
    """The folder for a ggml file, made when it is not there yet; `anew`: the one that is there is of no use."""
    source = identity(model)
    name = _entry_name(source)
    problem: OSError | None = None
    for place in _places(model):
        folder = os.path.join(place, name)
        try:
            if os.path.isfile(os.path.join(folder, _SOURCE)) and _is_ours(place):
                if not anew:
                    _touch(folder)
                    return folder
                shutil.rmtree(folder)
            os.makedirs(place, mode=0o700, exist_ok=True)
            if not _is_ours(place):
                raise PermissionError(1, "it belongs to somebody else", place)
            log(f"converting {model} for CTranslate2 into {folder}")
            folder = _fill(place, name, model, source)
            _tidy(place, keep=folder)
            return folder
        except OSError as error:
            log(f"{place} cannot hold the converted model: {error.strerror or error}")
            problem = error
    failure = os_failure(problem, f"the model {model} cannot be converted: no folder to keep the result in")
    raise Failure(failure.code, failure.message, f"make {_places(model)[0]} writable, with room for twice the model")


def _touch(folder: str) -> None:
    try:
        os.utime(folder)
    except OSError:
        pass
