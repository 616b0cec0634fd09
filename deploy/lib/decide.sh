# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # the parts share their variables
# From what was found to the lines of .env. The files that are named here are the only ones that setup.sh puts into
# COMPOSE_FILE or takes out of it; others in it are the user's own.
readonly own_files='docker-compose.yml docker-compose.gpu.yml docker-compose.gpu-cdi.yml docker-compose.gpu-podman.yml
docker-compose.podman.yml docker-compose.volume.yml docker-compose.selinux.yml docker-compose.ollama.yml
docker-compose.ollama-gpu.yml docker-compose.offline.yml'
port_wish='' port_given=0 subnet_wish='' subnet_given=0 data_given=0
old_files=''

# read_wishes: what the options leave open comes from the existing .env.
read_wishes() {
  local separator
  separator=$(old_value COMPOSE_PATH_SEPARATOR)
  old_files=" $(old_value COMPOSE_FILE | tr "${separator:-:}" ' ') "
  port_wish=$(old_value ZIMU_PORT)
  if [ -n "$port_wish" ]; then port_given=1; else port_wish=8080; fi
  subnet_wish=$(old_value ZIMU_SUBNET)
  if [ -n "$subnet_wish" ]; then subnet_given=1; else subnet_wish=172.30.250.0/24; fi
  if [ -n "$data_wish" ]; then
    data_given=1
    # A path starts with ./ or /.
    case "$data_wish" in volume | /* | ./*) ;; *) data_wish=./$data_wish ;; esac
  else
    case "$old_files" in
      *' docker-compose.volume.yml '*) data_wish=volume data_given=1 ;;
      *) data_wish=$(old_value ZIMU_DATA) ;;
    esac
    if [ -n "$data_wish" ]; then data_given=1; else data_wish=./data; fi
  fi
  if [ -z "$ollama_wish" ]; then
    case "$old_files" in *' docker-compose.ollama.yml '*) ollama_wish=compose ;; *) ollama_wish=host ;; esac
  fi
  case "$old_files" in *' docker-compose.offline.yml '*) offline=1 ;; esac
}

decide_all() {
  local files=docker-compose.yml reason file list=''
  reason="$gpu_reason"
  if [ "$engine" = podman ]; then files="$files docker-compose.podman.yml" reason="Podman. $reason"; fi
  files="$files $gpu_files $data_files"
  [ -z "$data_reason" ] || reason="$reason $data_reason"
  if [ "$selinux" = 1 ] && [ -z "$data_files" ]; then
    files="$files docker-compose.selinux.yml" reason="$reason SELinux is enforcing."
  fi
  files="$files $ollama_files"
  [ -z "$ollama_reason" ] || reason="$reason $ollama_reason"
  for file in $old_files; do
    case " $(printf '%s' "$own_files" | tr '\n' ' ') " in *" $file "*) ;; *) files="$files $file" ;; esac
  done
  if [ "$offline" = 1 ]; then files="$files docker-compose.offline.yml" reason="$reason No network, as --offline asked."; fi
  for file in $files; do list="${list:+$list:}$file"; done
  decide COMPOSE_FILE "$list" "$reason"
  decide COMPOSE_PATH_SEPARATOR : 'Also on Windows, which would expect a semicolon.'
  choose PUID "$want_uid" "$id_reason"
  choose PGID "$want_gid" 'The group that goes with PUID.'
  if [ "$data_wish" != volume ] && [ "$data_given" = 1 ]; then
    decide ZIMU_DATA "$data_wish" 'The data folder that you chose.'
  fi
  [ -z "$zone" ] || choose TZ "$zone" "$zone_reason"
  choose ZIMU_BIND 127.0.0.1 'Only this machine. There are no accounts yet: 0.0.0.0 would let the whole network in.'
  choose ZIMU_PORT "$port" "${port_reason:-Free on this machine.}"
  [ -z "$subnet_reason" ] || choose ZIMU_SUBNET "$subnet" "$subnet_reason"
  if [ "$offline" = 1 ] && [ -n "$ollama_files" ]; then
    choose OLLAMA_PULL_POLICY never 'No network.'
  fi
}

say_next() {
  local shown
  shown=$(old_value ZIMU_PORT)
  cat >&3 <<TEXT

Start Zimu:      $compose up -d --wait     (the first time it builds the images)
Then open:       http://127.0.0.1:$shown
If it does not:  $compose logs server; $compose exec server zimu doctor
TEXT
}
