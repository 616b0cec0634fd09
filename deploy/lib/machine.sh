# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # the parts share their variables
# The machine itself: system, WSL, memory, ids. Sets system, wsl, want_uid, want_gid, id_reason, zone, zone_reason.
system='' wsl=0 distribution='' want_uid='' want_gid='' id_reason='' zone='' zone_reason=''

look_at_system() {
  local version=''
  system="${SETUP_SYSTEM:-$(uname -s)}"
  [ ! -r "$SETUP_PROC_VERSION" ] || version=$(cat "$SETUP_PROC_VERSION")
  if [ -r "$SETUP_OS_RELEASE" ]; then
    distribution=$(sed -n 's/^ID\(_LIKE\)\{0,1\}=//p' "$SETUP_OS_RELEASE" | tr -d '"' | tr '\n' ' ')
  fi
  case "$version" in
    *[Mm]icrosoft*WSL2* | *[Mm]icrosoft-standard*) wsl=2 ;;
    *[Mm]icrosoft*) wsl=1 ;;
  esac
  case "$system:$wsl" in
    Linux:0) good "system: Linux ${distribution:-}" ;;
    Linux:2) good "system: WSL2 ${distribution:-}" ;;
    Linux:1) stop "system: this is WSL 1, which cannot run containers." \
      'In PowerShell: wsl --set-version <distribution> 2' ;;
    Darwin:*) good 'system: macOS' ;;
    *) note "system: $system is not one that Zimu was tried on." 'On Windows run this script inside WSL2.' ;;
  esac
  case "$(uname -m)" in
    x86_64 | amd64 | aarch64 | arm64) ;;
    *) note "processor: $(uname -m) was never tried; the images may not build." ;;
  esac
}

look_at_memory() {
  local kib
  [ -r "$SETUP_MEMINFO" ] || return 0
  kib=$(awk '$1 == "MemTotal:" {print $2}' "$SETUP_MEMINFO")
  [ -n "$kib" ] || return 0
  if [ "$kib" -lt 1900000 ]; then
    note "memory: $((kib / 1024)) MiB. The model base needs about 1 GiB while it works." \
      'Set ZIMU_MODEL=tiny in .env.'
  else
    good "memory: $((kib / 1024)) MiB"
  fi
}

# PUID and PGID are those of the person at the keyboard, also under sudo.
look_at_ids() {
  local uid gid
  uid="${SETUP_UID:-$(id -u)}" gid="${SETUP_GID:-$(id -g)}"
  if [ "$rootless" = 1 ]; then
    want_uid=0 want_gid=0
    id_reason="$engine runs rootless: root in the container is your own user $uid."
  elif [ "$uid" != 0 ]; then
    want_uid=$uid want_gid=$gid
    id_reason='Your own user: the files in the data folder belong to you.'
  elif [ -n "${SUDO_UID:-}" ] && [ "${SUDO_UID:-0}" != 0 ]; then
    want_uid=$SUDO_UID want_gid=${SUDO_GID:-$SUDO_UID}
    id_reason="The user who called sudo (${SUDO_USER:-$SUDO_UID}): the files in the data folder belong to them."
  else
    want_uid=1000 want_gid=1000
    id_reason='You are root; the server gives root up for this id. It need not exist on this machine.'
  fi
  good "ids: the server will run as $want_uid:$want_gid. $id_reason"
}

look_at_time_zone() {
  local link
  if [ -n "${TZ:-}" ]; then
    zone=$TZ zone_reason='TZ of the shell.'
  elif [ -r "$SETUP_TIMEZONE" ] && [ -s "$SETUP_TIMEZONE" ]; then
    zone=$(head -n 1 "$SETUP_TIMEZONE") zone_reason='The time zone of this machine.'
  elif link=$(readlink "$SETUP_LOCALTIME" 2>/dev/null); then
    case "$link" in
      */zoneinfo/*) zone=${link##*/zoneinfo/} zone_reason='The time zone of this machine.' ;;
    esac
  fi
  case "$zone" in
    '' | Etc/UTC) zone='' ;;
    *[!A-Za-z0-9_+/:,.-]*) zone='' ;;
  esac
}

look_at_selinux() {
  [ "$(cat "$SETUP_SELINUX" 2>/dev/null || true)" = 1 ] || return 0
  case "$engine:$security" in
    podman:* | *name=selinux*)
      selinux=1
      good 'SELinux: enforcing; the data folder will be labelled for containers' ;;
    *) good 'SELinux: enforcing on the host, not used by this Docker' ;;
  esac
}
selinux=0
