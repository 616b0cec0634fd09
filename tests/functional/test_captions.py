"""Subtitle presets on real speech with word times, over HTTP and on the command line; every format read by another's parser."""

import json
import re
import subprocess
import xml.etree.ElementTree as xml

import pytest

import speech
from zimu_server import zimu

PRESETS = {"netflix": (42, 20, 833, 7000, 83), "bbc": (37, 18, 1000, 7000, 0), "youtube": (42, 25, 700, 7000, 0)}
TTML = "{http://www.w3.org/ns/ttml}"
METADATA = "{http://www.w3.org/ns/ttml#metadata}"
NEVER_LAST = {"a", "an", "the", "mr.", "dr."}


def milliseconds(clock: str) -> int:
    hours, minutes, seconds = clock.replace(",", ".").split(":")
    return (int(hours) * 60 + int(minutes)) * 60_000 + round(float(seconds) * 1000)


def read_srt(text: str) -> list[tuple[int, int, list[str]]]:
    cues = []
    for block in text.strip().split("\n\n"):
        _, times, *lines = block.split("\n")
        start, end = times.split(" --> ")
        cues.append((milliseconds(start), milliseconds(end), lines))
    return cues


def words_of(cues) -> list[str]:
    return " ".join(line for _, _, lines in cues for line in lines).split()


@pytest.fixture(scope="module")
def talk() -> speech.Joined:
    """Kennedy and five sentences from novels, with pauses."""
    return speech.join("captions", speech.read_speech(), iter([1.0, 0.4, 2.5, 0.7, 1.5, 1.0]), 600)


@pytest.fixture(scope="module", params=[True, False], ids=["words", "segments"])
def transcript(request, server, talk):
    media = server.upload(talk.path)
    job = server.wait_job(server.create_job(media["id"], words=request.param)["id"])
    assert job["state"] == "done", job
    return server.transcript(job["transcript_id"])


def export(client, transcript, format, **query) -> str:
    answer = client.get(f"/api/v1/transcripts/{transcript['id']}/export", params={"format": format, **query})
    assert answer.status_code == 200, answer.text
    return answer.text


