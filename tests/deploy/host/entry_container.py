"""A container without an engine: the real entrypoint and the real programs under the real tini, in mount and PID
namespaces of their own, with the root an overlay of this machine's. Needs root, as an engine does.

What an engine gives is given here too: overlay root (read-only), tmpfs on /tmp and /run, the data folder bound to
/data, the capability set of docker-compose.yml, user:, tini as process 1.
"""

from __future__ import annotations

import dataclasses
import os
import pathlib
import shlex
import signal
import subprocess
import sys

import psutil
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "functional"))
from zimu_server import BIN, MODELS, Server  # noqa: E402

ENTRYPOINT = ROOT / "server" / "entrypoint.sh"
NEEDED = ("unshare", "setpriv", "tini", "strace", "bindfs", "fuse-overlayfs", "pivot_root")
# cap_add of docker-compose.yml: the test reads it there, so that both stay one.
COMPOSE = ROOT / "docker-compose.yml"

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="namespaces and owners need root"),
]


# The last step into a rootless container: a user namespace in which root is one host user and the other ids are sub-ids,
# with the map written by a helper outside, as newuidmap does it; then the rest of the command.
ROOTLESS = """
import ctypes, os, pathlib, sys
(ready, unshared), target, user = os.pipe(), os.getpid(), sys.argv[1]
if os.fork() == 0:
    os.read(ready, 1)
    for kind in ("gid_map", "uid_map"):
        pathlib.Path(f"/proc/{target}/{kind}").write_text(f"0 {user} 1\\n1 100000 65536\\n")
    os._exit(0)
if ctypes.CDLL(None).unshare(0x10000000) != 0:  # CLONE_NEWUSER
    sys.exit("no user namespace")
os.write(unshared, b"x")
os.wait()
os.setgroups([]); os.setresgid(0, 0, 0); os.setresuid(0, 0, 0)
os.execvp(sys.argv[2], sys.argv[2:])
"""


def compose_capabilities() -> list[str]:
    line = next(line for line in COMPOSE.read_text().splitlines() if line.strip().startswith("cap_add:"))
    return [name.strip().lower() for name in line.split("[", 1)[1].split("]", 1)[0].split(",")]


