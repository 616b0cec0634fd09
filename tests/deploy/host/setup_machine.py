"""A machine for deploy/setup.sh to look at: programs on a PATH of its own, and the files of /proc, /etc and /sys.

Nothing of the real machine shows through: setup.sh gets a copy of the compose files, and `docker compose config` inside
it is the real Compose."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess

from compose_files import COMPOSE, ROOT

TOOLS = ("awk basename bash cat chmod chown cp cut date df dirname env grep head id mkdir mktemp mv printenv printf pwd "
         "readlink rm sed sh sort tail tr uname").split()

DOCKER = r"""#!/bin/bash
# What the machine's docker answers. $STATE is a folder of small files.
state() { cat "$STATE/$1" 2>/dev/null; }
if [ -e "$STATE/error" ] && [ "$1" != --version ] && [ "$1" != compose ]; then cat "$STATE/error" >&2; exit 1; fi
case "$*" in
  --version) echo "${DOCKER_NAME:-Docker version} $(state version), build 0" ;;
  'version --format '*) state version ;;
  'info --format {{.CDISpecDirs}}') state cdi || { echo "can't evaluate field CDISpecDirs" >&2; exit 1; } ;;
  'info --format '*Version.Version*) echo "$(state version)|$(state rootless)|$(state storage)" ;;
  'info --format '*) echo "$(state os)|[name=seccomp,profile=default$(state security)]|$(state storage)" ;;
  'compose version --short') [ -e "$STATE/compose" ] && state compose || { echo "'compose' is not a docker command" >&2; exit 1; } ;;
  'compose version') state compose_provider ;;
  'compose '*) shift; echo "$*" >>"$STATE/compose_calls"; exec $COMPOSE "$@" ;;
  'ps '*) state ps ;;
  'network inspect '*) state network || exit 1 ;;
  *) echo "docker $*: not something that setup.sh may do" >&2; echo "$*" >>"$STATE/forbidden"; exit 99 ;;
