"""ggml's ways to store numbers, as far as Whisper models use them: to float arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Block(NamedTuple):
    name: str
    elements: int
    bytes: int


F32, F16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0 = 0, 1, 2, 3, 6, 7, 8
BLOCKS = {
    F32: Block("f32", 1, 4), F16: Block("f16", 1, 2),
    Q4_0: Block("q4_0", 32, 18), Q4_1: Block("q4_1", 32, 20),
    Q5_0: Block("q5_0", 32, 22), Q5_1: Block("q5_1", 32, 24),
    Q8_0: Block("q8_0", 32, 34),
}


def _halves(rows: np.ndarray) -> np.ndarray:
    """A scale or a minimum of each block."""
    return np.ascontiguousarray(rows).view("<f2").astype(np.float32)


def _nibbles(rows: np.ndarray) -> np.ndarray:
    """16 bytes to 32 numbers: first the low halves, then the high ones."""
    return np.concatenate([rows & 0x0F, rows >> 4], axis=1).astype(np.int16)


def _fifth_bits(rows: np.ndarray) -> np.ndarray:
    """4 bytes to 32 bits, in the place of a fifth bit."""
    bits = np.ascontiguousarray(rows).view("<u4")
    return (((bits >> np.arange(32, dtype=np.uint32)) & 1) << 4).astype(np.int16)


def unpack(kind: int, data: bytes) -> np.ndarray:
    if kind == F32:
        return np.frombuffer(data, "<f4")
    if kind == F16:
        return np.frombuffer(data, "<f2")
    rows = np.frombuffer(data, np.uint8).reshape(-1, BLOCKS[kind].bytes)
    scale = _halves(rows[:, :2])
    if kind == Q8_0:
        values = rows[:, 2:].view(np.int8) * scale
    elif kind == Q4_0:
        values = (_nibbles(rows[:, 2:]) - 8) * scale
    elif kind == Q4_1:
        values = _nibbles(rows[:, 4:]) * scale + _halves(rows[:, 2:4])
    elif kind == Q5_0:
        values = ((_nibbles(rows[:, 6:]) | _fifth_bits(rows[:, 2:6])) - 16) * scale
    else:  # Q5_1
        values = (_nibbles(rows[:, 8:]) | _fifth_bits(rows[:, 4:8])) * scale + _halves(rows[:, 2:4])
    return values.reshape(-1)
