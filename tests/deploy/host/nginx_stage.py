"""The web container's nginx without a container: Debian's nginx, started by web/entrypoint.sh as user 101.

It runs in a mount namespace of its own that looks as the container does: /opt/zimu has the files of the image, the root
is read-only, /tmp is a tmpfs of 16 MiB, /etc/resolv.conf and /etc/hosts are the test's. Network and programs are the
machine's. Needs root, for the namespace and for changing the user.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

import httpx
import psutil
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "functional"))

WEB = ROOT / "web"
DIST = WEB / "dist"
# Another folder with nginx.conf and nginx/: to see the tests fail with a broken copy.
CONF = pathlib.Path(os.environ.get("ZIMU_TEST_WEB_CONF", WEB))
UID = 101
START_SECONDS = 60

needs_stage = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("nginx") or not DIST.joinpath("index.html").exists(),
    reason="needs root, nginx (apt-get install nginx-light) and the built web app (make web)")

# $1 the folder with resolv.conf and hosts, the rest: what to run.
STAGE = r"""
set -e
given=$1; shift
mount --make-rprivate /
[ ! -f "$given/resolv.conf" ] || mount --bind "$given/resolv.conf" /etc/resolv.conf
[ ! -f "$given/hosts" ] || mount --bind "$given/hosts" /etc/hosts
mount -t tmpfs -o mode=755 tmpfs /opt
mkdir /opt/zimu
cp -r "$ZIMU_TEST_WEB/dist" /opt/zimu/web
cp -r "$ZIMU_TEST_CONF/nginx" "$ZIMU_TEST_CONF/nginx.conf" "$ZIMU_TEST_WEB/entrypoint.sh" /opt/zimu/
chmod -R u=rwX,go=rX /opt/zimu
cd /
[ -n "${ZIMU_TEST_NO_TMP:-}" ] || mount -t tmpfs -o size=16m,mode=1777 tmpfs /tmp
[ -z "${ZIMU_TEST_NO_TMP:-}" ] || mount -t tmpfs -o size=16m,mode=755 tmpfs /tmp
mount -o remount,ro,bind /opt
mount -o remount,ro,bind /
unset ZIMU_TEST_WEB ZIMU_TEST_CONF ZIMU_TEST_NO_TMP
exec setpriv --reuid 101 --regid 101 --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all \
  /bin/sh /opt/zimu/entrypoint.sh "$@"
"""


def free_port(address: str = "127.0.0.1") -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


class Web:
    """nginx as the web container runs it. What it printed is in `log()`; `url` is where it listens."""

    def __init__(self, folder: pathlib.Path, upstream: str, *, env: dict[str, str] | None = None,
                 resolv: str | None = None, hosts: str | None = None):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen | None = None
        if resolv is not None:
            (folder / "resolv.conf").write_text(resolv)
        if hosts is not None:
            (folder / "hosts").write_text(hosts)
        kept = {k: v for k, v in os.environ.items() if not k.startswith("ZIMU_")}
        self.env = kept | {
            "ZIMU_UPSTREAM": upstream, "ZIMU_WEB_LISTEN": f"127.0.0.1:{self.port}",
            "ZIMU_TEST_WEB": str(WEB), "ZIMU_TEST_CONF": str(CONF)} | (env or {})

    def _command(self, *args: str) -> list[str]:
        return ["unshare", "--mount", "bash", "-c", STAGE, "stage", str(self.folder), *args]

    def run(self, *args: str) -> subprocess.CompletedProcess:
        """entrypoint.sh with these arguments, to its end."""
        return self._to_end(self._command(*args), self.env)

    def start(self) -> Web:
        path = self.folder / "web.log"
        with open(path, "ab") as out:
            path.chmod(0o666)
            self.process = subprocess.Popen(self._command("serve"), env=self.env, stdout=out, stderr=out)
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            try:
                if httpx.get(self.url + "/healthz", trust_env=False).status_code == 200:
                    return self
            except httpx.TransportError:
                time.sleep(0.05)
        self.stop()
        raise AssertionError("nginx did not start:\n" + self.log())

    def stop(self) -> int:
        """As the container's STOPSIGNAL does it."""
        assert self.process
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("nginx did not stop:\n" + self.log()) from None

    def inside(self, *args: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess:
        """Runs a program where nginx runs, as its user, as `docker exec` does."""
        assert self.process
        command = ["nsenter", "-t", str(self.process.pid), "-m", "setpriv", "--reuid", str(UID), "--regid", str(UID),
                   "--clear-groups", *args]
        return self._to_end(command, self.env | (env or {}))

    def _to_end(self, command: list[str], env: dict[str, str]) -> subprocess.CompletedProcess:
        """Through files that user 101 may open by /dev/stdout, as a container's."""
        streams = [self.folder / "run.out", self.folder / "run.err"]
        with open(streams[0], "wb") as out, open(streams[1], "wb") as err:
            for path in streams:
                path.chmod(0o666)
            ran = subprocess.run(command, env=env, stdout=out, stderr=err, timeout=60, check=False, cwd="/")
        texts = [path.read_text(errors="replace") for path in streams]
        return subprocess.CompletedProcess(ran.args, ran.returncode, *texts)

    def log(self) -> str:
        path = self.folder / "web.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def memory(self) -> int:
        assert self.process
        master = psutil.Process(self.process.pid)
        return sum(p.memory_info().rss for p in [master, *master.children(recursive=True)])

    def spooled(self) -> int:
        """Bytes in the container's /tmp."""
        assert self.process
        usage = os.statvfs(f"/proc/{self.process.pid}/root/tmp")
        return (usage.f_blocks - usage.f_bfree) * usage.f_frsize

    def client(self, **options) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=options.pop("timeout", 120), trust_env=False, **options)

    def raw(self, text: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        """Sends these bytes; status, headers and body of what comes back until the connection ends."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
            connection.sendall(text)
            received = b""
            while piece := connection.recv(65536):
                received += piece
        head, _, body = received.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = [tuple(line.split(": ", 1)) for line in lines[1:]]
        return int(lines[0].split()[1]), headers, body
