"""The life of the worker: hello, then one job after another until fd 3 ends."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import traceback

from worker.errors import any_failure
from worker.inbox import Inbox, log
from worker.lines import EVENT_FD, REQUEST_FD, VERSION, EventWriter
from worker.requests import Transcribe

PR_SET_PDEATHSIG = 1


def _is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
        return True
    except OSError:
        return False


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _run_job(request, models, events: EventWriter, inbox: Inbox) -> None:
    from worker.inspect_job import run_inspection
    from worker.transcribe_job import run_transcription

    try:
        if isinstance(request, Transcribe):
            done = run_transcription(request, models, events, inbox.cancelled)
        else:
            done = run_inspection(request, events, inbox.cancelled)
    except Exception as error:
        failure = any_failure(error)
        if failure.code == "internal":
            traceback.print_exc()
        events.write("failed", job=request.job, **failure.fields())
    else:
        events.write("done", job=request.job, **done)
    finally:
        inbox.end()


def run() -> int:
    if not (_is_open(REQUEST_FD) and _is_open(EVENT_FD)):
        print("zimu_worker.py is started by zimu, with its protocol on file descriptors 3 and 4.", file=sys.stderr)
        return 64
    _die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.environ["HF_HUB_OFFLINE"] = "1"  # models are what the request names; nothing is fetched
    inbox = Inbox()
    inbox.start()  # first, so that an early end of fd 3 ends the imports too
    try:
        from worker.models import Models, devices, engine
    except ImportError as error:
        log(f"a Python package is missing: {error}. Install workers/python/requirements.txt for {sys.executable}")
        return 69
    events = EventWriter()
    events.write("hello", v=VERSION, pid=os.getpid(), engine=engine(), devices=devices(),
                 features=["words", "translate", "inspect", "span", "poster"])
    models = Models()
    while True:
        _run_job(inbox.next(), models, events, inbox)
