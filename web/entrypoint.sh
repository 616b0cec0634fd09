#!/bin/sh
# Starts nginx in the web container, without privileges, and without a file written outside /tmp.
#
#   entrypoint.sh [serve]   write what depends on this machine to /tmp/nginx, then become nginx
#   entrypoint.sh test      the same, but only check the configuration
#   entrypoint.sh health    0 when nginx answers (the container's HEALTHCHECK)
#
# Settings:
#   ZIMU_UPSTREAM    the server, host:port            (server:8080)
#   ZIMU_WEB_LISTEN  where nginx listens, port or address:port   (8080)
#   ZIMU_HOSTS       public names to answer under, beside addresses and local names; * for any   (none)
#   ZIMU_RESOLVER    name servers for ZIMU_UPSTREAM    (those of /etc/resolv.conf)
set -eu
LC_ALL=C
export LC_ALL

dir=/tmp/nginx
conf=/opt/zimu/nginx.conf
listen=${ZIMU_WEB_LISTEN:-8080}
upstream=${ZIMU_UPSTREAM:-server:8080}

say() { echo "web: $*" >&2; }
die() { say "$*"; exit 78; }

# Refuses what is not made of these characters: each value becomes a part of nginx's configuration.
only() { # name, value, allowed characters
  case $2 in
    "" | *[!$3]*) die "$1='$2' is not valid; correct it in .env" ;;
  esac
}

# nginx asks name servers only; libc would look into /etc/hosts first. Prints the IPv4 address found there.
address_in_hosts() {
  while read -r address names; do
    case $address in "" | \#* | *:*) continue ;; esac
    for name in ${names%%#*}; do
      if [ "$name" = "$1" ]; then
        echo "$address"
        return
      fi
    done
  done </etc/hosts
}

name_servers() {
  if [ -n "${ZIMU_RESOLVER:-}" ]; then
    echo "$ZIMU_RESOLVER"
    return
  fi
  [ ! -r /etc/resolv.conf ] || while read -r key address _ || [ -n "$key" ]; do
    [ "$key" = nameserver ] || continue
    case $address in
      *%*) ;; # a link-local address with its interface: nginx cannot say it
      *:*) echo "[$address]" ;;
      *) echo "$address" ;;
    esac
  done </etc/resolv.conf
}

write_upstream() {
  host=${upstream%:*}
  port=${upstream##*:}
  case $port in
    "" | *[!0-9]*) die "ZIMU_UPSTREAM='$upstream' is not host:port; correct it in .env, for example server:8080" ;;
  esac
  found=$(address_in_hosts "$host")
  servers=$(name_servers | tr '\n' ' ')
  if [ -z "${servers% }" ]; then
    servers=127.0.0.1
    say "/etc/resolv.conf names no server; asking 127.0.0.1 for '$host'"
  fi
  only ZIMU_RESOLVER "$servers" '].:[ a-zA-Z0-9-'
  cat >$dir/upstream.conf <<END
# ipv6=off: the server listens on IPv4.
resolver $servers valid=5s ipv6=off;
resolver_timeout 5s;
map "" \$zimu_server {
    default "${found:-$host}:$port";
}
END
  say "the server is $upstream${found:+ ($found by /etc/hosts)}, name servers: $servers"
}

write_hosts() {
  names=$(printf '%s' "${ZIMU_HOSTS:-}" | tr ',A-Z' ' a-z')
  [ -z "$names" ] || only ZIMU_HOSTS "$names" 'a-z0-9.* _-'
  set -f
  for name in $names; do
    [ "$name" = "*" ] && name='~.'
    echo "\"$name\" 1;"
  done | sort -u >$dir/hosts.conf
  set +f
}

prepare() {
  if ! mkdir -p $dir/body $dir/proxy $dir/fastcgi $dir/uwsgi $dir/scgi 2>/dev/null || [ ! -w $dir ]; then
    die "cannot write to $dir as user $(id -u); give the container a tmpfs at /tmp (tmpfs: [/tmp])"
  fi
  only ZIMU_WEB_LISTEN "$listen" '].:[a-zA-Z0-9*-'
  only ZIMU_UPSTREAM "$upstream" '].:[a-zA-Z0-9_-'
  # Keepalive probes: a client may wait hours for its transcript, and routers on the way forget quiet connections.
  echo "listen $listen so_keepalive=60s:15s:8;" >$dir/listen.conf
  write_upstream
  write_hosts
}

# Whatever the image has of the two; a proxy of the environment is not for asking ourselves.
health() {
  unset http_proxy HTTP_PROXY https_proxy HTTPS_PROXY all_proxy ALL_PROXY
  port=${listen##*:}
  host=${listen%"$port"}
  host=${host%:}
  case $host in "" | "*" | 0.0.0.0) host=127.0.0.1 ;; esac
  url="http://$host:$port/healthz"
  if command -v wget >/dev/null; then
    exec wget -q -T 4 -O /dev/null "$url"
  elif command -v curl >/dev/null; then
    exec curl -fsS -m 4 -o /dev/null "$url"
  elif command -v busybox >/dev/null; then
    exec busybox wget -q -T 4 -O /dev/null "$url"
  fi
  die "this image has neither wget nor curl to ask itself with"
}

case ${1:-serve} in
  serve)
    prepare
    exec nginx -e stderr -c $conf
    ;;
  test)
    prepare
    exec nginx -e stderr -t -c $conf
    ;;
  health) health ;;
  *) die "unknown command '$1'; one of serve, test, health" ;;
esac
