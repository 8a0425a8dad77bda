"""The daemon as a process: what it listens on, how it refuses to run, how it ends."""
import os
import pathlib
import re
import signal
import subprocess
import sys

from lab import sandbox
from lab.case import SystemCase, our_programs
from lab.net import run
from lab.openl2tpd import Openl2tpd
from lab.process import Process, wait_until


def listening(namespace: str) -> list[tuple[str, str, int]]:
    """The daemon's sockets that wait for others: (protocol, address, port)."""
    rows = [line.split() for line in run("ss", "-Hlnptu", namespace=namespace).splitlines() if '"openl2tpd"' in line]
    return [(row[0], row[4].rpartition(":")[0], int(row[4].rpartition(":")[2])) for row in rows]


class Daemon(SystemCase):
    LOOPBACK = re.compile(r"127\.|\[::1\]|\[::ffff:127\.")

    def test_without_R_the_management_service_listens_on_loopback_alone(self) -> None:
        self.daemon("lns")
        sockets = listening("lns")
        self.assertTrue([s for s in sockets if s[0] == "udp" and s[2] == 1701], sockets)
        service = [s for s in sockets if s[2] != 1701]
        self.assertTrue(service, "the management service listens somewhere")
        self.assertEqual([s for s in service if not self.LOOPBACK.match(s[1])], [])
        self.assertEqual({(s[0], s[1]) for s in service}, {(p, a) for p in ("udp", "tcp") for a in ("127.0.0.1", "[::1]")})
        self.assertEqual(len({s[2] for s in service if s[0] == "tcp"}), 1, "the same port of both")

    def test_with_R_the_management_service_listens_beyond_loopback(self) -> None:
        self.daemon("lns", "-R")
        self.assertTrue([s for s in listening("lns") if s[2] != 1701 and not self.LOOPBACK.match(s[1])])

    def refused(self, error: str) -> str:
        """Starts the daemon where io_uring_setup fails; its one line of output."""
        daemon = Openl2tpd(self.folder, "lns")
        command = ["nsenter", "--net=/run/netns/lns", sys.executable, pathlib.Path(__file__).parent / "lab/refuse.py", error,
                   *daemon.command()]
        result = subprocess.run([str(w) for w in command], capture_output=True, text=True, timeout=20, check=False,
                                stdin=subprocess.DEVNULL)
        output = result.stdout + result.stderr
        self.assertEqual(result.returncode, 1, output)
        lines = [line for line in output.splitlines() if line.strip()]
        about = [line for line in lines if "io_uring" in line]
        self.assertEqual(len(about), 1, output)
        return about[0]

    def test_io_uring_refused_by_seccomp_is_one_line_that_names_cause_and_cure(self) -> None:
        self.assertIn("seccomp", self.refused("EPERM"))

    def test_kernel_without_io_uring_is_one_line_that_names_the_cause(self) -> None:
        self.assertRegex(self.refused("ENOSYS"), r"kernel|seccomp")

    def test_sigterm_sends_stopccn_result_6_and_exits_0(self) -> None:
        self.pppd("stays")
        lns, lac = self.daemon("lns"), self.xl2tpd("lac")
        lac.start_lac(self.link.RIGHT)
        lac.call()
        lns.wait_sessions_up(1)
        self.assertEqual(lns.terminate(), 0)
        lac.wait_peer_result("StopCCN", 6)

    def test_sigint_of_a_lac_ends_the_tunnel_at_the_lns(self) -> None:
        lns, lac = self.daemon("lns"), self.daemon("lac")
        lac.create_tunnel("t1", self.link.RIGHT)
        lac.wait_tunnels_up(1)
        lac.signal(signal.SIGINT)
        self.assertEqual(lac.process.wait(), 0)
        lns.wait_no_tunnel_up()

    def test_sigterm_with_a_silent_peer_ends_by_its_deadline(self) -> None:
        lns, lac = self.daemon("lns"), self.daemon("lac")
        lac.create_tunnel("t1", self.link.RIGHT)
        lac.wait_tunnels_up(1)
        lns.process.kill()
        self.link.lose(100)
        self.assertEqual(lac.terminate(60), 0)

    def test_second_signal_exits_at_once(self) -> None:
        lns, lac = self.daemon("lns"), self.daemon("lac")
        lac.create_tunnel("t1", self.link.RIGHT)
        lac.wait_tunnels_up(1)
        lns.process.kill()
        self.link.lose(100)
        lac.signal(signal.SIGTERM)
        # It waits for the acknowledgement that never comes: the StopCCN has left when the silent peer has dropped something.
        wait_until(lambda: self.link.dropped("lns") > 0, "the StopCCN", evidence=lac.process.tail)
        self.assertTrue(lac.process.running())
        lac.signal(signal.SIGTERM)
        lac.process.wait(3)

    def test_live_pid_file_stops_a_second_daemon_and_a_stale_one_does_not(self) -> None:
        lns = self.daemon("lns")
        second = subprocess.run(["nsenter", "--net=/run/netns/lac", *[str(w) for w in lns.command()]], capture_output=True, text=True,
                                timeout=20, check=False, stdin=subprocess.DEVNULL)
        self.assertNotEqual(second.returncode, 0)
        self.assertIn("pid", (second.stdout + second.stderr).lower())
        lns.process.kill()
        lns.start()

    def start_second(self, *options: object) -> subprocess.CompletedProcess:
        """Starts one more daemon in the namespace lns, which must end by itself."""
        second = Openl2tpd(self.folder, "lns", "second")
        command = ["nsenter", "--net=/run/netns/lns", *second.command(*options)]
        return subprocess.run([str(w) for w in command], capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)

    def test_second_daemon_on_a_used_port_refuses_and_names_the_first(self) -> None:
        lns = self.daemon("lns")
        for options in ((), ("--instance", "other"), ("--listen", self.link.RIGHT), ("--listen", self.link.RIGHT6), ("--listen", "::")):
            with self.subTest(options=options):
                second = self.start_second(*options)
                self.assertEqual(second.returncode, 1, second.stdout)
                self.assertRegex(second.stdout + second.stderr,
                                 rf"cannot listen on \S+:1701: it is in use by process {lns.process.popen.pid} \(openl2tpd\)")
        self.assertTrue(lns.process.running())
        # Beside it where the addresses differ, and traffic is its alone.
        other = Openl2tpd(self.folder, "lns", "other")
        self.addCleanup(other.stop)
        other.process = Process("other", other.command("-u", 1702, "--instance", "other"), "lns", self.folder)
        other.process.wait_log("ready")
        lac = self.daemon("lac", "-T", 1)
        for number in range(20):
            lac.create_tunnel(f"t{number}", self.link.RIGHT)
        lac.wait_tunnels_up(20)
        self.assertEqual(len(lns.tunnels()), 20)

    def test_daemon_that_was_killed_leaves_its_port_to_the_next_at_once(self) -> None:
        lns, lac = self.daemon("lns"), self.daemon("lac")
        for _ in range(5):
            lac.create_tunnel("t1", self.link.RIGHT)
            lac.wait_tunnels_up(1)
            lac.config("tunnel", "delete", "tunnel_name=t1")
            lns.process.kill()
            lns.start()
            lac.wait_no_tunnel_up()

    def test_xl2tpd_and_the_daemon_do_not_share_a_port(self) -> None:
        # Its socket sets SO_REUSEADDR.
        first = self.xl2tpd("lns")
        first.start_lns()
        refused = self.start_second()
        self.assertEqual(refused.returncode, 1, refused.stdout)
        self.assertRegex(refused.stdout + refused.stderr, r"in use by process \d+ \(xl2tpd\) on 10\.9\.0\.2:1701")
        first.stop()
        lns = self.daemon("lns")
        late = self.xl2tpd("lns")
        late.name = "late"
        with self.assertRaises(AssertionError):
            late.start_lns()
        self.assertFalse(late.process.running())
        self.assertTrue(lns.process.running())

    def test_in_the_background_it_answers_when_its_parent_has_exited(self) -> None:
        daemon = Openl2tpd(self.folder, "lns")
        command = [w for w in daemon.command() if w != "-f"]
        result = subprocess.run(["nsenter", "--net=/run/netns/lns", *[str(w) for w in command]], capture_output=True, text=True,
                                timeout=20, check=False, stdin=subprocess.DEVNULL)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("tunnels: 0", daemon.config("system", "show", "status"))
        pid = int((self.folder / "openl2tpd.pid").read_text())
        run("kill", "-TERM", pid)
        # This process is the first of its PID namespace, so the orphan is its child.
        ended = wait_until(lambda: (found := os.waitpid(pid, os.WNOHANG))[0] and found, "the end of the daemon")
        self.assertEqual(os.waitstatus_to_exitcode(ended[1]), 0)


