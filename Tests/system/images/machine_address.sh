#!/bin/busybox sh
# Called by udhcpc with what the network says.
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
busybox ip address add "$ip/$mask" dev "$interface"
[ -z "$router" ] || busybox ip route add default via "$router" dev "$interface"
