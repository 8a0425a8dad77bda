"""What an operator asks of the management interface beyond OpenL2TP's, seen with real daemons: IPv6, the reason of a refusal, use counts of
peer profiles, and long lists in constant memory."""
import json
import os
import pathlib
import re
import subprocess

from lab import sandbox
from lab.case import SystemCase, our_programs
from lab.process import Process, wait_until

TUNNELS = 60_000


class Ipv6(SystemCase):
    def setUp(self) -> None:
        super().setUp()
        self.lns, self.lac = self.daemon("lns"), self.daemon("lac")
        self.there, self.here = self.link.RIGHT6, self.link.LEFT6

    def test_a_tunnel_over_ipv6_is_made_shown_and_listed(self) -> None:
        self.lac.config("tunnel", "create", "tunnel_name=six", f"dest_ipaddr={self.there}", f"src_ipaddr={self.here}")
        ours, theirs = self.lac.wait_tunnels_up(1)[0], self.lns.wait_tunnels_up(1)[0]
        self.assertEqual((ours.peer, ours.local), (self.there, self.here))
        self.assertEqual((theirs.peer, theirs.local, theirs.by_peer), (self.here, self.there, True))
        self.assertIn(f"Tunnel {ours.tunnel_id}, from {self.here} to {self.there}", self.lac.config("tunnel", "show", "tunnel_name=six"))
        shown = json.loads(self.lac.config("--json", "tunnel", "show", "tunnel_name=six"))
        self.assertEqual((shown["peer_ipaddr"], shown["config"]["src_ipaddr"]), (self.there, self.here))
        self.assertRegex(self.lns.config("peer", "list"), rf"{self.there} +{self.here}")
        self.assertIn("number active tunnels: 1", self.lns.config("peer", "show", f"peer_ipaddr={self.here}"))
        self.assertEqual(self.lac.create_session("six", "s1"), self.lac.wait_sessions_up(1)[0][1])

    def test_a_peer_profile_of_a_network_of_ipv6_takes_its_peers(self) -> None:
        self.lns.config("tunnel", "profile", "create", "profile_name=quick", "hello_timeout=7")
        self.lns.config("peer", "profile", "create", "profile_name=branch", "peer_ipaddr=fd00:9::", "netmask=ffff:ffff:ffff:ffff::",
                        "tunnel_profile_name=quick")
        self.assertIn("  address: fd00:9::, port default\n  netmask: ffff:ffff:ffff:ffff::\n",
                      self.lns.config("peer", "profile", "show", "profile_name=branch"))
        self.lac.create_tunnel("six", self.there)
        tunnel = self.lns.wait_tunnels_up(1)[0]
        shown = self.lns.config("tunnel", "show", f"tunnel_id={tunnel.tunnel_id}")
        self.assertIn("tunnel profile: quick, peer profile: branch", shown)
        self.assertIn("hello timeout: 7,", shown)

    def test_what_is_saved_comes_back_in_a_new_daemon_and_as_its_configuration_file(self) -> None:
        self.lac.config("peer", "profile", "create", "profile_name=branch", "peer_ipaddr=fd00:9::", "netmask=ffff:ffff::")
        self.lac.config("tunnel", "profile", "create", "profile_name=to-lns", f"dest_ipaddr={self.there}")
        self.lac.config("tunnel", "create", "tunnel_name=six", f"dest_ipaddr={self.there}", f"src_ipaddr={self.here}")
        self.lac.wait_tunnels_up(1)
        saved = self.folder / "saved"
        self.lac.config("config", "save", f"file={saved}")
        self.assertIn(f"dest_ipaddr={self.there}", saved.read_text())
        for how in ("restored", "its configuration file"):
            with self.subTest(how=how):
                self.assertEqual(self.lac.terminate(), 0)
                if how == "restored":
                    self.lac.start()
                    self.lac.config("config", "restore", f"file={saved}")
                else:
                    self.lac.start("-c", saved)
                self.assertEqual(self.lac.wait_tunnels_up(1)[0].peer, self.there)
                self.assertEqual(self.lac.config("config", "save", "--secrets"), saved.read_text())

    def test_over_tcp_and_udp_it_is_the_same(self) -> None:
        self.lac.create_tunnel("six", self.there)
        self.lac.wait_tunnels_up(1)
        expected = self.lac.config("tunnel", "list")
        for transport in ("-t", "-q"):
            self.assertEqual(self.lac.config(transport, "tunnel", "list"), expected)


