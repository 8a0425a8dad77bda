"""Outgoing calls whose bearer a plugin of the LAC places: the LNS asks by OCRQ, the plugin does what the called number says
(tests/abi/plugins/bearer.c has the list), the LNS hears of it."""
import re

from lab import sandbox
from lab.case import SystemCase, our_programs
from lab.openl2tpd import Openl2tpd


class Bearers(SystemCase):
    def setUp(self) -> None:
        super().setUp()
        self.lns, self.lac = self.daemon("lns"), self.daemon("lac", "-p", sandbox.test_plugin("bearer"))
        self.lac.create_tunnel("t1", self.link.RIGHT)
        self.lac.wait_tunnels_up(1)
        self.tunnel = self.lns.wait_tunnels_up(1)[0].tunnel_id

    def call(self, number: str, **parameters: object) -> int:
        """The LNS asks for a call; its session id."""
        return self.lns.create_session(self.tunnel, called_number=number, **parameters)

    def said(self, text: str, timeout: float = 20) -> None:
        """Waits until the plugin has logged that."""
        self.lac.wait_log(f"plugin bearer: {text}", timeout)

    def wait_end(self, daemon: Openl2tpd, session: int, words: str) -> None:
        """Waits until a daemon has logged the end of a session with these words."""
        daemon.wait_log(f"session {session} {words}")

    def lac_session(self) -> int:
        return int(re.findall(r"plugin bearer: open tunnel \d+ session (\d+) ", self.lac.process.log())[-1])

    def assert_cleared(self, result: int, text: str) -> None:
        """The only call has ended at both ends, for the reason that the LAC's CDN gave; the tunnel stands."""
        self.lns.wait_log(f'result {result} error 0 "{text}"')
        for daemon in (self.lac, self.lns):
            daemon.wait_no_sessions()
            self.assertEqual([t.state for t in daemon.tunnels()], ["ESTABLISHED"])

    def test_call_that_is_answered_at_once_comes_up_at_its_speeds(self) -> None:
        session = self.call("now", sub_address="21", minimum_bps=9600, maximum_bps=128000)
        self.lns.wait_sessions_up(1, kind="LNS Outgoing Call")
        self.lac.wait_sessions_up(1, kind="LAC Outgoing Call")
        self.said("now 0")
        self.assertIn("number now sub 21 speed 9600 to 128000 framing", self.lac.process.log())
        self.assertIn("tx connect speed: 64000, rx connect speed: 56000", self.lns.session_text(self.tunnel, session))
        self.lns.config("session", "delete", f"tunnel_id={self.tunnel}", f"session_id={session}")
        self.said("close number now result 3")
        self.assertEqual(self.lac.process.log().count("close number now"), 1)

    def test_call_that_is_answered_later_comes_up_then(self) -> None:
        self.call("later")
        self.said("later 0")
        self.lns.wait_sessions_up(1)
        self.lac.wait_sessions_up(1)

    def test_call_that_is_refused_later_ends_with_its_result(self) -> None:
        self.call("busy")
        self.assert_cleared(8, "engaged")
        self.said("close number busy result 8")

    def test_call_that_is_refused_from_inside_open_ends_with_its_result(self) -> None:
        self.call("inside")
        self.assert_cleared(9, "no dial tone")
        self.said("close number inside result 9")

    def test_call_that_cannot_be_placed_ends_with_result_5(self) -> None:
        self.call("refuse")
        self.assert_cleared(5, "no bearer")
        self.assertNotIn("close number", self.lac.process.log())
        self.assertNotIn("is up: peer session", self.lac.process.log(), "its answer did not count")

    def test_call_that_the_lns_takes_back_before_the_answer_is_hung_up(self) -> None:
        session = self.call("silent")
        self.said("open tunnel")
        self.lns.config("session", "delete", f"tunnel_id={self.tunnel}", f"session_id={session}")
        self.said("close number silent result 3")
        self.lac.wait_no_sessions()
        self.wait_end(self.lac, self.lac_session(), "did not come up: ")

    def test_call_that_is_lost_later_ends_with_result_1(self) -> None:
        session = self.call("lost")
        self.wait_end(self.lns, session, "is up")
        self.assert_cleared(1, "wire cut")
        self.wait_end(self.lns, session, "is down: ")
        self.said("close number lost result 1")

    def test_call_that_nobody_answers_ends_with_result_10(self) -> None:
        self.lac.config("system", "modify", "session_establish_timeout=2")
        self.call("silent")
        self.assert_cleared(10, "not established in time")
        self.said("close number silent result 10")

    def test_second_answer_is_refused_and_the_call_stays(self) -> None:
        self.call("twice")
        self.said("again -6")
        self.lac.wait_log("bearer_up for tunnel")
        self.lns.wait_sessions_up(1)
        self.lac.wait_sessions_up(1)

    def test_answer_after_close_is_refused_and_named(self) -> None:
        session = self.call("late")
        self.said("open tunnel")
        self.lns.config("session", "delete", f"tunnel_id={self.tunnel}", f"session_id={session}")
        self.said("late -5")
        self.lac.wait_log("bearer_up with unknown token")
        self.lac.wait_no_sessions()

    def test_failure_without_a_result_is_refused_and_the_call_waits_on(self) -> None:
        session = self.call("zero")
        self.said("zero -1")
        self.assertEqual(self.lac.session_state(self.lac.tunnels()[0].tunnel_id, self.lac_session())[1], "WAITCSANSWER")
        self.lns.config("session", "delete", f"tunnel_id={self.tunnel}", f"session_id={session}")
        self.lac.wait_no_sessions()

    def test_lost_tunnel_hangs_up_its_calls(self) -> None:
        for number in ("now", "silent"):
            self.call(number)
        self.said("now 0")
        self.lac.wait_log("number silent ")
        self.lns.config("tunnel", "delete", f"tunnel_id={self.tunnel}")
        for number in ("now", "silent"):
            self.said(f"close number {number} result")
        self.lac.wait_no_sessions()

    def test_daemon_that_ends_hangs_up_its_calls(self) -> None:
        self.call("now")
        self.lac.wait_sessions_up(1)
        self.assertEqual(self.lac.terminate(), 0)
        self.assertIn("close number now result", self.lac.process.log())


if __name__ == "__main__":
    sandbox.main(our_programs())
