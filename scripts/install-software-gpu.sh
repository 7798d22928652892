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
# No pipe here ends in a command that stops reading early (head, grep -q, awk's exit): under pipefail the writer that is cut off
# fails the whole pipe, now and then.
driver_file() { find /usr/share/vulkan/icd.d -name 'lvp_icd*.json' 2>/dev/null | sort | sed -n 1p; }

# Major version of the Mesa that is installed, 0 where there is none.
installed_mesa() {
  local version
  version=$(dpkg-query -W -f '${Version}' mesa-vulkan-drivers 2>/dev/null) || version=0
  version=${version#*:}
  printf '%s' "${version%%[!0-9]*}"
}

# Prints what is missing, nothing where all is there.
missing() {
  local major loaders
  major=$(installed_mesa)
  [ "${major:-0}" -ge "$OLDEST_MESA" ] || { echo "Mesa $OLDEST_MESA (there is ${major:-0})"; return; }
  [ -n "$(driver_file)" ] || { echo 'lvp_icd*.json in /usr/share/vulkan/icd.d'; return; }
  loaders=$(ldconfig -p)
  [[ $loaders == *libvulkan.so.1* ]] || echo 'libvulkan.so.1 among the libraries of ldconfig'
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
  "${root[@]}" apt-get update -q -o Acquire::Retries=3 || true
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
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y -o Acquire::Retries=3 --no-install-recommends \
    "${from[@]}" mesa-vulkan-drivers libvulkan1 || fail 'apt-get cannot install mesa-vulkan-drivers'
}

# Where packages of this release come from, in the words of apt: no host is named here.
source_of() {
  apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(SITE)' 'Created-By: Packages' |
    awk -v suite="$1" '$1 == suite && $2 == "main" && !found { print $3; found = 1 }'
}

# add_backports CODENAME URI [sudo]
add_backports() {
  local codename=$1 uri=$2
  shift 2
  local known
  known=$(apt-cache policy)
  [[ $known == *"n=$codename-backports"* ]] && return
  local key=/usr/share/keyrings/debian-archive-keyring.gpg
  local options='' parts
  [ -e "$key" ] && options=" [signed-by=$key]"
  eval "$(apt-config shell parts Dir::Etc::sourceparts/d)"
  printf 'deb%s %s %s-backports main\n' "$options" "$uri" "$codename" |
    "$@" tee "$parts/pcg-engine-backports.list" >/dev/null
  "$@" apt-get update -q -o Acquire::Retries=3 || true
}

[ -z "$(missing)" ] || install >&2
still=$(missing)
[ -z "$still" ] || fail "after installing Mesa there is still no $still"
driver_file
