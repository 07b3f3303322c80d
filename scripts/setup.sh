#!/usr/bin/env bash
# Installs what is missing for the named groups on Debian 12 and later, or an Ubuntu LTS with the same names.
#
#   scripts/setup.sh                 every group
#   scripts/setup.sh build           compiler, build tools and libraries: enough for `make demo`
#   scripts/setup.sh build test      and what the tests and fuzz targets drive
#   groups: build test lint bench
#
# Asks for root only when something is missing; started services stay off. Run it as often as you like.
set -euo pipefail

build=(g++ make cmake ninja-build ccache pkg-config libmnl-dev libgnutls28-dev libidn2-dev libunistring-dev
       libnghttp2-dev zlib1g-dev libbrotli-dev libzstd-dev libpsl-dev libsqlite3-dev nettle-dev
       libqrencode-dev)
test=(libgtest-dev libgmock-dev nlohmann-json3-dev libasio-dev libfmt-dev clang-19 libclang-rt-19-dev python3 binutils
      iproute2 nftables unbound dnsmasq-base nginx-light netcat-openbsd tcpdump curl openssl gnutls-bin
      squid tinyproxy dante-server apache2 caddy h2o python3-httpbin nodejs
      tmux mandoc zsh fish bash-completion python3-dnspython bind9-dnsutils musl-tools
      python3-websockets node-ws)
lint=(clang-19 clang-tidy-19 clang-format-19 python3 libgtest-dev libgmock-dev nlohmann-json3-dev libasio-dev libfmt-dev)
bench=(libbenchmark-dev libasio-dev libssl-dev libc-ares-dev python3 iproute2)

die() { echo "setup: $*" >&2; exit 1; }

wanted() {
  local group
  for group in "$@"; do
    case $group in
      build) printf '%s\n' "${build[@]}" ;;
      test) printf '%s\n' "${test[@]}" ;;
      lint) printf '%s\n' "${lint[@]}" ;;
      bench) printf '%s\n' "${bench[@]}" ;;
      *) die "no group named '$group' (build, test, lint, bench)" ;;
    esac
  done | sort -u
}

is_installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# A package that ships a service starts it on installation; the tests start their own copies instead.
keep_services_off() {
  local policy=/usr/sbin/policy-rc.d
  [ -e "$policy" ] && return
  trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod 755 "$policy"
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

[ $# -gt 0 ] || set -- build test lint bench
names=$(wanted "$@")
command -v dpkg-query >/dev/null ||
  die "this is not Debian or Ubuntu; install the equivalents of:" $names

missing=()
for name in $names; do is_installed "$name" || missing+=("$name"); done
if [ ${#missing[@]} -eq 0 ]; then exit 0; fi

if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
  die "missing: ${missing[*]}
Run as root: apt-get update && apt-get install --no-install-recommends ${missing[*]}"
fi
echo "setup: installing ${missing[*]}"
keep_services_off
as_root apt-get update -qq
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
