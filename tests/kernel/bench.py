#!/usr/bin/env python3
"""`./dev bench --guest`: set-up and memory of sessions on the kernel's data path, in a guest, as ratios to sessions made by hand.

By hand (recipe.py) means one call to the kernel after another, one end only, and no PPP spoken. Ours is the whole: LNS and LAC in one guest,
two tunnels' control messages, a pppd at each end, LCP, authentication and IPCP, until both ends have their addresses."""
import argparse
import json
import os
import pathlib
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


def kernel_kib() -> int:
    """Memory that the kernel holds for itself, in KiB."""
    text = pathlib.Path("/proc/meminfo").read_text()
    return sum(int(text.split(f"{name}:")[1].split()[0]) for name in ("Slab", "Percpu", "KernelStack", "PageTables"))


def resident_kib(pid: int) -> int:
    return int(pathlib.Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()[0])


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

    def measure(self, count: int) -> dict[str, float]:
        users = {f"user{n}": f"10.77.{1 + n // 100}.{1 + n % 100}" for n in range(count)}
        ppp.write_secrets(*[f'{user} lns "{PASSWORD}" {address}' for user, address in users.items()])
        lac, lns = self.daemon("lac").as_client(), self.daemon("lns").as_server("chap", remote=None)
        lac.create_tunnel("t1", self.link.RIGHT)
        lac.wait_tunnels_up(1, ppp.PATIENCE)
        pid = int((self.folder / f"{lns.name}.pid").read_text())
        before, resident, began = kernel_kib(), resident_kib(pid), time.monotonic()
        # One l2tpconfig for all: what is measured is the daemon.
        commands = self.folder / "sessions"
        commands.write_text("".join(f"session create tunnel_name=t1 session_name={u} user_name={u} user_password={PASSWORD!r}\n" for u in users))
        lac.config("config", "restore", f"file={commands}")
        at_lns = ppp.wait_up("lns", count, 1200, self.evidence)
        ppp.wait_up("lac", count, 300, self.evidence)
        took = time.monotonic() - began
        assert all(i.local == LNS_ADDRESS for i in at_lns)
        kib, daemon_kib = (kernel_kib() - before) / (2 * count), (resident_kib(pid) - resident) / count
        began = time.monotonic()
        lac.config("tunnel", "delete", "tunnel_name=t1")
        ppp.wait_no_session_left(self.BOTH, self.evidence)
        return {"up": count / took, "down": count / (time.monotonic() - began), "kib": kib, "daemon_kib": daemon_kib}


def ours(count: int) -> dict[str, float]:
    case = Ours()
    case.setUp()
    try:
        return case.measure(count)
    finally:
        case.doCleanups()


def inside(count: int, rounds: int) -> int:
    sandbox.enter(["pppd", "ss"])
    lab.slowness = 6.0
    # In turns, so that what else this machine does meets both.
    hand, daemon = [], []
    for _ in range(rounds):
        hand.append(by_hand(count))
        daemon.append(ours(count))
    middle = [{name: statistics.median(r[name] for r in results) for name in results[0]} for results in (hand, daemon)]
    one, other = middle
    print(f"{count} sessions, {rounds} rounds, kernel {os.uname().release}, {os.cpu_count()} CPUs; medians\n")
    print(f"{'':34}{'by hand':>10}{'openl2tpd':>12}{'ratio':>8}")
    for name, text in (("up", "sessions set up a second"), ("down", "sessions taken down a second"), ("kib", "kernel KiB an end of a session")):
        print(f"{text:34}{one[name]:10.1f}{other[name]:12.1f}{other[name] / one[name]:8.2f}")
    print(f"{'openl2tpd (LNS) KiB a session':34}{'':10}{other['daemon_kib']:12.1f}")
    print(json.dumps({"by_hand": one, "openl2tpd": other}))
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
