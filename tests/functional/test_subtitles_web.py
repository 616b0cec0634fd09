"""The subtitle view in Debian's Chromium against the real server: web/tests/e2e/subtitles.spec.ts."""

import os
import shutil
import subprocess

import pytest

from conftest import ffmpeg
from zimu_server import ROOT, base_environment


@pytest.fixture(scope="module")
def film(media_dir, jfk):
    """Kennedy's sentence twice, with a pause, under a test picture."""
    target = media_dir / "kennedy.mp4"
    ffmpeg("-stream_loop", "1", "-i", jfk, "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25", "-map", "1:v",
           "-map", "0:a", "-af", "apad=pad_dur=3", "-t", "25", "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt",
           "yuv420p", "-c:a", "aac", target)
    return target


@pytest.fixture(scope="module")
def four_hours(media_dir):
    """A quiet tone now and then: what matters is the length."""
    target = media_dir / "four_hours.flac"
    ffmpeg("-f", "lavfi", "-i", "aevalsrc='0.3*sin(2*PI*220*t)*lt(mod(t,3),1.7)':s=8000:d=14400", "-c:a", "flac", target)
    return target


@pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed")
def test_subtitles_end_to_end(server, film, four_hours, tmp_path):
    shots = os.environ.get("ZIMU_TEST_SHOTS", str(tmp_path / "shots"))
    ran = subprocess.run(
        [ROOT / "tools/node.sh", "npm", "run", "--silent", "e2e", "--", "subtitles.spec.ts"], cwd=ROOT / "web",
        capture_output=True, text=True, timeout=900, check=False,
        env=base_environment() | {"ZIMU_URL": server.url, "ZIMU_FILM": str(film), "ZIMU_FOUR_HOURS": str(four_hours),
                                  "ZIMU_SHOTS": shots, "PWTEST_CACHE_DIR": str(tmp_path / "cache")})
    print(ran.stdout)
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
