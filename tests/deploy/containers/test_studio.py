"""The studio as people use it: every page of the app in a real browser, through nginx, against the server in its container."""

from __future__ import annotations

import os
import shutil
import subprocess
import time

import pytest

import film
from model_hub import Hub
from stack import ROOT
from zimu_server import base_environment

WEIGHTS = ROOT / "build/models-src/base"
# The one of the catalogue without a pinned hash: a hub of ours may say what it holds.
PULLED, PULLED_FROM, NOT_THERE = "distil-large-v2", "Systran/faster-distil-whisper-large-v2", "medium"
# The page of the system wants a library of its own; the others live with what is there.
SPECS = ["system", *sorted({path.name.removesuffix(".spec.ts") for path in (ROOT / "web/tests/e2e").glob("*.spec.ts")} - {"system"})]
ENGINE_HOST = "host.docker.internal"


@pytest.fixture(scope="module")
def hub():
    subprocess.run([ROOT / "tools/fetch_base_source.sh"], check=True)
    with Hub({PULLED_FROM: WEIGHTS}, name=ENGINE_HOST) as running:
        running.pace = 0.05
        yield running


@pytest.fixture(scope="module")
def studio(stack, hub):
    """The same images with an empty data folder, and a model hub on this machine."""
    stack.down()
    data, before = stack.folder / "data", stack.folder / "data-before"
    data.rename(before)
    (data / "models").mkdir(parents=True)
    shutil.copy2(before / "models/ggml-base.bin", data / "models")
    stack.write_env(HF_ENDPOINT=hub.url, ZIMU_MODEL_IDLE_SECONDS="2")
    stack.up()
    yield stack


@pytest.fixture(scope="module")
def films(tmp_path_factory, jfk):
    folder = tmp_path_factory.mktemp("films")
    kennedy, long = folder / "kennedy.mp4", folder / "four_hours.flac"
    film.ffmpeg("-stream_loop", "1", "-i", jfk, "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25", "-map", "1:v", "-map",
                "0:a", "-af", "apad=pad_dur=3", "-t", "25", "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p",
                "-c:a", "aac", kennedy)
    film.ffmpeg("-f", "lavfi", "-i", "aevalsrc='0.3*sin(2*PI*220*t)*lt(mod(t,3),1.7)':s=8000:d=14400", "-c:a", "flac", long)
    return kennedy, long


def fail_for_want_of_a_model(studio, path):
    with studio.client() as client, open(path, "rb") as file:
        media = client.post("/api/v1/media", files={"file": (path.name, file)}).raise_for_status().json()
        job = client.post("/api/v1/jobs", json={"media_id": media["id"], "model": PULLED}).raise_for_status().json()
        assert studio.wait_job(client, job["id"])["failure"]["code"] == "model_missing"


@pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed")
@pytest.mark.parametrize("spec", SPECS)
def test_page_end_to_end_through_nginx(studio, films, jfk, tmp_path, spec):
    shots = os.environ.get("ZIMU_TEST_SHOTS", str(tmp_path / "shots"))
    environment = base_environment() | {
        "ZIMU_URL": studio.url, "ZIMU_SAMPLE": str(jfk), "ZIMU_SHOTS": shots, "ZIMU_EDITOR": "1", "ZIMU_FILM": str(films[0]),
        "ZIMU_FOUR_HOURS": str(films[1]), "PWTEST_CACHE_DIR": str(tmp_path / "cache")}
    if spec == "system":
        environment |= {"ZIMU_MODEL": PULLED, "ZIMU_NO_MODEL": NOT_THERE}
        fail_for_want_of_a_model(studio, jfk)
    ran = subprocess.run(
        [ROOT / "tools/node.sh", "npx", "playwright", "test", f"/{spec}.spec.ts", "--output", tmp_path / "results"],
        cwd=ROOT / "web", capture_output=True, text=True, timeout=900, check=False, env=environment)
    print(ran.stdout)
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]


def test_chinese_is_burnt_in_with_the_fonts_of_the_image(studio, jfk, tmp_path):
    """The film is made by the container's FFmpeg and fonts: its text shows at its time, and is no row of empty boxes."""
    picture = film.grey_film(tmp_path / "grey.mp4", jfk)
    with studio.client() as client:
        with open(picture, "rb") as file:
            media = client.post("/api/v1/media", files={"file": ("会议.mp4", file)}).raise_for_status().json()
        end = time.monotonic() + 60
        while client.get(f"/api/v1/media/{media['id']}").json()["state"] == "inspecting":
            assert time.monotonic() < end
            time.sleep(0.2)
        results = [burnt(studio, client, media, text, tmp_path) for text in ("字字字字", "你好世界")]
    for result in results:
        assert [s["codec_name"] for s in film.probe(result)["streams"]] == ["h264", "aac"]
        assert film.bright(film.frame(result, 1), 0, 360) == film.bright(film.frame(result, 5), 0, 360) == 0
        assert film.bright(film.frame(result, 3), 240, 360) > 400
    # Four times one character is another picture than four different ones: boxes would be alike.
    one, four = (film.bright(film.frame(result, 3), 240, 360) for result in results)
    assert one != four, (one, four)
    if kept := os.environ.get("ZIMU_TEST_SHOTS"):
        film.ffmpeg("-ss", 3, "-i", results[1], "-frames:v", 1, f"{kept}/burnt-in.png")


def burnt(studio, client, media, text, folder):
    made = client.post(f"/api/v1/media/{media['id']}/transcripts", params={"language": "zh"},
                       content=film.srt((2, 4, text)).encode()).raise_for_status().json()
    job = client.post("/api/v1/jobs", json={"kind": "render", "transcript_id": made["id"],
                                            "render": {"mode": "burn", "style": {"size": 120}}}).raise_for_status().json()
    job = studio.wait_job(client, job["id"])
    assert job["state"] == "done", job
    target = folder / f"{job['id']}.mp4"
    target.write_bytes(client.get(f"/api/v1/jobs/{job['id']}/result").raise_for_status().content)
    return target
