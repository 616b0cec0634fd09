"""Correcting a transcript in Debian's Chromium against the real server: web/tests/e2e/editor.spec.ts."""

import os
import shutil
import subprocess

import pytest

from zimu_server import ROOT, base_environment


@pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed")
def test_editor_end_to_end(server, jfk, tmp_path):
    shots = os.environ.get("ZIMU_TEST_SHOTS", str(tmp_path / "shots"))
    ran = subprocess.run(
        [ROOT / "tools/node.sh", "npm", "run", "--silent", "e2e", "--", "editor.spec.ts"], cwd=ROOT / "web",
        capture_output=True, text=True, timeout=900, check=False,
        env=base_environment() | {"ZIMU_URL": server.url, "ZIMU_SAMPLE": str(jfk), "ZIMU_SHOTS": shots,
                                  "ZIMU_EDITOR": "1", "PWTEST_CACHE_DIR": str(tmp_path / "cache")})
    print(ran.stdout)
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
