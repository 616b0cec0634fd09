#!/usr/bin/env python3
"""Silero VAD's package to one little-endian file: convert.py WHEEL FOLDER writes FOLDER/silero.bin and FOLDER/LICENSE.

The file is the eight bytes "ZIMUVAD1" and the float32 tensors of TENSORS in that order, nothing else. The first layer of
the network is a short-time Fourier transform; that its weights are one, with a Hann window, is checked here, and the
program computes it as one. No module beyond Python's own is needed: of ONNX, which is a protocol buffer, only the
initializers are read. (The package's safetensors file holds an older training.)
"""

import math
import pathlib
import struct
import sys
import zipfile

MEMBER = "silero_vad/data/silero_vad_16k_op15.onnx"
ENCODER = "model.encoder.{}.reparam_conv.{}"
RECURRENT = "model.decoder.rnn.{}"
HEAD = "model.decoder.decoder.2.{}"
TENSORS = [
    (ENCODER.format(0, "weight"), [128, 129, 3]), (ENCODER.format(0, "bias"), [128]),
    (ENCODER.format(1, "weight"), [64, 128, 3]), (ENCODER.format(1, "bias"), [64]),
    (ENCODER.format(2, "weight"), [64, 64, 3]), (ENCODER.format(2, "bias"), [64]),
    (ENCODER.format(3, "weight"), [128, 64, 3]), (ENCODER.format(3, "bias"), [128]),
    (RECURRENT.format("weight_ih"), [512, 128]), (RECURRENT.format("weight_hh"), [512, 128]),
    (RECURRENT.format("bias_ih"), [512]), (RECURRENT.format("bias_hh"), [512]),
    (HEAD.format("weight"), [1, 128, 1]), (HEAD.format("bias"), [1]),
]
TRANSFORM = "model.stft.forward_basis_buffer"
POINTS = 256
BINS = POINTS // 2 + 1
# Fields of ONNX: ModelProto.graph, GraphProto.initializer, TensorProto.{dims, data_type, name, raw_data}
GRAPH, INITIALIZER = 7, 5
DIMS, DATA_TYPE, NAME, RAW_DATA = 1, 2, 8, 9
FLOAT32 = 1


def varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def fields(data: bytes):
    """(number, value) of each field of a message: a whole number, or bytes."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(data, at)
        else:
            if kind == 2:
                size, at = varint(data, at)
            else:
                size = {1: 8, 5: 4}[kind]
            value, at = data[at:at + size], at + size
        yield key >> 3, value


def repeated_numbers(value: int | bytes) -> list[int]:
    if isinstance(value, int):
        return [value]
    numbers, at = [], 0
    while at < len(value):
        number, at = varint(value, at)
        numbers.append(number)
    return numbers


def initializers(model: bytes) -> dict[str, tuple[list[int], int, bytes]]:
    found = {}
    for graph in (value for number, value in fields(model) if number == GRAPH):
        for tensor in (value for number, value in fields(graph) if number == INITIALIZER):
            shape, kind, name, raw = [], 0, "", b""
            for number, value in fields(tensor):
                if number == DIMS:
                    shape += repeated_numbers(value)
                elif number == DATA_TYPE:
                    kind = value
                elif number == NAME:
                    name = value.decode()
                elif number == RAW_DATA:
                    raw = value
            found[name] = (shape, kind, raw)
    return found


def floats(found: dict, name: str, shape: list[int]) -> bytes:
    has, kind, raw = found.get(name, ([], 0, b""))
    if has != shape or kind != FLOAT32 or len(raw) != 4 * math.prod(shape):
        sys.exit(f"silero: the package's {name} is not a float32 tensor of {shape}")
    return raw


def check_transform(raw: bytes) -> None:
    values = struct.unpack(f"<{2 * BINS * POINTS}f", raw)
    for row in range(2 * BINS):
        for i in range(POINTS):
            angle = 2 * math.pi * ((row % BINS) * i % POINTS) / POINTS
            window = 0.5 - 0.5 * math.cos(2 * math.pi * i / POINTS)
            expected = window * (math.cos(angle) if row < BINS else -math.sin(angle))
            if abs(values[row * POINTS + i] - expected) > 1e-6:
                sys.exit("silero: the package's first layer is not the Fourier transform that it was")


def main() -> None:
    wheel, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    with zipfile.ZipFile(wheel) as package:
        found = initializers(package.read(MEMBER))
        licence = next(name for name in package.namelist() if name.endswith(".dist-info/licenses/LICENSE"))
        (folder / "LICENSE").write_bytes(package.read(licence))
    check_transform(floats(found, TRANSFORM, [2 * BINS, 1, POINTS]))
    part = folder / ".silero.bin"
    part.write_bytes(b"ZIMUVAD1" + b"".join(floats(found, name, shape) for name, shape in TENSORS))
    part.rename(folder / "silero.bin")


if __name__ == "__main__":
    main()
