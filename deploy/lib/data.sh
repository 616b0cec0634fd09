# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # the parts share their variables
# The data folder: does it exist, on which filesystem, is there room. Sets data_files (compose files) and data_reason.
data_files='' data_reason='' data_folder=''

# filesystem_of FOLDER: the type in mountinfo of the longest mount point above the real path.
filesystem_of() {
  local path
  path=$(cd "$1" && pwd -P) || return 0
  [ -r "$SETUP_MOUNTINFO" ] || return 0
  path=$path awk '
    function plain(text) {
      gsub(/\\040/, " ", text); gsub(/\\011/, "\t", text); gsub(/\\134/, "\\", text)
      return text
    }
    {
      mount = plain($5)
      for (i = 7; i <= NF && $i != "-"; i++) {}
      if (mount != "/" && ENVIRON["path"] != mount && index(ENVIRON["path"], mount "/") != 1) next
      if (length(mount) >= best) { best = length(mount); type = $(i + 1) }
    }
    END { print type }' "$SETUP_MOUNTINFO"
}

# SQLite is not safe there, or files cannot change their owner.
is_unsafe() {
  case "$1" in
    9p | v9fs | drvfs | virtiofs | fuse.virtiofs | fakeowner | grpcfuse | fuse.grpcfuse | osxfs | fuse.osxfs) return 0 ;;
    nfs | nfs4 | cifs | smb3 | smbfs | ncpfs | afs | ceph | glusterfs | lustre | beegfs | gfs2 | ocfs2) return 0 ;;
    fuse.sshfs | fuse.rclone | fuse.s3fs | fuse.glusterfs | vboxsf | vmhgfs | fuse.vmhgfs-fuse | prl_fs) return 0 ;;
    vfat | exfat | ntfs | ntfs3 | fuseblk) return 0 ;;
  esac
  return 1
}

use_volume() { # REASON
  data_files=docker-compose.volume.yml
  data_reason="Data in the volume zimu-data. $1"
}

look_at_data() {
  local type why=''
  if [ "$data_wish" = volume ]; then
    use_volume '--data volume asked for it.'
    good 'data: in the named volume zimu-data (--data volume)'
    look_at_space "${storage:-/}" 'the storage of the engine'
    return 0
  fi
  data_folder=$data_wish
  case "$data_folder" in
    /*) ;;
    *) data_folder=$root/${data_folder#./} ;;
  esac
  if [ ! -d "$data_folder" ]; then
    stop "The data folder $data_folder does not exist. Is its disk mounted?" "mkdir -p '$data_folder'"
    return 0
  fi
  type=$(filesystem_of "$data_folder")
  if [ "$system" = Darwin ]; then
    why='Docker Desktop shares folders of macOS by virtiofs, where SQLite may lose data.'
  elif [ -n "$type" ] && is_unsafe "$type"; then
    why="$data_folder is on $type, where SQLite may lose data or file owners cannot be set."
  elif [ "$desktop" = 1 ]; then
    why='Docker Desktop brings folders into its virtual machine in a way that is not safe for SQLite.'
  fi
  if [ -z "$why" ]; then
    good "data: $data_folder${type:+ on $type}"
  elif [ -e "$data_folder/zimu.db" ]; then
    note "data: $why A database is there already, so it stays; the server then uses a slower, safer journal." \
      'To move it: back up, COMPOSE_FILE with docker-compose.volume.yml, restore. See DEPLOY.md.'
  elif [ "$data_given" = 1 ]; then
    note "data: $why It stays, because you chose the folder; the server then uses a slower, safer journal." \
      'A named volume is better: deploy/setup.sh --data volume'
  else
    use_volume "$why"
    note "data: $why A named volume is used in its place." \
      'To keep the folder nevertheless: deploy/setup.sh --data ./data'
  fi
  case "$wsl:$type" in
    2:9p | 2:v9fs | 2:drvfs) note "The checkout lies on a Windows drive ($root). It is slow from Linux, and builds take much longer." \
      'Clone it into the home folder of this distribution: cd ~ && git clone …' ;;
  esac
  if [ -n "$data_files" ]; then look_at_space "${storage:-/}" 'the storage of the engine'
  else look_at_space "$data_folder" 'the data folder'; fi
}

free_mib() { df -Pk "$1" 2>/dev/null | awk 'NR == 2 {print int($4 / 1024)}'; }

look_at_space() { # FOLDER WHAT
  local free
  # The storage of Docker Desktop is inside its virtual machine and cannot be seen from here.
  if [ -d "$1" ]; then
    free=$(free_mib "$1")
    if [ -n "$free" ] && [ "$free" -lt 2048 ]; then
      stop "Only $free MiB are free for $2 ($1). Model and first recordings need 2 GiB." 'Make room, or choose another folder with --data.'
    elif [ -n "$free" ] && [ "$free" -lt 10240 ]; then
      note "Only $free MiB are free for $2 ($1)." 'Recordings stay until they are deleted; ZIMU_DATA may be on a larger disk.'
    elif [ -n "$free" ]; then
      good "space: $((free / 1024)) GiB free for $2"
    fi
  fi
}

# Building the images takes room of its own.
look_at_build_space() {
  local free need=6144 what='the images'
  [ -n "$storage" ] && [ -d "$storage" ] || return 0
  if [ -n "$gpu_files" ]; then need=30720 what='the images with CUDA'; fi
  free=$(free_mib "$storage")
  [ -n "$free" ] && [ "$free" -lt "$need" ] || return 0
  note "Building $what takes about $((need / 1024)) GiB; $((free / 1024)) GiB are free in $storage." \
    'docker system df shows what uses it; docker builder prune frees old build steps.'
}
