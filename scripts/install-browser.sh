#!/usr/bin/env bash
# Installs Chromium, unless it or Chrome is there, for the test of the webgpu backend in a browser, and prints its path:
#
#   export PCG_ENGINE_BROWSER=$(bash scripts/install-browser.sh)
#
# For Debian and its descendants, as root or with sudo. It brings SwiftShader, so it needs no GPU and no driver.
set -euo pipefail

fail() {
  printf 'install-browser: %s\n' "$1" >&2
  printf 'Install Chromium or Chrome, and set PCG_ENGINE_BROWSER to its path.\n' >&2
  exit 1
}

# As findChromium of test/support/chromium.ts.
browser() {
  if [ -n "${PCG_ENGINE_BROWSER:-}" ]; then
    command -v "$PCG_ENGINE_BROWSER"
    return
  fi
  command -v chromium || command -v chromium-browser || command -v google-chrome-stable || command -v google-chrome
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
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y -o Acquire::Retries=3 --no-install-recommends chromium ||
    fail 'apt-get cannot install chromium'
}

if ! browser >/dev/null; then
  [ -z "${PCG_ENGINE_BROWSER:-}" ] || fail "PCG_ENGINE_BROWSER is $PCG_ENGINE_BROWSER, which cannot be run"
  install >&2
fi
browser || fail 'chromium was installed, but is not on the path'
