# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # the parts share their variables
# Port, private network and Ollama. Sets port, port_reason, subnet, subnet_reason, ollama_files, ollama_reason.
port='' port_reason='' subnet='' subnet_reason='' ollama_files='' ollama_reason=''

# listeners PORT: the local addresses, in the kernel's hexadecimal, that something listens on. proc(5), /proc/net/tcp.
listeners() {
  local hex
  hex=$(printf '%04X' "$1")
  cat "$SETUP_PROC_NET/tcp" "$SETUP_PROC_NET/tcp6" 2>/dev/null |
    awk -v port="$hex" '$4 == "0A" { split($2, local, ":"); if (local[2] == port) print local[1] }'
}

is_taken() {
  if [ -r "$SETUP_PROC_NET/tcp" ]; then
    [ -n "$(listeners "$1")" ]
  else
    has lsof && lsof -nP -iTCP:"$1" -sTCP:LISTEN >/dev/null 2>&1
  fi
}

# Zimu's own web container may hold the port.
is_ours() {
  case "$("${engine:-docker}" ps --filter label=com.docker.compose.project=zimu --format '{{.Ports}}' 2>/dev/null || true)" in
    *":$1->8080"*) return 0 ;;
  esac
  return 1
}

look_at_port() { # WISH
  local candidate
  port=$1
  case "$port" in
    '' | *[!0-9]*)
      stop "ZIMU_PORT is \"$port\", which is not a port." 'Choose one from 1 to 65535.'
      return 0 ;;
  esac
  if ! is_taken "$port"; then
    good "port: $port is free"
  elif is_ours "$port"; then
    good "port: $port is held by Zimu itself"
  else
    for candidate in 8081 8082 8083 8084 8085 8086 8087 8088 8089; do
      is_taken "$candidate" || break
    done
    if is_taken "$candidate"; then
      stop "Port $port is taken, and so are 8081 to 8089." 'Choose one with ZIMU_PORT in .env.'
    elif [ "$port_given" = 1 ]; then
      note "port: $port, which your .env names, is taken by another program." "ZIMU_PORT=$candidate would be free."
    else
      note "port: $port is taken by another program; $candidate is used."
      port_reason="$port was taken by another program."
      port=$candidate
    fi
  fi
}

# overlaps NETWORK/BITS: a route of this machine, other than Zimu's own, covers some of it. /proc/net/route.
overlaps() {
  local bits=${1#*/} a b c d address mask interface destination rest line route_mask own='' base
  IFS=. read -r a b c d <<ADDRESS
${1%/*}
ADDRESS
  address=$(((a << 24) | (b << 16) | (c << 8) | d))
  mask=$(((0xffffffff << (32 - bits)) & 0xffffffff))
  own=$("${engine:-docker}" network inspect zimu_default --format '{{.Id}}' 2>/dev/null | cut -c1-12 || true)
  while read -r interface destination rest; do
    # Columns: Iface Destination Gateway Flags RefCnt Use Metric Mask …, numbers with their bytes reversed.
    # shellcheck disable=SC2086
    set -- $rest
    line=${6:-}
    case "$destination$line" in *[!0-9A-Fa-f]* | '') continue ;; esac
    if [ "${#line}" != 8 ] || [ "$interface" = "br-$own" ]; then continue; fi
    route_mask=$((16#${line:6:2}${line:4:2}${line:2:2}${line:0:2}))
    base=$((16#${destination:6:2}${destination:4:2}${destination:2:2}${destination:0:2}))
    # The default route, and the two halves that VPNs put in its place, cover everything.
    [ "$route_mask" -ge $((16#ff000000)) ] || continue
    if [ $((base & route_mask & mask)) = $((address & route_mask & mask)) ]; then return 0; fi
  done <"$SETUP_PROC_NET/route"
  return 1
}

look_at_subnet() { # WISH
  local wish=$1 candidate
  subnet=$wish
  [ -r "$SETUP_PROC_NET/route" ] || return 0
  case "$wish" in
    *[!0-9./]* | *.*.*.*.* | [!0-9]* | '') return 0 ;; # Compose will judge it
    *.*.*.*/*) ;;
    *) return 0 ;;
  esac
  if ! overlaps "$wish"; then
    good "network: $wish is free"
  elif [ "$subnet_given" = 1 ]; then
    note "network: $wish, which your .env names, overlaps a network that this machine already reaches."
  else
    for candidate in 172.31.250.0/24 10.213.77.0/24 192.168.213.0/24; do
      overlaps "$candidate" && continue
      note "network: $wish overlaps a network that this machine already reaches; $candidate is used."
      subnet_reason="$wish overlaps a network that this machine reaches (a VPN, perhaps)."
      subnet=$candidate
      return 0
    done
    note "network: $wish overlaps a network that this machine already reaches." 'Choose another with ZIMU_SUBNET in .env.'
  fi
}

