"""What the figures were measured on, and room of our own on it."""

import os
import pathlib
import platform
import subprocess
import sys


def describe():
    model = next((line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    memory_kib = int(pathlib.Path("/proc/meminfo").read_text().split()[1])
    load = os.getloadavg()[0]
    return {"processor": model, "cores": len(os.sched_getaffinity(0)), "memory_gib": round(memory_kib / 2**20, 1),
            "kernel": platform.release(), "load_before": round(load, 2)}


def enter_namespace():
    """Runs this program again in a network namespace of its own, so that no port and no firewall of the machine is in the way.
    It goes with the program."""
    if os.environ.get("OPENL2TP_BENCH_NAMESPACE"):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return
    if os.geteuid() != 0:
        sys.exit("bench: makes a network namespace: run sudo ./dev bench")
    os.environ["OPENL2TP_BENCH_NAMESPACE"] = "1"
    os.execvp("unshare", ["unshare", "--net", sys.executable, *sys.argv])
