"""Where to cut a recording into windows. Everything is decided from the samples given, never from history, so that a
job that goes on after a crash cuts where the undisturbed one did."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worker.audio import RATE

FRAME = RATE // 50               # 20 ms
FRAME_MS = 20
MAX_SAMPLES = 29 * RATE          # the model takes 30 s; the rest is its margin
LOOK_SAMPLES = 30 * RATE         # what `next_cut` must see unless the recording ends before
SILENT_DB = -60.0                # below: silence, unless the recording is a quiet one
QUIET_SILENT_DB = -75.0          # the least, just above the steps of 16-bit samples
BELOW_LOUD_DB = 30.0             # speech reaches this far below its loud parts
AUDIBLE_DB = -50.0               # above: counted as sound for coverage
EARLIEST_CUT = 15 * 50           # frames, as the rest
MAX_FRAMES = MAX_SAMPLES // FRAME
SMOOTH = 15                      # 0.3 s: a pause between words, not a stop consonant
LATER_IS_BETTER_DB = 0.3         # per second: fewer, fuller windows
LONG_SILENCE = 3 * 50            # worth ending a window early
LEAST_SPEECH = 50                # before a long silence
PAD = 10                         # 0.2 s kept around speech
LEAST_LEADING = 50               # shorter leading silence stays in the window
PAUSE_FRAMES = 25                # shorter ones part no sound without text
LEAST_GAP_MS = 1000              # of sound without text, to be named


@dataclass
class Cut:
    length: int            # samples; whole milliseconds unless the recording ends here
    silence: bool = False  # nothing audible in it: not given to the model


def frame_levels(samples: np.ndarray) -> np.ndarray:
    """Decibels of each 20 ms; the last frame may be shorter."""
    whole = len(samples) // FRAME * FRAME
    squares = np.square(samples.astype(np.float64))
    means = squares[:whole].reshape(-1, FRAME).mean(axis=1)
    if whole < len(samples):
        means = np.append(means, squares[whole:].mean())
    return 10 * np.log10(means + 1e-12)


def _silence_level(levels: np.ndarray) -> float:
    """Below this a frame is silent. A recording made too softly is no silence."""
    loud = np.sort(levels)[(len(levels) - 1) * 95 // 100]
    return float(np.clip(loud - BELOW_LOUD_DB, QUIET_SILENT_DB, SILENT_DB))


def _long_silence(levels: np.ndarray, silent: float) -> int | None:
    """The first frame of a long silence after some speech."""
    run = 0
    for i in range(LEAST_SPEECH, min(MAX_FRAMES, len(levels))):
        run = run + 1 if levels[i] < silent else 0
        if run == LONG_SILENCE:
            return i + 1 - LONG_SILENCE
    return None


def _quietest(levels: np.ndarray, silent: float) -> int:
    """The quietest smoothed frame in the last part, later ones preferred a little."""
    half = SMOOTH // 2
    smooth = np.convolve(np.maximum(levels, silent), np.ones(SMOOTH) / SMOOTH, mode="same")
    frames = np.arange(EARLIEST_CUT, min(MAX_FRAMES, len(levels) - half))
    if not len(frames):
        return MAX_FRAMES
    return int(frames[np.argmin(smooth[frames] - LATER_IS_BETTER_DB * frames / 50)])


def next_cut(samples: np.ndarray, at_end: bool) -> Cut:
    """The next window at the start of `samples` (not empty). `at_end`: nothing follows them.

    Leading silence is a window of its own, so that the times after it are right and nothing is made up in it; a long
    silence ends a window early; else the window ends at the quietest place before its greatest length."""
    look = samples[:LOOK_SAMPLES]
    levels = frame_levels(look)
    silent = _silence_level(levels)
    loud = np.flatnonzero(levels >= silent)
    if not len(loud):
        # All silent. At the very end take everything; else stop a pad before the end: speech may begin right after it.
        last = at_end and len(look) == len(samples)
        return Cut(len(look) if last else min((len(levels) - PAD) * FRAME, MAX_SAMPLES), True)
    if loud[0] >= LEAST_LEADING:
        return Cut(int(loud[0] - PAD) * FRAME, True)
    pause = _long_silence(levels, silent)
    if pause is not None:
        return Cut(min((pause + PAD) * FRAME, len(samples)))
    if at_end and len(samples) <= MAX_SAMPLES:
        return Cut(len(samples))
    return Cut(min(_quietest(levels, silent) * FRAME, len(samples)))


def coverage(samples: np.ndarray, stretches: list[tuple[int, int]]) -> dict:
    """How long something can be heard, how much of that lies in the given stretches, and where for a second and more
    nothing does: the protocol's `coverage`, in the time of the samples."""
    loud = frame_levels(samples) >= AUDIBLE_DB
    at = np.arange(len(loud)) * FRAME_MS
    inside = np.zeros(len(loud), bool)
    for start, end in stretches:
        inside |= (start <= at) & (at < end)
    gaps: list[list[int]] = []
    for frame in np.flatnonzero(loud & ~inside).tolist():
        # Sound with short pauses is one stretch, unless there is text between.
        if gaps and frame - gaps[-1][1] <= PAUSE_FRAMES and not inside[gaps[-1][1]:frame].any():
            gaps[-1][1] = frame + 1
        else:
            gaps.append([frame, frame + 1])
    return {"audible_ms": int(loud.sum()) * FRAME_MS, "covered_ms": int((loud & inside).sum()) * FRAME_MS,
            "gaps": [{"start_ms": start * FRAME_MS, "end_ms": end * FRAME_MS} for start, end in gaps
                     if (end - start) * FRAME_MS >= LEAST_GAP_MS]}
