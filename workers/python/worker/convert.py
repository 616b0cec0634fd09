"""From a ggml model file to a folder that CTranslate2 and faster-whisper load. Weights stay float16 (f32 and quantized
ones become it); CTranslate2 makes of them what the device is good at when it loads them."""

from __future__ import annotations

import itertools
import json
import os

import numpy as np
from ctranslate2.specs import WhisperSpec, common_spec

from worker.ggml import GgmlFile, Header, model_invalid
from worker.vocabulary import Vocabulary

# Decoder attention heads that follow the audio, as OpenAI published them: (layer, head). Keyed by what a header says of
# a model: text layers, width, multilingual, mel bands.
_ALIGNMENT_HEADS = {
    (4, 384, False, 80): [(1, 0), (2, 0), (2, 5), (3, 0), (3, 1), (3, 2), (3, 3), (3, 4)],
    (4, 384, True, 80): [(2, 2), (3, 0), (3, 2), (3, 3), (3, 4), (3, 5)],
    (6, 512, False, 80): [(3, 3), (4, 7), (5, 1), (5, 5), (5, 7)],
    (6, 512, True, 80): [(3, 1), (4, 2), (4, 3), (4, 7), (5, 1), (5, 2), (5, 4), (5, 6)],
    (12, 768, False, 80): [(6, 6), (7, 0), (7, 3), (7, 8), (8, 2), (8, 5), (8, 7), (9, 0), (9, 4), (9, 8), (9, 10),
                           (10, 0), (10, 1), (10, 2), (10, 3), (10, 6), (10, 11), (11, 2), (11, 4)],
    (12, 768, True, 80): [(5, 3), (5, 9), (8, 0), (8, 4), (8, 7), (8, 8), (9, 0), (9, 7), (9, 9), (10, 5)],
    (24, 1024, False, 80): [(11, 4), (14, 1), (14, 12), (14, 14), (15, 4), (16, 0), (16, 4), (16, 9), (17, 12),
                            (17, 14), (18, 7), (18, 10), (18, 15), (20, 0), (20, 3), (20, 9), (20, 14), (21, 12)],
    (24, 1024, True, 80): [(13, 15), (15, 4), (15, 15), (16, 1), (20, 0), (23, 4)],
    (32, 1280, True, 80): [(10, 12), (13, 17), (16, 11), (16, 12), (16, 13), (17, 15), (17, 16), (18, 4), (18, 11),
                           (18, 19), (19, 11), (21, 2), (21, 3), (22, 3), (22, 9), (22, 12), (23, 5), (23, 7),
                           (23, 13), (25, 5), (26, 1), (26, 12), (27, 15)],  # v2; v1 has the same header
    (32, 1280, True, 128): [(7, 0), (10, 17), (12, 18), (13, 12), (16, 1), (17, 14), (19, 11), (21, 4), (24, 1),
                            (25, 6)],
    (4, 1280, True, 128): [(2, 4), (2, 11), (3, 3), (3, 6), (3, 11), (3, 14)],
}


