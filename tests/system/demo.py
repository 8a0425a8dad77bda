#!/usr/bin/env python3
"""`sudo ./dev demo`: an LNS and a LAC in two network namespaces; a call with PPP between them, authenticated by CHAP, with pings and files
copied through it, seen with l2tpconfig at both ends; then the same LAC dials l2tpns, a foreign LNS. It needs neither L2TP nor PPP in the
kernel: the plugin is ppp_kernel, over TUN devices. In a guest that has both (`./dev demo --guest`) a pppd is at both ends of the call instead.
Exit status 0: all of it worked. Nothing of it survives, however it ends: it runs in namespaces of its own, like the system tests."""
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from lab import copy_file, sandbox
from lab.case import our_programs
from lab.l2tpns import L2tpns
from lab.net import Link, run
from lab.openl2tpd import Openl2tpd
from lab.process import Process, wait_until

TUN = "/dev/net/tun"
USER, PASSWORD, CALLER, LNS_ADDRESS = "alice", "wonderland", "10.77.0.10", "10.77.0.1"
PORT, MIB = 5001, 1 << 20
FILE_MIB = 64


# ---- what a person would type ----------------------------------------------------------------------------------------


def show(daemon: Openl2tpd, *words: str) -> str:
    """Runs l2tpconfig the way a person would, and shows what the person would see."""
    result = daemon.try_config(*words)
    print(f"\n{daemon.namespace}# l2tpconfig {' '.join(words)}\n{result.stdout}{result.stderr}", end="", flush=True)
    if result.returncode != 0:
        raise AssertionError(f"l2tpconfig {' '.join(words)}: exit {result.returncode}\n{daemon.process.tail()}")
    return result.stdout


def show_run(namespace: str, *words: object) -> None:
    print(f"\n{namespace}# {' '.join(str(w) for w in words)}\n{run(*words, namespace=namespace, timeout=60)}", end="", flush=True)


def ping(namespace: str, peer: str, *more: str) -> None:
    show_run(namespace, "busybox", "ping", "-c", "3", "-W", "5", *more, peer)


def copy(folder: pathlib.Path, source: str, target: str, address: str) -> None:
    """Copies a file of random octets between the namespaces, over TCP to `address` in `target`, and compares both ends."""
    sent, received = folder / "sent", folder / "received"
    sent.write_bytes(os.urandom(FILE_MIB * MIB))
    received.unlink(missing_ok=True)
    words = [sys.executable, "-B", copy_file.__file__]
    server = Process("copy", [*words, "receive", address, PORT, received], target, folder)
    try:
        wait_until(lambda: f":{PORT} " in run("ss", "-Hltn", namespace=target), f"a server in {target}", 20, server.tail)
        print(f"\n{target}# copy_file.py receive {address} {PORT} received\n{source}# copy_file.py send {address} {PORT} sent", flush=True)
        begin = time.monotonic()
        run(*words, "send", address, PORT, sent, namespace=source, timeout=300)
        seconds = time.monotonic() - begin
        status = server.wait(60)
    finally:
        server.kill()
    if status != 0:
        raise AssertionError(f"the copy to {target}: exit {status}\n{server.tail()}")
    sums = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (sent, received)]
    for namespace, name, digest in ((source, "sent", sums[0]), (target, "received", sums[1])):
        print(f"{namespace}# sha256sum {name}\n{digest}")
    if sums[0] != sums[1]:
        raise AssertionError(f"{received.stat().st_size} of {sent.stat().st_size} octets came, and they are not the ones sent")
    print(f"The sums are equal: {FILE_MIB} MiB in {seconds:.2f} s, {FILE_MIB * MIB * 8 / seconds / 1e6:.0f} Mbit/s", flush=True)


# ---- the parts -------------------------------------------------------------------------------------------------------


def start(folder: pathlib.Path, namespace: str, plugin: str) -> Openl2tpd:
    daemon = Openl2tpd(folder, namespace, f"openl2tpd-{namespace}")
    daemon.plugin = plugin
    print(f"{namespace}# openl2tpd {' '.join(str(w) for w in daemon.command()[1:])}", flush=True)
    return daemon.start()