def check(client, transcript, **query) -> dict:
    answer = client.get(f"/api/v1/transcripts/{transcript['id']}/check", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("preset", PRESETS)
def test_real_speech_keeps_the_preset(client, transcript, preset):
    line, cps, shortest, longest, gap = PRESETS[preset]
    cues = read_srt(export(client, transcript, "srt", preset=preset))
    checked = check(client, transcript, preset=preset)
    told = {(v["cue"], v["rule"]) for v in checked["violations"]}
    assert checked["cues"] == len(cues)
    broken = set()
    for i, (start, end, lines) in enumerate(cues):
        assert start < end and len(lines) <= 2 and max(map(len, lines)) <= line, lines
        assert end - start <= longest
        if end - start < shortest:
            broken.add((i, "shortest"))
        if len(" ".join(lines)) * 1000 > cps * (end - start):
            broken.add((i, "reading_speed"))
        if i + 1 < len(cues) and cues[i + 1][0] - end < gap:
            broken.add((i, "gap"))
            assert cues[i + 1][0] >= end
        for text in lines[:-1] or lines:
            assert text.split()[-1].lower() not in NEVER_LAST, lines
    assert told == broken
    # The same words in the same order as in the transcript.
    assert words_of(cues) == " ".join(s["text"] for s in transcript["segments"]).split()
    before = check(client, transcript, preset=preset, cues="segments")
    print(f"{preset}: segments {len(before['violations'])}/{before['cues']}, cues {len(told)}/{len(cues)}")
    assert before["cues"] == len(transcript["segments"])
    assert len(told) < len(before["violations"])


def test_without_a_preset_segments_are_cues(client, transcript):
    cues = read_srt(export(client, transcript, "srt"))
    assert [(s["start_ms"], s["text"]) for s in transcript["segments"]] == [(c[0], "\n".join(c[2])) for c in cues]


def test_values_of_ones_own(client, transcript):
    cues = read_srt(export(client, transcript, "srt", line_chars=20, lines=1, longest_ms=3000))
    assert all(len(lines) == 1 and len(lines[0]) <= 20 and end - start <= 3000 for start, end, lines in cues)
    assert check(client, transcript, preset="bbc", line_chars=30)["rules"]["line_chars"] == 30


@pytest.mark.parametrize("query,named", [
    ({"preset": "vimeo"}, "netflix, bbc, youtube, zh, custom"), ({"line_chars": 7}, "'line_chars'"), ({"line_chars": 101}, "'line_chars'"),
    ({"lines": 4}, "'lines'"), ({"cps": "fast"}, "'cps'"), ({"gap_ms": -1}, "'gap_ms'"),
    ({"shortest_ms": 5000, "longest_ms": 4000}, "'shortest_ms'"),
])
def test_wrong_values_are_named(client, transcript, query, named):
    for path in ("export?format=srt", "check?cues=preset"):
        values = "&".join(f"{name}={value}" for name, value in query.items())
        answer = client.get(f"/api/v1/transcripts/{transcript['id']}/{path}&{values}")
        assert answer.status_code == 400 and named in answer.text, answer.text


def test_check_needs_rules(client, transcript):
    assert client.get(f"/api/v1/transcripts/{transcript['id']}/check").status_code == 400
    answer = client.get(f"/api/v1/transcripts/{transcript['id']}/check", params={"preset": "bbc", "cues": "some"})
    assert answer.status_code == 400 and "'cues'" in answer.text


def test_every_format_says_the_same(client, transcript, tmp_path):
    srt = export(client, transcript, "srt", preset="netflix")
    cues = read_srt(srt)
    document = xml.fromstring(export(client, transcript, "ttml", preset="netflix"))
    assert document.tag == f"{TTML}tt" and document.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"
    regions = {r.get("{http://www.w3.org/XML/1998/namespace}id") for r in document.iter(f"{TTML}region")}
    assert document.find(f"{TTML}body").get("region") in regions
    assert document.find(f".//{METADATA}title").text
    timed = [(milliseconds(p.get("begin")), milliseconds(p.get("end")), [t for t in p.itertext()]) for p in document.iter(f"{TTML}p")]
    assert timed == cues
    sbv = []
    for block in export(client, transcript, "sbv", preset="netflix").strip().split("\n\n"):
        times, *lines = block.split("\n")
        start, end = re.fullmatch(r"(\d:\d\d:\d\d\.\d{3}),(\d:\d\d:\d\d\.\d{3})", times).groups()
        sbv.append((milliseconds(start), milliseconds(end), lines))
    assert sbv == cues
    markdown = export(client, transcript, "md")
    assert re.sub(r"\\\[[\d:]+\\\]", "", markdown).replace("\\", "").split()[2:] == words_of(cues)
    # FFmpeg reads back the times and the text of those that it knows.
    for format in ("srt", "vtt", "ass"):
        file = tmp_path / f"cues.{format}"
        file.write_text(export(client, transcript, format, preset="netflix", words="1"))
        read = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", file, "-f", "srt", "-"], capture_output=True, text=True, check=True)
        back = read_srt(re.sub(r"<[^>]+>|\{[^}]+\}", "", read.stdout))
        slack = 10 if format == "ass" else 0
        assert len(back) == len(cues), format
        for got, want in zip(back, cues):
            assert abs(got[0] - want[0]) <= slack and abs(got[1] - want[1]) <= slack, format
            assert got[2] == want[2], format


def test_command_line(talk, tmp_path):
    ran = zimu("transcribe", talk.path, "--preset", "bbc", "--line-chars", "30", "--format", "srt,ttml,sbv,md,json", "-o", tmp_path)
    assert ran.returncode == 0, ran.stderr.decode()
    cues = read_srt((tmp_path / f"{talk.path.stem}.srt").read_text())
    assert len(cues) > 6 and all(len(line) <= 30 for _, _, lines in cues for line in lines)
    assert len(json.loads((tmp_path / f"{talk.path.stem}.json").read_text())["segments"]) == len(cues)
    xml.parse(tmp_path / f"{talk.path.stem}.ttml")


@pytest.mark.parametrize("arguments,named", [(["--preset", "vimeo"], b"netflix, bbc, youtube, zh, custom"), (["--cps", "0"], b"'cps'"),
                                             (["--lines", "two"], b"--lines")])
def test_command_line_refuses(talk, arguments, named):
    ran = zimu("transcribe", talk.path, "-o", "-", *arguments)
    assert ran.returncode == 64 and named in ran.stderr, ran.stderr


def test_export_command(server, transcript):
    environment = {"ZIMU_DATA_DIR": str(server.data)}
    ran = zimu("export", transcript["id"], "--preset", "netflix", "--line-chars", "24", env=environment)
    assert ran.returncode == 0, ran.stderr
    cues = read_srt(ran.stdout.decode())
    assert words_of(cues) == " ".join(s["text"] for s in transcript["segments"]).split()
    assert all(len(line) <= 24 for _, _, lines in cues for line in lines)
    assert zimu("export", transcript["id"], "--preset", "vimeo", env=environment).returncode == 64