esac
"""


class Machine:
    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.root = folder / "zimu"
        self.bin = folder / "bin"
        self.state = folder / "state"
        self.daemon = folder / "daemon-bin"
        for path in (self.root / "deploy", self.bin, self.state, self.daemon, self.root / "data", folder / "cdi",
                     folder / "net", folder / "pci"):
            path.mkdir(parents=True)
        for file in ROOT.glob("docker-compose*.yml"):
            shutil.copy(file, self.root)
        shutil.copy(ROOT / "deploy/setup.sh", self.root / "deploy")
        shutil.copytree(ROOT / "deploy/lib", self.root / "deploy/lib")
        for tool in TOOLS:
            if found := shutil.which(tool):
                (self.bin / tool).symlink_to(found)
        self.environment: dict[str, str] = {}
        self.file("proc_version", "Linux version 6.8.0-45-generic (buildd@x) #45-Ubuntu SMP\n")
        self.file("os-release", 'ID=ubuntu\nID_LIKE=debian\n')
        self.file("meminfo", "MemTotal:       16303412 kB\n")
        self.mount("ext4")
        self.listen()
        self.routes()
        self.file("timezone", "Europe/Berlin\n")
        self.program("df", 'echo "Filesystem 1024-blocks Used Available Capacity Mounted on"\n'
                           f'echo "/dev/x 999999999 1 $(cat "{self.state}/free" || echo 99999999) 1% /"\n')
        self.ids(1001, 1002)
        self.docker()

    # --- what the machine is ---

    def file(self, name: str, text: str) -> pathlib.Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def program(self, name: str, script: str, folder: pathlib.Path | None = None) -> None:
        path = (folder or self.bin) / name
        path.unlink(missing_ok=True)
        path.write_text(script if script.startswith("#!") else f"#!/bin/bash\n{script}")
        path.chmod(0o755)

    def set(self, name: str, value: str | None) -> "Machine":
        (self.state / name).unlink(missing_ok=True)
        if value is not None:
            (self.state / name).write_text(value + "\n")
        return self

    def docker(self, version: str = "27.3.1", compose: str | None = "2.29.7", **state: str | None) -> "Machine":
        self.program("docker", DOCKER)
        for name, value in {"version": version, "compose": compose, "os": "Ubuntu 24.04.1 LTS", "security": None,
                            "storage": str(self.folder), "cdi": "[/etc/cdi /var/run/cdi]"}.items():
            self.set(name, value)
        for name, value in state.items():
            self.set(name, value)
        return self

    def podman(self, version: str = "4.9.3", rootless: bool = True, compose: str = "2.32.0") -> "Machine":
        (self.bin / "docker").unlink()
        self.program("podman", DOCKER)
        return (self.set("version", version).set("rootless", str(rootless).lower())
                .set("compose_provider", f"Docker Compose version v{compose}"))

    def nvidia(self, name: str = "NVIDIA GeForce RTX 3060", driver: str = "550.120", capability: str = "8.6",
               folder: pathlib.Path | None = None) -> "Machine":
        self.program("nvidia-smi", f'echo "{name}, {driver}, {capability}"\n', folder)
        return self

    def toolkit(self, program: str = "nvidia-container-runtime-hook") -> "Machine":
        self.program(program, "exit 0\n", self.daemon)
        return self

    def cdi_specification(self) -> "Machine":
        self.file("cdi/nvidia.yaml", "cdiVersion: 0.6.0\nkind: nvidia.com/gpu\n")
        return self

    def wsl(self) -> "Machine":
        self.file("proc_version", "Linux version 5.15.153.1-microsoft-standard-WSL2 (root@x) #1 SMP\n")
        return self

    def desktop(self) -> "Machine":
        return self.set("os", "Docker Desktop")

    def mount(self, type: str) -> "Machine":
        """The checkout is on a mount of its own; a longer name beside it must not be taken for it."""
        root = str(self.root).replace(" ", "\\040")
        self.file("mountinfo", f"21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
                               f"30 21 0:40 / {root} rw,noatime shared:2 master:3 - {type} source rw,aname=drvfs\n"
                               f"31 21 0:41 / {root}x rw - tmpfs tmpfs rw\n")
        return self

    def listen(self, *addresses: str) -> "Machine":
        """addresses: HEX:PORT as in /proc/net/tcp; those of IPv6 go to tcp6. One connection that is no listener."""
        head = "  sl  local_address rem_address   st tx_queue\n"
        lines = [f"   0: {a.split(':')[0]}:{int(a.split(':')[1]):04X} 00000000:0000 0A 00000000:00000000\n" for a in addresses]
        other = "   9: 0100007F:1F90 0100007F:9999 01 00000000:00000000\n"
        self.file("net/tcp", head + other + "".join(x for x in lines if len(x.split()[1]) == 13))
        self.file("net/tcp6", head + "".join(x for x in lines if len(x.split()[1]) != 13))
        return self

    def routes(self, *routes: tuple[str, str, str]) -> "Machine":
        """(interface, network, mask) with bytes in the usual order, as 8 hex digits."""
        def turned(text: str) -> str:
            return "".join(reversed([text[i:i + 2] for i in range(0, 8, 2)]))
        lines = [("eth0", "00000000", "00000000"), ("tun0", "80000000", "80000000"), ("eth0", "C0A80100", "FFFFFF00"), *routes]
        self.file("net/route", "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n" + "".join(
            f"{i}\t{turned(n)}\t00000000\t0001\t0\t0\t0\t{turned(m)}\t0\t0\t0\n" for i, n, m in lines))
        return self

    def ids(self, uid: int, gid: int, **variables: str) -> "Machine":
        self.environment |= {"SETUP_UID": str(uid), "SETUP_GID": str(gid)} | variables
        return self

    # --- what setup.sh says about it ---

    def setup(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
        f = self.folder
        environment = {
            "PATH": str(self.bin), "HOME": os.environ.get("HOME", str(f)), "STATE": str(self.state),
            "COMPOSE": " ".join(map(lambda part: shutil.which(part) or part, COMPOSE)),
            "SETUP_PROC_VERSION": str(f / "proc_version"), "SETUP_OS_RELEASE": str(f / "os-release"),
            "SETUP_MEMINFO": str(f / "meminfo"), "SETUP_MOUNTINFO": str(f / "mountinfo"),
            "SETUP_PROC_NET": str(f / "net"), "SETUP_SELINUX": str(f / "enforce"),
            "SETUP_TIMEZONE": str(f / "timezone"), "SETUP_LOCALTIME": str(f / "localtime"),
            "SETUP_UFW": str(f / "ufw.conf"), "SETUP_WSL_LIB": str(f / "wsl-lib"), "SETUP_PCI": str(f / "pci"),
            "SETUP_CDI_DIRS": f"{f / 'no-cdi'}:{f / 'cdi'}", "SETUP_NVIDIA_CONFIG": str(f / "nvidia.toml"),
            "SETUP_DAEMON_PATH": f"{f / 'nowhere'}:{self.daemon}",
        } | self.environment | variables
        answer = subprocess.run([self.root / "deploy/setup.sh", *arguments], env=environment, capture_output=True,
                                text=True, stdin=subprocess.DEVNULL, cwd=f)
        assert not (self.state / "forbidden").exists(), (self.state / "forbidden").read_text()
        return answer

    @property
    def env(self) -> pathlib.Path:
        return self.root / ".env"

    def values(self) -> dict[str, str]:
        """The settings in .env, each of which must have a reason above it."""
        lines = self.env.read_text().splitlines()
        found = {}
        for number, line in enumerate(lines):
            if "=" in line and not line.startswith("#"):
                assert number and lines[number - 1].startswith("# "), f"no reason above {line}"
                name, value = line.split("=", 1)
                assert name not in found, f"{name} twice"
                found[name] = value
        return found

    def reason(self, name: str) -> str:
        lines = self.env.read_text().splitlines()
        at = next(i for i, line in enumerate(lines) if line.startswith(f"{name}="))
        return lines[at - 1]

    def everything(self) -> set[str]:
        return {str(p.relative_to(self.root)) for p in self.root.rglob("*")}