def stop(*daemons: Openl2tpd) -> None:
    for daemon in daemons:
        status = daemon.terminate()
        if status != 0:
            raise AssertionError(f"{daemon.name} exited with {status}\n{daemon.process.tail()}")
        left = re.findall(r"^\d+: ((?:l2tp|ppp)\d+)", run("ip", "-o", "link", namespace=daemon.namespace), re.MULTILINE)
        if left:
            raise AssertionError(f"{daemon.name} left {', '.join(left)} behind\n{daemon.process.tail()}")


def wait_ppp(daemon: Openl2tpd, call: tuple[int, int], evidence) -> None:
    """Waits until PPP of the call carries IPv4, as `session show` says."""
    def up() -> bool:
        if not daemon.process.running():
            raise AssertionError(f"{daemon.name} ended\n{daemon.process.tail()}")
        ppp = json.loads(daemon.config("--json", "session", "show", f"tunnel_id={call[0]}", f"session_id={call[1]}"))["ppp"]
        return bool(ppp) and ppp["state"] == "UP" and bool(ppp["peer_ipaddr"])
    wait_until(up, f"PPP at {daemon.name}", 60, evidence)


def dial(lac: Openl2tpd, peer: str, *user: str) -> tuple[int, int]:
    """A tunnel and a session of our LAC; their ids."""
    show(lac, "tunnel", "create", "tunnel_name=office", f"dest_ipaddr={peer}")
    lac.wait_tunnels_up(1)
    show(lac, "session", "create", "tunnel_name=office", "session_name=first", *user)
    return lac.wait_sessions_up(1)[0]


def show_session(daemon: Openl2tpd, call: tuple[int, int]) -> str:
    return show(daemon, "session", "show", f"tunnel_id={call[0]}", f"session_id={call[1]}")


def check_counted(daemon: Openl2tpd, text: str) -> None:
    """Both directions of what was copied are in the counters of `session show`."""
    for way in ("rx", "tx"):
        counted = int(re.search(rf"{way} bytes: (\d+)", text)[1])
        if counted < FILE_MIB * MIB:
            raise AssertionError(f"{daemon.name} counts {counted} octets ({way}) of {FILE_MIB} MiB")


def with_ourselves(folder: pathlib.Path) -> None:
    """ppp_kernel at both ends."""
    link = Link("lac", "lns")
    print(f"== openl2tpd with itself\n\nTwo network namespaces, joined by a veth pair: lac {link.LEFT}, lns {link.RIGHT}. A daemon in each, which speaks\n"
          f"PPP itself. In the secrets file: {USER} * {PASSWORD} {CALLER}\n")
    secrets = folder / "secrets"
    secrets.write_text(f"{USER} * {PASSWORD} {CALLER}\n", encoding="utf-8")
    os.environ["OPENL2TP_SECRETS"] = str(secrets)
    lns, lac = (start(folder, name, "ppp_kernel") for name in ("lns", "lac"))
    show(lns, "ppp", "profile", "modify", "profile_name=default", f"local_ipaddr={LNS_ADDRESS}", "auth_peer=yes", "auth_pap=no")
    call = dial(lac, link.RIGHT, f"user_name={USER}", f"user_password={PASSWORD}")
    at_lns = lns.wait_sessions_up(1)[0]
    for daemon, ids in ((lac, call), (lns, at_lns)):
        wait_ppp(daemon, ids, lambda: lns.evidence() + lac.evidence())
    show(lac, "tunnel", "list")
    show_session(lac, call)
    show_run("lac", "ip", "-4", "address", "show", "dev", interface(lac, call))
    ping("lac", LNS_ADDRESS)
    ping("lns", CALLER)
    copy(folder, "lac", "lns", LNS_ADDRESS)
    copy(folder, "lns", "lac", CALLER)
    check_counted(lns, show_session(lns, at_lns))
    show(lns, "user", "list")
    show(lns, "system", "show", "statistics")
    show(lac, "tunnel", "delete", "tunnel_name=office")
    lns.wait_no_tunnel_up()
    stop(lns, lac)
    link.close()
    print("\nThe tunnel is closed; both daemons have ended and left no interface behind.\n")


