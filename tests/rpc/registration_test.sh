#!/bin/bash
# How clients find the management service: rpcbind of their own network namespace, else the ports file.
# Usage: registration_test.sh FAKE_DAEMON L2TPCONFIG
# Runs in network and mount namespaces of its own, which end with it.
set -eu
if [ "${OPENL2TP_INSIDE:-}" != yes ]; then
  if [ "$(id -u)" != 0 ]; then echo "SKIP: needs root"; exit 77; fi
  if ! command -v rpcbind >/dev/null && [ ! -x /usr/sbin/rpcbind ]; then echo "SKIP: no rpcbind"; exit 77; fi
  OPENL2TP_INSIDE=yes exec unshare --net --mount --pid --mount-proc --fork --kill-child "$0" "$@"
fi
daemon=$1 config=$2
export PATH=$PATH:/usr/sbin:/sbin
mount -t tmpfs tmpfs /run
ip link set lo up
unset OPENL2TP_RPC_PORTS
failures=0

check() { # check NAME COMMAND...: the command must succeed
  local name=$1; shift
  if "$@"; then echo "ok   $name"; else echo "FAIL $name"; failures=$((failures + 1)); fi
}
status_shows() { local out; out=$("$@" system show status 2>&1) && [[ $out == *"tunnels: 7, sessions: 0"* ]] || { echo "$out"; false; }; }
refused() { local out; out=$("$@" 2>&1) && return 1; [[ $out == *"$expected"* ]] || { echo "$out"; false; }; }
registered() { rpcinfo -p 127.0.0.1 2>/dev/null | grep -q "300773 .* $1 .*$2"; }
wait_registered() { for _ in $(seq 150); do registered udp "$1" && return 0; sleep 0.1; done; return 1; }
unregistered() { for _ in $(seq 50); do registered udp "" || return 0; sleep 0.1; done; return 1; }

ended() { # ended NAME PID: the daemon whose input was closed must end well
  local status=0
  wait "$2" || status=$?
  check "daemon $1 ends well" [ "$status" = 0 ]
}

start() { # start NAME [options]: runs a daemon, sets NAME_udp and NAME_tcp, NAME_in closes it
  local name=$1; shift
  coproc DAEMON { exec "$daemon" "$@" 2>"/run/$name.log"; }
  local line; read -r line <&"${DAEMON[0]}" || true
  while [[ $line != ready* ]]; do read -r line <&"${DAEMON[0]}"; done
  read -r _ udp tcp _ <<<"$line"
  pid=$DAEMON_PID
  eval "exec {${name}_in}>&${DAEMON[1]}"
  eval "exec ${DAEMON[1]}>&-"
}

# 1. No rpcbind: the ports file.
start one
check "without rpcbind, UDP" status_shows "$config"
check "without rpcbind, TCP" status_shows "$config" -t
check "quiet, TCP and host together" status_shows "$config" -q -t -R 127.0.0.1
check "root may change" "$config" -q system modify max_tunnels=1
expected="Authentication error"
check "another user may not change" refused setpriv --reuid 65534 --regid 65534 --clear-groups "$config" system modify max_tunnels=1
check "another user may read" status_shows setpriv --reuid 65534 --regid 65534 --clear-groups "$config"
check "loopback only" bash -c '! ss -Hlntu | grep -vE "127\.0\.0\.1:|\[::1\]:"'
check "another namespace finds nothing" bash -c "! unshare --net bash -c 'ip link set lo up; $config system show status' 2>/dev/null"
exec {one_in}>&-; ended one "$pid"
check "ports file is gone" bash -c '! ls /run/openl2tpd/rpc-ports.* 2>/dev/null'
expected="openl2tpd is not running here"
check "no daemon is an error" refused "$config" system show status

# 2. With rpcbind: registered, found without the ports file, and unregistered at the end.
rpcbind -f -w 2>/dev/null & bindpid=$!
for _ in $(seq 50); do rpcinfo -p 127.0.0.1 >/dev/null 2>&1 && break; sleep 0.1; done
start two
first_udp=$udp
check "registered for UDP" wait_registered "$udp"
check "registered for TCP" registered tcp "$tcp"
rm -f /run/openl2tpd/rpc-ports.* # ports file and socket
check "found through rpcbind, UDP" status_shows "$config"
check "found through rpcbind, TCP" status_shows "$config" -t
check "a stock null call over UDP" bash -c 'rpcinfo -n '"$udp"' -u 127.0.0.1 300773 1 >/dev/null'
two_pid=$pid

# 3. A second daemon of the same namespace does not steal the registration.
start three
sleep 0.5
check "registration is not stolen" registered udp "$first_udp"
exec {three_in}>&-; ended three "$pid"
check "nor removed by the second" registered udp "$first_udp"
exec {two_in}>&-; ended two "$two_pid"
check "unregistered at the end" unregistered

# 4. A registration whose daemon died is replaced.
start four
check "registered again" wait_registered "$udp"
kill -9 "$pid"; wait "$pid" 2>/dev/null || true
exec {four_in}>&-
start five
check "a dead daemon's registration is replaced" wait_registered "$udp"
check "and the new daemon found" status_shows "$config"
exec {five_in}>&-; ended five "$pid"

# 5. Instances of one namespace beside each other.
with_blue() { OPENL2TP_INSTANCE=blue status_shows "$@"; }
start six
OPENL2TP_INSTANCE=blue start seven
seven_pid=$pid
exec {six_in}>&-
for _ in $(seq 50); do ls /run/openl2tpd/rpc-ports.*[0-9].sock >/dev/null 2>&1 || break; sleep 0.1; done
check "an instance is found by its name, the first daemon gone" with_blue "$config"
exec {seven_in}>&-; ended seven "$seven_pid"

# 6. rpcbind that starts again has forgotten everything, and one that starts late has never known it.
start eight -i
check "registered" wait_registered "$udp"
kill "$bindpid"; wait "$bindpid" 2>/dev/null || true
rpcbind -f 2>/dev/null & bindpid=$!
check "registered again after rpcbind's restart" wait_registered "$udp"
exec {eight_in}>&-; ended eight "$pid"
kill "$bindpid"; wait "$bindpid" 2>/dev/null || true
start nine -i
rpcbind -f 2>/dev/null & bindpid=$!
check "registered with an rpcbind that starts late" wait_registered "$udp"

# 7. Root is known by the kernel's word: from any port, again and again; others are not, whatever they try.
command -v python3 >/dev/null && check "root from ordinary ports" python3 -B "$(dirname "$0")/owner_test.py" "$udp" "$tcp"
check "nobody deleted a tunnel by hanging up" bash -c '! grep -q "TUNNEL_DELETE tunnel 7: done" /run/nine.log'
exec {nine_in}>&-; ended nine "$pid"

kill "$bindpid"; wait "$bindpid" 2>/dev/null || true
[ "$failures" = 0 ] || { cat /run/*.log; exit 1; }
