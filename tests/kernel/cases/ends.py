"""Ends that nobody asked for, and many sessions at once, between our LNS and our LAC."""
import os
import signal
import unittest

import ppp
from case import LNS_ADDRESS, PASSWORD, KernelCase


class Ends(KernelCase):
    def connect(self):
        """Our LAC and our LNS with one session, which carries traffic."""
        lac, lns = self.daemon("lac").as_client(), self.daemon("lns").as_server()
        lac.create_tunnel("t1", self.link.RIGHT, hello_timeout=2, max_retries=2)
        lac.wait_tunnels_up(1, ppp.PATIENCE)
        lac.create_session("t1", "s1")
        self.assert_carries_traffic()
        return lac, lns

    def test_pppd_of_the_lns_killed_ends_its_session_alone(self) -> None:
        lac, lns = self.connect()
        for pid in ppp.pppd_in("lns"):
            os.kill(pid, signal.SIGKILL)
        for daemon in (lns, lac):
            daemon.wait_no_sessions(ppp.PATIENCE)
            self.assertEqual([t.state for t in daemon.tunnels()], ["ESTABLISHED"])
        for namespace in self.BOTH:
            ppp.wait_gone(namespace, evidence=self.evidence)
        lac.create_session("t1", "again")
        self.assert_carries_traffic()

    def test_lns_killed_and_restarted(self) -> None:
        lac, lns = self.connect()
        lns.process.kill()
        ppp.wait_until_gone_in("lns", self.evidence)
        lac.wait_no_sessions(ppp.PATIENCE)
        ppp.wait_gone("lac", evidence=self.evidence)
        lns.start()
        lns.as_server()
        lac.create_tunnel("t2", self.link.RIGHT)
        lac.create_session("t2", "s1")
        self.assert_carries_traffic()

    def test_lac_killed_and_restarted(self) -> None:
        lac, lns = self.connect()
        tunnel = lns.tunnels()[0].tunnel_id
        lns.config("tunnel", "modify", f"tunnel_id={tunnel}", "hello_timeout=2", "max_retries=2")
        lac.process.kill()
        ppp.wait_until_gone_in("lac", self.evidence)
        lac.start()
        lac.as_client()
        lns.wait_no_sessions(ppp.PATIENCE)
        ppp.wait_gone("lns", evidence=self.evidence)
        lac.create_tunnel("t1", self.link.RIGHT)
        lac.create_session("t1", "s1")
        self.assert_carries_traffic()

    def test_lac_restarted_before_the_lns_has_missed_it(self) -> None:
        lac, lns = self.connect()
        lac.process.kill()
        ppp.wait_until_gone_in("lac", self.evidence)
        lac.start()
        lac.as_client()
        lac.create_tunnel("t1", self.link.RIGHT)
        lac.create_session("t1", "s1")  # its old tunnel, which would have been asked within a minute, is in the way
        self.assert_carries_traffic()
        self.assertEqual([t.state for t in lns.tunnels()].count("ESTABLISHED"), 1, lns.evidence())

    def test_sigterm_ends_every_pppd(self) -> None:
        lac, lns = self.connect()
        self.assertEqual(lns.terminate(60), 0, lns.process.tail())
        ppp.wait_until_gone_in("lns", self.evidence)
        lac.wait_no_sessions(ppp.PATIENCE)
        self.wait_no_session_left()

    @unittest.skipIf(os.environ.get(ppp.GUEST) == "qemu", "minutes of an emulated CPU: user-mode Linux has the case")
    def test_two_hundred_sessions_up_and_down(self) -> None:
        count, tunnels = 200, 4
        users = {f"user{n}": f"10.77.{1 + n // 100}.{1 + n % 100}" for n in range(count)}
        ppp.write_secrets(*[f'{user} lns "{PASSWORD}" {address}' for user, address in users.items()])
        lac, lns = self.daemon("lac").as_client(), self.daemon("lns").as_server("chap", remote=None)
        for number in range(tunnels):
            lac.create_tunnel(f"t{number}", self.link.RIGHT, our_udp_port=0)  # a port each: docs/kernel.md says why
        lac.wait_tunnels_up(tunnels, ppp.PATIENCE)
        commands, at_lac = self.folder / "sessions", []
        names = list(users)
        for first in range(0, count, 20):  # no more at once: a pppd that does not get to run for 30 s gives up, which is another case
            commands.write_text("".join(f"session create tunnel_name=t{n % tunnels} session_name={names[n]} user_name={names[n]} "
                                        f"user_password={PASSWORD!r}\n" for n in range(first, first + 20)))
            lac.config("config", "restore", f"file={commands}")
            at_lac = ppp.wait_up("lac", first + 20, 120, self.evidence)
        at_lns = ppp.wait_up("lns", count, 60, self.evidence)
        self.assertEqual({i.local for i in at_lac}, set(users.values()))
        self.assertEqual({i.remote for i in at_lns}, set(users.values()))
        for interface in (at_lac[0], at_lac[count // 2], at_lac[-1]):
            self.assertEqual(interface.remote, LNS_ADDRESS)
            ppp.ping(interface)
        for number in range(tunnels):
            lac.config("tunnel", "delete", f"tunnel_name=t{number}")
        self.wait_no_session_left()
