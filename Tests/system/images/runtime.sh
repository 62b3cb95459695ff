#!/bin/sh
# Makes TAR, Debian with what DOCKERFILE installs in its last stage, from Debian alone:
#     runtime.sh TAR DOCKERFILE
# An image of it stands for the one that the Dockerfile begins with, where there is no registry and no way out.
set -eu
tar=$1 dockerfile=$2
[ "$(id -u)" = 0 ] || { echo "debootstrap wants root" >&2; exit 1; }
packages=$(sed -n 's/.*apt-get install -y --no-install-recommends \([^\\]*\).*/\1/p' "$dockerfile" | tail -n 1 | xargs | tr ' ' ,)
[ -n "$packages" ] || { echo "$dockerfile installs nothing" >&2; exit 1; }
work=$(mktemp -d "$(dirname "$tar")/runtime.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
# Where this machine gets its own Debian from is where it can be had.
site=$(apt-get indextargets --format '$(SITE) $(RELEASE)' 'Created-By: Packages' | awk '$2 == "bookworm" {print $1; exit}')

debootstrap --variant=minbase --include="$packages" bookworm "$work/root" \
  "${site:-http://deb.debian.org/debian}" >"$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; exit 1; }
rm -rf "$work/root/var/cache/apt" "$work/root/var/lib/apt/lists"

# A tar that is there is a whole one.
tar -C "$work/root" --numeric-owner -cf "$work/tar" .
mv "$work/tar" "$tar"
