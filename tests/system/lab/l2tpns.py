"""l2tpns as LNS. It reads fixed paths, so its folders are mounted over them in the test's own mount namespace."""
import pathlib
import re
import signal
import subprocess
import sys

from . import radius
from .net import run
from .process import Process, wait_until

# Run inside its namespace: types each argument at the command line, waits for the prompt after each.
_CLI = """
import socket, sys
line = socket.create_connection(("127.0.0.1", 23), timeout=10)
def until(prompt):
    seen = b""
    while not seen.rstrip().endswith(prompt):
        more = line.recv(4096)
        if not more:
            break
        seen += more
    return seen.decode("latin1")
until(b">")
for command in ("enable", *sys.argv[1:]):
    line.sendall(command.encode() + b"\\r\\n")
    print(until(b"#").replace("\\r", ""))
"""


class L2tpns:
    """One l2tpns; only one a test file process, for its fixed paths. `address` is where it listens."""

    def __init__(self, folder: pathlib.Path, namespace: str, address: str, secret: str | None = None) -> None:
        self.folder, self.namespace, self.address, self.secret = folder, namespace, address, secret
        self.process: Process | None = None
        self.radius: Process | None = None
        self.log_path = folder / "l2tpns.own.log"

    def start(self, debug: int = 4) -> None:
        """`debug`: how much its log says, 0 to 5; more costs it time."""
        run("ip", "link", "add", "cluster0", "type", "veth", "peer", "name", "cluster1", namespace=self.namespace)
        for end in ("cluster0", "cluster1"):
            run("ip", "link", "set", end, "up", namespace=self.namespace)
        run("ip", "address", "add", "10.88.0.1/24", "dev", "cluster0", namespace=self.namespace)
        etc = self.folder / "etc-l2tpns"
        etc.mkdir()
        lines = {
            "debug": debug, "log_file": f'"{self.log_path}"', "pid_file": f'"{self.folder}/l2tpns.pid"', "hostname": '"lns"',
            "l2tp_secret": f'"{self.secret or "unused"}"', "primary_dns": "10.77.0.1", "primary_radius": "127.0.0.1",
            "primary_radius_port": 1812, "radius_secret": '"radius"', "radius_authtypes": '"chap, pap"', "radius_accounting": "no",
            "allow_duplicate_users": "yes", "cli_bind_address": "127.0.0.1", "bind_address": self.address, "iftun_address": "10.77.0.1",
            "peer_address": "10.77.0.1", "cluster_address": "239.192.13.13", "cluster_interface": "cluster0",
            "cluster_hb_interval": 5, "cluster_hb_timeout": 31, "kill_timedout_sessions": "no", "ipv6_prefix": "2001:db8:77::",
            "echo_timeout": 10, "idle_echo_timeout": 40,
        }
        (etc / "startup-config").write_text("".join(f"set {k} {v}\n" for k, v in lines.items()))
        (etc / "ip_pool").write_text("10.77.0.0/24\n")
        (etc / "users").write_text("")
        pathlib.Path("/var/lib/l2tpns").mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "--bind", etc, "/etc/l2tpns"], check=True)
        self.process = Process("l2tpns", ["l2tpns"], self.namespace, self.folder)
        self.process.log_path = self.log_path  # it writes its own
        self.process.wait_log("I am declaring myself the master!", 30)

    def serve_users(self, *users: str) -> None:
        """Starts the RADIUS server that it asks about users: "USER=ADDRESS,PASSWORD"."""
        self.radius = Process("radius", [sys.executable, "-B", radius.__file__, "127.0.0.1", 1812, "radius", *users], self.namespace, self.folder)
        self.radius.wait_log("ready")

    def cli(self, *commands: str) -> str:
        """Types commands at its command line; what it printed."""
        return run(sys.executable, "-c", _CLI, *commands, namespace=self.namespace)

    def open_tunnels(self) -> dict[int, int]:
        """Its open tunnels: id to number of sessions."""
        rows = re.findall(r"^\s*(\d+)\s.*\sOpen\s+(\d+)\s", self.cli("show tunnels"), re.MULTILINE)
        return {int(i): int(sessions) for i, sessions in rows}

    def wait_up(self, sessions: int = 1, timeout: float = 20) -> int:
        """Waits until it has one open tunnel with so many sessions; the tunnel's id."""
        def up() -> int:
            tunnels = self.open_tunnels()
            return next(iter(tunnels)) if list(tunnels.values()) == [sessions] else 0
        return wait_until(up, f"a tunnel with {sessions} sessions at l2tpns", timeout, self.process.tail)

    def wait_log(self, text: str, timeout: float = 20) -> None:
        self.process.wait_log(text, timeout)

    def log(self) -> str:
        return self.process.log()

    def shut_down(self) -> None:
        """Asks it to end in good order: StopCCN, result 6, on every tunnel."""
        self.process.popen.send_signal(signal.SIGQUIT)

    def stop(self) -> None:
        if self.process:
            self.process.kill()
        if self.radius:
            self.radius.kill()
        if self.process:
            run("umount", "/etc/l2tpns", check=False)
