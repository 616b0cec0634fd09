"""The web app in Debian's Chromium against the real server: web/tests/e2e, driven by Playwright."""

import os
import shutil
import socket
import subprocess

import pytest

from zimu_server import ROOT, Server, base_environment

OWN_TEST = {"editor", "subtitles", "system"}  # test_editor.py, test_subtitles_web.py, test_models.py
SPECS = sorted({path.name.removesuffix(".spec.ts") for path in (ROOT / "web/tests/e2e").glob("*.spec.ts")} - OWN_TEST)


def own_address() -> str:
    """An address of this machine that is not the loopback one; empty where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # nothing is sent
            address = probe.getsockname()[0]
        except OSError:
            return ""
    return "" if address.startswith("127.") else address


@pytest.fixture(scope="module")
def open_server(tmp_path_factory):
    """Listens on every address: browsers treat the others unlike localhost."""
    running = Server(tmp_path_factory.mktemp("data"), env={"ZIMU_LISTEN": "0.0.0.0:0"}).start()
    yield running
    assert running.stop() == 0, "\n".join(running.log[-40:])


@pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed")
@pytest.mark.parametrize("spec", SPECS)
def test_page_end_to_end(open_server, jfk, tmp_path, spec):
    shots = os.environ.get("ZIMU_TEST_SHOTS", str(tmp_path / "shots"))
    port = open_server.url.rsplit(":", 1)[1].rstrip("/")
    environment = base_environment() | {
        "ZIMU_URL": f"http://127.0.0.1:{port}", "ZIMU_SAMPLE": str(jfk), "ZIMU_SHOTS": shots,
        "PWTEST_CACHE_DIR": str(tmp_path / "cache")}
    if address := own_address():
        environment["ZIMU_OPEN_URL"] = f"http://{address}:{port}"
        environment["NO_PROXY"] = environment["no_proxy"] = f"127.0.0.1,localhost,{address}"
    ran = subprocess.run(
        [ROOT / "tools/node.sh", "npx", "playwright", "test", f"/{spec}.spec.ts", "--output", tmp_path / "results"],
        cwd=ROOT / "web", capture_output=True, text=True, timeout=900, check=False, env=environment)
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
