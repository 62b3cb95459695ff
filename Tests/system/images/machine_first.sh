#!/bin/busybox sh
# The first process of the machine: it finds the disk.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
while read -r module; do insmod "$module"; done </modules
until [ -b /dev/vda ]; do sleep 0.1; done
mount -t ext4 /dev/vda /root
for place in proc sys dev; do mount --move /$place /root/$place; done
exec switch_root /root /sbin/init