look_at_ollama() {
  local addresses
  if [ "$ollama_wish" = compose ]; then
    ollama_files=docker-compose.ollama.yml
    case "$gpu_files" in docker-compose.gpu.yml) ollama_files="$ollama_files docker-compose.ollama-gpu.yml" ;; esac
    ollama_reason='Ollama in a container, as --ollama compose asked.'
    good 'Ollama: in a container of its own. Then: docker compose exec ollama ollama pull NAME'
    return 0
  fi
  addresses=$(listeners 11434 | tr '\n' ' ')
  if [ "$system" = Darwin ] || { [ "$desktop" = 1 ] && [ -z "$addresses" ]; }; then
    good 'Ollama: Docker Desktop reaches one on this computer as http://host.docker.internal:11434'
    return 0
  fi
  case " $addresses" in
    ' ')
      if [ "$wsl" = 2 ]; then
        note 'Ollama: none in this distribution. One on Windows cannot be reached as host.docker.internal from Docker in WSL.' \
          'Let Ollama listen on all addresses (OLLAMA_HOST=0.0.0.0 in the environment of Windows), and set in .env
OLLAMA_HOST=http://ADDRESS:11434 with the address after "default via" of: ip route. Or use Docker Desktop.'
      elif has ollama; then
        note 'Ollama: installed, but it does not run. Zimu works without it.' 'sudo systemctl start ollama'
      else
        good 'Ollama: none here; Zimu works without it (deploy/setup.sh --ollama compose adds one)'
      fi
      return 0 ;;
    *' 00000000 '* | *' 00000000000000000000000000000000 '*)
      good 'Ollama: listens on all addresses; containers reach it' ;;
    *' 0100007F '* | *' 00000000000000000000000001000000 '* | *' 0000000000000000FFFF00000100007F '*)
      if [ "$desktop" = 1 ]; then
        good 'Ollama: listens on 127.0.0.1, which Docker Desktop reaches'
        return 0
      fi
      note 'Ollama: it listens on 127.0.0.1 only, where no container reaches it. Zimu starts all the same.' \
        "sudo systemctl edit ollama, then write
[Service]
Environment=\"OLLAMA_HOST=0.0.0.0:11434\"
and: sudo systemctl restart ollama
That opens it to the whole network. 172.17.0.1:11434, the address of Docker's bridge, opens it to containers alone."
      return 0 ;;
    *) good "Ollama: listens on one address; the containers reach it if that is the address of Docker's bridge" ;;
  esac
  if [ "$rootless" = 1 ] && [ "$engine" = docker ]; then
    note 'Rootless Docker keeps containers away from this machine, so from Ollama too.' \
      'Set DOCKERD_ROOTLESS_ROOTLESSKIT_DISABLE_HOST_LOOPBACK=false for the user service docker, and in .env
OLLAMA_HOST=http://10.0.2.2:11434'
  fi
  if grep -q '^ENABLED=yes' "$SETUP_UFW" 2>/dev/null; then
    note 'Firewall: ufw is on and drops what containers send to this machine.' \
      "sudo ufw allow from $subnet to any port 11434 proto tcp"
  fi
}

# Compose takes the shell before .env: what is exported here wins without a word.
look_at_shell() {
  local name value
  for name in COMPOSE_FILE COMPOSE_PATH_SEPARATOR COMPOSE_PROJECT_NAME ZIMU_PORT ZIMU_BIND ZIMU_DATA ZIMU_VERSION ZIMU_TARGET PUID PGID OLLAMA_HOST; do
    value=$(printenv "$name" || true)
    [ -n "$value" ] || continue
    note "$name is exported in this shell as \"$value\"; Compose takes that before .env." "unset $name"
  done
}
