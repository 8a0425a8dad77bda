#!/usr/bin/env python3
"""User data through ppp_kernel's TUN path: a LAC and an LNS in two namespaces with a veth pair between them, against that pair bare,
and against l2tpns as the LNS of the same LAC. The kinds are measured in turns; costs are processor time of daemons and traffic together."""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "system"), str(HERE)]
from figures import Report, median  # noqa: E402
from lab import radius, sandbox  # noqa: E402
from lab.l2tpns import L2tpns  # noqa: E402
from lab.net import Link, run  # noqa: E402
from lab.openl2tpd import Openl2tpd  # noqa: E402
from lab.process import Process, wait_until  # noqa: E402
from service import processor_seconds  # noqa: E402

PORT = 5001
TUN = "/dev/net/tun"
USER, PASSWORD, CALLER, LNS_ADDRESS = "alice", "wonderland", "10.77.0.10", "10.77.0.1"
SMALL, IN_FLIGHT, FLOWS = 64, 256, 16


class Path:
    """What carries the traffic from lac to lns: `address` is the far end, `daemons` are the processes it costs."""

    def __init__(self, name, folder, plugin="ppp_kernel"):
        self.name, self.folder, self.plugin = name, folder, plugin
        self.address = Link.RIGHT
        self.daemons = {}
        self.stops = []

    def __enter__(self):
        try:
            self.link = Link()
            self.stops.append(self.link.close)
            self.build()
            self.server = self.run_in("lns", "serve", PORT, 3600)
            wait_until(lambda: re.search(rf":{PORT}\b", run("ss", "-Hlun", namespace="lns")), "netload", 20)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        while self.stops:
            self.stops.pop()()

    def run_in(self, namespace, *words):
        program = Process(f"netload-{namespace}", [sandbox.build_folder() / "bin" / "netload", *words], namespace, self.folder)
        self.stops.append(program.kill)
        return program

    def build(self):
        """Makes the path on top of the link; bare, there is nothing to make."""

    def daemon(self, namespace, shards):
        daemon = Openl2tpd(self.folder, namespace, f"openl2tpd-{namespace}-{self.name}")
        daemon.plugin = self.plugin
        self.stops.append(daemon.stop)
        return daemon.start("-T", shards)

    def dial(self):
        """Our LAC makes the call."""
        lac = self.daemon("lac", 1)
        lac.create_tunnel("t1", self.link.RIGHT)
        lac.wait_tunnels_up(1)
        lac.create_session("t1", "s1", user_name=USER, user_password=PASSWORD)
        wait_until(lambda: CALLER in run("ip", "-4", "address", namespace="lac"), "the caller's address", 20, lac.evidence)
        self.daemons["lac"] = lac.process.popen.pid
        self.address = LNS_ADDRESS
        wait_until(lambda: ", 0% packet loss" in run("busybox", "ping", "-c", "1", "-W", "1", LNS_ADDRESS, namespace="lac", check=False),
                   "the first ping", 20, lac.evidence)

    def measure(self, kind, *words):
        """One run of traffic: what it says of itself, and the processor seconds of each process."""
        pids = self.daemons | {"server": self.server.popen.pid}
        before = {name: processor_seconds(pid) for name, pid in pids.items()}
        usage = os.times()
        program = [str(sandbox.build_folder() / "bin" / "netload"), kind, self.address, str(PORT), *[str(word) for word in words]]
        done = subprocess.run(["nsenter", "--net=/run/netns/lac", *program], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(program)}: {done.stdout}{done.stderr}")
        after = os.times()
        figures = json.loads(done.stdout)
        figures["cpu"] = {name: processor_seconds(pid) - before[name] for name, pid in pids.items()}
        figures["cpu"]["client"] = after.children_user + after.children_system - usage.children_user - usage.children_system
        return figures


class Ours(Path):
    def build(self):
        secrets = self.folder / "secrets"
        secrets.write_text(f"{USER} * {PASSWORD} {CALLER}\n", encoding="utf-8")
        os.environ["OPENL2TP_SECRETS"] = str(secrets)
        lns = self.daemon("lns", 1)
        lns.config("ppp", "profile", "modify", "profile_name=default", f"local_ipaddr={LNS_ADDRESS}", "auth_peer=yes")
        self.daemons["lns"] = lns.process.popen.pid
        self.dial()


