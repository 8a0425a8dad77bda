"""Two of our own daemons that speak PPP themselves: calls, addresses, pings and copies between them."""
import os
import pathlib
import re
import sys

from .case import SystemCase
from .net import run
from .openl2tpd import Openl2tpd
from .process import Process, wait_until

LNS_ADDRESS = "10.77.0.1"
# Both ends of a copy: the last of their addresses counts for the sender, the first for the receiver. What they print is a hash.
SINK = """
import hashlib, socket, sys
server = socket.create_server(socket.getaddrinfo(sys.argv[1].split(",")[0], 5001, type=socket.SOCK_STREAM)[0][4],
                              family=socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
print("ready", flush=True)
stream, digest = server.accept()[0], hashlib.sha256()
while octets := stream.recv(1 << 20):
    digest.update(octets)
print(digest.hexdigest(), flush=True)
"""
SOURCE = """
import hashlib, os, socket, sys
stream, digest = socket.create_connection((sys.argv[1].split(",")[-1], 5001), timeout=60), hashlib.sha256()
for _ in range(int(sys.argv[2])):
    octets = os.urandom(1 << 20)
    digest.update(octets)
    stream.sendall(octets)
print(digest.hexdigest())
"""


class InDaemonCase(SystemCase):
    """An LNS and a LAC of our own with ppp_kernel, and a tunnel between them. `secrets_text` and `configuration` are files of both."""
    secrets_text = "alice * wonderland 10.77.0.10\nbob * builder 10.77.0.11\n"
    configuration = ""
    options: tuple[object, ...] = ()  # of both, further ones

    def setUp(self) -> None:
        super().setUp()
        self.secrets = self.file_of("OPENL2TP_SECRETS", "secrets", self.secrets_text)
        self.pools = self.file_of("OPENL2TP_PPP_CONFIG", "ppp.conf", self.configuration.replace("FOLDER", str(self.folder)))
        self.lns, self.lac = self.start("lns"), self.start("lac")
        self.lns.config("ppp", "profile", "modify", "profile_name=default", f"local_ipaddr={LNS_ADDRESS}", "auth_peer=yes")
        self.lac.create_tunnel("t1", self.link.RIGHT)
        self.lac.wait_tunnels_up(1)

    def file_of(self, variable: str, name: str, text: str) -> pathlib.Path:
        """A file that the environment of the daemons names."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        os.environ[variable] = str(path)
        self.addCleanup(os.environ.pop, variable)
        return path

    def start(self, namespace: str) -> Openl2tpd:
        daemon = Openl2tpd(self.folder, namespace, f"openl2tpd-{namespace}")
        daemon.plugin = "ppp_kernel"
        self.addCleanup(daemon.stop)
        return daemon.start("-D", "-d", "ppp_control", *self.options)

    def call(self, user: str, password: str, **parameters: object) -> int:
        return self.lac.create_session("t1", user, user_name=user, user_password=password, **parameters)

    def wait_interface(self, namespace: str, address: str) -> str:
        """The name of the interface that has an address."""
        def found() -> str:
            match = re.search(rf"^\d+: (\S+)\s+inet {re.escape(address)}[ /]", run("ip", "-o", "-4", "address", namespace=namespace), re.MULTILINE)
            return match[1] if match else ""
        return wait_until(found, f"{address} in {namespace}", 20, lambda: self.lns.evidence() + self.lac.evidence())

    def ping(self, namespace: str, peer: str, size: int = 56) -> None:
        def answered() -> bool:
            return ", 0% packet loss" in run("busybox", "ping", "-c", "2", "-W", "2", "-s", size, peer, namespace=namespace, check=False)
        wait_until(answered, f"{peer} to answer {namespace}", 20, lambda: self.lns.evidence() + self.lac.evidence())

    def link_local(self, namespace: str, interface: str) -> str:
        """The link-local address of an interface."""
        def found() -> str:
            match = re.search(r"inet6 (fe80::\S+)/", run("ip", "-o", "-6", "address", "show", "dev", interface, namespace=namespace))
            return match[1] if match else ""
        return wait_until(found, f"IPv6 on {interface} in {namespace}", 20, lambda: self.lns.evidence() + self.lac.evidence())

    def copy(self, source: str, sink: str, address: str, megabytes: int) -> None:
        """Sends random octets by TCP from one namespace to `address` in another; they must arrive as they were."""
        listening = Process(f"sink-{sink}", [sys.executable, "-c", SINK, address], sink, self.folder)
        self.addCleanup(listening.kill)
        listening.wait_log("ready")
        sent = run(sys.executable, "-c", SOURCE, address, megabytes, namespace=source, timeout=120)
        listening.wait(60)
        self.assertEqual(listening.log().splitlines()[1], sent.strip())

    def interfaces(self, namespace: str) -> list[str]:
        return re.findall(r"^\d+: (l2tp\d+|mine):", run("ip", "-o", "link", namespace=namespace), re.MULTILINE)
