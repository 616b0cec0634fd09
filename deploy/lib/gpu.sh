# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # the parts share their variables
# The NVIDIA GPU and the way into a container. Sets gpu_files (compose files, space between) and gpu_reason.
# A GPU that cannot be used is never an error by itself: Zimu then uses the CPU. It is one with --gpu on.
gpu_files='' gpu_reason='' gpu_name='' gpu_driver='' gpu_capability=''
readonly least_driver=525   # CUDA 12 runs on it
readonly least_capability=6.1 # the images have code for Pascal (GTX 10) and newer
readonly guide='https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html'

look_at_gpu() {
  if [ "$gpu_wish" = off ]; then
    gpu_reason='Without the GPU, as --gpu off asked.'
    good 'GPU: not looked for (--gpu off)'
    return 0
  fi
  find_driver || return 0
  if ! at_least "$gpu_driver" "$least_driver"; then
    no_gpu "GPU: driver $gpu_driver is older than $least_driver, the oldest that CUDA 12 works with." \
      "Install a newer NVIDIA driver$([ "$wsl" = 0 ] || echo ' on Windows'). Until then Zimu uses the CPU."
  elif [ -n "$gpu_capability" ] && ! at_least "$gpu_capability" "$least_capability"; then
    no_gpu "GPU: $gpu_name has compute capability $gpu_capability; the images have code for $least_capability and newer." \
      'Zimu uses the CPU on this card.'
  elif [ -n "$engine_version" ]; then
    find_way_in
  fi
}

# A GPU that is not to be had: a note, or the end with --gpu on.
no_gpu() {
  gpu_reason="The CPU. $1"
  if [ "$gpu_wish" = on ]; then stop "$@"; else note "$@"; fi
}

find_driver() {
  local smi='' answer linux_smi
  linux_smi=$(command -v nvidia-smi 2>/dev/null || true)
  # sudo's PATH lacks the folder where WSL keeps the programs of the Windows driver.
  if [ -x "$SETUP_WSL_LIB/nvidia-smi" ]; then smi=$SETUP_WSL_LIB/nvidia-smi; else smi=$linux_smi; fi
  if [ "$wsl" = 2 ] && [ -n "$linux_smi" ] && [ "$smi" != "$linux_smi" ] && [ ! "$linux_smi" -ef "$smi" ]; then
    note "GPU: there is a second nvidia-smi, $linux_smi, from an NVIDIA driver for Linux inside WSL." \
      'It hides the driver of Windows. Remove the nvidia-driver and nvidia-utils packages from this distribution.'
  fi
  if [ -z "$smi" ]; then
    no_driver
    return 1
  fi
  if ! answer=$("$smi" --query-gpu=name,driver_version,compute_cap --format=csv,noheader 2>&1); then
    # Old drivers do not know compute_cap.
    case "$answer" in
      *'not a valid field'*) answer=$("$smi" --query-gpu=name,driver_version --format=csv,noheader 2>&1) || answer="failed: $answer" ;;
      *) answer="failed: $answer" ;;
    esac
  fi
  case "$answer" in
    'failed: '* | *'No devices were found'*)
      no_gpu "GPU: nvidia-smi finds no working card. It says: $(printf '%s' "${answer#failed: }" | head -n 1)" \
        "$(how_to_mend_driver "$answer")"
      return 1 ;;
  esac
  answer=$(printf '%s\n' "$answer" | head -n 1)
  gpu_name=$(printf '%s' "$answer" | cut -d, -f1 | sed 's/^ *//;s/ *$//')
  gpu_driver=$(printf '%s' "$answer" | cut -d, -f2 | tr -d ' ')
  gpu_capability=$(printf '%s' "$answer" | cut -s -d, -f3 | tr -d ' ')
  case "$gpu_capability" in *[!0-9.]*) gpu_capability='' ;; esac
}

how_to_mend_driver() {
  case "$1" in
    *'version mismatch'*) echo 'The driver was updated while the old one runs: restart the machine.' ;;
    *) if [ "$wsl" = 2 ]; then echo 'Update the NVIDIA driver on Windows, then in PowerShell: wsl --update'
       else echo 'Reinstall the NVIDIA driver, or restart the machine after an update.'; fi ;;
  esac
}

