"""Requests, read by the field tables of the protocol: unknown fields are ignored, missing and null ones have their
default, a wrong type makes the whole message invalid."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field, fields

MAX_DEPTH = 16
MAX_TIME = 1 << 40
MAX_PROMPT_BYTES = 4096


class Invalid(Exception):
    """Not a message that this worker knows; the text says why."""


def _text(value) -> bool:
    return isinstance(value, str)


def _integer(least: int, most: int):
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _real(value) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond every float
        return False


def _texts(value) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _flag(value) -> bool:
    return isinstance(value, bool)


_small = _integer(-(1 << 31), (1 << 31) - 1)
_time = _integer(0, MAX_TIME)


def _is(check, default=None):
    """A field with a default, or a required one."""
    return field(default=default, metadata={"check": check, "required": default is None})


@dataclass
class Options:
    model: str = _is(_text, "")
    language: str = _is(_text, "auto")
    task: str = _is(_text, "transcribe")
    words: bool = _is(_flag, False)
    prompt: str = _is(_text, "")
    device: str = _is(_text, "auto")
    threads: int = _is(_small, 0)
    audio_stream: int = _is(_small, -1)
    temperature: float = _is(_real, 0)
    beam_size: int = _is(_small, 5)
    languages: list[str] = field(default_factory=list, metadata={"check": _texts})


@dataclass
class Resume:
    at_ms: int = _is(_time, 0)
    next_window: int = _is(_time, 0)
    next_segment: int = _is(_time, 0)
    language: str = _is(_text, "")
    language_probability: float = _is(_real, 0)


@dataclass
class Span:
    start_ms: int = _is(_time, 0)
    end_ms: int = _is(_time, 0)

    def __post_init__(self):
        if self.end_ms and self.end_ms <= self.start_ms:
            raise Invalid("end_ms of span is not after its start_ms")


@dataclass
class Transcribe:
    job: str = _is(_text)
    media: str = _is(_text)
    model: str = _is(_text)
    options: Options = field(default_factory=Options, metadata={"message": Options})
    resume: Resume = field(default_factory=Resume, metadata={"message": Resume})
    span: Span = field(default_factory=Span, metadata={"message": Span})


@dataclass
class Inspect:
    job: str = _is(_text)
    media: str = _is(_text)
    peaks: str = _is(_text, "")
    poster: str = _is(_text, "")


@dataclass
class Cancel:
    job: str = _is(_text)


_TYPES = {"transcribe": Transcribe, "inspect": Inspect, "cancel": Cancel}


def _read(kind, value, where: str):
    if not isinstance(value, dict):
        raise Invalid(f"{where} is not an object")
    found = {}
    for spec in fields(kind):
        given = value.get(spec.name)
        if given is None:
            if spec.metadata.get("required"):
                raise Invalid(f"{where} has no {spec.name}")
        elif "message" in spec.metadata:
            found[spec.name] = _read(spec.metadata["message"], given, spec.name)
        elif not spec.metadata["check"](given):
            raise Invalid(f"{spec.name} of {where} has the wrong type")
        else:
            found[spec.name] = given
    return kind(**found)


def _depth(value) -> int:
    deepest, level = 0, [value]
    while level := [v for v in level if isinstance(v, (dict, list))]:
        deepest += 1
        level = [child for v in level for child in (v.values() if isinstance(v, dict) else v)]
    return deepest


def _no_constant(name: str):
    raise Invalid(f"{name} is not JSON")


def parse(line: bytes) -> Transcribe | Inspect | Cancel:
    """Raises Invalid."""
    try:
        value = json.loads(line.decode("utf-8"), parse_constant=_no_constant)
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # finds lone surrogates
    except (ValueError, RecursionError) as error:
        raise Invalid(f"it is not JSON in UTF-8: {error}") from None
    if _depth(value) > MAX_DEPTH:
        raise Invalid(f"it is nested more than {MAX_DEPTH} deep")
    type_ = value.get("type") if isinstance(value, dict) else None
    if not isinstance(type_, str):
        raise Invalid("it is not an object with a type")
    if type_ not in _TYPES:
        raise Invalid(f"the type {type_[:64]!r} is not known")
    return _read(_TYPES[type_], value, type_)