class Refusals(SystemCase):
    def test_a_value_that_the_daemon_alone_can_judge_is_explained(self) -> None:
        lac = self.daemon("lac")
        words = ("tunnel", "create", f"dest_ipaddr={self.link.RIGHT}", "hello_timeout=900000")
        for transport in ([], ["-t"]):
            refused = lac.try_config(*transport, *words)
            self.assertEqual(refused.returncode, 1)
            self.assertEqual(refused.stderr, "Operation failed: Invalid argument\nhello_timeout: 900000, allowed 0 to 86400\n")
            self.assertEqual(refused.stdout, "Error at or near 'create'\n")


class UseCounts(SystemCase):
    def test_a_peer_profile_shows_how_many_tunnels_use_it(self) -> None:
        lns, lac = self.daemon("lns", "--status-directory", self.folder / "status"), self.daemon("lac")
        lns.config("peer", "profile", "create", "profile_name=lac", f"peer_ipaddr={self.link.LEFT}")

        def count(profile: str) -> int:
            return int(re.search(r"use count: (\d+)", lns.config("peer", "profile", "show", f"profile_name={profile}"))[1])
        self.assertEqual(count("lac"), 0)
        for name in ("one", "two"):
            lac.create_tunnel(name, self.link.RIGHT)
        lns.wait_tunnels_up(2)
        self.assertEqual((count("lac"), count("default")), (2, 0))
        file = self.folder / "status/peer-profiles/lac"
        wait_until(lambda: file.exists() and "use count: 2" in file.read_text(), "the status file", evidence=lns.evidence)
        self.assertEqual(lac.terminate(), 0)
        wait_until(lambda: count("lac") == 0, "no tunnel of the profile", 60, lns.evidence)


class LongLists(SystemCase):
    """Sixty thousand tunnels of a daemon, by the two transports that have no bound on an answer."""

    def measured(self, *words: object) -> tuple[int, int, bytes]:
        """Runs l2tpconfig: lines of output, its peak memory in KiB, the beginning of the output."""
        command = ["nsenter", "--net=/run/netns/lns", str(sandbox.build_folder() / "bin/l2tpconfig"), *[str(w) for w in words]]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
            lines, first = 0, b""
            while part := process.stdout.read(1 << 16):
                lines += part.count(b"\n")
                first = first or part
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0, words)
        return lines, usage.ru_maxrss, first

    def test_60000_tunnels_are_listed_and_shown_in_constant_memory(self) -> None:
        lns = self.daemon("lns")
        folder = pathlib.Path(sandbox.build_folder())
        load = Process("l2tpload", [folder / "bin/l2tpload", "tunnels", TUNNELS, "--hold", 600, "--target", self.link.RIGHT, "--limit", 900],
                       "lac", self.folder)
        self.addCleanup(load.kill)

        def all_up() -> bool:
            if not load.running():
                raise AssertionError(f"the load ended early\n{load.tail()}{lns.evidence()}")
            return f"tunnels: {TUNNELS}," in lns.config("system", "show", "status")
        wait_until(all_up, "all tunnels", 300, lambda: load.tail() + lns.evidence())
        for transport in (["-q"], ["-t"]):  # over the UNIX socket, and over TCP
            with self.subTest(transport=transport):
                page, small, _ = self.measured(*transport, "tunnel", "list", "limit=100")
                self.assertEqual(page, 100 + 1)
                lines, large, first = self.measured(*transport, "tunnel", "list")
                self.assertEqual(lines, TUNNELS + 1, "a line each, and the header")
                # The ids alone are as many as there are tunnels: two octets each here, four on the wire.
                self.assertLess(large - small, 2048, f"KiB more for all than for a page: {small}, {large}")
                ids, _, text = self.measured(*transport, "tunnel", "list", "remote_only", "after=0", "limit=500")
                self.assertEqual(ids, 500)
                shown, _, _ = self.measured(*transport, "--json", "tunnel", "list", "state=ESTABLISHED")
                self.assertEqual(shown, TUNNELS + 2, "a document a line, within brackets")
                for tunnel in text.split()[::50]:
                    self.assertIn(b"state: ESTABLISHED", self.measured(*transport, "tunnel", "show", f"tunnel_id={int(tunnel)}")[2])


if __name__ == "__main__":
    sandbox.main([*our_programs(), str(sandbox.build_folder() / "bin/l2tpload")])
