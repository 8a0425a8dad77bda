"""Our LAC into xl2tpd as LNS."""
from lab import sandbox
from lab.case import SECRET, SystemCase, our_programs


class OurLacIntoXl2tpd(SystemCase):
    def connect(self, secret: str | None, pppd: str = "stays", **parameters: object):
        """An xl2tpd as LNS and our LAC with a tunnel t1 and a session s1 to it."""
        self.pppd(pppd)
        lns = self.xl2tpd("lns", secret)
        lns.start_lns()
        lac = self.daemon("lac")
        if secret:
            parameters |= {"auth_mode": "challenge", "secret": secret}
        lac.create_tunnel("t1", self.link.RIGHT, **parameters)
        lac.wait_tunnels_up(1)
        lns.wait_tunnel_up()
        session = lac.create_session("t1", "s1")
        return lac, lns, session

    def assert_up_at_both_ends(self, lac, lns) -> None:
        lns.wait_call_up()
        lac.wait_sessions_up(1, kind="LAC Incoming Call")

    def test_call_without_a_secret_cleared_by_the_lac(self) -> None:
        lac, lns, _ = self.connect(None)
        self.assert_up_at_both_ends(lac, lns)
        lac.config("tunnel", "delete", "tunnel_name=t1")
        lns.wait_closed_by_peer()
        self.assertIn(("StopCCN", 1), lns.peer_results())
        lac.wait_no_tunnel_up()

    def test_call_with_a_secret_cleared_by_the_lac(self) -> None:
        lac, lns, _ = self.connect(SECRET)
        self.assert_up_at_both_ends(lac, lns)
        lac.config("tunnel", "delete", "tunnel_name=t1")
        lns.wait_closed_by_peer()
        lac.wait_no_tunnel_up()

    def test_session_cleared_by_the_lac_leaves_the_tunnel(self) -> None:
        lac, lns, _ = self.connect(None)
        self.assert_up_at_both_ends(lac, lns)
        lac.config("session", "delete", "tunnel_name=t1", "session_name=s1")
        lns.process.wait_log("serial 1 (")
        lac.wait_no_sessions()
        self.assertEqual([t.state for t in lac.tunnels()], ["ESTABLISHED"])
        lac.create_session("t1", "s2")
        lns.wait_call_up(count=2)
        lac.wait_sessions_up(1)

    def test_cdn_of_an_lns_whose_pppd_exits_clears_the_session_alone(self) -> None:
        lac, lns, _ = self.connect(None, pppd="exits")
        lns.process.wait_log("pppd exited for call")
        lac.wait_no_sessions()
        self.assertEqual([t.state for t in lac.tunnels()], ["ESTABLISHED"])

    def test_several_tunnels_to_one_peer_address_and_port(self) -> None:
        lac, lns, _ = self.connect(None)
        self.assert_up_at_both_ends(lac, lns)
        for number in (2, 3):
            lac.create_tunnel(f"t{number}", self.link.RIGHT)
        lac.wait_tunnels_up(3)
        for number in (2, 3):
            lac.create_session(f"t{number}")
        lac.wait_sessions_up(3)
        lns.wait_call_up(count=3)

    def test_session_cleared_by_the_lns_leaves_the_tunnel(self) -> None:
        lac, lns, _ = self.connect(SECRET)
        self.assert_up_at_both_ends(lac, lns)
        lns.hang_up_call()
        lac.wait_no_sessions()
        self.assertEqual([t.state for t in lac.tunnels()], ["ESTABLISHED"])

    def test_lns_that_ends_without_a_word_is_declared_dead(self) -> None:
        # xl2tpd as LNS has no command that closes a tunnel, and sends nothing when it is told to end.
        lac, lns, _ = self.connect(None, hello_timeout=1, max_retries=2)
        self.assert_up_at_both_ends(lac, lns)
        lns.process.terminate()
        lac.wait_no_sessions(60)
        lac.wait_no_tunnel_up(60)

    def test_lost_peer_is_declared_dead_after_the_retries(self) -> None:
        lac, lns, _ = self.connect(None, hello_timeout=1, max_retries=2)
        self.assert_up_at_both_ends(lac, lns)
        self.link.lose(100)
        lac.wait_no_sessions(60)
        lac.wait_no_tunnel_up(60)
        self.assertGreaterEqual(self.link.dropped("lns"), 2, "two retransmissions")


if __name__ == "__main__":
    sandbox.main(["xl2tpd", "nft", *our_programs()])
