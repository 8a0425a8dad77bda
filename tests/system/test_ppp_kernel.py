"""PPP in the daemon between two of our own: CHAP, addresses, user data over TUN devices. Needs nothing of the kernel but /dev/net/tun."""
import os
import re
import sys

from lab import sandbox
from lab.case import SystemCase, our_programs
from lab.net import run
from lab.openl2tpd import Openl2tpd
from lab.process import Process, wait_until

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


class PppInTheDaemon(SystemCase):
    def setUp(self) -> None:
        super().setUp()
        secrets = self.folder / "secrets"
        secrets.write_text("alice * wonderland 10.77.0.10\nbob * builder 10.77.0.11\n", encoding="utf-8")
        os.environ["OPENL2TP_SECRETS"] = str(secrets)
        self.addCleanup(os.environ.pop, "OPENL2TP_SECRETS")
        self.secrets = secrets
        self.lns, self.lac = self.start("lns"), self.start("lac")
        self.lns.config("ppp", "profile", "modify", "profile_name=default", f"local_ipaddr={LNS_ADDRESS}", "auth_peer=yes")
        self.lac.create_tunnel("t1", self.link.RIGHT)
        self.lac.wait_tunnels_up(1)

    def start(self, namespace: str) -> Openl2tpd:
        daemon = Openl2tpd(self.folder, namespace, f"openl2tpd-{namespace}")
        daemon.plugin = "ppp_kernel"
        self.addCleanup(daemon.stop)
        return daemon.start("-D", "-d", "ppp_control")

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

    def test_chap_and_pings_both_ways_and_nothing_left_behind(self) -> None:
        session = self.call("alice", "wonderland")
        self.wait_interface("lac", "10.77.0.10")
        self.wait_interface("lns", LNS_ADDRESS)
        self.ping("lac", LNS_ADDRESS)
        self.ping("lns", "10.77.0.10")
        self.ping("lac", LNS_ADDRESS, 1_400)
        self.lns.wait_log("up on " + self.interfaces("lns")[0])
        self.lac.config("session", "delete", "tunnel_name=t1", f"session_id={session}")
        self.lns.wait_no_sessions()
        for namespace in ("lac", "lns"):
            wait_until(lambda n=namespace: not self.interfaces(n), f"no interface in {namespace}", 20, self.lns.evidence)
        self.assertNotIn("10.77.0.1", run("ip", "route", namespace="lns"))
        for daemon in (self.lac, self.lns):
            self.assertEqual(daemon.terminate(), 0)
            self.assertNotIn("wonderland", daemon.process.log())

    def test_bulk_data_arrives_as_it_was_sent(self) -> None:
        self.call("alice", "wonderland")
        self.wait_interface("lac", "10.77.0.10")
        self.ping("lac", LNS_ADDRESS)
        self.copy("lac", "lns", LNS_ADDRESS, 20)
        self.copy("lns", "lac", "10.77.0.10", 20)

    def test_ipv6_pings_and_bulk_data_both_ways(self) -> None:
        self.call("alice", "wonderland")
        lac, lns = self.wait_interface("lac", "10.77.0.10"), self.wait_interface("lns", LNS_ADDRESS)
        ours, theirs = self.link_local("lac", lac), self.link_local("lns", lns)
        self.ping("lac", f"{theirs}%{lac}")
        self.ping("lns", f"{ours}%{lns}")
        self.ping("lac", f"{theirs}%{lac}", 1_400)
        self.copy("lac", "lns", f"{theirs}%{lns}" + f",{theirs}%{lac}", 5)
        self.copy("lns", "lac", f"{ours}%{lac}" + f",{ours}%{lns}", 5)

    def test_two_callers_share_the_interface_of_the_lns(self) -> None:
        self.call("alice", "wonderland")
        self.call("bob", "builder")
        for number, user in enumerate(("10.77.0.10", "10.77.0.11"), 100):
            # Both callers live in one namespace and have one peer: what each sends must leave by its own interface.
            name = self.wait_interface("lac", user)
            run("ip", "route", "add", "default", "dev", name, "table", number, namespace="lac")
            run("ip", "rule", "add", "from", user, "table", number, namespace="lac")
            self.ping("lns", user)
        self.assertEqual(len(self.interfaces("lns")), 1)
        self.lac.config("session", "delete", "tunnel_name=t1", "session_name=alice")
        self.lns.wait_sessions_up(1)
        self.ping("lns", "10.77.0.11")
        wait_until(lambda: "10.77.0.10" not in run("ip", "route", namespace="lns"), "alice's route to go", 20, self.lns.evidence)

    def test_wrong_password_ends_the_call(self) -> None:
        self.call("alice", "looking-glass")
        self.lns.wait_log("authentication")
        self.lns.wait_no_sessions()
        self.lac.wait_no_sessions()
        self.assertEqual(self.interfaces("lns"), [])

    def test_changed_secrets_count_for_the_next_call(self) -> None:
        self.call("carol", "singer")
        self.lns.wait_log("authentication")
        self.lns.wait_no_sessions()
        self.lac.wait_no_sessions()
        self.secrets.write_text("carol * singer 10.77.0.12\n", encoding="utf-8")

        def up() -> bool:
            if not [s for t in self.lac.tunnels() for s in self.lac.sessions(t.tunnel_id)]:
                self.call("carol", "singer")
            return "10.77.0.12" in run("ip", "-4", "address", namespace="lac")
        wait_until(up, "carol", 20, self.lns.evidence)
        self.ping("lns", "10.77.0.12")

    def test_daemon_that_ends_says_goodbye_and_leaves_no_interface(self) -> None:
        self.call("alice", "wonderland")
        self.wait_interface("lac", "10.77.0.10")
        self.ping("lac", LNS_ADDRESS)
        self.assertEqual(self.lns.terminate(), 0)
        self.assertEqual(self.interfaces("lns"), [])
        self.lac.wait_no_sessions()
        wait_until(lambda: not self.interfaces("lac"), "no interface in lac", 20, self.lac.evidence)

    def test_own_name_for_the_interface(self) -> None:
        self.call("alice", "wonderland", interface_name="mine")
        self.assertEqual(self.wait_interface("lac", "10.77.0.10"), "mine")
        self.ping("lac", LNS_ADDRESS)

    def test_packet_from_a_foreign_address_is_dropped(self) -> None:
        self.call("alice", "wonderland")
        name = self.wait_interface("lac", "10.77.0.10")
        self.ping("lac", LNS_ADDRESS)
        run("ip", "address", "add", "10.99.0.1/32", "dev", name, namespace="lac")
        answer = run("busybox", "ping", "-c", "2", "-W", "1", "-I", "10.99.0.1", LNS_ADDRESS, namespace="lac", check=False)
        self.assertIn("100% packet loss", answer)


if __name__ == "__main__":
    tun = "/dev/net/tun"
    sandbox.main(["busybox", *our_programs(), *([] if os.path.exists(tun) else [tun])])
