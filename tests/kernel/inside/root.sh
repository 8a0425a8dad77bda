# The first process of the guest, before the command: makes the root that the command sees, and enters it.
# Before it: b is busybox, HOST the machine's files (read only), CONTROL the control folder.
. "$CONTROL/settings" # BUSYBOX CONTROL_PATH MODULES ENGINE
root=/mnt/root
$b mount -t tmpfs -o mode=755,size=75% tmpfs /mnt
$b mkdir /mnt/upper /mnt/work $root
$b mount -t overlay -o "lowerdir=${HOST:-/},upperdir=/mnt/upper,workdir=/mnt/work" overlay $root || { echo "guest: no overlay"; $b poweroff -f; }
version=${MODULES##*/}
$b mkdir -p $root/proc $root/sys $root/dev $root/run $root/tmp "$root/lib/modules/$version" "$root$CONTROL_PATH"
$b mount -t proc proc $root/proc
$b mount -t sysfs sysfs $root/sys
$b mount -t cgroup2 cgroup2 $root/sys/fs/cgroup
$b mount -t devtmpfs dev $root/dev
$b mkdir -p $root/dev/pts $root/dev/shm
$b mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts $root/dev/pts
$b mount -t tmpfs -o mode=1777 tmpfs $root/dev/shm
$b mount -t tmpfs -o mode=755 tmpfs $root/run
$b mkdir -p $root/run/lock $root/run/netns
$b ln -sfn /proc/self/fd $root/dev/fd
for n in 0:stdin 1:stdout 2:stderr; do $b ln -sfn "/proc/self/fd/${n%%:*}" "$root/dev/${n#*:}"; done
$b mount -o bind "$HOST$MODULES" "$root/lib/modules/$version"
[ -e $root/sbin/modprobe ] || $b ln -s "$BUSYBOX" $root/sbin/modprobe # the kernel loads by it what is asked for

share() { # share PATH TAG: a folder of the machine at its own path, writable
  $b mkdir -p "$root$1"
  case $ENGINE in
    qemu) $b mount -t 9p -o "trans=virtio,version=9p2000.L,msize=512000,cache=mmap" "$2" "$root$1" ;;
    uml) $b mount -t hostfs -o "$1" none "$root$1" ;;
  esac || echo "guest: cannot share $1"
}
case $ENGINE in
  qemu) $b mount --move "$CONTROL" "$root$CONTROL_PATH" ;;
  uml) share "$CONTROL_PATH" ;;
esac
n=0
while read -r line; do
  share "$line" "share$n"
  n=$((n + 1))
done <"$root$CONTROL_PATH/shares"
cd $root && $b mount --move . / && exec $b chroot . "$BUSYBOX" sh "$CONTROL_PATH/command.sh"
