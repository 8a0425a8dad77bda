"""What a PPP plugin is told of the sessions of two daemons: a plugin at each end (tests/abi/plugins/ppp_params.c) logs all of it."""
import re

from lab import sandbox
from lab.case import SystemCase, our_programs
from lab.openl2tpd import Openl2tpd
from lab.process import wait_until

LNS, OUTGOING, LOCAL, SEQUENCE, PROXY = 1, 2, 4, 8, 16  # flags
SYNC, DIGITAL, ANALOG = 1, 1, 2
GIVEN_MRU, GIVEN_AUTH, GIVEN_LCP_ECHO_INTERVAL, GIVEN_DNS_1, GIVEN_PROXY_ARP = 1 << 1, 1 << 3, 1 << 17, 1 << 26, 1 << 37


class PppParams(SystemCase):
    def connect(self, **parameters: object) -> None:
        """Both daemons, and an established tunnel t1 between them."""
        plugin = sandbox.test_plugin("ppp_params")
        self.lac, self.lns = self.daemon("lac", plugin=plugin), self.daemon("lns", plugin=plugin)
        self.lac.create_tunnel("t1", self.link.RIGHT, **parameters)
        self.lac_tunnel = self.lac.wait_tunnels_up(1)[0].tunnel_id
        self.lns_tunnel = self.lns.wait_tunnels_up(1)[0].tunnel_id

    def told(self, daemon: Openl2tpd, part: str, when: str = "open", count: int = 1) -> dict[str, str]:
        """One line of what a plugin was told, by names; the latest, once there are so many."""
        pattern = re.compile(rf"plugin ppp_params: {when} {part} (.*)$", re.MULTILINE)

        def lines() -> list[str]:
            found = pattern.findall(daemon.process.log())
            return found if len(found) >= count else []
        text = wait_until(lines, f"{when} {part} at {daemon.name}", 20, daemon.evidence)[-1]
        return {k: v.strip("'") for k, v in re.findall(r"(\w+)=('[^']*'|\S*)", text)}

    def test_incoming_call_with_everything(self) -> None:
        self.connect()
        for daemon in (self.lac, self.lns):
            daemon.config("tunnel", "profile", "modify", "profile_name=default", "allow_ppp_proxy=yes")
        self.lac.create_session(
            "t1", "s1", interface_name="ppp7", user_name="alice", user_password="sesame", calling_number="0301", called_number="0302",
            sub_address="21", priv_group_id="group", framing_type="sync", bearer_type="analog", connect_speed="56000:64000", reorder_timeout=40,
            sequencing_required="yes", use_sequence_numbers="yes", proxy_auth_type=2, proxy_auth_name="bob", proxy_auth_challenge="0102",
            proxy_auth_response="0a0b")
        self.lac.wait_sessions_up(1)
        session = self.lac.sessions(self.lac_tunnel)[0]
        for daemon, flags, here, there in ((self.lac, LOCAL | SEQUENCE, self.link.LEFT, self.link.RIGHT),
                                           (self.lns, LNS | SEQUENCE, self.link.RIGHT, self.link.LEFT)):
            call, names, proxy = self.told(daemon, "call"), self.told(daemon, "names"), self.told(daemon, "proxy")
            self.assertEqual(self.told(daemon, "sizes")["enough"], "1")
            self.assertEqual(int(call["flags"]) & ~PROXY, flags)
            self.assertEqual((call["data_path"], call["fd"]), ("0", "-1"))
            self.assertEqual((call["local"], call["address"]), (here, there))
            self.assertEqual((call["framing"], call["bearer"]), (str(SYNC), str(ANALOG)))
            self.assertEqual((call["tx"], call["rx"]), ("64000", "56000"))
            self.assertTrue(call["host"])
            self.assertEqual([names[k] for k in ("calling", "called", "sub", "group")], ["0301", "0302", "21", "group"])
            self.assertEqual((proxy["type"], proxy["name"], proxy["challenge"], proxy["response"]), ("2", "bob".encode().hex(), "0102", "0a0b"))
        self.assertEqual(self.told(self.lac, "call")["serial"], self.told(self.lns, "call")["serial"])
        self.assertEqual(self.told(self.lac, "call")["id"], f"{self.lac_tunnel}/{session}")
        self.assertEqual([self.told(self.lac, "names")[k] for k in ("tunnel", "session", "interface", "user", "password")],
                         ["t1", "s1", "ppp7", "alice", "sesame"])
        self.assertEqual([self.told(self.lns, "names")[k] for k in ("tunnel", "session", "interface", "user", "password")], [""] * 5)

    def test_outgoing_call(self) -> None:
        self.connect()
        self.lns.create_session(self.lns_tunnel, "out", called_number="0302", bearer_type="digital")
        self.lns.wait_sessions_up(1)
        for daemon, flags in ((self.lns, LNS | OUTGOING | LOCAL), (self.lac, OUTGOING)):
            call = self.told(daemon, "call")
            self.assertEqual((int(call["flags"]), call["bearer"], call["tx"], call["rx"]), (flags, str(DIGITAL), "1000000", "1000000"))
            self.assertEqual(self.told(daemon, "names")["called"], "0302")

    def test_profile_says_what_was_given(self) -> None:
        self.connect()
        self.lac.config("ppp", "profile", "create", "profile_name=gold", "mru=1400", "auth_peer=yes", "lcp_echo_interval=30",
                        "dns_ipaddr_pri=192.0.2.53", "proxy_arp=no")
        self.lac.create_session("t1", "s1", ppp_profile_name="gold")
        profile = self.told(self.lac, "profile")
        self.assertEqual(int(profile["given"], 16), GIVEN_MRU | GIVEN_AUTH | GIVEN_LCP_ECHO_INTERVAL | GIVEN_DNS_1 | GIVEN_PROXY_ARP)
        self.assertEqual((profile["name"], profile["mru"], profile["mtu"], int(profile["options"], 16)), ("gold", "1400", "1500", 0x2))
        self.assertEqual(self.told(self.lac, "counts")["echo"], "0,30")
        self.assertEqual(self.told(self.lac, "addresses")["dns"], "192.0.2.53,0.0.0.0")
        other = self.told(self.lns, "profile")
        self.assertEqual((other["name"], other["given"]), ("default", "0"), "the LNS has its own")

    def test_modify_stats_and_close(self) -> None:
        self.connect()
        session = self.lac.create_session("t1", "s1")
        self.told(self.lac, "call")
        self.lac.config("session", "modify", "tunnel_name=t1", "session_name=s1", "reorder_timeout=70")
        self.assertEqual(self.told(self.lac, "call", "modify")["reorder"], "70")
        text = self.lac.session_text(self.lac_tunnel, session)
        self.assertIn("data rx packets: 4711", text)
        self.assertIn("tx bytes: 815", text)
        self.lac.config("session", "delete", "tunnel_name=t1", "session_name=s1")
        for daemon in (self.lac, self.lns):
            daemon.wait_log("plugin ppp_params: close result=3")

    def test_session_that_the_first_plugin_declines_goes_to_the_next(self) -> None:
        plugin = sandbox.test_plugin("ppp_params")
        lns = self.daemon("lns")
        lac = self.daemon("lac", "-p", sandbox.test_plugin("scripted"), plugin=plugin)
        lac.create_tunnel("t1", self.link.RIGHT)
        lac.wait_tunnels_up(1)
        lac.create_session("t1", "s1", user_name="modest", session_id=2)
        lac.wait_log("plugin scripted: up 0")
        self.assertNotIn("plugin ppp_params: open", lac.process.log())
        lac.create_session("t1", "s2", user_name="alice", session_id=3)
        lac.wait_log("plugin ppp_params: open")
        lns.wait_sessions_up(2)


if __name__ == "__main__":
    sandbox.main(our_programs())
