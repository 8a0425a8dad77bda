#!/usr/bin/env python3
"""`./dev bench --guest`: set-up and memory of sessions on the kernel's data path, in a guest: a pppd for each session (ppp_unix), and PPP in the
daemon (ppp_kernel), beside sessions made by hand.

By hand (recipe.py) means one call to the kernel after another, one end only, and no PPP spoken. The others are the whole: LNS and LAC in one
guest, both with that plugin, control messages, LCP, authentication by CHAP and IPCP, until both ends have their addresses."""
import argparse
import json
import os
import pathlib
import re
import resource
import statistics
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(HERE), str(HERE.parent / "system")]
import ppp  # noqa: E402
import recipe  # noqa: E402
from case import LNS_ADDRESS, PASSWORD, KernelCase  # noqa: E402
import lab  # noqa: E402
from lab import sandbox  # noqa: E402
from lab.net import run  # noqa: E402
from lab.process import wait_until  # noqa: E402


def kernel_kib() -> int:
    """Memory that the kernel holds for itself, in KiB."""
    text = pathlib.Path("/proc/meminfo").read_text()
    return sum(int(text.split(f"{name}:")[1].split()[0]) for name in ("Slab", "Percpu", "KernelStack", "PageTables"))


def pppd_kib() -> int:
    """Memory of all pppds that is nobody else's, in KiB."""
    text = "".join(pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in ppp.processes(("pppd",)))
    return sum(int(kib) for kib in re.findall(r"^Private_\w+:\s+(\d+) kB", text, re.MULTILINE))


def ppp_routes(namespace: str) -> int:
    """How many PPP interfaces of a namespace have a peer's address. Cheap, so that asking does not slow down what is measured."""
    return run("cat", "/proc/net/route", namespace=namespace).count("\nppp")


def wait_routes(count: int, timeout: float) -> None:
    for namespace in KernelCase.BOTH:
        wait_until(lambda n=namespace: ppp_routes(n) == count, f"{count} sessions in {namespace}", timeout)


def by_hand(count: int) -> dict[str, float]:
    tunnel, before, began = recipe.Tunnel(7), kernel_kib(), time.monotonic()
    for session in range(1, count + 1):
        tunnel.add_session(session)
    took, kib = time.monotonic() - began, (kernel_kib() - before) / count
    began = time.monotonic()
    tunnel.close()
    return {"up": count / took, "down": count / (time.monotonic() - began), "kib": kib}


class Ours(KernelCase):
    """Not a test: the peers and namespaces of one, for a measurement."""

    def runTest(self) -> None:
        pass

    def measure(self, count: int, plugin: str) -> dict[str, float]:
        self.PLUGIN = plugin
        users = {f"user{n}": f"10.77.{1 + n // 100}.{1 + n % 100}" for n in range(count)}
        ppp.write_secrets(*[f'{user} lns "{PASSWORD}" {address}' for user, address in users.items()])
        lac, lns = self.daemon("lac").as_client(), self.daemon("lns").as_server("chap", remote=None)
        lac.create_tunnel("t1", self.link.RIGHT)
        lac.wait_tunnels_up(1, ppp.PATIENCE)
        before, resident, began = kernel_kib(), ppp.resident_kib(lns.pid()), time.monotonic()
        # One l2tpconfig for all: what is measured is the daemon.
        commands = self.folder / "sessions"
        commands.write_text("".join(f"session create tunnel_name=t1 session_name={u} user_name={u} user_password={PASSWORD!r}\n" for u in users))
        lac.config("config", "restore", f"file={commands}")
        wait_routes(count, 600)
        took = time.monotonic() - began
        at_lns = self.wait_up("lns", count)
        assert all(i.local == LNS_ADDRESS for i in at_lns)
        kib, daemon_kib = (kernel_kib() - before) / (2 * count), (ppp.resident_kib(lns.pid()) - resident) / count
        process_kib = pppd_kib() / (2 * count)
        began = time.monotonic()
        lac.config("tunnel", "delete", "tunnel_name=t1")
        wait_routes(0, 600)
        fell = time.monotonic() - began
        self.wait_no_session_left()
        return {"up": count / took, "down": count / fell, "kib": kib, "daemon_kib": daemon_kib,
                "process_kib": process_kib, "sum_kib": kib + daemon_kib + process_kib}


def ours(count: int, plugin: str) -> dict[str, float]:
    case = Ours()
    case.setUp()
    try:
        return case.measure(count, plugin)
    finally:
        case.doCleanups()


ROWS = (("up", "sessions set up a second"), ("down", "sessions taken down a second"), ("kib", "kernel KiB an end of a session"),
        ("daemon_kib", "openl2tpd (LNS) KiB a session"), ("process_kib", "pppd KiB an end of a session"), ("sum_kib", "KiB an end of a session, in all"))


def inside(count: int, rounds: int) -> int:
    sandbox.enter(["pppd", "ss"])
    lab.slowness = 6.0
    resource.setrlimit(resource.RLIMIT_NOFILE, (65536, 65536))
    # In turns, so that what else this machine does meets all.
    results = {"by_hand": [], "ppp_unix": [], "ppp_kernel": []}
    for _ in range(rounds):
        results["by_hand"].append(by_hand(count))
        for plugin in ("ppp_unix", "ppp_kernel"):
            results[plugin].append(ours(count, plugin))
    middle = {who: {name: statistics.median(r[name] for r in them) for name in them[0]} for who, them in results.items()}
    hand, unix, kernel = middle.values()
    print(f"{count} sessions, {rounds} rounds, kernel {os.uname().release}, {os.cpu_count()} CPUs; medians\n")
    print(f"{'':34}{'by hand':>10}{'ppp_unix':>12}{'ppp_kernel':>12}{'ppp_kernel : ppp_unix':>24}")
    for name, text in ROWS:
        first = f"{hand[name]:10.1f}" if name in hand else " " * 10
        ratio = f"{kernel[name] / unix[name]:24.2f}" if unix[name] else ""
        print(f"{text:34}{first}{unix[name]:12.1f}{kernel[name]:12.1f}{ratio}")
    print(json.dumps(middle))
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=100, metavar="N")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    given = parser.parse_args()
    if not os.environ.get(ppp.GUEST):
        parser.error("this runs in a guest: ./dev bench --guest")
    return inside(given.sessions, given.rounds)


if __name__ == "__main__":
    sys.exit(main())
