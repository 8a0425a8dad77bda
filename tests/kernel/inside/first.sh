#!/bin/busybox sh
# /init of the guest under qemu: mounts this machine's files and the control folder over 9p, then goes on as root.sh does everywhere.
b=/bin/busybox
for module in /modules/*.ko; do $b insmod "$module" || echo "guest: cannot load $module"; done
plan9=trans=virtio,version=9p2000.L,msize=512000
if $b mount -t 9p -o "$plan9,ro,cache=loose" host /host && $b mount -t 9p -o "$plan9,cache=none" control /control; then
  HOST=/host CONTROL=/control
  . /control/root.sh
fi
echo "guest: cannot reach the files of the machine"
$b poweroff -f
