#!/usr/bin/env python3
"""`sudo ./dev demo`: an LNS and a LAC in two network namespaces, a tunnel and a call between them, seen with l2tpconfig at both ends.
Where the kernel has L2TP and PPP there is a pppd at both ends of the call, and a ping through it; elsewhere it says what is missing, and
`./dev demo --guest` shows it in a guest. Nothing of it survives, however it ends: it runs in namespaces of its own, like the system tests."""
import json
import pathlib
import socket
import subprocess
import sys
import tempfile

from lab import sandbox
from lab.case import our_programs
from lab.net import Link, run
from lab.openl2tpd import Openl2tpd
from lab.process import wait_until

AF_PPPOX, PX_PROTO_OL2TP = 24, 1  # linux/if_pppox.h


def missing_for_ppp() -> str:
    """What this kernel lacks for PPP over L2TP; an empty text where it lacks nothing."""
    try:
        socket.socket(AF_PPPOX, socket.SOCK_DGRAM, PX_PROTO_OL2TP).close()
    except OSError as error:
        return f"L2TP (module l2tp_ppp): {error.strerror}"
    return "" if pathlib.Path("/dev/ppp").exists() else "PPP (/dev/ppp)"


def peer_address(namespace: str) -> tuple[str, str] | None:
    """The PPP interface of a namespace and the address at its other end, when it has both."""
    for link in json.loads(run("ip", "-json", "address", "show", "up", namespace=namespace) or "[]"):
        peers = [a["address"] for a in link.get("addr_info", []) if a["family"] == "inet" and "address" in a]
        if link.get("link_type") == "ppp" and peers:
            return link["ifname"], peers[0]
    return None


def show_ppp() -> None:
    """Waits for PPP at both ends, shows it, and sends a ping each way."""
    for namespace in ("lac", "lns"):
        name, peer = wait_until(lambda n=namespace: peer_address(n), f"PPP in {namespace}", 90)
        for words in (["ip", "address", "show", "dev", name], ["busybox", "ping", "-c", "3", "-I", name, peer]):
            print(f"\n{namespace}# {' '.join(words)}\n{run(*words, namespace=namespace, timeout=60)}", end="", flush=True)


def show(daemon: Openl2tpd, *words: str) -> None:
    """Runs l2tpconfig the way a person would, and shows what the person would see."""
    result = daemon.try_config(*words)
    print(f"\n{daemon.namespace}# l2tpconfig {' '.join(words)}\n{result.stdout}{result.stderr}", end="", flush=True)
    if result.returncode != 0:
        raise AssertionError(f"l2tpconfig {' '.join(words)}: exit {result.returncode}\n{daemon.process.tail()}")


def demo() -> None:
    folder = pathlib.Path(tempfile.mkdtemp(prefix="demo-"))
    link = Link("lac", "lns")
    lacking = missing_for_ppp()
    if lacking:
        print(f"This kernel has no {lacking}. The call carries no data here; `./dev demo --guest` shows it with PPP, in a guest.\n")
    print(f"Two network namespaces, joined by a veth pair: lac {link.LEFT}, lns {link.RIGHT}. A daemon in each:\n")
    daemons = [Openl2tpd(folder, name, f"openl2tpd-{name}") for name in ("lns", "lac")]
    for daemon in daemons:
        daemon.plugin = "ppp_null" if lacking else "ppp_unix"
        print(f"{daemon.namespace}# openl2tpd {' '.join(str(w) for w in daemon.command()[1:])}", flush=True)
        daemon.start()
    lns, lac = daemons
    if not lacking:
        show(lns, "ppp", "profile", "modify", "profile_name=default", "local_ipaddr=10.77.0.1", "remote_ipaddr=10.77.0.2", "auth_none=yes")
    show(lac, "tunnel", "create", "tunnel_name=office", f"dest_ipaddr={link.RIGHT}")
    tunnel = lac.wait_tunnels_up(1)[0].tunnel_id
    show(lac, "session", "create", "tunnel_name=office", "session_name=first")
    session = lac.wait_sessions_up(1)[0][1]
    at_lns = lns.wait_sessions_up(1)[0]
    show(lac, "tunnel", "list")
    show(lac, "tunnel", "show", "tunnel_name=office")
    show(lac, "session", "show", f"tunnel_id={tunnel}", f"session_id={session}")
    show(lns, "tunnel", "list")
    show(lns, "session", "show", f"tunnel_id={at_lns[0]}", f"session_id={at_lns[1]}")
    if not lacking:
        show_ppp()
    show(lac, "tunnel", "delete", "tunnel_name=office")
    lns.wait_no_tunnel_up()
    for daemon in daemons:
        status = daemon.terminate()
        if status != 0:
            raise AssertionError(f"{daemon.name} exited with {status}\n{daemon.process.tail()}")
    print("\nThe tunnel is closed, both daemons have ended, the namespaces are gone. `sudo ./dev test` runs the tests.")


if __name__ == "__main__":
    sandbox.enter(our_programs())
    try:
        demo()
    except (AssertionError, subprocess.SubprocessError) as error:
        sys.exit(f"demo: {error}")
