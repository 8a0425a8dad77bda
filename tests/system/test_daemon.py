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


if __name__ == "__main__":
    sandbox.main(["xl2tpd", "nft", "ss", *our_programs()])
