"""The whole deployment: one command, a real recording through nginx, and what survives. The tests run in this order."""

from __future__ import annotations

import json
import re
import subprocess
import time

RECOVER_SECONDS = 15  # what the documentation promises


def test_one_command_starts_everything(stack):
    """Row 1: `up -d --wait` ends well (the fixture), and both services are healthy."""
    states = [json.loads(line) for line in stack.compose("ps", "--format", "json").stdout.splitlines()]
    assert {s["Service"]: s["Health"] for s in states} == {"server": "healthy", "web": "healthy"}


def test_recording_through_nginx(stack, jfk):
    srt = stack.transcribe(jfk)
    assert re.search(r"ask not what your country can do for you", srt, re.I), srt
    assert re.match(r"1\n00:00:0\d,\d{3} --> ", srt)


def test_data_survives_down_and_up(stack):
    """The database and the uploads are on the host (US-5.3)."""
    before = library(stack)
    assert before, "the tests before this one left recordings"
    stack.down()
    assert (stack.folder / "data/zimu.db").stat().st_size > 0
    assert any((stack.folder / "data/uploads").iterdir())
    stack.up()
    assert library(stack) == before


def library(stack) -> dict[str, str]:
    """Title and text of everything."""
    found = {}
    with stack.client() as client:
        for media in client.get("/api/v1/media").raise_for_status().json()["items"]:
            for job in client.get("/api/v1/jobs", params={"media_id": media["id"]}).raise_for_status().json()["items"]:
                if job["state"] == "done":
                    found[media["title"]] = stack.srt(client, job["transcript_id"])
    return found


def test_recreated_server_is_found_again(stack):
    """Row 34: the server alone gets a new container and another address; nginx is not restarted."""
    web, image, old = stack.container("web"), stack.inspect("server")["Image"], address(stack)
    stack.compose("stop", "server")
    # Somebody else takes the address that became free.
    stack.docker("run", "-d", "--rm", "--name", "zimu-test-squatter", "--network", "zimu_default", "--ip", old,
                 "--entrypoint", "sleep", image, "300")
    try:
        stack.compose("up", "-d", "--no-deps", "--force-recreate", "--wait", "server")
        assert address(stack) != old
        end = time.monotonic() + RECOVER_SECONDS
        with stack.client() as client:
            while (answer := client.get("/livez")).status_code != 200:
                assert time.monotonic() < end, answer.text
                time.sleep(0.5)
    finally:
        stack.docker("rm", "-f", "zimu-test-squatter", check=False)
    assert stack.container("web") == web


def address(stack) -> str:
    return stack.inspect("server")["NetworkSettings"]["Networks"]["zimu_default"]["IPAddress"]


def test_hardened(stack):
    """Row 37: read-only root, no capability but those of the start, and nothing was written into the image."""
    for service in ("server", "web"):
        config = stack.inspect(service)["HostConfig"]
        assert config["ReadonlyRootfs"] and config["CapDrop"] == ["ALL"]
        assert "no-new-privileges:true" in config["SecurityOpt"]
        assert stack.docker("diff", stack.container(service)).stdout.strip() == ""


def test_runs_as_puid_without_capabilities(stack):
    """Row 14: the server process has PUID:PGID and not one capability."""
    status = stack.exec("server", "sh", "-c", "cat /proc/$(pidof zimu)/status").stdout
    assert re.search(r"^Uid:\s+1000\s+1000\s+1000\s+1000$", status, re.M), status
    assert re.search(r"^Gid:\s+1000\s+1000\s+1000\s+1000$", status, re.M), status
    for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        assert re.search(rf"^{kind}:\s+0+$", status, re.M), status


def test_logs_are_bounded(stack):
    """Row 39."""
    for service in ("server", "web"):
        log = stack.inspect(service)["HostConfig"]["LogConfig"]
        assert log["Config"]["max-size"] and log["Config"]["max-file"], log


def test_journal_fits_the_filesystem(stack):
    """Row 20, and row 22's version: doctor inside the container says both."""
    data = stack.doctor()["data"]
    assert data["verdict"] == "good", data
    assert "journal wal" in data["detail"], data


def test_no_gpu_is_good_news(stack):
    """Rows 3 and 9: without a card the verdict is the CPU, and that is fine."""
    gpu = stack.doctor()["gpu"]
    assert gpu["verdict"] == "good" and gpu["detail"].startswith("cpu:"), gpu


def test_stop_in_the_middle_of_a_job(stack, jfk, tmp_path):
    """Row 38: SIGTERM mid-job ends within the grace period with status 0, no zombies before, and the job goes on after."""
    long = tmp_path / "long.mp3"
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-stream_loop", "40", "-i", jfk, "-c", "copy", long], check=True)
    with stack.client() as client, open(long, "rb") as file:
        media = client.post("/api/v1/media", files={"file": ("long.mp3", file)}).raise_for_status().json()
        job = client.post("/api/v1/jobs", json={"media_id": media["id"]}).raise_for_status().json()
        while (now := client.get(f"/api/v1/jobs/{job['id']}").json())["progress"] == 0:
            assert now["state"] in ("queued", "running"), now
            time.sleep(0.2)
    zombies = stack.exec("server", "sh", "-c", "cat /proc/[0-9]*/stat").stdout
    assert not [line for line in zombies.splitlines() if line.rsplit(")", 1)[1].split()[0] == "Z"], zombies
    container = stack.container("server")
    stack.compose("stop", "server")
    state = json.loads(stack.docker("inspect", container).stdout)[0]["State"]
    assert state["ExitCode"] == 0 and not state["OOMKilled"], (state, stack.logs("server")[-2000:])
    stack.up()
    with stack.client() as client:
        done = stack.wait_job(client, job["id"])
        assert done["state"] == "done" and done["attempts"] == 2, done


def test_killed_server_goes_on(stack):
    """`kill -9` of everything in the container: Docker starts it again and the library is whole."""
    before = library(stack)
    stack.docker("kill", stack.container("server"))
    stack.up()
    assert library(stack) == before


def test_backup_and_restore_by_the_documented_commands(stack):
    """Row 26 through compose, as DEPLOY.md says it."""
    before = library(stack)
    stack.exec("server", "zimu", "backup", "/data/backups/test.db")
    with stack.client() as client:
        for media in client.get("/api/v1/media").raise_for_status().json()["items"]:
            client.patch(f"/api/v1/media/{media['id']}", json={"title": "changed"}).raise_for_status()
    assert library(stack) != before
    stack.compose("stop", "server")
    stack.compose("run", "--rm", "--no-deps", "server", "restore", "/data/backups/test.db")
    stack.up()
    assert library(stack) == before
