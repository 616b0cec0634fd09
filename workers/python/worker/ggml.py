"""Reads a Whisper model in the ggml form (`ggml-base.bin`): header, vocabulary, tensors. Little-endian throughout:

    u32 0x67676d6c, 11 × i32 header, i32 bands, i32 bins, f32 filters, i32 pieces, pieces × (u32 length, bytes),
    then to the end: i32 dimensions, i32 name length, i32 type, i32 extents (innermost first), name, data"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass

import numpy as np

from worker.errors import Failure, os_failure
from worker.ggml_types import BLOCKS, unpack

MAGIC = 0x67676D6C
SPECTRUM_BINS = 201
SMALLEST_VOCABULARY = 51864  # the English-only models
MAX_VOCABULARY = 1 << 20
MAX_PIECE_BYTES = 4096
OTHER_TENSORS, ENCODER_TENSORS, DECODER_TENSORS = 11, 15, 24  # the latter two in each layer


class Damaged(Exception):
    """The text says what is wrong."""


@dataclass
class Header:
    vocabulary: int
    audio_context: int
    audio_width: int
    audio_heads: int
    audio_layers: int
    text_context: int
    text_width: int
    text_heads: int
    text_layers: int
    mel_bands: int
    file_type: int

    @property
    def multilingual(self) -> bool:
        return self.vocabulary > SMALLEST_VOCABULARY

    def plausible(self) -> bool:
        layers = (self.audio_layers, self.text_layers)
        return (SMALLEST_VOCABULARY <= self.vocabulary <= MAX_VOCABULARY and all(1 <= n <= 256 for n in layers)
                and self.audio_context == 1500 and 8 <= self.text_context <= 1 << 14
                and 1 <= self.audio_width == self.text_width <= 1 << 14 and self.mel_bands in (80, 128)
                and all(1 <= n <= 256 and self.audio_width % n == 0 for n in (self.audio_heads, self.text_heads)))


class GgmlFile:
    """One open model file. Raises Failure (`model_missing`, `model_invalid`, or of the file system)."""

    def __init__(self, path: str):
        self.path = path
        try:
            self._file = open(path, "rb")
        except FileNotFoundError:
            raise model_missing(path) from None
        except OSError as error:
            raise os_failure(error, f"cannot read the model {path}") from None
        self._size = os.fstat(self._file.fileno()).st_size
        try:
            if self._number("I") != MAGIC:
                raise Damaged("it is not a ggml Whisper model")
            self.header = Header(*(self._number("i") for _ in range(11)))
            if not self.header.plausible():
                raise Damaged("its header does not describe a Whisper model")
            self._skip_filters()
            self.pieces = self._read_pieces()
        except Damaged as why:
            self.close()
            raise model_invalid(path, str(why)) from None

    def close(self) -> None:
        self._file.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def tensors(self):
        """Pairs of a name and an array: float16 as it is, everything else as float32."""
        header, count = self.header, 0
        try:
            while self._file.tell() < self._size:
                yield self._tensor()
                count += 1
        except Damaged as why:
            raise model_invalid(self.path, f"{why} (tensor {count})") from None
        wanted = (OTHER_TENSORS + ENCODER_TENSORS * header.audio_layers + DECODER_TENSORS * header.text_layers)
        if count != wanted:
            raise model_invalid(self.path, f"it holds {count} of {wanted} tensors")

    def _read(self, size: int) -> bytes:
        if size > self._size - self._file.tell():
            raise Damaged("it is cut off")
        return self._file.read(size)

    def _number(self, kind: str) -> int:
        return struct.unpack("<" + kind, self._read(4))[0]

    def _skip_filters(self) -> None:
        bands, bins = self._number("i"), self._number("i")
        if bands != self.header.mel_bands or bins != SPECTRUM_BINS:
            raise Damaged("its filters are damaged")
        self._read(bands * bins * 4)

    def _read_pieces(self) -> list[bytes]:
        count = self._number("i")
        if not 1 <= count <= self.header.vocabulary:
            raise Damaged("its vocabulary is damaged")
        pieces = []
        for _ in range(count):
            size = self._number("I")
            if size > MAX_PIECE_BYTES:
                raise Damaged("its vocabulary is damaged")
            pieces.append(self._read(size))
        return pieces

    def _tensor(self) -> tuple[str, np.ndarray]:
        dimensions, name_bytes, kind = (self._number("i") for _ in range(3))
        if not (1 <= dimensions <= 4 and 1 <= name_bytes <= 256):
            raise Damaged("it is damaged")
        if kind not in BLOCKS:
            raise Damaged(f"its weights are of the ggml type {kind}, which this worker cannot read; it reads "
                          + ", ".join(block.name for block in BLOCKS.values()))
        extents = [self._number("i") for _ in range(dimensions)]
        if not all(1 <= extent <= MAX_VOCABULARY for extent in extents):
            raise Damaged("it is damaged")
        elements = int(np.prod(extents, dtype=np.int64))
        block = BLOCKS[kind]
        if elements % block.elements:
            raise Damaged("it is damaged")
        name = self._read(name_bytes).decode("utf-8", "replace")
        data = self._read(elements // block.elements * block.bytes)
        return name, unpack(kind, data).reshape(extents[::-1])


def model_missing(path: str) -> Failure:
    return Failure("model_missing", f"there is no model file {path}",
                   "install the model with `zimu models pull` or `zimu models import`")


def model_invalid(path: str, why: str) -> Failure:
    return Failure("model_invalid", f"the model file {path} cannot be used: {why}",
                   "run `zimu models verify`, then pull or import the model again")