# Sends an SCCRQ of a length from a port of its own, padded with optional AVPs of another vendor; prints the type of the answer.
LARGE = """
import socket, struct, sys
address, size = sys.argv[1], int(sys.argv[2])
def avp(vendor, kind, value, mandatory=0x8000):
    return struct.pack("!HHH", mandatory | (6 + len(value)), vendor, kind) + value
body = avp(0, 0, b"\\x00\\x01") + avp(0, 2, b"\\x01\\x00") + avp(0, 3, b"\\x00\\x00\\x00\\x03") + avp(0, 7, b"large") + avp(0, 9, b"\\x00\\x07")
while left := size - 12 - len(body):
    length = min(left, 1023)
    if 0 < left - length < 6:
        length -= 6
    body += avp(9999, 1, bytes(length - 6), 0)
with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as peer:
    peer.settimeout(10)
    peer.sendto(struct.pack("!HHHHHH", 0xC802, size, 0, 0, 0, 0) + body, (address, 1701))
    answer = peer.recv(65536)
    print(struct.unpack("!H", answer[18:20])[0] if len(answer) >= 20 else "ZLB")
"""


class LargeMessages(SystemCase):
    def test_message_of_any_length_is_received_and_answered(self) -> None:
        lns = self.daemon("lns", "-T", 1)
        for number, size in enumerate((4008, 4009, 20_000, 65_507), 1):
            for address in (self.link.RIGHT, self.link.RIGHT6):
                with self.subTest(size=size, address=address):  # in fragments, on the way
                    self.assertEqual(run(sys.executable, "-c", LARGE, address, size, namespace="lac").strip(), "2", lns.evidence())
        self.assertEqual(lns.statistic("bad frames"), 0)


