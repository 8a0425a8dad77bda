"""The AVPs of another vendor between two daemons: a plugin at one end adds them, one at the other reads them
(tests/abi/plugins/vendor_avps.c says which); what nobody understands and is mandatory is refused (RFC 2661, section 4.1)."""
import re

from lab import sandbox
from lab.case import SECRET, SystemCase, our_programs
from lab.openl2tpd import Openl2tpd

PLUGIN = "vendor_avps"
OPTIONAL, MANDATORY, MANDATORY_HIDDEN = 0, 1, 3
SCCRQ, SCCRP, SCCCN, STOPCCN, OCRQ, OCRP, OCCN, ICRQ, ICRP, ICCN, CDN = 1, 2, 3, 4, 7, 8, 9, 10, 11, 12, 14


class VendorAvps(SystemCase):
    def both(self, lns_owns: bool = True) -> None:
        """A LAC whose plugin owns the vendor, and an LNS that has such a plugin, too, unless told otherwise."""
        with_plugin = ("-p", sandbox.test_plugin(PLUGIN))
        self.lns = self.daemon("lns", *(with_plugin if lns_owns else ()))
        self.lac = self.daemon("lac", *with_plugin)

    def tunnel(self, **parameters: object) -> int:
        """A tunnel of the LAC that is up; its id at the LNS."""
        self.lac.create_tunnel("t1", self.link.RIGHT, **parameters)
        self.lac.wait_tunnels_up(1)
        return self.lns.wait_tunnels_up(1)[0].tunnel_id

    def call(self, session: int) -> None:
        self.lac.create_session("t1", f"s{session}", session_id=session)

    def refused_call(self, session: int) -> None:
        """A call that the LNS refuses for an AVP that is mandatory and unknown: CDN, result 2 (general), error 8."""
        self.call(session)
        self.lac.wait_log("did not come up")
        self.assertIn("result 2 error 8", self.lac.process.log())
        for daemon in (self.lac, self.lns):
            daemon.wait_no_sessions()
            self.assertEqual([t.state for t in daemon.tunnels()], ["ESTABLISHED"], "the tunnel is none the worse")

    @staticmethod
    def read(daemon: Openl2tpd) -> list[tuple[int, int, int, str]]:
        """What its plugin has read: message type, attribute, flags and value of each."""
        rows = re.findall(r"plugin vendor_avps: read type (\d+) .* attribute (\d+) flags (\d+) value '(.*)'$", daemon.process.log(), re.MULTILINE)
        return [(int(t), int(a), int(f), value) for t, a, f, value in rows]

    @classmethod
    def types(cls, daemon: Openl2tpd) -> list[int]:
        """The types of the messages whose attribute 1 it read, each of which names its own type."""
        for type_, attribute, flags, value in cls.read(daemon):
            assert attribute != 1 or (flags, value) == (OPTIONAL, f"type {type_}"), (type_, flags, value)
        return [row[0] for row in cls.read(daemon) if row[1] == 1]

    def test_every_message_of_tunnels_and_calls_carries_them(self) -> None:
        self.both()
        tunnel = self.tunnel()
        self.call(21)
        self.lns.wait_sessions_up(1)
        incoming = self.lns.sessions(tunnel)[0]
        self.lac.config("session", "delete", "tunnel_name=t1", "session_name=s21")
        self.lns.wait_no_sessions()
        self.lns.create_session(tunnel, session_id=22)
        self.lac.wait_sessions_up(1)
        self.lns.wait_sessions_up(1)
        self.lns.config("tunnel", "delete", f"tunnel_id={tunnel}")
        self.lac.wait_log("read type 4 ")
        self.assertEqual(self.types(self.lns), [SCCRQ, SCCCN, ICRQ, ICCN, CDN, OCRP, OCCN])
        self.assertEqual(self.types(self.lac), [SCCRP, ICRP, OCRQ, STOPCCN])
        log = self.lns.process.log()
        self.assertRegex(log, rf"read type 10 tunnel {tunnel}/\d+ session {incoming}/21 avp 1 of 1")
        self.assertRegex(log, rf"read type 14 tunnel {tunnel}/\d+ session {incoming}/21 avp 1 of 1")
        self.assertRegex(log, rf"read type 8 tunnel {tunnel}/\d+ session 22/\d+ avp 1 of 1")

    def test_mandatory_one_that_the_plugin_understands_is_taken(self) -> None:
        self.both()
        self.tunnel()
        self.call(2)
        self.lns.wait_sessions_up(1)
        self.assertIn((ICRQ, 2, MANDATORY, "two"), self.read(self.lns))
        self.assertIn((ICCN, 2, MANDATORY, "two"), self.read(self.lns))

    def test_mandatory_one_that_the_plugin_does_not_understand_refuses_the_call(self) -> None:
        self.both()
        self.tunnel()
        self.refused_call(77)
        self.assertNotIn(ICRQ, self.types(self.lns), "nothing of a refused message is handed out")

    def test_mandatory_one_of_a_vendor_that_nobody_owns_refuses_the_call(self) -> None:
        self.both(lns_owns=False)
        self.tunnel()
        self.refused_call(2)

    def test_mandatory_one_that_nobody_understands_refuses_the_tunnel(self) -> None:
        self.both()
        self.lac.create_tunnel("t1", self.link.RIGHT, tunnel_id=77)
        self.lac.wait_log("tunnel 77 did not come up")
        self.assertIn("result 2 error 8", self.lac.process.log())
        self.lns.wait_no_tunnel_up()

    def test_optional_one_that_nobody_understands_harms_nothing(self) -> None:
        self.both()
        self.tunnel()
        self.call(78)
        self.lns.wait_sessions_up(1)
        self.assertIn((ICRQ, 78, OPTIONAL, "!"), self.read(self.lns))

    def test_optional_ones_of_a_vendor_that_nobody_owns_harm_nothing(self) -> None:
        self.both(lns_owns=False)
        self.tunnel()
        self.call(21)
        self.lns.wait_sessions_up(1)
        self.lac.wait_sessions_up(1)

    def test_hidden_one_is_read_in_clear(self) -> None:
        self.both()
        self.lns.set_secret(SECRET)
        self.tunnel(secret=SECRET)
        self.call(4)
        self.lns.wait_sessions_up(1)
        self.assertIn((ICRQ, 4, MANDATORY_HIDDEN, "four"), self.read(self.lns))
        self.assertIn("plugin vendor_avps: hidden 0", self.lac.process.log())

    def test_hidden_one_needs_a_secret(self) -> None:
        self.both()
        self.tunnel()
        self.call(4)
        self.lns.wait_sessions_up(1)
        self.assertIn("plugin vendor_avps: hidden -3", self.lac.process.log())
        self.assertNotIn(4, [attribute for _, attribute, _, _ in self.read(self.lns)])

    def test_what_does_not_fit_is_left_out_and_the_rest_arrives(self) -> None:
        self.both()
        self.tunnel()
        self.call(6)
        self.lns.wait_sessions_up(1)
        taken = int(re.search(r"taken (\d+) then -2", self.lac.process.log())[1])
        arrived = [row for row in self.read(self.lns) if row[:2] == (ICRQ, 6)]
        self.assertEqual(len(arrived), taken)
        self.assertGreater(taken, 0)


if __name__ == "__main__":
    sandbox.main(our_programs())
