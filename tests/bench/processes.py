"""The programs that a benchmark runs: the daemon, the bare echo server, the load. Each ends with its `with` block or by itself."""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time

PORT = 1701
START_TIMEOUT_S = 10


class BenchError(Exception):
    """A run that says nothing about the daemon's speed: a program is missing, did not start, or failed."""


def pin(cores):
    """A preexec function that keeps the child on these cores; None: wherever the kernel puts it."""
    if cores is None:
        return None
    return lambda: os.sched_setaffinity(0, cores)


def port_is_open(pid, port):
    """Whether the process's network namespace has a UDP socket on that port."""
    for table in ("udp", "udp6"):
        for line in pathlib.Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            local = line.split()[1]
            if int(local.rsplit(":", 1)[1], 16) == port:
                return True
    return False


def wait_for_free_port(port):
    """A ring gives its socket back some time after its process has ended."""
    for _ in range(START_TIMEOUT_S * 50):
        if not port_is_open("self", port):
            return
        time.sleep(0.02)
    raise BenchError(f"UDP port {port} is still in use")


def wait_for_port(process, port):
    for _ in range(START_TIMEOUT_S * 50):
        if process.poll() is not None:
            raise BenchError(f"{process.args[0]} ended at its start with status {process.returncode}: {process.log()}")
        if port_is_open(process.pid, port):
            return
        time.sleep(0.02)
    raise BenchError(f"{process.args[0]} did not open UDP port {port} within {START_TIMEOUT_S} s")


class Program:
    """A server in the background; its output goes to a file that is shown when it fails."""

    def __init__(self, arguments, cores, port):
        wait_for_free_port(port)
        self._log = tempfile.TemporaryFile()
        self._process = subprocess.Popen([str(a) for a in arguments], stdin=subprocess.DEVNULL, stdout=self._log,
                                         stderr=subprocess.STDOUT, preexec_fn=pin(cores))
        self._process.log = self.log
        self.pid = self._process.pid
        try:
            wait_for_port(self._process, port)
        except BaseException:
            self.stop()
            raise

    def log(self):
        self._log.seek(0)
        return self._log.read()[-2000:].decode(errors="replace").strip()

    def alive(self):
        return self._process.poll() is None

    def stop(self):
        """SIGTERM, and after a while a second one, at which the daemon exits at once."""
        for sent in (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):
            if self._process.poll() is not None:
                return
            self._process.send_signal(sent)
            try:
                self._process.wait(timeout=1)
            except subprocess.TimeoutExpired:
                pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Build:
    """A build folder: where its programs are."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def program(self, name):
        path = self.folder / "bin" / name
        if not path.exists():
            raise BenchError(f"{path} is missing: ./dev build release")
        return path

    def daemon(self, shards, cores, scratch):
        plugin = self.folder / "lib" / "openl2tp" / "ppp_null.so"
        return Program([self.program("openl2tpd"), "-f", "-p", plugin, "-T", shards, "-u", PORT, "-P", scratch / "openl2tpd.pid",
                        "--listen", "127.0.0.1"], cores, PORT)

    def echo(self, cores):
        return Program([self.program("uring_echo"), "127.0.0.1", PORT, 600], cores, PORT)

    def frames(self, cores, *options):
        return Program([self.program("frames_echo"), "127.0.0.1", PORT, 600, *options], cores, PORT)

    def lns(self, port, tunnels, calls, cores):
        return Program([self.program("l2tpload"), "lns", 3600, "--port", port, "--tunnels", tunnels, "--calls", calls], cores, port)

    def load(self, *arguments, watch, cores, expect_success=True):
        """Runs l2tpload to its end.
        Returns its phases by name."""
        command = [self.program("l2tpload"), *arguments, "--port", PORT, "--json", "--watch", watch.pid]
        done = subprocess.run([str(a) for a in command], capture_output=True, text=True, preexec_fn=pin(cores), check=False)
        phases = {}
        for line in done.stdout.splitlines():
            phase = json.loads(line)
            phases[phase["phase"]] = phase
        if not watch.alive():
            raise BenchError(f"the server ended under load: {watch.log()}")
        if expect_success and done.returncode != 0:
            raise BenchError(f"{' '.join(str(a) for a in command)}: status {done.returncode}\n{done.stdout}{done.stderr}{watch.log()}")
        return phases
