#!/bin/sh
# Makes TAR, the file system of an image with a real jupyterhub-singleuser, JupyterLab and the classic pages, from
# Debian and PyPI alone:
#     singleuser.sh TAR PIP VERSION
# PIP is any pip of this machine: it fetches what a pip inside could not, for there is no resolver and no proxy there.
set -eu
tar=$1 pip=$2 version=$3
packages="jupyterhub==$version.* jupyterlab notebook"
[ "$(id -u)" = 0 ] || { echo "debootstrap wants root" >&2; exit 1; }
work=$(mktemp -d "$(dirname "$tar")/singleuser.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
# Where this machine gets its own Debian from is where it can be had.
site=$(apt-get indextargets --format '$(SITE) $(RELEASE)' 'Created-By: Packages' | awk '$2 == "bookworm" {print $1; exit}')

# This machine's settings are about this machine.
inside() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$work/root" "$@"; }

echo "==> Debian for the image"
debootstrap --variant=minbase --include=python3-minimal,python3-venv,ca-certificates bookworm "$work/root" \
  "${site:-http://deb.debian.org/debian}" >"$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; exit 1; }

echo "==> JupyterHub $version for the image"
install -d "$work/root/wheels"
python=$(inside python3 -c 'import platform; print(platform.python_version())')
# shellcheck disable=SC2086
"$pip" download --quiet --disable-pip-version-check --dest "$work/root/wheels" --python-version "$python" \
  --only-binary=:all: $packages
inside python3 -m venv /opt/jupyter
# shellcheck disable=SC2086
inside /opt/jupyter/bin/pip install --quiet --disable-pip-version-check --no-index --find-links /wheels $packages
inside useradd --create-home --uid 1000 --shell /bin/bash jovyan
rm -rf "$work/root/wheels" "$work/root/var/cache/apt" "$work/root/var/lib/apt/lists"

# A tar that is there is a whole one.
tar -C "$work/root" --numeric-owner -cf "$work/tar" .
mv "$work/tar" "$tar"
