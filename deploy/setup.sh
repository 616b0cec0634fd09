#!/usr/bin/env bash
# Looks at this machine and writes .env for docker compose with a reason above each line, or says exactly what is
# missing and how to get it. It changes nothing else: no package, no service, no folder, no container.
# Exit: 0 done, 1 something is missing (nothing was written), 3 there is a .env already, 64 wrong usage.
# Every place it looks at can be named by a variable SETUP_…, so that it can be tested.
set -euo pipefail

usage() {
  cat <<'TEXT'
deploy/setup.sh: looks at this machine and writes .env for docker compose.

  --check           only say what is here and what is missing
  --print           print the .env in place of writing it
  --force           write although there is a .env: its own values stay, and it is kept as .env.bak-DATE
  --gpu auto|on|off auto (the default) takes the GPU if it can be used; on makes it an error if not
  --data FOLDER     where the data goes; "volume" for a named volume
  --ollama host|compose
                    Ollama on this machine (the default), or in a container beside Zimu
  --offline         nothing is pulled, built or fetched: images come from docker load
  --help
TEXT
}

fail_usage() {
  echo "deploy/setup.sh: $1" >&2
  usage >&2
  exit 64
}

mode=write force=0 gpu_wish=auto data_wish='' ollama_wish='' offline=0
while [ $# -gt 0 ]; do
  case "$1" in
    --check) mode=check ;;
    --print) mode=print ;;
    --force) force=1 ;;
    --offline) offline=1 ;;
    --gpu | --data | --ollama)
      if [ $# -lt 2 ] || [ -z "$2" ]; then fail_usage "$1 needs a value"; fi
      case "$1:$2" in
        --gpu:auto | --gpu:on | --gpu:off) gpu_wish=$2 ;;
        --data:*) data_wish=$2 ;;
        --ollama:host | --ollama:compose) ollama_wish=$2 ;;
        *) fail_usage "$1 cannot be $2" ;;
      esac
      shift ;;
    --help | -h) usage; exit 0 ;;
    *) fail_usage "unknown option $1" ;;
  esac
  shift
done

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=${SETUP_ROOT:-$(dirname "$here")}
env_file=${SETUP_ENV_FILE:-$root/.env}
: "${SETUP_PROC_VERSION:=/proc/version}" "${SETUP_OS_RELEASE:=/etc/os-release}" "${SETUP_MEMINFO:=/proc/meminfo}"
: "${SETUP_MOUNTINFO:=/proc/self/mountinfo}" "${SETUP_PROC_NET:=/proc/net}" "${SETUP_SELINUX:=/sys/fs/selinux/enforce}"
: "${SETUP_TIMEZONE:=/etc/timezone}" "${SETUP_LOCALTIME:=/etc/localtime}" "${SETUP_UFW:=/etc/ufw/ufw.conf}"
: "${SETUP_WSL_LIB:=/usr/lib/wsl/lib}" "${SETUP_PCI:=/sys/bus/pci/devices}"
: "${SETUP_CDI_DIRS:=/etc/cdi:/var/run/cdi}" "${SETUP_NVIDIA_CONFIG:=/etc/nvidia-container-runtime/config.toml}"
: "${SETUP_DAEMON_PATH:=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}"

# shellcheck source=deploy/lib/report.sh
. "$here/lib/report.sh"
# shellcheck source=deploy/lib/env_file.sh
. "$here/lib/env_file.sh"
# shellcheck source=deploy/lib/machine.sh
. "$here/lib/machine.sh"
# shellcheck source=deploy/lib/engine.sh
. "$here/lib/engine.sh"
# shellcheck source=deploy/lib/gpu.sh
. "$here/lib/gpu.sh"
# shellcheck source=deploy/lib/data.sh
. "$here/lib/data.sh"
# shellcheck source=deploy/lib/network.sh
. "$here/lib/network.sh"
# shellcheck source=deploy/lib/decide.sh
. "$here/lib/decide.sh"

# What is told goes to standard output, except where that is the .env itself.
if [ "$mode" = print ]; then exec 3>&2; else exec 3>&1; fi

read_wishes
look_at_system
look_at_engine
look_at_memory
look_at_ids
look_at_time_zone
look_at_selinux
look_at_gpu
look_at_data
look_at_build_space
look_at_port "$port_wish"
look_at_subnet "$subnet_wish"
look_at_ollama
look_at_shell

if [ "$missing" -gt 0 ]; then
  echo >&3
  echo "Zimu cannot start here yet: see the $missing line(s) with STOP. Nothing was written." >&3
  exit 1
fi
[ "$mode" != check ] || exit 0
decide_all
if [ "$mode" = print ]; then
  print_env
  exit 0
fi
if [ -e "$env_file" ] && [ "$force" = 0 ]; then
  echo >&3
  echo "$env_file exists and was left as it is. --force writes a new one and keeps your own values; --print shows it." >&3
  exit 3
fi
echo >&3
write_env || exit 1
say_next
