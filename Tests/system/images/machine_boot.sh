#!/bin/busybox sh
# What cloud-init does at the boot of other machines: the disk that is called cidata says who may log in, and by which key
# the machine is known.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
mkdir -p /run/sshd /mnt
busybox ip link set lo up
busybox ip link set eth0 up
busybox udhcpc -b -q -n -t 20 -T 1 -i eth0 -s /etc/address &
busybox acpid >/dev/null 2>&1

mount -o ro -t iso9660 "$(blkid -L cidata)" /mnt
# The values of a name in the JSON behind the first line.
value() { printf '%b' "$(tail -n +2 "$1" | sed -n "s/.*\"$2\": *\[*\"\([^\"]*\)\".*/\1/p")"; }
hostname "$(printf '%s' "$(sed -n 's/.*"local-hostname":"\([^"]*\)".*/\1/p' /mnt/meta-data)")"
value /mnt/user-data ed25519_private >/etc/ssh/ssh_host_ed25519_key
chmod 600 /etc/ssh/ssh_host_ed25519_key
mkdir -p -m 700 /root/.ssh
value /mnt/user-data ssh_authorized_keys >/root/.ssh/authorized_keys
umount /mnt
wait