class Troubles(SystemCase):
    """Why a peer is not reached, in the words of the log, `monitor` and the tunnel's end."""

    def ends_with(self, lac: Openl2tpd, peer: str, why: str, **parameters: object) -> None:
        """A tunnel to `peer` fails, and every place says why."""
        lac.create_tunnel("t", peer, max_retries=2, retry_timeout=1, **parameters)
        lac.wait_log(f"peer {peer}:1701 is not reached: {why}" if ":" not in peer else f"peer [{peer}]:1701 is not reached: {why}")
        lac.wait_log(f"did not come up: peer silent ({why})")
        wait_until(lambda: not lac.tunnels(), "the end of the tunnel", 20, lac.evidence)

    def test_what_keeps_a_tunnel_from_its_peer_is_named(self) -> None:
        lac = self.daemon("lac", "-T", 1)
        with self.subTest("no daemon"):
            self.ends_with(lac, self.link.RIGHT, "port unreachable, says 10.9.0.2")
        with self.subTest("no daemon, IPv6"):
            self.ends_with(lac, self.link.RIGHT6, "port unreachable, says fd00:9::2")
        with self.subTest("no route"):
            self.ends_with(lac, "192.0.2.1", "no route to 192.0.2.1")
        with self.subTest("broadcast"):
            self.ends_with(lac, "10.9.0.255", "10.9.0.255 is a broadcast address, or a route of this host prohibits it")
        with self.subTest("a source address that is not ours"):
            self.ends_with(lac, "10.9.0.3", "the source address 10.9.0.99 is not one of this host", src_ipaddr="10.9.0.99")
        with self.subTest("a router in between refuses"):
            run("ip", "route", "add", "192.0.2.2", "via", self.link.RIGHT, namespace="lac")
            run("sysctl", "-qw", "net.ipv4.ip_forward=1", namespace="lns")
            self.ends_with(lac, "192.0.2.2", "network unreachable, says 10.9.0.2")
        with self.subTest("firewall"):
            run("nft", "add", "table", "inet", "f", namespace="lac")
            run("nft", "add", "chain", "inet", "f", "out", "{ type filter hook output priority 0; }", namespace="lac")
            run("nft", "add", "rule", "inet", "f", "out", "ip", "daddr", "10.9.0.4", "drop", namespace="lac")
            self.ends_with(lac, "10.9.0.4", "a packet filter of this host drops what goes to 10.9.0.4")

    def test_next_hop_that_does_not_answer_is_named(self) -> None:
        lac = self.daemon("lac", "-T", 1)
        watch = Process("monitor", [lac.bin / "l2tpconfig", "-t", "monitor"], "lac", self.folder)
        self.addCleanup(watch.kill)
        # ARP gives up after three seconds; the tunnel goes on for longer.
        lac.create_tunnel("t", "10.9.0.77", max_retries=4, retry_timeout=1)
        lac.wait_log("did not come up: peer silent (the next hop to 10.9.0.77 does not answer ARP)", 40)
        watch.wait_log("peer 10.9.0.77:1701 is not reached: the next hop to 10.9.0.77 does not answer ARP")

    def test_established_tunnel_whose_peer_went_away_says_so(self) -> None:
        lns, lac = self.daemon("lns"), self.daemon("lac", "-T", 1)
        lac.create_tunnel("t", self.link.RIGHT, hello_timeout=1, max_retries=1, retry_timeout=1)
        lac.wait_tunnels_up(1)
        lns.process.kill()
        lac.wait_log("is down: peer silent (port unreachable, says 10.9.0.2)", 30)


