"""Our LNS; xl2tpd with pppd calls as LAC."""
import os

import ppp
from case import METHODS, PASSWORD, USER, KernelCase, needs_netlink


class OurLns(KernelCase):
    def call(self, lns, lac) -> None:
        """The LAC calls; PPP is up and carries traffic when this returns."""
        lac.start_lac(self.link.RIGHT)
        lac.call()
        lns.wait_sessions_up(1, ppp.PATIENCE, "LNS Incoming Call")
        self.assert_carries_traffic()

    def hang_up(self, lns, lac) -> None:
        lac.hang_up()
        lns.wait_no_sessions(ppp.PATIENCE)
        self.wait_no_session_left()

    def log_in(self, method: str) -> None:
        """The LAC's user logs in by `method`, whose words are both ours and pppd's."""
        ppp.write_secrets(f'{USER} lns "{PASSWORD}" *')
        lns, lac = self.daemon("lns").as_server(method), self.xl2tpd("lac").as_client(USER, PASSWORD)
        # A method that the client refuses cannot be what let it in.
        lac.ppp_options += [f"refuse-{theirs}" for ours, theirs in METHODS.items() if ours != method]
        self.call(lns, lac)
        self.hang_up(lns, lac)
        self.assertNotIn(PASSWORD, lns.process.log())

    def test_call_without_a_login(self) -> None:
        lns, lac = self.daemon("lns").as_server(), self.xl2tpd("lac").as_client()
        self.call(lns, lac)
        self.hang_up(lns, lac)

    def test_call_cleared_by_us(self) -> None:
        lns, lac = self.daemon("lns").as_server(), self.xl2tpd("lac").as_client()
        self.call(lns, lac)
        tunnel = lns.tunnels()[0].tunnel_id
        lns.config("session", "delete", f"tunnel_id={tunnel}", f"session_id={lns.sessions(tunnel)[0]}")
        lns.wait_no_sessions(ppp.PATIENCE)
        ppp.wait_gone("lns", evidence=self.evidence)
        ppp.wait_gone("lac", evidence=self.evidence)
        self.assertEqual([t.state for t in lns.tunnels()], ["ESTABLISHED"])

    def test_login_by_pap(self) -> None:
        self.log_in("pap")

    def test_login_by_chap(self) -> None:
        self.log_in("chap")

    def test_login_by_mschapv2(self) -> None:
        self.log_in("mschapv2")

    def test_wrong_password_ends_the_session_and_nothing_else(self) -> None:
        ppp.write_secrets(f'{USER} lns "{PASSWORD}" *')
        lns, lac = self.daemon("lns").as_server("chap"), self.xl2tpd("lac").as_client(USER, "not it")
        lac.start_lac(self.link.RIGHT)
        lac.call()
        lac.wait_call_up(ppp.PATIENCE)
        lns.wait_no_sessions(ppp.PATIENCE)
        for namespace in self.BOTH:
            ppp.wait_gone(namespace, evidence=self.evidence)
        self.assertIn("CHAP authentication failed", lac.ppp_log.read_text(errors="replace"))
        self.assertEqual([t.state for t in lns.tunnels()], ["ESTABLISHED"])

    def test_ipv6cp(self) -> None:
        lns, lac = self.daemon("lns").as_server(), self.xl2tpd("lac").as_client()
        self.call(lns, lac)
        at_lac, at_lns = [ppp.wait_up6(n, evidence=self.evidence) for n in self.BOTH]
        ppp.ping(at_lac, f"{at_lns.local6}%{at_lac.name}")
        ppp.ping(at_lns, f"{at_lac.local6}%{at_lns.name}")
        self.hang_up(lns, lac)

    def test_pppd_of_the_lac_killed(self) -> None:
        lns, lac = self.daemon("lns").as_server(), self.xl2tpd("lac").as_client()
        self.call(lns, lac)
        lac.kill_pppd()
        lns.wait_no_sessions(ppp.PATIENCE)
        ppp.wait_gone("lns", evidence=self.evidence)

    def test_session_counts_what_the_kernel_carried(self) -> None:
        lns, lac = self.daemon("lns").as_server(), self.xl2tpd("lac").as_client()
        self.call(lns, lac)
        tunnel, session = lns.wait_sessions_up(1)[0]
        received, sent = lns.session_packets(tunnel, session)
        self.assertGreaterEqual(received, 4, "two pings and two answers at least")
        self.assertGreaterEqual(sent, 4)
        self.hang_up(lns, lac)

    @needs_netlink
    def test_netlink_where_the_kernel_has_it(self) -> None:
        lns, lac = self.daemon("lns").as_server(), self.xl2tpd("lac").as_client()
        self.call(lns, lac)
        lns.wait_log("kernel data path: L2TP by netlink")
        self.hang_up(lns, lac)

    def test_socket_interface_where_netlink_is_absent(self) -> None:
        if os.environ[ppp.GUEST] != "uml":
            self.skipTest("this kernel has l2tp_netlink, and l2tp_ppp cannot be loaded without it")
        lns, lac = self.daemon("lns").as_server(), self.xl2tpd("lac").as_client()
        self.call(lns, lac)
        lns.wait_log("kernel data path: L2TP by sockets")
        self.hang_up(lns, lac)
