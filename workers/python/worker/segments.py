"""faster-whisper's segments to those of the protocol: whole milliseconds, in order, inside their window."""

from __future__ import annotations


def _ms(seconds: float, least: int, most: int) -> int:
    return min(max(round(float(seconds) * 1000), least), most)


def _fit_words(words: list[dict], least: int, most: int) -> list[dict]:
    out, at = [], least
    for word in words:
        start = _ms(word["start"], at, most)
        at = _ms(word["end"], start, most)
        out.append({"start_ms": start, "end_ms": at, "text": word["word"],
                    "p": round(min(max(float(word["probability"]), 0.0), 1.0), 4)})
    return out


def fit(pieces: list[dict], length_ms: int) -> list[dict]:
    """`pieces` have start, end (seconds), text, tokens and perhaps words. Without text they are left out."""
    out, at = [], 0
    for piece in pieces:
        if not piece["text"]:
            continue
        start = _ms(piece["start"], at, length_ms)
        end = _ms(piece["end"], start, length_ms)
        segment = {"start_ms": start, "end_ms": end, "text": piece["text"], "tokens": list(piece["tokens"])}
        if piece.get("words"):
            words = _fit_words(piece["words"], at, length_ms)
            segment |= {"words": words, "start_ms": words[0]["start_ms"], "end_ms": words[-1]["end_ms"]}
        at = segment["end_ms"]
        out.append(segment)
    return out