def _alignment_heads(header: Header) -> list[tuple[int, int]]:
    key = (header.text_layers, header.text_width, header.multilingual, header.mel_bands)
    last_half = range(header.text_layers // 2, header.text_layers)
    return _ALIGNMENT_HEADS.get(key) or list(itertools.product(last_half, range(header.text_heads)))


class _Weights:
    """The tensors by name, float16."""

    def __init__(self, file: GgmlFile):
        self._path = file.path
        self._tensors = {name: tensor.astype(np.float16) for name, tensor in file.tensors()}

    def take(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        tensor = self._tensors.pop(name, None)
        if tensor is None or tensor.size != int(np.prod(shape)):
            raise model_invalid(self._path, f"its tensor {name} is missing or of another size")
        return tensor.reshape(shape)


class _Builder:
    def __init__(self, weights: _Weights, header: Header):
        self._weights = weights
        self._header = header
        self._width = header.audio_width

    def build(self) -> WhisperSpec:
        h = self._header
        spec = WhisperSpec(h.audio_layers, h.audio_heads, h.text_layers, h.text_heads)
        for number, inputs in ((1, h.mel_bands), (2, self._width)):
            conv = getattr(spec.encoder, f"conv{number}")
            conv.weight = self._weights.take(f"encoder.conv{number}.weight", (self._width, inputs, 3))
            conv.bias = self._weights.take(f"encoder.conv{number}.bias", (self._width,))
        spec.encoder.position_encodings.encodings = self._weights.take(
            "encoder.positional_embedding", (h.audio_context, self._width))
        self._norm(spec.encoder.layer_norm, "encoder.ln_post")
        for i, layer in enumerate(spec.encoder.layer):
            self._layer(layer, f"encoder.blocks.{i}")
        spec.decoder.embeddings.weight = self._weights.take(
            "decoder.token_embedding.weight", (h.vocabulary, self._width))
        spec.decoder.projection.weight = spec.decoder.embeddings.weight
        spec.decoder.position_encodings.encodings = self._weights.take(
            "decoder.positional_embedding", (h.text_context, self._width))
        self._norm(spec.decoder.layer_norm, "decoder.ln")
        for i, layer in enumerate(spec.decoder.layer):
            self._layer(layer, f"decoder.blocks.{i}")
            self._attention(layer.attention, f"decoder.blocks.{i}.cross_attn", fused=False)
        return spec

    def _layer(self, layer, name: str) -> None:
        self._attention(layer.self_attention, f"{name}.attn", fused=True)
        self._norm(layer.ffn.layer_norm, f"{name}.mlp_ln")
        inner = 4 * self._width
        layer.ffn.linear_0.weight = self._weights.take(f"{name}.mlp.0.weight", (inner, self._width))
        layer.ffn.linear_0.bias = self._weights.take(f"{name}.mlp.0.bias", (inner,))
        layer.ffn.linear_1.weight = self._weights.take(f"{name}.mlp.2.weight", (self._width, inner))
        layer.ffn.linear_1.bias = self._weights.take(f"{name}.mlp.2.bias", (self._width,))

    def _attention(self, attention, name: str, fused: bool) -> None:
        self._norm(attention.layer_norm, f"{name}_ln")
        query, key, value, out = (self._linear(f"{name}.{part}") for part in ("query", "key", "value", "out"))
        groups = [[query, key, value], [out]] if fused else [[query], [key, value], [out]]
        for linear, group in zip(attention.linear, groups):
            self._join(linear, group)

    def _join(self, linear: common_spec.LinearSpec, group: list) -> None:
        linear.weight = np.concatenate([weight for weight, _ in group])
        linear.bias = np.concatenate([bias for _, bias in group])

    def _linear(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        weight = self._weights.take(f"{name}.weight", (self._width, self._width))
        if name.endswith(".key"):  # has no bias
            return weight, np.zeros(self._width, np.float16)
        return weight, self._weights.take(f"{name}.bias", (self._width,))

    def _norm(self, norm: common_spec.LayerNormSpec, name: str) -> None:
        norm.gamma = self._weights.take(f"{name}.weight", (self._width,))
        norm.beta = self._weights.take(f"{name}.bias", (self._width,))


def convert(model_path: str, folder: str) -> None:
    """Fills the empty `folder`. Raises Failure for the model, OSError for the folder."""
    with GgmlFile(model_path) as file:
        try:
            vocabulary = Vocabulary(file.pieces, file.header.vocabulary)
        except ValueError as why:
            raise model_invalid(model_path, str(why)) from None
        spec = _Builder(_Weights(file), file.header).build()
        header = file.header
    spec.config.suppress_ids = []  # faster-whisper names them at each call
    spec.config.suppress_ids_begin = [vocabulary.names().index("Ġ"), vocabulary.id_of("<|endoftext|>")]
    spec.config.lang_ids = vocabulary.language_ids() if vocabulary.multilingual else []
    spec.config.alignment_heads = _alignment_heads(header)
    spec.register_vocabulary(vocabulary.names())
    spec.validate()
    spec.optimize(quantization="float16")
    spec.save(folder)
    vocabulary.tokenizer().save(os.path.join(folder, "tokenizer.json"))
    with open(os.path.join(folder, "preprocessor_config.json"), "w", encoding="utf-8") as out:
        json.dump({"feature_size": header.mel_bands, "sampling_rate": 16000, "hop_length": 160, "chunk_length": 30,
                   "n_fft": 400}, out)
