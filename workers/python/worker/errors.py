"""What can go wrong with a job, in the words of the protocol. A Failure becomes a `failed` event and ends the job, not
the worker."""

from __future__ import annotations

import errno

RETRYABLE = {"unavailable", "timeout", "out_of_memory"}
MAX_TEXT_BYTES = 8 * 1024

_ERRNO_CODES = {
    errno.ENOENT: "not_found", errno.ENOTDIR: "not_found",
    errno.EACCES: "permission", errno.EPERM: "permission", errno.EROFS: "permission",
    errno.ENOSPC: "no_space", errno.EDQUOT: "no_space",
    errno.ENOMEM: "out_of_memory",
}
_ERRNO_ACTIONS = {
    "not_found": "check that the file is still there",
    "permission": "give the user that Zimu runs as access to it",
    "no_space": "make room on the disk",
    "out_of_memory": "use a smaller model, or give the machine more memory",
    "io": "check the disk",
}


class Failure(Exception):
    def __init__(self, code: str, message: str, action: str = ""):
        super().__init__(message)
        self.code = code
        self.message = message
        self.action = action

    def fields(self) -> dict:
        return {"code": self.code, "message": cut(self.message), "action": cut(self.action),
                "retryable": self.code in RETRYABLE}


class Cancelled(Failure):
    def __init__(self):
        super().__init__("cancelled", "cancelled")


def os_failure(error: OSError, what: str) -> Failure:
    """`what`: "cannot read /a/b"."""
    code = _ERRNO_CODES.get(error.errno, "io")
    return Failure(code, f"{what}: {error.strerror or error}", _ERRNO_ACTIONS[code])


def is_out_of_memory(error: BaseException) -> bool:
    """CTranslate2 reports the memory of machine and GPU as a RuntimeError with one of these texts."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in text or "bad_alloc" in text or "cannot allocate" in text


def any_failure(error: BaseException) -> Failure:
    """What no layer expected costs this job, not the process."""
    if isinstance(error, Failure):
        return error
    if is_out_of_memory(error):
        return Failure("out_of_memory", f"the worker ran out of memory: {error}", _ERRNO_ACTIONS["out_of_memory"])
    if isinstance(error, OSError):
        return os_failure(error, f"{error.filename or 'a file'} cannot be used")
    return Failure("internal", f"the worker failed: {type(error).__name__}: {error}", "report this with the file")


def cut(text: str) -> str:
    data = text.encode("utf-8", "replace")
    return text if len(data) <= MAX_TEXT_BYTES else data[:MAX_TEXT_BYTES].decode("utf-8", "ignore")
