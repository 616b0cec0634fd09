"""Writes a quantized copy of a ggml Whisper model, as `whisper-quantize` of whisper.cpp does it: the matrices with rows
of whole blocks, the rest as it is. Run with the Python of build/worker-venv: worker_quantize.py FROM TO KIND"""

import struct
import sys

import numpy as np

KINDS = {"q4_0": 2, "q4_1": 3, "q5_0": 6, "q5_1": 7, "q8_0": 8}
FILE_TYPES = {"q4_0": 2, "q4_1": 3, "q8_0": 7, "q5_0": 8, "q5_1": 9}


def half(values):
    return values.astype("<f2").view(np.uint8).reshape(len(values), 2)


def pack_bits(numbers, bits):
    low = (numbers[:, :16] & 15) | ((numbers[:, 16:] & 15) << 4)
    if bits == 4:
        return low.astype(np.uint8)
    high = ((numbers >> 4).astype(np.uint64) << np.arange(32, dtype=np.uint64)).sum(axis=1).astype("<u4")
    return np.concatenate([high.view(np.uint8).reshape(-1, 4), low.astype(np.uint8)], axis=1)


def quantize(values, kind):
    rows = values.astype(np.float32).reshape(-1, 32)
    bits = int(kind[1])
    if kind == "q8_0":
        scale = np.abs(rows).max(axis=1, keepdims=True) / 127
        numbers = np.round(np.divide(rows, scale, out=np.zeros_like(rows), where=scale > 0)).astype(np.int8)
        return np.concatenate([half(scale), numbers.view(np.uint8)], axis=1).tobytes()
    if kind.endswith("_0"):
        peak = np.take_along_axis(rows, np.abs(rows).argmax(axis=1)[:, None], axis=1)
        scale, least, middle = peak / -(1 << (bits - 1)), None, 1 << (bits - 1)
        shifted = rows
    else:
        least = rows.min(axis=1, keepdims=True)
        scale, middle = (rows.max(axis=1, keepdims=True) - least) / ((1 << bits) - 1), 0
        shifted = rows - least
    steps = np.divide(shifted, scale, out=np.zeros_like(rows), where=scale != 0)
    numbers = np.clip(np.floor(steps + middle + 0.5), 0, (1 << bits) - 1).astype(np.int64)
    heads = [half(scale)] + ([half(least)] if least is not None else [])
    return np.concatenate([*heads, pack_bits(numbers, bits)], axis=1).tobytes()


def main(source, target, kind):
    with open(source, "rb") as file, open(target, "wb") as out:
        head = bytearray(file.read(48))
        struct.pack_into("<i", head, 44, FILE_TYPES[kind] + 2 * 1000)  # with the version of the layout
        out.write(head)
        sizes = file.read(8)
        bands, bins = struct.unpack("<2i", sizes)
        out.write(sizes + file.read(bands * bins * 4))
        count = file.read(4)
        out.write(count)
        for _ in range(struct.unpack("<i", count)[0]):
            size = file.read(4)
            out.write(size + file.read(struct.unpack("<I", size)[0]))
        while fixed := file.read(12):
            dimensions, name_bytes, type_ = struct.unpack("<3i", fixed)
            extents = struct.unpack(f"<{dimensions}i", file.read(4 * dimensions))
            name = file.read(name_bytes)
            values = np.frombuffer(file.read(int(np.prod(extents)) * (4, 2)[type_]), ("<f4", "<f2")[type_])
            plain = dimensions != 2 or b"positional" in name or b"conv" in name or extents[0] % 32
            out.write(struct.pack("<3i", dimensions, name_bytes, type_ if plain else KINDS[kind]))
            out.write(struct.pack(f"<{dimensions}i", *extents) + name)
            out.write(values.tobytes() if plain else quantize(values, kind))


if __name__ == "__main__":
    main(*sys.argv[1:])
