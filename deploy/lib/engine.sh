# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # the parts share their variables
# The container engine and Compose. Sets engine (docker, podman or empty), engine_version, compose (the command),
# compose_version, desktop, rootless, security, cdi (the engine reads CDI specifications), storage.
engine='' engine_version='' compose='' compose_version='' desktop=0 rootless=0 security='' cdi=0 storage=''
readonly least_docker=20.10 least_podman=4.1 least_compose=2.24.4 least_compose_podman_gpu=2.30

look_at_engine() {
  if has docker; then
    case "$(docker --version 2>/dev/null)" in
      *podman*) engine=podman ;;
      *) engine=docker ;;
    esac
  elif has podman; then
    engine=podman
  else
    stop 'Docker is not installed.' "$(how_to_install_docker)"
    return 0
  fi
  if [ "$engine" = docker ]; then look_at_docker; else look_at_podman; fi
  [ -z "$engine_version" ] || look_at_compose
}

how_to_install_docker() {
  if [ "$wsl" = 2 ]; then
    echo 'Install Docker Desktop on Windows and switch on Settings > Resources > WSL integration for this distribution,'
    echo 'or install Docker Engine here:'
  fi
  case "$system $distribution" in
    Darwin*) echo 'Install Docker Desktop: https://docs.docker.com/desktop/' ;;
    *ubuntu*) echo 'sudo apt-get install docker.io docker-compose-v2' ;;
    *) echo 'https://docs.docker.com/engine/install/' ;;
  esac
}

look_at_docker() {
  local answer
  if ! answer=$(docker version --format '{{.Server.Version}}' 2>&1); then
    explain_no_docker "$answer"
    return 0
  fi
  engine_version=$(printf '%s\n' "$answer" | tail -n 1)
  answer=$(docker info --format '{{.OperatingSystem}}|{{.SecurityOptions}}|{{.DockerRootDir}}' 2>/dev/null || true)
  case "$answer" in *'Docker Desktop'*) desktop=1 ;; esac
  case "$answer" in *name=rootless*) rootless=1 ;; esac
  security=$answer
  storage=${answer##*|}
  # Engines before 25 do not know the word, and their client says so on standard error.
  case "$(docker info --format '{{.CDISpecDirs}}' 2>/dev/null || true)" in *[/]*) cdi=1 ;; esac
  if ! at_least "$engine_version" "$least_docker"; then
    stop "Docker $engine_version is too old: $least_docker is the oldest that works." "$(how_to_install_docker)"
  elif [ "$desktop" = 1 ]; then
    good "engine: Docker Desktop, engine $engine_version"
  elif [ "$rootless" = 1 ]; then
    good "engine: Docker $engine_version, rootless"
  else
    good "engine: Docker $engine_version"
  fi
  case "$(command -v docker)" in
    /snap/*) note 'This Docker is the snap. It sees only folders under your home, and no GPU.' \
      'The packages of Docker or of the distribution have no such limits: https://docs.docker.com/engine/install/' ;;
  esac
  case "${DOCKER_HOST:-}" in
    tcp:* | ssh:*) note "DOCKER_HOST is $DOCKER_HOST: the containers run on that machine, and ZIMU_DATA is a folder there." \
      'Run this script on that machine.' ;;
  esac
}

explain_no_docker() {
  case "$1" in
    *'permission denied'*)
      stop 'Docker is there, but you may not use it.' \
        "sudo usermod -aG docker ${USER:-\$USER}   and log in again (this group may do what root may),
or run this script and docker compose with sudo." ;;
    *'Cannot connect'* | *'cannot connect'* | *'Is the docker daemon running'* | *'no such file or directory'*)
      if [ "$system" = Darwin ]; then
        stop 'Docker is installed but does not run.' 'Start Docker Desktop.'
      elif [ "$wsl" = 2 ]; then
        stop 'Docker is installed but does not run.' \
          'Start Docker Desktop on Windows with WSL integration for this distribution,
or, with Docker Engine in this distribution: sudo systemctl start docker
(systemd=true under [boot] in /etc/wsl.conf, then wsl --shutdown in PowerShell).'
      else
        stop 'Docker is installed but does not run.' 'sudo systemctl enable --now docker'
      fi ;;
    *'could not be found in this WSL'*)
      stop 'Docker Desktop is not connected to this distribution.' \
        'Docker Desktop > Settings > Resources > WSL integration: switch it on for this distribution.' ;;
    *) stop 'Docker does not answer.' "It says: $1" ;;
  esac
}

look_at_podman() {
  local answer command=podman
  has podman || command=docker
  if ! answer=$($command info --format '{{.Version.Version}}|{{.Host.Security.Rootless}}|{{.Store.GraphRoot}}' 2>&1); then
    stop 'Podman is installed but does not work.' "It says: $answer"
    return 0
  fi
  answer=$(printf '%s\n' "$answer" | tail -n 1)
  engine_version=${answer%%|*}
  storage=${answer##*|}
  cdi=1
  case "$answer" in *'|true|'*) rootless=1 ;; esac
  if at_least "$engine_version" "$least_podman"; then
    good "engine: Podman $engine_version$([ "$rootless" = 0 ] || echo ', rootless')"
  else
    stop "Podman $engine_version is too old: $least_podman is the oldest that works."
  fi
}

look_at_compose() {
  local answer
  if [ "$engine" = podman ]; then
    compose='podman compose'
    has podman || compose='docker compose'
    answer=$($compose version 2>/dev/null || true)
    case "$answer" in
      *podman-compose*)
        stop 'podman compose uses podman-compose, which does not know all that the compose files say.' \
          'Install docker-compose (https://github.com/docker/compose/releases) into ~/.docker/cli-plugins/docker-compose.'
        return 0 ;;
    esac
    compose_version=$(printf '%s\n' "$answer" | sed -n 's/.*Docker Compose version v\{0,1\}\([0-9][^ ]*\).*/\1/p' | tail -n 1)
  elif compose_version=$(docker compose version --short 2>/dev/null) && [ -n "$compose_version" ]; then
    compose='docker compose'
  elif has docker-compose; then
    compose='docker-compose'
    compose_version=$(docker-compose version --short 2>/dev/null || true)
  fi
  compose_version=${compose_version#v}
  case "$compose_version" in
    '') stop 'Docker Compose is not installed.' "$(how_to_install_compose)" ;;
    1.*) stop "Compose $compose_version is the old program in Python, which cannot read these files." \
      "$(how_to_install_compose)" ;;
    *)
      if at_least "$compose_version" "$least_compose"; then
        good "compose: $compose_version ($compose)"
      else
        stop "Compose $compose_version is too old: $least_compose is the oldest that works." "$(how_to_install_compose)"
      fi ;;
  esac
}

how_to_install_compose() {
  case "$engine $distribution" in
    podman*) echo 'Install docker-compose (https://github.com/docker/compose/releases) as the provider of podman compose.' ;;
    *ubuntu*) echo 'sudo apt-get install docker-compose-v2   (docker-compose-plugin with the packages of Docker)' ;;
    *) echo 'https://docs.docker.com/compose/install/linux/' ;;
  esac
}