def with_l2tpns(folder: pathlib.Path) -> None:
    """Our LAC with ppp_kernel, and l2tpns with a RADIUS server beside it."""
    link = Link("lac", "lns")
    print("== openl2tpd as LAC, l2tpns as LNS\n\nThe same two namespaces. l2tpns asks a RADIUS server, which knows the same user.\n")
    lns = L2tpns(folder, "lns", link.RIGHT)
    lac = None
    try:
        lns.start(debug=2)
        lns.serve_users(f"{USER}={CALLER},{PASSWORD}")
        lac = start(folder, "lac", "ppp_kernel")
        call = dial(lac, link.RIGHT, f"user_name={USER}", f"user_password={PASSWORD}")
        wait_ppp(lac, call, lambda: lac.evidence() + lns.process.tail())
        show_session(lac, call)
        ping("lac", LNS_ADDRESS)
        copy(folder, "lac", "lns", LNS_ADDRESS)
        copy(folder, "lns", "lac", CALLER)
        check_counted(lac, show_session(lac, call))
        show(lac, "user", "list")
        print(f"\nlns# l2tpns, at its own command line:\n{table(lns.cli('show session'))}", end="", flush=True)
        show(lac, "system", "show", "statistics")
        show(lac, "tunnel", "delete", "tunnel_name=office")
        lac.wait_no_tunnel_up()
        wait_until(lambda: not lns.open_tunnels(), "l2tpns to have no tunnel", 20, lns.process.tail)
        stop(lac)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{lns.process.tail() if lns.process else ''}") from error
    finally:
        lns.stop()
        if lac:
            lac.stop()
    link.close()
    print("\nThe tunnel is closed; our daemon has ended and left no interface behind.\n")


def with_pppd(folder: pathlib.Path) -> None:
    """ppp_unix at both ends, in a kernel that has L2TP and PPP."""
    link = Link("lac", "lns")
    print(f"Two network namespaces, joined by a veth pair: lac {link.LEFT}, lns {link.RIGHT}. A daemon in each, and a pppd a call:\n")
    lns, lac = (start(folder, name, "ppp_unix") for name in ("lns", "lac"))
    show(lns, "ppp", "profile", "modify", "profile_name=default", f"local_ipaddr={LNS_ADDRESS}", f"remote_ipaddr={CALLER}", "auth_none=yes")
    call = dial(lac, link.RIGHT)
    at_lns = lns.wait_sessions_up(1)[0]
    for daemon, ids in ((lac, call), (lns, at_lns)):
        wait_ppp(daemon, ids, lambda: lns.evidence() + lac.evidence())
    show(lac, "tunnel", "list")
    show_session(lac, call)
    # Both ends are in one kernel: the interface says which way.
    ping("lac", LNS_ADDRESS, "-I", interface(lac, call))
    ping("lns", CALLER, "-I", interface(lns, at_lns))
    copy(folder, "lac", "lns", LNS_ADDRESS)
    copy(folder, "lns", "lac", CALLER)
    check_counted(lns, show_session(lns, at_lns))
    show(lns, "system", "show", "statistics")
    show(lac, "tunnel", "delete", "tunnel_name=office")
    lns.wait_no_tunnel_up()
    stop(lns, lac)
    link.close()
    print("\nThe tunnel is closed; both daemons have ended and left no interface behind.\n")


def interface(daemon: Openl2tpd, call: tuple[int, int]) -> str:
    ppp = json.loads(daemon.config("--json", "session", "show", f"tunnel_id={call[0]}", f"session_id={call[1]}"))["ppp"]
    return ppp["interface_name"]


def table(text: str) -> str:
    """The lines of an answer of l2tpns's command line, without prompts and echo."""
    return "".join(f"{line}\n" for line in text.splitlines() if re.match(r"\s*(SID|\d+) ", line))


def in_guest() -> bool:
    return bool(os.environ.get("OPENL2TP_GUEST"))


def demo() -> None:
    parts = [with_pppd]
    if not in_guest():
        print(f"openl2tpd speaks PPP itself here, and user data goes over {TUN}: no L2TP and no PPP of the kernel is needed.\n", flush=True)
        os.environ["OPENL2TP_PPP_DATA"] = "tun"
        parts = [with_ourselves, with_l2tpns]
    for part in parts:
        part(pathlib.Path(tempfile.mkdtemp(prefix="demo-")))
    print("All of it worked. `sudo ./dev test` runs the tests.")


if __name__ == "__main__":
    needed = ["busybox", "ss", *our_programs()]
    if not in_guest():
        needed += ["l2tpns", *([] if os.path.exists(TUN) else [TUN])]
    sandbox.enter(needed)
    try:
        demo()
    except (AssertionError, subprocess.SubprocessError) as error:
        sys.exit(f"demo: {error}")
