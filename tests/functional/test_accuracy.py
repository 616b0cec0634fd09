"""Is what Zimu writes what was said? Real speech with known words, against whisper.cpp's own program on the same
weights; and recordings in which nobody speaks. ZIMU_TEST_FULL=1 takes all the material (about half an hour)."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess

import pytest

import speech
import wer
from zimu_server import MODELS, ROOT, zimu

FULL = os.environ.get("ZIMU_TEST_FULL") == "1"
MINUTES = 10 if FULL else 3
PROMPTS = None if FULL else 24
TIMEOUT = 3600
MUSIC_WORDS_A_MINUTE = 5

pytestmark = pytest.mark.timeout(TIMEOUT)


def transcribe(paths: list[pathlib.Path], out: pathlib.Path, *options) -> list[dict]:
    """`zimu transcribe` of several files at once; the JSON documents in their order."""
    done = zimu("transcribe", *paths, "--model", "base", "--format", "json", "-o", out, *options, timeout=TIMEOUT)
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    return [json.loads((out / f"{path.stem}.json").read_text()) for path in paths]


def text_of(document: dict) -> str:
    return " ".join(segment["text"].replace("\n", " ") for segment in document["segments"])


def words_of(document: dict) -> list[tuple[int, int, str]]:
    return [(w["start_ms"], w["end_ms"], w["text"]) for s in document["segments"] for w in s["words"]]


@pytest.fixture(scope="session")
def whisper_cli():
    """Texts by whisper.cpp's own program: same source, flags and weights, its default settings (beam search)."""
    built = subprocess.run([ROOT / "tools/build_whisper_cli.sh"], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr

    def run(paths: list[pathlib.Path], out: pathlib.Path, *options) -> list[str]:
        argv = [ROOT / "build/whisper-cli/bin/whisper-cli", "-m", MODELS / "ggml-base.bin", "-l", "en", "-np", "-otxt",
                "-t", os.cpu_count(), *options]
        for path in paths:
            argv += ["-f", path, "-of", out / path.stem]
        done = subprocess.run([str(a) for a in argv], capture_output=True, timeout=TIMEOUT)
        assert done.returncode == 0, done.stderr.decode()[-3000:]
        return [(out / f"{path.stem}.txt").read_text(errors="replace") for path in paths]

    return run


def compare(clips: list[speech.Clip], ours: list[str], theirs: list[str]) -> tuple[wer.Score, wer.Score, str]:
    """Both scores, and for people the sentences in which they differ."""
    total, total_theirs, notes = wer.Score(), wer.Score(), []
    for clip, our_text, their_text in zip(clips, ours, theirs, strict=True):
        total += (our := wer.score(clip.text, our_text))
        total_theirs += (their := wer.score(clip.text, their_text))
        if our.errors != their.errors:
            notes.append(f"{clip.path.stem}: zimu {wer.differences(clip.text, our_text)}, "
                         f"whisper-cli {wer.differences(clip.text, their_text)}")
    return total, total_theirs, f"zimu {total}\nwhisper-cli {total_theirs}\n" + "\n".join(notes)


def test_read_speech_is_as_good_as_whisper_cli(whisper_cli, tmp_path):
    clips = speech.read_speech()
    paths = [clip.path for clip in clips]
    ours, theirs, notes = compare(clips, [text_of(d) for d in transcribe(paths, tmp_path, "--language", "en")],
                                  whisper_cli(paths, tmp_path))
    assert ours.words > 90
    assert ours.errors <= theirs.errors + 1, notes


def test_prompts_are_as_good_as_whisper_cli(whisper_cli, tmp_path):
    clips = speech.prompts("en")[:PROMPTS]
    paths = [clip.path for clip in clips]
    ours, theirs, notes = compare(clips, [text_of(d) for d in transcribe(paths, tmp_path, "--language", "en")],
                                  whisper_cli(paths, tmp_path))
    assert ours.errors <= theirs.errors + 1 + ours.words // 200, notes


@pytest.fixture(scope="module")
def joined() -> speech.Joined:
    return speech.minutes_of_speech(MINUTES)


@pytest.fixture(scope="module")
def long_transcript(joined, tmp_path_factory) -> dict:
    return transcribe([joined.path], tmp_path_factory.mktemp("joined"), "--words")[0]


def test_joined_speech(joined, long_transcript):
    score = wer.score(joined.text, text_of(long_transcript))
    assert long_transcript["complete"] and long_transcript["language"] == "en"
    assert abs(long_transcript["duration_ms"] - joined.duration_ms) <= 50
    assert score.wer <= 0.06, f"{score}\n{wer.differences(joined.text, text_of(long_transcript))}"
    assert wer.loops(text_of(long_transcript)) == []


def test_no_word_lies_in_a_pause(joined, long_transcript):
    words = words_of(long_transcript)
    assert len(words) > 50 * MINUTES
    assert wer.inside_gaps(words, joined.gaps) == []


def test_words_agree_with_their_segments(long_transcript):
    for segment in long_transcript["segments"]:
        words = segment["words"]
        assert "".join(w["text"] for w in words).replace(" ", "") == segment["text"].replace("\n", "").replace(" ", "")
        assert all(segment["start_ms"] <= w["start_ms"] <= w["end_ms"] <= segment["end_ms"] for w in words), segment
        assert all(a["end_ms"] <= b["start_ms"] for a, b in zip(words, words[1:])), segment


def test_every_sentence_has_its_words_in_its_place(joined, long_transcript):
    """At least three words are timed where each joined clip is (all have six or more): nothing was skipped or moved."""
    words = words_of(long_transcript)
    here = {(start, end): [text for a, b, text in words if a < end and b > start] for start, end in joined.spans}
    assert {span: texts for span, texts in here.items() if len(texts) < 3} == {}


def test_noisy_speech_does_not_loop(joined, tmp_path):
    noisy = speech.noisy(speech.minutes_of_speech(3), decibels=10)
    text = text_of(transcribe([noisy.path], tmp_path, "--language", "en")[0])
    score = wer.score(noisy.text, text)
    assert score.wer <= 0.20, f"{score}\n{wer.differences(noisy.text, text)}"
    assert wer.loops(text) == []


@pytest.mark.parametrize("make", [speech.silence, speech.white_noise, speech.sine])
def test_nothing_is_made_up_where_nobody_speaks(make, tmp_path):
    document = transcribe([make(60)], tmp_path)[0]
    assert document["complete"] and wer.normalise(text_of(document), "any") == [], text_of(document)


def test_music_is_not_taken_for_speech(tmp_path):
    """A word now and then is what the model hears in music; running text or a loop is made up."""
    pieces = [speech.plucked_music(60), *speech.recorded_music(60)]
    heard = {path.stem: text_of(d) for path, d in zip(pieces, transcribe(pieces, tmp_path), strict=True)}
    assert all(len(wer.normalise(text, "any")) <= MUSIC_WORDS_A_MINUTE and not wer.loops(text, "any")
               for text in heard.values()), heard


@pytest.mark.parametrize("language", ["es", "fr", "it", "ru"])
def test_other_languages(language, tmp_path):
    joined = speech.join(f"joined-{language}", iter(speech.prompts(language)[:8]), iter([1.0] * 8), 3600)
    document = transcribe([joined.path], tmp_path)[0]
    score = wer.score(joined.text, text_of(document), language)
    assert document["language"] == language and document["language_probability"] > 0.5
    assert score.wer <= 0.5, f"{score}\n{wer.differences(joined.text, text_of(document), language)}"


def test_each_language_of_a_recording_is_written_as_itself(tmp_path):
    english, french = speech.prompts("en")[:8], speech.prompts("fr")[:8]
    joined = speech.join("joined-en-fr", iter(english + french), iter([1.0] * 7 + [5.0] + [1.0] * 8), 3600)
    border = joined.spans[len(english)][0]

    def french_errors(*options) -> float:
        document = transcribe([joined.path], tmp_path, *options)[0]
        assert document["language"] == "en"
        parts = [" ".join(s["text"] for s in document["segments"] if (s["start_ms"] >= border - 500) == late)
                 for late in (False, True)]
        assert wer.score(" ".join(clip.text for clip in english), parts[0]).wer <= 0.3, parts[0]
        return wer.score(" ".join(clip.text for clip in french), parts[1], "fr").wer

    assert french_errors("--languages", "en,fr") <= 0.5
    assert french_errors("--language", "en") > 0.6, "a language that was given is kept to"