class Foreign(Path):
    def build(self):
        server = Process("radius", [sys.executable, radius.__file__, "127.0.0.1", 1812, "radius", f"{USER}={CALLER}"], "lns", self.folder)
        self.stops.append(server.kill)
        server.wait_log("ready")
        lns = L2tpns(self.folder, "lns", Link.RIGHT)
        self.stops.append(lns.stop)
        lns.start(debug=0)
        self.daemons["lns"] = lns.process.popen.pid
        self.dial()


KINDS = {
    "down": ("tcp", 1, "down"),
    "up": ("tcp", 1, "up"),
    "udp": ("udp", SMALL, IN_FLIGHT, FLOWS),
}


def costs(kind, figures):
    """Nanoseconds of processor time by process: of 1,400 octets of a stream, or of a datagram one way."""
    units = figures["octets"] / 1400 if kind != "udp" else 2 * figures["received"]
    return {name: seconds / units * 1e9 for name, seconds in figures["cpu"].items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=sandbox.build_folder())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--paths", nargs="+", choices=["veth", "ours", "l2tpns"], default=["veth", "ours", "l2tpns"])
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    parser.add_argument("--also", nargs="+", default=[], metavar="NAME=FILE", help="other builds of ppp_kernel, in the same turns")
    parser.add_argument("--json", help="file for the figures; not below /tmp, which the sandbox has of its own")
    options = parser.parse_args()
    os.environ["OPENL2TP_BUILD"] = str(pathlib.Path(options.build).resolve())
    sandbox.enter(["ss", "busybox", str(sandbox.build_folder() / "bin" / "netload"),
                   *(["l2tpns"] if "l2tpns" in options.paths else []), *([] if os.path.exists(TUN) else [TUN])])
    make = {"veth": Path, "ours": Ours, "l2tpns": Foreign}
    others = dict(word.split("=", 1) for word in options.also)
    make |= dict.fromkeys(others, Ours)
    options.paths += others
    report, rounds = Report(), []
    for _ in range(options.rounds):
        done = {}
        for name in options.paths:
            with tempfile.TemporaryDirectory(prefix="tun-") as scratch, make[name](
                    name, pathlib.Path(scratch), others.get(name, "ppp_kernel")) as path:
                done[name] = {}
                for kind in options.kinds:
                    what, *words = KINDS[kind]
                    figures = path.measure(what, *([options.seconds, *words]))
                    figures["ns"] = costs(kind, figures)
                    figures["ns"]["all"] = sum(figures["ns"].values())
                    done[name][kind] = figures
        rounds.append(done)
    names = {"down": "TCP, LNS to LAC", "up": "TCP, LAC to LNS", "udp": f"UDP, {SMALL} octets, {IN_FLIGHT} on their way, both ways"}
    for kind in options.kinds:
        report.heading(names[kind])
        rate = "octets_per_second" if kind != "udp" else "datagrams_per_second"
        unit = "1,400 octets" if kind != "udp" else "a datagram"
        for name in options.paths:
            scale, what = (8e-6, "Mbit/s") if kind != "udp" else (1, "/s")
            report.row(f"{name}: rate", median(rounds, name, kind, rate) * scale, what)
            for who in rounds[0][name][kind]["ns"]:
                report.row(f"{name}: processor time of {unit}, {who}", median(rounds, name, kind, "ns", who), "ns")
            if kind == "udp":
                report.row(f"{name}: lost", median(rounds, name, kind, "lost"))
            elif kind == "up":  # only its sender tells
                report.row(f"{name}: segments sent again", median(rounds, name, kind, "retransmitted"))
        for name in options.paths:
            for other in ("veth", "l2tpns"):
                if name != "ours" or other not in options.paths:
                    continue
                for done in rounds:
                    done.setdefault("ratios", {}).setdefault(kind, {})[other] = {
                        "rate": done[name][kind][rate] / done[other][kind][rate],
                        "cost": done[other][kind]["ns"]["all"] / done[name][kind]["ns"]["all"],
                        "lns": done[other][kind]["ns"].get("lns", 0) / done[name][kind]["ns"]["lns"]}
                report.row(f"ours / {other}: rate", median(rounds, "ratios", kind, other, "rate"))
                report.row(f"ours / {other}: work a second of processor time, all processes", median(rounds, "ratios", kind, other, "cost"))
                if other == "l2tpns":
                    report.row("ours / l2tpns: work a second of the LNS's processor time", median(rounds, "ratios", kind, other, "lns"))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(report.rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
