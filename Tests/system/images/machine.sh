#!/bin/sh
# Makes DIRECTORY with a small virtual machine from Debian alone: its disk (disk.img), its kernel (vmlinuz) and the first file
# system of that (initrd), all readable by anybody:
#     machine.sh DIRECTORY SERVER.c
# It does at its boot what cloud-init would do of it, in a second: it reads the disk that is called cidata. SERVER.c is
# the server that it has, as /usr/local/bin/tiny_server.
set -eu
target=$1 source=$2
[ "$(id -u)" = 0 ] || { echo "debootstrap wants root" >&2; exit 1; }
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "$(cd "$(dirname "$target")" && pwd)/machine.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
root=$work/root
# Where this machine gets its own Debian from is where it can be had.
site=$(apt-get indextargets --format '$(SITE) $(RELEASE)' 'Created-By: Packages' | awk '$2 == "bookworm" {print $1; exit}')

echo "==> Debian for the machine"
debootstrap --variant=minbase --include=openssh-server,busybox-static,kmod bookworm "$root" \
  "${site:-http://deb.debian.org/debian}" >"$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; exit 1; }

# Not installed here: this machine keeps its kernel.
kernel=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image/ {print $2; exit}')
(cd "$work" && apt-get -qq -o APT::Sandbox::User=root download "$kernel" && dpkg -x ./"$kernel"_*.deb kernel)
version=$(basename "$work"/kernel/lib/modules/*)
cp -a "$work/kernel/lib/modules" "$root/usr/lib/"
chroot "$root" depmod "$version"

echo "==> the first file system"
first=$work/first
install -d "$first/bin" "$first/proc" "$first/sys" "$first/dev" "$first/root"
cp "$root/bin/busybox" "$first/bin/"
modules="virtio_pci virtio_blk virtio_net virtio_rng ext4 crc32c_generic isofs af_packet button evdev"
for module in $modules; do chroot "$root" modprobe --set-version "$version" --show-depends "$module"; done |
  awk '$1 == "insmod" && !seen[$2]++ {print $2}' >"$work/modules"
while read -r module; do
  cp "$root$module" "$first/"
  echo "/$(basename "$module")" >>"$first/modules"
done <"$work/modules"
cp "$here/machine_first.sh" "$first/init"
chmod 755 "$first/init"
(cd "$first" && find . >"$work/list" && "$root/bin/busybox" cpio -o -H newc <"$work/list" >"$work/cpio")
gzip -1 <"$work/cpio" >"$work/initrd"

echo "==> the disk"
cp "$here/machine_boot.sh" "$root/etc/boot"
chmod 755 "$root/etc/boot"
cp "$here/machine_address.sh" "$root/etc/address"
chmod 755 "$root/etc/address"
printf '%s\n' '::sysinit:/etc/boot' '::respawn:/usr/sbin/sshd -D -e' '::ctrlaltdel:/bin/busybox poweroff' >"$root/etc/inittab"
ln -sf /bin/busybox "$root/sbin/init"
# What the power button does.
install -d "$root/etc/acpi/PWRF"
printf '%s\n' '#!/bin/busybox sh' 'busybox poweroff' >"$root/etc/acpi/PWRF/00000080"
chmod 755 "$root/etc/acpi/PWRF/00000080"
cc -O2 -static -o "$root/usr/local/bin/tiny_server" "$source"
rm -rf "$root/var/cache/apt" "$root/var/lib/apt/lists" "$root/usr/share/doc" "$root/usr/share/locale" \
  "$root/usr/lib/modules" "$root"/etc/ssh/ssh_host_*
printf '%s\n' 'UsePAM no' 'HostKey /etc/ssh/ssh_host_ed25519_key' 'PasswordAuthentication no' >"$root/etc/ssh/sshd_config.d/own.conf"
truncate -s 400M "$work/disk.img"
mke2fs -q -t ext4 -d "$root" "$work/disk.img"

# A directory that is there is whole.
install -d "$work/done"
cp "$work"/kernel/boot/vmlinuz-* "$work/done/vmlinuz"
mv "$work/initrd" "$work/disk.img" "$work/done/"
chmod -R a+rX "$work/done"
rm -rf "$target"
mv "$work/done" "$target"
