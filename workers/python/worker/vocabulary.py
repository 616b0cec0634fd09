"""Whisper's vocabulary: from the pieces of a ggml file to the token names of CTranslate2 and to a tokenizer.

The pieces stand in the order in which byte pairs were merged, so the merges can be found again from the order alone."""

from __future__ import annotations

import tokenizers

LANGUAGES = (
    "en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la mi ml "
    "cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am "
    "yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su yue").split()
TIMESTAMPS = 1501
_OTHER_SPECIALS = 8  # without languages and timestamps


def byte_letters() -> list[str]:
    """The letter that stands for each byte in GPT-2's token names."""
    printable = {*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAC + 1), *range(0xAE, 0xFF + 1)}
    letters, beyond = [], 256
    for byte in range(256):
        if byte in printable:
            letters.append(chr(byte))
        else:
            letters.append(chr(beyond))
            beyond += 1
    return letters


def special_names(count: int) -> list[str]:
    """Names of the tokens after the text, of which the vocabulary has `count`; the last ones are times."""
    languages = LANGUAGES[:count - TIMESTAMPS - _OTHER_SPECIALS]
    names = ["<|endoftext|>", "<|startoftranscript|>", *(f"<|{code}|>" for code in languages), "<|translate|>",
             "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"]
    return names + [f"<|{i * 0.02:.2f}|>" for i in range(TIMESTAMPS)]


def _merges(ranks: dict[bytes, int]) -> list[tuple[bytes, bytes]]:
    """For each piece the two earlier ones that it was merged from: what merging its bytes without it ends with."""
    merges = []
    for piece, rank in ranks.items():
        if len(piece) < 2:
            continue
        parts = [piece[i:i + 1] for i in range(len(piece))]
        while len(parts) > 2:
            best = min(range(len(parts) - 1), key=lambda i: ranks.get(parts[i] + parts[i + 1], 1 << 30))
            if ranks.get(parts[best] + parts[best + 1], 1 << 30) >= rank:
                break
            parts[best:best + 2] = [parts[best] + parts[best + 1]]
        if len(parts) == 2:
            merges.append((parts[0], parts[1]))
    return merges


class Vocabulary:
    """`pieces`: of the ggml file. `size`: of the model's output."""

    def __init__(self, pieces: list[bytes], size: int):
        multilingual = size > 51864
        self.text_count = 50257 if multilingual else 50256
        self.specials = special_names(size - self.text_count)
        if len(pieces) < self.text_count or self.text_count + len(self.specials) != size:
            raise ValueError(f"a vocabulary of {len(pieces)} pieces and {size} tokens is not one of Whisper's")
        self.multilingual = multilingual
        self._ranks = {piece: i for i, piece in enumerate(pieces[:self.text_count])}
        self._pieces = pieces[:self.text_count]
        self._letters = byte_letters()

    def _name(self, piece: bytes) -> str:
        return "".join(self._letters[byte] for byte in piece)

    def names(self) -> list[str]:
        return [self._name(piece) for piece in self._pieces] + self.specials

    def id_of(self, special: str) -> int:
        return self.text_count + self.specials.index(special)

    def language_ids(self) -> list[int]:
        first = self.id_of("<|startoftranscript|>") + 1
        return list(range(first, self.id_of("<|translate|>")))

    def tokenizer(self) -> tokenizers.Tokenizer:
        names = {self._name(piece): i for i, piece in enumerate(self._pieces)}
        merges = [(self._name(a), self._name(b)) for a, b in _merges(self._ranks)]
        model = tokenizers.models.BPE(vocab=names, merges=merges)
        out = tokenizers.Tokenizer(model)
        out.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
        out.decoder = tokenizers.decoders.ByteLevel()
        out.add_special_tokens([tokenizers.AddedToken(name, special=True, normalized=False) for name in self.specials])
        return out