class Missing(SystemCase):
    """What the daemon lacks, in one line each at the start; what works without it does."""

    def test_without_net_admin_the_start_says_what_fails(self) -> None:
        lns, lac = Openl2tpd(self.folder, "lns", "lns"), self.daemon("lac")
        lns.plugin = "ppp_kernel"
        self.addCleanup(lns.stop)
        lns.process = Process("lns", ["capsh", "--drop=cap_net_admin", "--", "-c", 'exec "$0" "$@"', *lns.command("-T", 1)], "lns", self.folder)
        lns.process.wait_log("ready")
        self.assertEqual(lns.process.log().count("warning: no CAP_NET_ADMIN: sessions have no interfaces"), 1, lns.process.tail())
        self.assertRegex(lns.process.log(), r"warning: 2 sockets have receive buffers of \d+ KiB, not of the 32768 KiB")
        lac.create_tunnel("t", self.link.RIGHT)
        lac.wait_tunnels_up(1)

    def test_without_a_tun_device_the_start_says_so(self) -> None:
        hidden = self.folder / "empty"
        hidden.mkdir()
        run("mount", "--bind", hidden, "/dev/net")
        self.addCleanup(run, "umount", "/dev/net")
        lns = Openl2tpd(self.folder, "lns", "lns")
        lns.plugin = "ppp_kernel"
        self.addCleanup(lns.stop)
        lns.start("-T", 2)
        self.assertEqual(lns.process.log().count("warning: plugin ppp_kernel: /dev/net/tun: No such file or directory: "), 1, lns.process.tail())


class Descriptors(SystemCase):
    """A low limit on open files: it refuses to start with a clear line, or it works; and SIGTERM always ends it."""

    def start_with(self, limit: int) -> Process:
        daemon = Openl2tpd(self.folder, "lns", f"limit-{limit}")
        return Process(daemon.name, ["prlimit", f"--nofile={limit}", *daemon.command("-T", 2)], "lns", self.folder)

    def test_every_low_limit_is_refused_or_works(self) -> None:
        worked = []
        for limit in range(6, 48, 2):
            with self.subTest(limit=limit):
                process = self.start_with(limit)
                self.addCleanup(process.kill)
                wait_until(lambda: not process.running() or "ready" in process.log(), f"an answer with {limit} descriptors", 20, process.tail)
                if process.running():
                    worked.append(limit)
                    self.assertEqual(process.terminate(), 0)
                elif limit > 8:  # with fewer no library can be loaded
                    self.assertEqual(process.wait(), 1, process.tail())
                    self.assertRegex(process.log(), rf"no file descriptors left \(limit {limit}\b|the limit of {limit} file descriptors is too low")
        self.assertTrue(worked, "no limit was enough")
        self.assertGreater(min(worked), 20)


    def test_sessions_beyond_the_limit_say_why_and_management_goes_on(self) -> None:
        pools = self.folder / "ppp.conf"
        pools.write_text("pool callers 10.78.0.1-10.78.0.60\n", encoding="utf-8")
        secrets = self.folder / "secrets"
        secrets.write_text("".join(f"u{number} * wonderland *\n" for number in range(30)), encoding="utf-8")
        for variable, path in (("OPENL2TP_PPP_CONFIG", pools), ("OPENL2TP_SECRETS", secrets)):
            os.environ[variable] = str(path)
            self.addCleanup(os.environ.pop, variable)
        lns, lac = self.daemon("lns", plugin="ppp_kernel"), Openl2tpd(self.folder, "lac", "lac")
        lac.plugin = "ppp_kernel"
        self.addCleanup(lac.stop)
        limit = 48
        lac.process = Process("lac", ["prlimit", f"--nofile={limit}", *lac.command("-T", 2)], "lac", self.folder)
        lac.process.wait_log("ready")
        lns.config("ppp", "profile", "modify", "profile_name=default", "local_ipaddr=10.77.0.1", "auth_peer=yes",
                   "ip_pool_name=callers")
        lac.create_tunnel("t", self.link.RIGHT)
        lac.wait_tunnels_up(1)
        for number in range(30):
            lac.create_session("t", f"s{number}", user_name=f"u{number}", user_password="wonderland")
        lac.wait_log(f"no file descriptors left (limit {limit}")
        self.assertNotIn("No such file or directory", lac.process.log())
        for _ in range(10):
            self.assertIn("tunnels: 1", lac.config("system", "show", "status"))
        self.assertEqual(lac.terminate(), 0)


if __name__ == "__main__":
    sandbox.main(["xl2tpd", "nft", "ss", "capsh", "prlimit", *our_programs()])
