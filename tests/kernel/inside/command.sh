# The first process in the guest's final root: runs the command, hands its output and its status to the control folder, ends the guest.
here=$(dirname "$0")
. "$here/settings"
b=$BUSYBOX
exec </dev/null
trap '' HUP INT TERM
for module in ppp_generic ppp_async ppp_synctty l2tp_ppp l2tp_netlink tun; do $b modprobe -q "$module"; done
$b ip link set lo up
$b hostname guest
# The command writes to pipes: it may open /dev/stdout again and neither truncate nor overtake what was written.
$b mkfifo -m 600 /run/.stdout /run/.stderr
$b cat /run/.stdout >>"$here/stdout" &
out=$!
$b cat /run/.stderr >>"$here/stderr" &
err=$!
exec 3>/run/.stdout 4>/run/.stderr
[ "$ONE_OUTPUT" = 0 ] || exec 4>&3
$b cut -d' ' -f1 /proc/uptime >"$here/started"
(
  trap - HUP INT TERM
  exec $b setsid /bin/sh "$here/run" >&3 2>&4 3>&- 4>&-
) &
wait $!
status=$?
exec 3>&- 4>&-
n=0 # daemons that the command left behind may keep the pipes open: they are not waited for
while [ $n -lt 40 ] && { kill -0 $out || kill -0 $err; } 2>/dev/null; do
  $b usleep 50000
  n=$((n + 1))
done
echo $status >"$here/status.new"
$b mv "$here/status.new" "$here/status"
$b sync
$b poweroff -f
