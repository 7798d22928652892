#!/usr/bin/env bash
# Installs a Vulkan driver that computes on the processor (lavapipe of Mesa), so that the tests of the webgpu
# backend run on a machine without a GPU, and prints the path of its file for VK_DRIVER_FILES:
#
#   export VK_DRIVER_FILES=$(bash scripts/install-software-gpu.sh)
#
# For Debian and its descendants, as root or with sudo. Mesa 22 of Debian 12 lacks what Dawn asks for; the
# distribution's backports suite has a newer one, taken from wherever this machine takes its other packages.
set -euo pipefail
OLDEST_MESA=24
PATH=$PATH:/usr/sbin:/sbin

fail() {
  printf 'install-software-gpu: %s\n' "$1" >&2
  printf 'Install Mesa %s or newer with lavapipe (Vulkan), and set VK_DRIVER_FILES to its lvp_icd*.json.\n' "$OLDEST_MESA" >&2
  exit 1
}

# /usr/share/vulkan/icd.d/lvp_icd.json, or with the architecture in its name.
driver_file() { find /usr/share/vulkan/icd.d -name 'lvp_icd*.json' 2>/dev/null | sort | head -n 1; }

# Major version of the Mesa that is installed, 0 where there is none.
installed_mesa() {
  local version
  version=$(dpkg-query -W -f '${Version}' mesa-vulkan-drivers 2>/dev/null) || version=0
  version=${version#*:}
  printf '%s' "${version%%[!0-9]*}"
}

ready() {
  local major
  major=$(installed_mesa)
  [ "${major:-0}" -ge "$OLDEST_MESA" ] && [ -n "$(driver_file)" ] && ldconfig -p | grep -q 'libvulkan\.so\.1'
}

install() {
  command -v apt-get >/dev/null || fail 'this is not a system with apt'
  local root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail 'neither root nor sudo'
    sudo -n true 2>/dev/null || [ -t 0 ] || fail 'sudo asks for a password'
    root=(sudo)
  fi
  # A source of something else that is out of reach is none of our business.
  "${root[@]}" apt-get update -q || true
  # What the distribution has may be new enough.
  local candidate
  candidate=$(apt-cache policy mesa-vulkan-drivers | sed -n 's/^  Candidate: \([0-9]*:\)\{0,1\}\([0-9]*\).*/\2/p')
  local from=()
  if [ "${candidate:-0}" -lt "$OLDEST_MESA" ]; then
    local codename uri
    codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
    [ -n "$codename" ] || fail 'no code name in /etc/os-release'
    uri=$(source_of "$codename")
    [ -n "$uri" ] || fail "no apt source for $codename"
    add_backports "$codename" "$uri" "${root[@]}"
    from=(-t "$codename-backports")
  fi
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${from[@]}" \
    mesa-vulkan-drivers libvulkan1 || fail 'apt-get cannot install mesa-vulkan-drivers'
}

# Where packages of this release come from, in the words of apt: no host is named here.
source_of() {
  apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(SITE)' 'Created-By: Packages' |
    awk -v suite="$1" '$1 == suite && $2 == "main" { print $3; exit }'
}

# add_backports CODENAME URI [sudo]
add_backports() {
  local codename=$1 uri=$2
  shift 2
  apt-cache policy | grep -q "n=$codename-backports" && return
  local key=/usr/share/keyrings/debian-archive-keyring.gpg
  local options='' parts
  [ -e "$key" ] && options=" [signed-by=$key]"
  eval "$(apt-config shell parts Dir::Etc::sourceparts/d)"
  printf 'deb%s %s %s-backports main\n' "$options" "$uri" "$codename" |
    "$@" tee "$parts/pcg-engine-backports.list" >/dev/null
  "$@" apt-get update -q || true
}

ready || install >&2
ready || fail 'Mesa was installed, but there is no lavapipe driver file'
driver_file
