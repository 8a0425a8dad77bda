#!/usr/bin/env python3
"""The benchmarks of docs/performance.md: the daemon in one process, its load in another, a bare echo server as the yardstick.

Machines are shared and noisy: what is compared is run in turns and the medians are put in ratio. Read the ratios."""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import machine
from figures import Report, growth_by_tenth, median
from processes import PORT, BenchError, Build
from service import Service, processor_seconds

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVER, LOAD = {0}, {1}  # cores
FIRST_TWO = {0, 1}


class Bench:
    def __init__(self, options, scratch):
        self.build = Build(options.build)
        self.options = options
        self.scratch = scratch
        self.report = Report()
        self.rounds = 1 if options.quick else 5
        self.seconds = 2 if options.quick else 4

    def daemon(self, shards=1, cores=frozenset(SERVER), build=None):
        return (build or self.build).daemon(shards, cores, self.scratch)

    # -- control messages a core ---------------------------------------------------------------------------------------------------

    def work(self, daemon, kind, *more):
        """One round of churn; the phase of that kind."""
        arguments = {
            # One HELLO, one acknowledgement: the same traffic as an echo. Acknowledgements may be delayed, hence the many in flight.
            "hello": ["--tunnels", 8000, "--kind", "hello", "--burst", 1, "--in-flight", 4096],
            "hellos": ["--tunnels", 2000, "--kind", "hello", "--in-flight", 512],
            "cycles": ["--tunnels", 2000, "--kind", "calls", "--in-flight", 128],
        }[kind]
        # One call for many messages makes the load cheaper than what it loads; with one shard it changes nothing else.
        phases = self.build.load("churn", self.seconds, *arguments, "--gso", *more, watch=daemon, cores=LOAD)
        return phases["cycles" if kind == "cycles" else "hello"]

    def messages(self):
        self.report.heading("control messages a core, against a bare io_uring echo on the same core")
        kinds = ("hello", "hellos", "cycles")
        rounds = []
        for _ in range(self.rounds):
            done = {}
            with self.build.echo(SERVER) as echo:
                done["echo"] = self.build.load("echo", self.seconds, "--in-flight", 512, "--size", 20, "--gso", watch=echo, cores=LOAD)["echo"]
            with self.daemon() as daemon:
                for kind in kinds:
                    done[kind] = self.work(daemon, kind)
            for kind in kinds:
                done[kind]["cost_ratio"] = done["echo"]["cpu_us_per_message"] / done[kind]["cpu_us_per_message"]
                done[kind]["rate_ratio"] = done[kind]["messages_per_second"] / done["echo"]["messages_per_second"]
            rounds.append(done)
        self.report.row("echo: datagrams, in and out", median(rounds, "echo", "messages_per_second"), "/s")
        self.report.row("echo: processor time a datagram", median(rounds, "echo", "cpu_us_per_message"), "us")
        names = {"hello": "HELLO, each acknowledged alone", "hellos": "HELLOs, half a window at once", "cycles": "calls set up and cleared"}
        for kind in kinds:
            self.report.row(f"{names[kind]}: messages, in and out", median(rounds, kind, "messages_per_second"), "/s")
            self.report.row(f"{names[kind]}: processor time a message", median(rounds, kind, "cpu_us_per_message"), "us")
            ratio = median(rounds, kind, "cost_ratio")
            budget = ("0.6", ratio >= 0.6) if kind == "hello" else (None, None)
            self.report.row(f"{names[kind]}: messages a core-second / echo's", ratio, "", *budget)
            self.report.row(f"{names[kind]}: messages a second / echo's", median(rounds, kind, "rate_ratio"))
        self.report.row("load's own processor time a message", median(rounds, "hello", "load_cpu_us_per_message"), "us")

    # -- the frames data path ------------------------------------------------------------------------------------------------------

    def frames(self):
        self.report.heading("PPP frames a core through the frames data path, against a bare io_uring echo on the same core")
        servers = {
            "echo": lambda: self.build.echo(SERVER),
            "frames": lambda: self.build.frames(SERVER),
            "any": lambda: self.build.frames(SERVER, "any"),
        }
        for size in (70, 500, 1400):
            rounds = []
            for _ in range(self.rounds):
                done = {}
                for name, start in servers.items():
                    with start() as server:
                        done[name] = self.build.load("echo", self.seconds, "--in-flight", 512, "--size", size, "--gso", watch=server,
                                                     cores=LOAD)["echo"]
                for name in ("frames", "any"):
                    done[name]["cost_ratio"] = done["echo"]["cpu_us_per_message"] / done[name]["cpu_us_per_message"]
                rounds.append(done)
            self.report.row(f"{size} octets: echo, processor time a datagram", median(rounds, "echo", "cpu_us_per_message"), "us")
            self.report.row(f"{size} octets: frames, processor time a frame", median(rounds, "frames", "cpu_us_per_message"), "us")
            ratio = median(rounds, "frames", "cost_ratio")
            self.report.row(f"{size} octets: frames a core-second / echo's", ratio, "", "0.6", ratio >= 0.6)
            self.report.row(f"{size} octets: the same, bound to no address", median(rounds, "any", "cost_ratio"))

    # -- shards --------------------------------------------------------------------------------------------------------------------

    def shards(self):
        free = len(os.sched_getaffinity(0)) >= 4
        self.report.heading("two shards against one")
        rounds = []
        for _ in range(self.rounds):
            done = {}
            for shards in (1, 2):
                cores = set(range(shards)) if free else FIRST_TWO
                with self.daemon(shards, frozenset(cores)) as daemon:
                    load_cores = {2, 3} if free else FIRST_TWO
                    phases = self.build.load("churn", self.seconds, "--kind", "calls", "--tunnels", 2000, "--in-flight",
                                             256 * shards, "--ports", 8, watch=daemon, cores=load_cores)
                    done[shards] = phases["cycles"]
            done["by_cost"] = 2 * done[1]["cpu_us_per_message"] / done[2]["cpu_us_per_message"]
            done["by_rate"] = done[2]["messages_per_second"] / done[1]["messages_per_second"]
            rounds.append(done)
        for shards in (1, 2):
            self.report.row(f"{shards} shard(s): messages, in and out", median(rounds, shards, "messages_per_second"), "/s")
            self.report.row(f"{shards} shard(s): processor time a message", median(rounds, shards, "cpu_us_per_message"), "us")
        by_cost, by_rate = median(rounds, "by_cost"), median(rounds, "by_rate")
        budget = ("1.8", (by_rate if free else by_cost) >= 1.8)
        self.report.row("messages a second, 2 shards / 1", by_rate, "", *(budget if free else (None, None)))
        self.report.row("2 x processor time a message, 1 shard / 2", by_cost, "", *((None, None) if free else budget))
        if not free:
            self.report.note("Fewer than four cores: the load takes one of two, so the rate cannot show the second shard. The second row")
            self.report.note("is what two free cores would give if a message costs there what it costs here.")

    # -- growth and memory ---------------------------------------------------------------------------------------------------------

    def tunnels(self):
        self.report.heading("tunnels: rate, cost as they become many, memory")
        costs = {}
        counts = [1000, 10_000] if self.options.quick else [1000, 10_000, 60_000]
        for count in counts:
            rounds = []
            for _ in range(1 if self.options.quick else 3):
                with self.daemon() as daemon:
                    # A first few make the daemon touch what it needs anyhow.
                    base = self.build.load("tunnels", 100, watch=daemon, cores=LOAD)["stopccn"]["rss_kib"]
                    phase = self.build.load("tunnels", count, "--clear", "nothing", watch=daemon, cores=LOAD)["tunnels"]
                phase["kib_each"] = (phase["rss_kib"] - base) / count
                rounds.append(phase)
            costs[count] = median(rounds, "cpu_us_per_operation")
            self.report.row(f"{count:,} tunnels: set up", median(rounds, "per_second"), "tunnels/s")
            self.report.row(f"{count:,} tunnels: processor time each", costs[count], "us")
            self.report.row(f"{count:,} tunnels: retransmitted by the load", median(rounds, "retransmitted"))
            growths = [g for g in map(growth_by_tenth, rounds) if g is not None]
            if count >= 10_000 and growths:
                self.report.row(f"{count:,} tunnels: cost of the last third / first", sorted(growths)[len(growths) // 2])
                kib = median(rounds, "kib_each")
                self.report.row(f"{count:,} tunnels: resident memory each", kib, "KiB", "2", kib <= 2)
        ratio = costs[counts[-1]] / costs[counts[0]]
        self.report.row(f"cost of a tunnel among {counts[-1]:,} / among {counts[0]:,}", ratio, "", "independent (1.25)", ratio <= 1.25)

    def sessions(self):
        self.report.heading("sessions: rate, cost as they become many, memory")
        tunnels = 10_000
        each = [10] if self.options.quick else [10, 50] + ([100] if self.options.full else [])
        costs, cycles = {}, {}
        with self.daemon() as daemon:
            cycles[0] = self.build.load("churn", self.seconds, "--tunnels", tunnels, "--in-flight", 128, watch=daemon, cores=LOAD)["cycles"]
        for calls in each:
            count = tunnels * calls
            with self.daemon() as daemon:
                phases = self.build.load("churn", self.seconds, "--tunnels", tunnels, "--calls", calls, "--in-flight", 128, watch=daemon,
                                         cores=LOAD)
            phase, cycles[calls] = phases["calls"], phases["cycles"]
            costs[count] = phase["cpu_us_per_operation"]
            self.report.row(f"{count:,} sessions: set up", phase["per_second"], "calls/s")
            self.report.row(f"{count:,} sessions: processor time each", costs[count], "us")
            self.report.row(f"{count:,} sessions: retransmitted by the load", phase["retransmitted"])
            self.report.row(f"{count:,} sessions: cost of the last third / first", growth_by_tenth(phase))
            kib = (phase["rss_kib"] - phases["tunnels"]["rss_kib"]) / count
            self.report.row(f"{count:,} sessions: resident memory each", kib, "KiB", "1", kib <= 1)
            ratio = cycles[calls]["cpu_us_per_operation"] / cycles[0]["cpu_us_per_operation"]
            self.report.row(f"cost of a call's life among {count:,} / among none", ratio, "", "independent (1.25)", ratio <= 1.25)

    # -- the management service ----------------------------------------------------------------------------------------------------

    def management(self):
        self.report.heading("sessions created by RPC, one at a time, against calls that do nothing on the same connection")
        count, turns = (1000, 4) if self.options.quick else (20_000, 20)
        peer_port, tunnels = PORT + 1, 100
        os.sched_setaffinity(0, LOAD)  # this process is the client
        with self.daemon() as daemon, self.build.lns(peer_port, tunnels, count // tunnels, LOAD):
            service = Service(daemon.pid)
            ids = service.open_tunnels(tunnels, peer_port)
            session = [service.interface.arguments("L2TP_SESSION_CREATE", {"tunnel_id": one}) for one in ids]
            tunnel = [service.interface.arguments("L2TP_TUNNEL_GET", one, None) for one in ids]
            kinds = {"get": ("L2TP_TUNNEL_GET", tunnel), "null": (None, [b""] * tunnels), "session": ("L2TP_SESSION_CREATE", session)}
            seconds, processor, made = dict.fromkeys(kinds, 0.0), dict.fromkeys(kinds, 0.0), 0
            at = 0  # each tunnel gets as many
            for _ in range(turns):  # in turns, so that what disturbs the machine disturbs all of them
                for kind, (procedure, arguments) in kinds.items():
                    calls = [arguments[i % tunnels] for i in range(at, at + count // turns)]
                    took, used, replies = service.calls(procedure, calls)
                    seconds[kind] += took
                    processor[kind] += used
                    if kind == "session":
                        made += sum(reply[:2] == b"\0\0" for reply in replies)  # an id; a refusal is negative
                        # The rest of a session's life is its own cost, not that of the calls that come next.
                        before = processor_seconds(daemon.pid)
                        service.wait(lambda: service.sessions_up() >= made, "all sessions")
                        processor[kind] += processor_seconds(daemon.pid) - before
                at += count // turns
            if made != count:
                raise BenchError(f"{made} of {count} sessions were made")
        for kind, name in (("null", "calls that do nothing"), ("get", "tunnels shown"), ("session", "sessions created")):
            self.report.row(f"{count:,} {name}", count / seconds[kind], "/s")
            self.report.row(f"{count:,} {name}: the daemon's processor time each", processor[kind] / count * 1e6, "us")
        self.report.row("time of a session created / of a call that does nothing", seconds["session"] / seconds["null"])
        self.report.row("processor time of a session created / of a call that does nothing", processor["session"] / processor["null"])
        self.report.row("time of a tunnel shown / of a call that does nothing", seconds["get"] / seconds["null"])

    # -- calls by depth ------------------------------------------------------------------------------------------------------------

    def calls(self):
        # As with tun: l2tpns reads fixed paths, so this is a program with a sandbox of its own.
        charts = self.build.folder / "bench-charts"
        self.run_apart("calls.py", "--rounds", 1 if self.options.quick else 3, "--seconds", 2, "--plots", charts)
        if self.options.plots:
            shutil.copytree(charts, self.options.plots, dirs_exist_ok=True)
        shutil.rmtree(charts)

    def run_apart(self, program, *words):
        """A benchmark that makes namespaces, and mounts over folders: it shares the build folder with us, but not /tmp."""
        figures = self.build.folder / f"bench-{program}.json"
        command = [sys.executable, "-B", pathlib.Path(__file__).parent / program, "--build", self.build.folder, "--json", figures, *words]
        environment = {k: v for k, v in os.environ.items() if k != "OPENL2TP_BENCH_NAMESPACE"}
        done = subprocess.run([str(word) for word in command], check=False, env=environment)
        if done.returncode != 0:
            raise BenchError(f"{program}: status {done.returncode}")
        self.report.rows += json.loads(figures.read_text())
        figures.unlink()

    # -- user data over TUN devices ------------------------------------------------------------------------------------------------

    def tun(self):
        self.run_apart("tun.py", "--rounds", self.rounds, "--seconds", self.seconds)

    # -- tracing off ---------------------------------------------------------------------------------------------------------------

    def trace(self):
        self.report.heading("tracing compiled in but off, against a build without")
        if self.options.without_trace is None:
            self.report.note("Not measured: give --without-trace FOLDER, a release build of the same sources without trace.")
            return
        without = Build(self.options.without_trace)
        rounds = []
        for turn in range(2 * self.rounds + 1):
            done = {}
            order = [("with", None), ("without", without)]
            for name, build in order if turn % 2 == 0 else reversed(order):
                with self.daemon(build=build) as daemon:
                    done[name] = self.work(daemon, "cycles")
            done["ratio"] = done["with"]["cpu_us_per_message"] / done["without"]["cpu_us_per_message"]
            rounds.append(done)
        ratio = median(rounds, "ratio")
        self.report.row("processor time a message, with trace off / without", ratio, "", "1.01", ratio < 1.01)
        spread = sorted(r["ratio"] for r in rounds)
        self.report.note(f"The rounds' ratios lie between {spread[0]:.3f} and {spread[-1]:.3f}.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = ["messages", "frames", "shards", "tunnels", "sessions", "management", "calls", "tun", "trace"]
    parser.add_argument("--build", default=ROOT / "build" / "release", help="build folder of the daemon and the load")
    parser.add_argument("--without-trace", help="build folder of a daemon without trace")
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    parser.add_argument("--quick", action="store_true", help="one round of each and small numbers")
    parser.add_argument("--full", action="store_true", help="a million sessions too")
    parser.add_argument("--plots", help="folder for the charts of calls")
    parser.add_argument("--json", help="file for the figures")
    options = parser.parse_args()
    if len(os.sched_getaffinity(0)) < 2:
        sys.exit("bench: needs two cores, one for the daemon and one for the load")
    machine.enter_namespace()

    host = machine.describe()
    print(", ".join(f"{name} {value}" for name, value in host.items()))
    failures = 0
    with tempfile.TemporaryDirectory(prefix="openl2tp-bench-") as scratch:
        bench = Bench(options, pathlib.Path(scratch))
        for name in options.only:
            try:
                getattr(bench, name)()
            except BenchError as error:
                failures += 1
                bench.report.note(f"FAILED: {error}")
        if options.json:
            pathlib.Path(options.json).write_text(json.dumps(
                {"machine": host, "figures": bench.report.rows, "notes": bench.report.notes}, indent=1) + "\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
