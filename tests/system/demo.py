#!/usr/bin/env python3
"""`sudo ./dev demo`: an LNS and a LAC in two network namespaces, a tunnel and a call between them, seen with l2tpconfig at both ends.
Nothing of it survives, however it ends: it runs in namespaces of its own, like the system tests."""
import pathlib
import subprocess
import sys
import tempfile

from lab import sandbox
from lab.case import our_programs
from lab.net import Link, run
from lab.openl2tpd import Openl2tpd


def show(daemon: Openl2tpd, *words: str) -> None:
    """Runs l2tpconfig the way a person would, and shows what the person would see."""
    result = daemon.try_config(*words)
    print(f"\n{daemon.namespace}# l2tpconfig {' '.join(words)}\n{result.stdout}{result.stderr}", end="", flush=True)
    if result.returncode != 0:
        raise AssertionError(f"l2tpconfig {' '.join(words)}: exit {result.returncode}\n{daemon.process.tail()}")


def demo() -> None:
    folder = pathlib.Path(tempfile.mkdtemp(prefix="demo-"))
    link = Link("lac", "lns")
    print(f"Two network namespaces, joined by a veth pair: lac {link.LEFT}, lns {link.RIGHT}. A daemon in each:\n")
    daemons = [Openl2tpd(folder, name, f"openl2tpd-{name}") for name in ("lns", "lac")]
    for daemon in daemons:
        print(f"{daemon.namespace}# openl2tpd {' '.join(str(w) for w in daemon.command()[1:])}", flush=True)
        daemon.start()
    lns, lac = daemons
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