no_driver() {
  local vendor
  for vendor in "$SETUP_PCI"/*/vendor; do
    if [ ! -r "$vendor" ] || [ "$(cat "$vendor")" != 0x10de ]; then continue; fi
    case "$(cat "${vendor%/vendor}/class" 2>/dev/null || true)" in
      0x03*)
        no_gpu 'GPU: there is an NVIDIA card, but no driver for it.' \
          "Install the NVIDIA driver ($least_driver or newer) and nvidia-container-toolkit ($guide)."
        return 0 ;;
    esac
  done
  if [ "$gpu_wish" = on ]; then
    stop 'GPU: there is no NVIDIA driver.' 'Install one on the host, or leave out --gpu on.'
  elif [ "$wsl" = 2 ]; then
    good "GPU: none found (the driver for Windows would bring $SETUP_WSL_LIB/nvidia-smi)"
  else
    good 'GPU: no NVIDIA card; Zimu uses the CPU'
  fi
  gpu_reason='The CPU: no NVIDIA driver was found.'
}

on_daemon_path() {
  local folder IFS=:
  for folder in $SETUP_DAEMON_PATH; do
    if [ -x "$folder/$1" ]; then return 0; fi
  done
  return 1
}

cdi_specification() {
  local folder file IFS=:
  for folder in $SETUP_CDI_DIRS; do
    for file in "$folder"/*.yaml "$folder"/*.yml "$folder"/*.json; do
      # A specification names its kind: nvidia.com/gpu.
      if [ -r "$file" ] && grep -q 'nvidia.com/gpu' "$file"; then
        printf '%s\n' "$file"
        return 0
      fi
    done
  done
  return 1
}

use_gpu() { # FILES HOW
  gpu_files=$1
  gpu_reason="The GPU: $gpu_name, driver $gpu_driver; $2."
  good "GPU: $gpu_name, driver $gpu_driver, through $2"
}

find_way_in() {
  local spec hook=''
  spec=$(cdi_specification || true)
  if [ "$engine" = podman ]; then
    if [ -z "$spec" ]; then
      no_gpu "GPU: $gpu_name is there, but Podman has no CDI specification of it." \
        "Install nvidia-container-toolkit ($guide), then:
sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml"
    elif ! at_least "${compose_version:-0}" "$least_compose_podman_gpu"; then
      no_gpu "GPU: with Podman it needs docker-compose $least_compose_podman_gpu; this is ${compose_version:-none}." \
        "$(how_to_install_compose)"
    else
      use_gpu docker-compose.gpu-podman.yml "the CDI specification $spec"
    fi
    return 0
  fi
  if [ "$desktop" = 1 ]; then
    use_gpu docker-compose.gpu.yml 'Docker Desktop, which brings the toolkit'
    return 0
  fi
  # dockerd looks for these programs in its own PATH when it starts: the first alone before 29.2, either from then on.
  if on_daemon_path nvidia-container-runtime-hook; then
    hook=nvidia-container-runtime-hook
  elif at_least "$engine_version" 29.2 && on_daemon_path nvidia-cdi-hook; then
    hook=nvidia-cdi-hook
  fi
  if [ "$rootless" = 1 ]; then
    if [ "$cdi" = 1 ] && [ -n "$spec" ]; then
      use_gpu docker-compose.gpu-cdi.yml "the CDI specification $spec (Docker is rootless)"
    elif [ -n "$hook" ] && grep -Eq '^[[:space:]]*no-cgroups[[:space:]]*=[[:space:]]*true' "$SETUP_NVIDIA_CONFIG" 2>/dev/null; then
      use_gpu docker-compose.gpu.yml "$hook with no-cgroups"
    else
      no_gpu "GPU: $gpu_name is there, but rootless Docker cannot reach it yet." \
        "$( [ -n "$hook" ] || echo "Install nvidia-container-toolkit ($guide), then:")
sudo nvidia-ctk config --set nvidia-container-cli.no-cgroups --in-place
systemctl --user restart docker, then this script again."
    fi
  elif [ -n "$hook" ]; then
    use_gpu docker-compose.gpu.yml "$hook"
    tell '        ' 'If Compose says "could not select device driver", the toolkit came after Docker started: sudo systemctl restart docker'
  elif [ "$cdi" = 1 ] && [ -n "$spec" ]; then
    use_gpu docker-compose.gpu-cdi.yml "the CDI specification $spec"
  else
    no_gpu "GPU: $gpu_name, driver $gpu_driver, is there, but Docker has no way to give it to a container: nvidia-container-toolkit is missing." \
      "Compose would say: could not select device driver \"nvidia\" with capabilities: [[gpu]]
Install nvidia-container-toolkit ($guide), then:
sudo nvidia-ctk runtime configure --runtime=docker
sudo systemctl restart docker
deploy/setup.sh --force"
  fi
}
