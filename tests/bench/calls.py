#!/usr/bin/env python3
"""Calls a second by how many are under way at once, and tunnels a second: our LNS beside l2tpns, over a veth pair, the load on the other
core. A call counts when its ICCN has been acknowledged, so that an LNS that waits with its acknowledgements is slow here as it is for
peers that say one thing after the other. The servers are measured in turns; read the ratios."""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "system"), str(HERE)]
import plot  # noqa: E402
from figures import Report, median  # noqa: E402
from lab import sandbox  # noqa: E402
from lab.l2tpns import L2tpns  # noqa: E402
from lab.net import Link, run  # noqa: E402
from lab.openl2tpd import Openl2tpd  # noqa: E402

DEPTHS = (1, 4, 32, 512)
TUNNELS = 64
SERVER, LOAD = 0, 1  # cores


class Server:
    """An LNS of one kind in `lns`; the load runs in `lac`."""

    def __init__(self, folder, link):
        self.folder, self.link = folder, link

    def load(self, *words):
        """The phases of a run of l2tpload, by name."""
        command = [sandbox.build_folder() / "bin" / "l2tpload", *words, "--target", self.link.RIGHT, "--json", "--watch", self.pid(), "--cpu", LOAD,
                   "--clear", "nothing", "--limit", 15]
        lines = run(*command, namespace="lac", check=False, timeout=60).splitlines()
        return {phase["phase"]: phase for phase in map(json.loads, lines)}

    def pin(self):
        subprocess.run(["taskset", "-apc", str(SERVER), str(self.pid())], check=True, capture_output=True)
        return self


class Ours(Server):
    def __enter__(self):
        self.daemon = Openl2tpd(self.folder, "lns").start("-T", 1)
        return self.pin()

    def pid(self):
        return int((self.folder / "openl2tpd.pid").read_text())

    def __exit__(self, *_):
        self.daemon.stop()


class Theirs(Server):
    def __enter__(self):
        self.daemon = L2tpns(self.folder, "lns", self.link.RIGHT)
        self.daemon.start(debug=0)
        return self.pin()

    def pid(self):
        return int((self.folder / "l2tpns.pid").read_text())

    def __exit__(self, *_):
        self.daemon.stop()


SERVERS = {"openl2tpd": Ours, "l2tpns": Theirs}


def measure(kind, depth, seconds):
    with tempfile.TemporaryDirectory(prefix="calls-") as scratch:
        link = Link()
        try:
            with SERVERS[kind](pathlib.Path(scratch), link) as server:
                if depth == "tunnels":
                    return server.load("tunnels", 450, "--in-flight", 256)["tunnels"]
                # One tunnel after the other: l2tpns takes few SCCRQs that come together.
                return server.load("churn", seconds, "--kind", "acknowledged", "--tunnels", TUNNELS, "--in-flight", depth, "--opening", 1)["cycles"]
        finally:
            link.close()


def show(report, rounds, kinds, what, unit):
    for kind in kinds:
        report.row(f"{kind}: {what}", median(rounds, kind, "per_second"), unit)
        report.row(f"{kind}: processor time each", median(rounds, kind, "cpu_us_per_operation"), "us")
        report.row(f"{kind}: 99 of 100 within", median(rounds, kind, "latency_us", "p99"), "us")
        report.row(f"{kind}: retransmitted by the load", median(rounds, kind, "retransmitted"))
    if "l2tpns" in kinds:
        for done in rounds:
            done["ratio"] = done["openl2tpd"]["per_second"] / max(done["l2tpns"]["per_second"], 0.001)
        ratio = median(rounds, "ratio")
        report.row("openl2tpd / l2tpns", ratio, "", "1", ratio >= 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--kinds", nargs="+", choices=SERVERS, default=list(SERVERS))
    parser.add_argument("--plots", help="folder for the charts, below the build folder")
    parser.add_argument("--json", help="file for the figures")
    options = parser.parse_args()
    if options.build:
        os.environ["OPENL2TP_BUILD"] = str(options.build)
    sandbox.enter(["l2tpns", "taskset"])
    report = Report()
    rates = {kind: [] for kind in options.kinds}
    costs = {kind: [] for kind in options.kinds}
    for depth in (*DEPTHS, "tunnels"):
        report.heading("tunnels, 256 under way" if depth == "tunnels" else f"calls, {depth} under way")
        rounds = [{kind: measure(kind, depth, options.seconds) for kind in options.kinds} for _ in range(options.rounds)]
        show(report, rounds, options.kinds, "tunnels" if depth == "tunnels" else "calls", "/s")
        if depth != "tunnels":
            for kind in options.kinds:
                rates[kind].append((depth, median(rounds, kind, "per_second")))
                costs[kind].append((depth, median(rounds, kind, "cpu_us_per_operation")))
    if options.plots:
        folder = pathlib.Path(options.plots)
        plot.lines(folder / "calls_by_depth.svg", "Calls set up and cleared", "under way at once", "calls/s", rates, log_y=True)
        plot.lines(folder / "call_cost_by_depth.svg", "Processor time of a call at the LNS", "under way at once", "us", costs)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(report.rows, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
