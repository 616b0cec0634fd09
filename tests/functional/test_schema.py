"""schemathesis against the running server: whatever the schema allows or forbids, no 5xx."""

import os
import subprocess
import sys

import pytest

from zimu_server import MODELS, Server


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """With links to the models, which it may remove, and no way to fetch others."""
    models = tmp_path_factory.mktemp("models")
    for file in MODELS.glob("ggml-*"):
        os.symlink(file, models / file.name)
    running = Server(tmp_path_factory.mktemp("data"),
                     env={"ZIMU_MODEL_DIR": str(models), "HF_HUB_OFFLINE": "1"}).start()
    yield running
    assert running.stop() == 0, "\n".join(running.log[-40:])
    bad = [line for line in running.log if "Sanitizer" in line or "runtime error" in line]
    assert not bad, "\n".join(bad)


def test_no_server_error(server):
    ran = subprocess.run(
        [os.path.join(os.path.dirname(sys.executable), "schemathesis"), "run", f"{server.url}/api/v1/openapi.json",
         "--checks", "not_a_server_error", "--max-examples", os.environ.get("ZIMU_TEST_EXAMPLES", "15"),
         "--exclude-path", "/api/v1/events", "--request-timeout", "30", "--no-color"],
        capture_output=True, text=True, timeout=900, check=False,
        env=os.environ | {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", "PYTHONPATH": os.path.dirname(__file__),
                          "SCHEMATHESIS_HOOKS": "schema_hooks"})
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
