"""Faults that are injected into a running daemon: lost messages, contexts held after their end, ids in sequence."""
import json
import re

from lab import sandbox
from lab.case import SystemCase, our_programs
from lab.process import wait_until


class Faults(SystemCase):
    def setUp(self) -> None:
        super().setUp()
        self.lns, self.lac = self.daemon("lns"), self.daemon("lac", "--test", "-T", "1")

    def shown(self) -> dict:
        return json.loads(self.lac.config("--json", "test", "show"))

    def retransmits(self, daemon) -> int:
        text = daemon.config("tunnel", "show", f"tunnel_id={daemon.tunnels()[0].tunnel_id}")
        return int(re.search(r"retransmits: (\d+)", text)[1])

    def test_tunnel_comes_up_though_the_sccrp_is_lost(self) -> None:
        self.lac.config("test", "modify", "fake_rx_drop=yes", "fake_trigger_type=once")
        self.assertIn("trigger status: NOT TRIGGERED", self.lac.config("test", "show"))
        self.lac.create_tunnel("t1", self.link.RIGHT)
        self.lac.wait_tunnels_up(1)
        self.lns.wait_tunnels_up(1)
        text = self.lac.config("test", "show")
        self.assertIn("  trigger status: TRIGGERED\n", text)
        self.assertIn("  dropped: rx 1, tx 0\n", text)
        self.lac.wait_log("test: a received control message")
        self.assertGreaterEqual(self.retransmits(self.lac) + self.retransmits(self.lns), 1)
        self.lac.create_tunnel("t2", self.link.RIGHT)
        self.lac.wait_tunnels_up(2)
        self.assertEqual(self.shown()["rx_drops"], 1, "once is once")

    def test_losses_both_ways_cut_nothing(self) -> None:
        self.lac.config("test", "modify", "fake_rx_drop=yes", "fake_tx_drop=yes", "fake_trigger_type=high")
        tunnels, calls = 5, 4
        for number in range(tunnels):
            self.lac.create_tunnel(f"t{number}", self.link.RIGHT)
        for tunnel in self.lac.wait_tunnels_up(tunnels, 60):
            for _ in range(calls):
                self.lac.create_session(tunnel.tunnel_id)
        self.lac.wait_sessions_up(tunnels * calls, 90)
        self.lns.wait_sessions_up(tunnels * calls, 90)
        shown = self.shown()
        self.assertGreater(shown["rx_drops"], 0)
        self.assertGreater(shown["tx_drops"], 0)

    def test_ids_come_in_sequence(self) -> None:
        self.lac.config("test", "modify", "no_random_ids=on", "reset_ids")
        for number in (1, 2, 3):
            self.lac.create_tunnel(f"t{number}", self.link.RIGHT)
        self.assertEqual([t.tunnel_id for t in self.lac.wait_tunnels_up(3)], [1, 2, 3])
        self.assertEqual([self.lac.create_session(1), self.lac.create_session(2), self.lac.create_session(1)], [1, 2, 3])
        self.lac.wait_sessions_up(3)

    def test_what_ended_is_held_until_released(self) -> None:
        self.lac.config("test", "modify", "hold_tunnels=on", "hold_sessions=on")
        self.lac.create_tunnel("t1", self.link.RIGHT)
        tunnel = self.lac.wait_tunnels_up(1)[0].tunnel_id
        session = self.lac.create_session(tunnel)
        self.lac.wait_sessions_up(1)
        self.lac.config("tunnel", "delete", f"tunnel_id={tunnel}")
        wait_until(lambda: [t.state for t in self.lac.tunnels()] == ["DEAD"], "the held tunnel", evidence=self.lac.evidence)
        self.assertEqual(self.lac.session_state(tunnel, session)[1], "DEAD")
        self.lac.config("test", "modify", "hold_tunnels=off", "hold_sessions=off")
        self.assertEqual(self.lac.tunnels(), [])

    def test_daemon_without_the_option_says_so(self) -> None:
        for words in (("test", "modify", "fake_rx_drop=yes"), ("test", "show"), ("test", "log", "message=x")):
            self.assertEqual(self.lns.try_config(*words).returncode, 1, words)


if __name__ == "__main__":
    sandbox.main(our_programs())
