#!/usr/bin/env bash
# Puts ffmpeg and ffprobe of a static build into FOLDER; without a URL the folder stays empty.
#   fetch_ffmpeg.sh URL SHA256 FOLDER       URL: a .tar.xz, .tar.gz or .tar.bz2 with the two programs somewhere in it
set -euo pipefail
url="$1" want="$2" folder="$3"
mkdir -p "$folder"
[ -n "$url" ] || exit 0
[ -n "$want" ] || { echo "ffmpeg: FFMPEG_STATIC_URL needs FFMPEG_STATIC_SHA256, or anything could be put into the image" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
curl --fail --location --silent --show-error --retry 3 --output "$work/archive" "$url"
got=$(sha256sum "$work/archive" | cut -d' ' -f1)
[ "$got" = "$want" ] || { echo "ffmpeg: $url has SHA-256 $got, wanted $want" >&2; exit 1; }
mkdir "$work/tree"
tar --extract --auto-compress --file "$work/archive" --directory "$work/tree" 2>/dev/null ||
  tar --extract --file "$work/archive" --directory "$work/tree"
for program in ffmpeg ffprobe; do
  found=$(find "$work/tree" -type f -name "$program" -perm -u+x | head -n 1)
  [ -n "$found" ] || { echo "ffmpeg: the archive of $url holds no program named $program" >&2; exit 1; }
  install -m 0755 "$found" "$folder/$program"
done
"$folder/ffmpeg" -hide_banner -version | head -n 1
