#!/usr/bin/env bash
# Makes a runtime image out of a bare Ubuntu or Debian: libraries, FFmpeg, the init process, the empty data folder.
#   install.sh FILE_WITH_PACKAGE_NAMES
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
mapfile -t packages <"$1"
packages+=(ca-certificates tini tzdata)
# What subtitles are drawn with: Latin, Greek, Cyrillic, Arabic, Thai …, and Chinese, Japanese, Korean.
packages+=(fontconfig fonts-noto-core fonts-noto-cjk)
# A static FFmpeg that was copied in stands in for the distribution's.
[ -x /usr/local/bin/ffmpeg ] || packages+=(ffmpeg)
# ffplay, which comes with ffmpeg, pulls in a compiler for 3D graphics. Nothing here draws: a third of the image less.
# dpkg still knows the packages, so others can be installed on top.
cat >/etc/dpkg/dpkg.cfg.d/zimu <<'END'
path-exclude=/usr/lib/*/libLLVM*
path-exclude=/usr/lib/*/libgallium*
path-exclude=/usr/lib/*/libz3.so*
path-exclude=/usr/share/doc/*
path-include=/usr/share/doc/*/copyright
path-exclude=/usr/share/man/*
path-exclude=/usr/share/locale/*
END
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${packages[@]}"
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log /var/cache/debconf/*-old
# `zimu` in PATH is the entrypoint under another name: it becomes the right user first.
ln -s /opt/zimu/entrypoint.sh /usr/local/bin/zimu
ffmpeg -hide_banner -loglevel error -f lavfi -i anullsrc -t 0.1 -f null -  # it runs without them
# An empty named volume takes over the owner of this folder.
mkdir -p /data
chown 1000:1000 /data