@dataclasses.dataclass
class Container:
    """One way to start it. `data` None: nothing is mounted on /data."""

    data: pathlib.Path | None
    base: pathlib.Path                      # an empty folder of this test; a tmpfs is mounted there, inside only
    env: dict[str, str] = dataclasses.field(default_factory=dict)
    user: str | None = None                 # "1234:1234", as user: in compose
    groups: str = ""                        # extra groups, as group_add
    data_type: str = "bind"                 # bind | ro | virtiofs | fuse-overlayfs | tmpfs | anonymous
    mounts: dict[str, pathlib.Path] = dataclasses.field(default_factory=dict)   # more binds: /data/uploads …
    capabilities: list[str] | None = None   # None: those of docker-compose.yml
    rootless: int = 0                       # of this host user, as a rootless engine maps ids
    program: str = "zimu"                   # zimu_next: the same with two migrations more
    init: bool = True                       # False: the entrypoint itself is process 1, as without tini
    strace: str = ""                        # system calls to write into trace()

    def trace(self) -> str:
        return (self.base.parent / (self.base.name + "-trace") / "log").read_text(errors="replace")

    def command(self, *args: str, entry: tuple[str, ...] = ("/opt/zimu/entrypoint.sh",)) -> list[str]:
        self.base.mkdir(exist_ok=True, parents=True)
        trace = self.base.parent / (self.base.name + "-trace")
        trace.mkdir(exist_ok=True)
        trace.chmod(0o777)
        outer = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"]
        return [*outer, "bash", "-euc", self._setup(trace), "container", *self._inside(entry), *args]

    def _inside(self, entry: tuple[str, ...]) -> list[str]:
        capabilities = compose_capabilities() if self.capabilities is None else self.capabilities
        drop = ["setpriv", "--inh-caps=-all", f"--bounding-set={','.join(['-all', *('+' + c for c in capabilities)])}"]
        if self.user:
            uid, gid = self.user.split(":")
            drop += ["--reuid", uid, "--regid", gid]
        drop += ["--groups", self.groups] if self.groups else ["--clear-groups"]
        if self.rootless:
            drop = ["python3", "-c", ROOTLESS, str(self.rootless), *drop]
        if self.strace:   # with a process 1 of its own: strace would wait for bindfs too
            return ["tini", "--", "strace", "-f", "-qq", "-y", "-o", "/trace/log", "-e", "trace=" + self.strace,
                    *drop, "tini", "-s", "-g", "--", *entry]
        return [*drop, *(["tini", "-g", "--"] if self.init else []), *entry]

    def _setup(self, trace: pathlib.Path) -> str:
        q = shlex.quote
        data = q(str(self.data)) if self.data else ""
        mount_data = {
            "bind": f"mount --rbind {data} $r/data",
            "ro": f"mount --bind {data} $r/data; mount -o remount,bind,ro $r/data",
            # Only the type's name is that of another filesystem: what Zimu decides by, and what it must not do there.
            "virtiofs": f"mkdir $b/fuse; bindfs -o subtype=virtiofs {data} $b/fuse; mount --bind $b/fuse $r/data",
            "fuse-overlayfs": f"mkdir $b/fuse $b/fw $b/fl; fuse-overlayfs -o lowerdir=$b/fl,upperdir={data},workdir={data}-work $b/fuse;"
                              " mount --bind $b/fuse $r/data",
            "tmpfs": "mount -t tmpfs none $r/data",
            # As docker names the volume that VOLUME makes where none was given.
            "anonymous": f"mkdir -p $b/volumes/{'5e' * 32}/_data; mount --bind $b/volumes/{'5e' * 32}/_data $r/data",
        }[self.data_type]
        binds = "\n".join(f"{'mkdir -p' if source.is_dir() else 'touch'} $r{q(to)}; mount --bind {q(str(source))} $r{q(to)}"
                          for to, source in self.mounts.items())
        return f"""
b={q(str(self.base))}; mount -t tmpfs -o mode=0755 none $b
mkdir $b/upper $b/work $b/root; r=$b/root
mount -t overlay overlay -o lowerdir=/,upperdir=$b/upper,workdir=$b/work $r
rm -rf $r/opt/zimu; mkdir -p $r/data $r/opt/zimu/bin $r/trace $r/models $r/mnt/old $r/usr/local/bin
for file in bin/zimu bin/zimu-worker entrypoint.sh; do : >$r/opt/zimu/$file; done
mount --bind {q(str(BIN / self.program))} $r/opt/zimu/bin/zimu
mount --bind {q(str(BIN / "zimu-worker"))} $r/opt/zimu/bin/zimu-worker
mount --bind {q(str(ENTRYPOINT))} $r/opt/zimu/entrypoint.sh
ln -sf /opt/zimu/entrypoint.sh $r/usr/local/bin/zimu
mount --bind {q(str(trace))} $r/trace
mount --rbind /dev $r/dev; mount -t proc proc $r/proc; mount --rbind /sys $r/sys
[ ! -d {q(str(MODELS))} ] || mount --bind {q(str(MODELS))} $r/models
mount -t tmpfs -o mode=1777 none $r/tmp; mount -t tmpfs -o mode=0755 none $r/run
{mount_data if self.data or self.data_type in ("tmpfs", "anonymous") else ""}
{binds}
mount -o remount,ro $r
cd $r; pivot_root . mnt/old; umount -l /mnt/old; cd /
exec "$@"
"""

    def environment(self) -> dict[str, str]:
        env = {"PATH": "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "ZIMU_DATA_DIR": "/data",
               "ZIMU_MODEL_DIR": "/models", "ZIMU_LISTEN": "127.0.0.1:0", "ZIMU_LOG_FORMAT": "text",
               "NO_PROXY": "127.0.0.1", "ZIMU_TEST_BACKOFF_SECONDS": "0", "OLLAMA_HOST": "http://127.0.0.1:9"}
        if self.strace:
            env["ASAN_OPTIONS"] = "detect_leaks=0"   # LeakSanitizer and strace cannot both trace
        return env | self.env

    def popen(self, *args: str, entry: tuple[str, ...] = ("/opt/zimu/entrypoint.sh",)) -> subprocess.Popen:
        return subprocess.Popen(self.command(*args, entry=entry), env=self.environment(), text=True, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def run(self, *args: str, entry: tuple[str, ...] = ("/opt/zimu/entrypoint.sh",), seconds: float = 120):
        """Runs to its end; output is standard output and error as one."""
        process = self.popen(*args, entry=entry)
        try:
            output, _ = process.communicate(timeout=seconds)
        except BaseException:   # also a test that is stopped leaves no container behind
            kill_container(process)
            raise
        assert "Sanitizer" not in output and "runtime error" not in output, output
        return subprocess.CompletedProcess(args, process.returncode, output)

    def serve(self) -> "ContainerServer":
        return ContainerServer(self).start()

    def start_and_stop(self) -> list[str]:
        """A whole good life of the server; what it printed."""
        server = self.serve()
        assert server.stop() == 0, "\n".join(server.log)
        return server.log


def first_process(process: subprocess.Popen) -> psutil.Process:
    """The tini that runs the entrypoint, as the host sees it: process 1 of the container, but for strace. Without an
    init that is the entrypoint itself."""
    everyone = psutil.Process(process.pid).children(recursive=True)
    return next((p for p in reversed(everyone) if name_of(p) == "tini"), everyone[0])


def name_of(process: psutil.Process) -> str:
    """Empty for one that has ended since it was listed, as the commands of a shell script do."""
    try:
        return process.name()
    except psutil.NoSuchProcess:
        return ""


def kill_container(process: subprocess.Popen) -> None:
    """Process 1 of the namespace (unshare's child): with it the kernel ends every other one."""
    if process.poll() is None:
        try:
            everyone = psutil.Process(process.pid).children(recursive=True)
            psutil.Process(process.pid).children()[0].kill()
            psutil.wait_procs(everyone, timeout=30)
        except (psutil.NoSuchProcess, IndexError):
            pass
        process.kill()
    process.wait()


class ContainerServer(Server):
    """`entrypoint.sh serve` in a container; `stop` is docker stop."""

    def __init__(self, container: Container):
        super().__init__(container.data)
        self.container = container

    def launch(self) -> subprocess.Popen:
        return self.container.popen("serve")

    def start(self) -> "ContainerServer":
        try:
            return super().start()
        except BaseException:
            self.kill()
            raise

    def first(self) -> psutil.Process:
        return first_process(self.process)

    def kill(self) -> None:
        """docker kill, or a power cut."""
        kill_container(self.process)
        self.url = ""

    def inside(self) -> list[psutil.Process]:
        return [self.first(), *self.first().children(recursive=True)]

    def zimu(self) -> psutil.Process:
        return next(p for p in self.first().children() if p.name().startswith("zimu"))

    def stop(self, seconds: float = 60) -> int:
        if self.process.poll() is None:
            self.first().send_signal(signal.SIGTERM)   # process 1 from outside, as an engine does it
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("the container did not stop:\n" + "\n".join(self.log[-30:])) from None
