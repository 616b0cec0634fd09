#!/usr/bin/env bash
# Starts Zimu in a container: entrypoint.sh serve | migrate | backup | restore FILE | … (the arguments of zimu).
#
#   as root            gives the data folder to PUID:PGID (only what is wrong, and through no link), then becomes them
#   as another user    changes no owner; says what it may not write to, and the command that mends it
#   serve              also checks that the right folders are mounted, backs up and migrates, then becomes zimu
#   fix-permissions    looks at every file again, where `serve` trusts the stamp in DATA/.zimu
#   named zimu         (a link in PATH) becomes the right user and runs zimu: `docker compose exec server zimu …`
#
# Settings of its own, which zimu never sees: ZIMU_ALLOW_UNMOUNTED_DATA=1, ZIMU_EXPECT_DATA=1 (see check_mounts).
# Writes to the data folder and nowhere else, so the root may be read-only. What only a person can mend ends with a
# sentence, what to do, and status 78, after a pause: a restart policy then makes no storm of restarts.
# Capabilities it needs as root: CHOWN DAC_OVERRIDE SETUID SETGID (and KILL for tini, which stays root).
set -euo pipefail
umask 022

self=$(readlink -f -- "${BASH_SOURCE[0]}")
zimu=${self%/*}/bin/zimu
data=$(realpath -m -- "${ZIMU_DATA_DIR:-/data}")
database=("$data"/zimu.db{,-wal,-shm,-journal,.lock})
models=$(realpath -m -- "${ZIMU_MODEL_DIR:-$data/models}")
name=${0##*/}
if [[ $name != zimu ]]; then
  if [[ ${1:-} == zimu ]]; then shift; fi
  (($#)) || set -- serve
fi
command=${1:-}
[[ $name != zimu ]] || command=zimu
uid=$(id -u) gid=$(id -g)

say() { printf 'entrypoint: %s\n' "$*" >&2; }

# fatal SENTENCE ADVICE…
fatal() {
  say "$1"
  printf '  → %s\n' "${@:2}" >&2
  give_up 78
}

give_up() { # STATUS
  if [[ $command == serve ]]; then
    trap 'exit 143' TERM INT
    sleep "${ZIMU_TEST_BACKOFF_SECONDS:-10}" &
    wait $! || true
  fi
  exit "$1"
}

is_on() { [[ ${1,,} =~ ^(1|true|yes|on)$ ]]; }

# mount_of PATH: fills mount_point, mount_root (its folder on the disk), mount_type and mount_options.
mount_of() {
  local root point options rest
  mount_point='' mount_root='' mount_type='' mount_options=''
  while read -r _ _ _ root point options rest; do
    printf -v point '%b' "${point//\\/\\0}" # \040 is a space
    [[ $1 == "$point" || $1 == "${point%/}"/* ]] || continue
    ((${#point} >= ${#mount_point})) || continue
    rest=${rest#*- }
    printf -v mount_root '%b' "${root//\\/\\0}"
    mount_point=$point mount_type=${rest%% *} mount_options=$options,${rest##* }
  done </proc/self/mountinfo
}

# On a rootless engine root here is one ordinary user of the host, and every other id is a stranger there.
is_rootless() {
  local inside outside count
  read -r inside outside count </proc/self/uid_map
  ((inside == 0 && outside != 0 && count == 1))
}

read_id() { # NAME DEFAULT
  local value=${!1:-$2}
  if [[ ! $value =~ ^(0|[1-9][0-9]{0,9})$ ]] || ((value > 4294967294)); then
    fatal "$1 is $(printf '%q' "$value"), which is not a number" "set it to what \`id -${1:1:1}\` prints on the host, such as 1000"
  fi
  printf -v "$3" '%s' "$value"
}

# The ids to become. Numbers are enough: no /etc/passwd is changed.
choose_ids() {
  local default=1000
  if is_rootless; then default=0; fi
  read_id PUID "$default" uid
  read_id PGID "$default" gid
  if is_rootless; then
    ((uid == 0)) || say "rootless engine: uid $uid here is a sub-id on the host; with PUID=0 and PGID=0 the files would be your own"
  elif ((uid == 0)); then
    say "PUID is 0: Zimu keeps running as root; any other id is safer"
  fi
}

# Fills `drop`, the command that gives up root. Groups stay, but for root's: they may open the GPU's device nodes.
choose_drop() {
  local group groups=() capabilities
  drop=(setpriv --no-new-privs)
  if ((uid != 0 || gid != 0)); then
    for group in $(id -G); do ((group == 0 && gid != 0)) || groups+=("$group"); done
    drop+=(--reuid "$uid" --regid "$gid" --inh-caps=-all)
    if ((${#groups[@]})); then drop+=(--groups "$(IFS=,; echo "${groups[*]}")"); else drop+=(--clear-groups); fi
    capabilities=$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)
    ((uid == 0 || !(0x$capabilities >> 8 & 1))) || drop+=(--bounding-set=-all) # only with SETPCAP
  fi
  local problem
  problem=$("${drop[@]}" true 2>&1) || fatal "cannot become $uid:$gid (${problem:-setpriv failed})" \
    "give the container the capabilities SETUID and SETGID, or start it as that user (user: \"$uid:$gid\")" \
    "on a rootless engine choose ids that it maps, such as PUID=0 and PGID=0"
}

# own PATH [-maxdepth N]: gives uid:gid what is not theirs. `chown -h` follows no link; other mounts below are left alone.
own() {
  local count point skip=()
  [[ -e $1 && ! -L $1 ]] || return 0
  for point in "${points[@]}"; do
    [[ $point != "$1"/* ]] || skip+=(-path "${point//[\\\*\?\[]/\\&}" -prune -o)
  done
  count=$(find -P "$@" "${skip[@]}" -not \( -uid "$uid" -gid "$gid" \) -exec chown -h "$uid:$gid" {} + -printf x \
    2> >(sed -n 1,2p >&2) | wc -c) || all_owned=no
  changed=$((changed + count))
}

# As root. A walk over every recording happens once for each PUID:PGID: the stamp in .zimu says that it was done.
take_over() {
  local stamp='' whole=yes file point
  all_owned=yes changed=0 owner_stamp=none points=()
  while read -r _ _ _ _ point _; do
    printf -v point '%b' "${point//\\/\\0}"
    points+=("$point")
  done </proc/self/mountinfo
  mkdir -p -- "$data" 2>/dev/null || fatal "there is no folder $data, and it cannot be made" "mount a folder of the host there"
  if [[ -f $data/.zimu && ! -L $data/.zimu ]]; then stamp=$(sed -n 's/^owner=//p' "$data/.zimu"); fi
  if [[ $stamp == "$uid:$gid" && $command != fix-permissions ]]; then
    [[ $(stat -c %u:%g -- "$data/uploads" 2>/dev/null) != "$stamp" ]] || whole=no
  fi
  own "$data" -maxdepth 0
  if [[ $(stat -c %u:%g -- "$data") != "$uid:$gid" ]]; then
    mount_of "$data"
    say "$data ($mount_type) keeps its owner $(stat -c %u:%g -- "$data"): no owner is changed there"
    return
  fi
  for file in "${database[@]}" "$data/.zimu" "$data/uploads/.zimu"; do own "$file" -maxdepth 0; done
  own "$data/uploads" -maxdepth 0
  own "$data/uploads/incoming" -maxdepth 1
  own "$data/backups" -maxdepth 1
  if [[ $whole == yes ]]; then own "$data/uploads"; fi
  # A folder of models from elsewhere may belong to others too: only an empty one of root is taken.
  mount_of "$models"
  if [[ $models == "$data"/* && $mount_point != "$models" ]]; then
    if [[ $whole == yes ]]; then own "$models"; else own "$models" -maxdepth 1; fi
  elif [[ -d $models && $(stat -c %u -- "$models") == 0 && -z $(ls -A -- "$models") ]]; then
    own "$models" -maxdepth 0
  fi
  ((changed == 0)) || say "gave $changed files and folders in $data to $uid:$gid"
  if [[ $all_owned == yes ]]; then owner_stamp=$uid:$gid; fi
}

# unwritable PATH REASON: names the cause and ends.
unwritable() {
  local path=$1 reason=${2##*: } owner mode label host
  while [[ ! -e $path && $path != / ]]; do path=$(dirname -- "$path"); done
  mount_of "$path"
  case $reason in
    *'Read-only file system'*)
      fatal "$path is read-only ($mount_type mounted at $mount_point)" \
        "take :ro or read_only off that volume in the compose file; if it has none, the host's disk went read-only: see dmesg there" ;;
    *'No space left'* | *quota*) fatal "no room on the disk of $path ($reason)" "free some space there" ;;
    *'Permission denied'* | *'not permitted'*) ;;
    *) fatal "cannot write to $path: $reason" "check the disk that is mounted at $mount_point" ;;
  esac
  owner=$(stat -Lc %u:%g -- "$path") mode=$(stat -Lc %a -- "$path")
  host=$mount_root${path#"${mount_point%/}"}
  if [[ ${owner%:*} == "$uid" ]] && ((!(8#$mode & 8#200))); then
    fatal "$path belongs to $owner, as it should, but its mode $mode forbids writing" "on the host: sudo chmod -R u+rwX $host"
  elif [[ ${owner%:*} == "$uid" ]]; then
    label=$(tr -d '\0' <"${ZIMU_TEST_ATTR_CURRENT:-/proc/self/attr/current}" 2>/dev/null) || label=''
    [[ $label != *:container*_t:* ]] || fatal "SELinux lets nothing in this container write to $path" \
      "add docker-compose.selinux.yml to COMPOSE_FILE in .env, or :Z to the volume"
    fatal "$path has the right owner and mode ($owner, $mode), and writing is refused all the same ($reason)" \
      "look for an immutable flag (lsattr) or a security module on the host"
  elif is_rootless; then
    fatal "$path belongs to $owner, and uid $uid may not write to it" \
      "rootless engine: drop user: and set PUID=0 and PGID=0, or run with --userns=keep-id"
  fi
  fatal "$path belongs to $owner (mode $mode), and uid $uid gid $gid may not write to it" \
    "on the host: sudo chown -R $uid:$gid $host  (so its disk names it; put that disk's mount point in front)" \
    "or drop user: so that the container starts as root and does it, with PUID=$uid PGID=$gid"
}

# Every folder as the user that will use it: really writes a file.
make_folders() {
  local folder file reason
  for folder in "$data" "$data/uploads" "$data/uploads/incoming" "$data/backups"; do
    if [[ -L $folder && ! -e $folder ]]; then
      fatal "$folder is a link to $(readlink -- "$folder"), which does not exist in this container" "mount that folder at $folder instead"
    fi
    reason=$(LC_ALL=C mkdir -p -- "$folder" 2>&1) || unwritable "$folder" "$reason"
    file=$(LC_ALL=C mktemp -- "$folder/.zimu-probe-XXXXXX" 2>&1) || unwritable "$folder" "$file"
    rm -f -- "$file"
  done
  for file in "${database[@]}"; do
    [[ ! -e $file || -w $file ]] || unwritable "$file" "Permission denied"
  done
  mkdir -p -- "$models" 2>/dev/null || true
  [[ -w $models ]] || say "no model can be fetched into $models: uid $uid may not write there"
}

# Before anything is changed. `.zimu` is written after the first good start, in the data folder and in uploads/.
check_mounts() {
  mount_of "$data"
  if [[ $mount_point == / || $mount_root =~ /volumes/[0-9a-f]{64}/_data ]] && ! is_on "${ZIMU_ALLOW_UNMOUNTED_DATA:-}"; then
    fatal "nothing of yours is mounted at $data: all recordings would go with the container" \
      "mount a folder or a named volume there (docker run -v zimu-data:$data …)" \
      "to try Zimu out without one: ZIMU_ALLOW_UNMOUNTED_DATA=1"
  fi
  if [[ ,$mount_options, == *,ro,* ]]; then unwritable "$data" "Read-only file system"; fi
  [[ $mount_type != tmpfs ]] || say "$data is a tmpfs: everything in it is lost when it is unmounted"
  if [[ ! -e $data/.zimu ]]; then
    if is_on "${ZIMU_EXPECT_DATA:-}" && [[ ! -e $data/zimu.db ]]; then
      fatal "ZIMU_EXPECT_DATA is set, and $data holds no data of Zimu" "mount the disk or folder that holds it, and start again" \
        "for a new, empty library take ZIMU_EXPECT_DATA out"
    fi
    return 0
  fi
  [[ -e $data/zimu.db ]] || fatal "$data/zimu.db is gone, and $data/.zimu says that there was one" \
    "put it back, or restore a copy: docker compose run --rm server restore $data/backups/FILE.db" \
    "for a new, empty library delete $data/.zimu"
  [[ -e $data/uploads/.zimu ]] || fatal "$data/uploads is not the folder that held the recordings: .zimu is missing there" \
    "mount the disk or folder that holds them, and start again" \
    "if it is the right one: touch $data/uploads/.zimu (in that folder on the host)"
}

# After the database is there, so that a crash before leaves no promise.
mark_folders() { # OWNER
  local text="This marks Zimu's data: without it Zimu takes the folder for one that was never used. Do not delete it."
  [[ -e $data/uploads/.zimu ]] || printf '%s\n' "$text" >"$data/uploads/.zimu"
  text+=$'\n'"owner=$1"
  [[ -f $data/.zimu && $(<"$data/.zimu") == "$text" ]] && return
  printf '%s\n' "$text" >"$data/.zimu.part"
  mv -f -- "$data/.zimu.part" "$data/.zimu"
}

# As the user: the last steps of `serve`. The database is copied before it is migrated (data/backups).
serve() { # OWNER-STAMP ARGUMENTS…
  local status=0
  make_folders
  "$zimu" migrate || status=$?
  case $status in
    0) ;;
    64 | 66 | 73) say "not started: the reason is above"; give_up 78 ;;
    *) say "not started: zimu migrate ended with status $status"; give_up "$status" ;;
  esac
  mark_folders "$1"
  exec "$zimu" "${@:2}"
}

stamp=${_ZIMU_STAMP:-}
[[ $stamp || $command != serve ]] || check_mounts
unset _ZIMU_STAMP ZIMU_ALLOW_UNMOUNTED_DATA ZIMU_EXPECT_DATA

if [[ -n $stamp ]]; then
  serve "$stamp" "$@"
elif ((uid == 0)); then
  choose_ids
  choose_drop
  case $command in serve | migrate | backup | restore | models | fix-permissions) take_over ;; esac
  [[ $command != fix-permissions ]] || exit 0
  if ((uid != 0)) && [[ ! -w ${HOME:-/} || $HOME == /root ]]; then export HOME=/tmp; fi
  [[ $command != serve ]] || exec env _ZIMU_STAMP="$owner_stamp" "${drop[@]}" "$self" "$@"
  exec "${drop[@]}" "$zimu" "$@"
else
  [[ $command != fix-permissions ]] || fatal "fix-permissions needs to start as root, and this is uid $uid" "leave user: out for this once"
  [[ -w ${HOME:-/} ]] || export HOME=/tmp
  [[ $command == serve ]] || exec "$zimu" "$@"
  if [[ ${PUID:-$uid}:${PGID:-$gid} != "$uid:$gid" ]]; then
    say "started as uid $uid gid $gid (user:): PUID=${PUID:-} and PGID=${PGID:-} have no effect"
  fi
  serve none "$@"
fi
