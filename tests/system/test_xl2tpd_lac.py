"""xl2tpd as LAC into our LNS."""
from lab import sandbox
from lab.case import SECRET, SystemCase, our_programs


class Xl2tpdIntoOurLns(SystemCase):
    def connect(self, secret: str | None, pppd: str = "stays"):
        """Our LNS and an xl2tpd that called it."""
        self.pppd(pppd)
        lns = self.daemon("lns")
        if secret:
            lns.set_secret(secret)
        lac = self.xl2tpd("lac", secret)
        lac.start_lac(self.link.RIGHT)
        lac.call()
        return lns, lac

    def assert_up_at_both_ends(self, lns, lac) -> int:
        """Waits for tunnel and call at both ends; our tunnel id."""
        lac.wait_call_up()
        tunnels = lns.wait_tunnels_up(1)
        self.assertTrue(tunnels[0].by_peer)
        self.assertEqual(tunnels[0].peer, self.link.LEFT)
        lns.wait_sessions_up(1, kind="LNS Incoming Call")
        return tunnels[0].tunnel_id

    def test_call_without_a_secret_cleared_by_the_lac(self) -> None:
        lns, lac = self.connect(None)
        self.assert_up_at_both_ends(lns, lac)
        lac.hang_up()
        lns.wait_no_sessions()
        lns.wait_no_tunnel_up()
        self.assertNotIn("Unable to deliver closing message", lac.log())

    def test_call_with_a_secret_cleared_by_the_lns(self) -> None:
        lns, lac = self.connect(SECRET)
        tunnel = self.assert_up_at_both_ends(lns, lac)
        lns.config("tunnel", "delete", f"tunnel_id={tunnel}")
        lac.wait_peer_result("StopCCN", 1)
        lns.wait_no_sessions()
        lns.wait_no_tunnel_up()

    def test_call_with_a_secret_cleared_by_the_lac(self) -> None:
        lns, lac = self.connect(SECRET)
        self.assert_up_at_both_ends(lns, lac)
        lac.hang_up()
        lns.wait_no_sessions()
        lns.wait_no_tunnel_up()

    def test_session_cleared_by_the_lns_leaves_the_tunnel(self) -> None:
        lns, lac = self.connect(None)
        tunnel = self.assert_up_at_both_ends(lns, lac)
        lns.config("session", "delete", f"tunnel_id={tunnel}", f"session_id={lns.sessions(tunnel)[0]}")
        lac.process.wait_log("serial 1 (")
        lns.wait_no_sessions()
        self.assertEqual([t.state for t in lns.tunnels()], ["ESTABLISHED"])

    def call_with_another_secret(self, lac_challenges: bool):
        """Our LNS and an xl2tpd whose secret is not ours; both have given up."""
        self.pppd("stays")
        lns = self.daemon("lns")
        lns.set_secret(SECRET)
        lns.config("tunnel", "profile", "modify", "profile_name=default", "auth_mode=challenge")
        lac = self.xl2tpd("lac", "something else")
        lac.challenges = lac_challenges
        lac.start_lac(self.link.RIGHT)
        lac.call()
        lns.wait_log("did not come up")
        lns.wait_no_tunnel_up()
        self.assertNotIn("Call established", lac.log())
        return lns, lac

    def test_wrong_secret_is_refused_by_us(self) -> None:
        lns, lac = self.call_with_another_secret(lac_challenges=False)
        lns.wait_refused()
        lac.wait_peer_result("StopCCN", 4)

    def test_wrong_secret_is_refused_by_the_lac(self) -> None:
        lns, _ = self.call_with_another_secret(lac_challenges=True)
        lns.wait_log("Invalid challenge authentication")  # its StopCCN says why, and so do we

    def test_cdn_of_a_lac_whose_pppd_exits_clears_the_session_alone(self) -> None:
        lns, lac = self.connect(None, pppd="exits")
        lac.wait_tunnel_up()
        lac.process.wait_log("pppd exited for call")
        lns.wait_no_sessions()
        self.assertEqual([t.state for t in lns.tunnels()], ["ESTABLISHED"])

    def test_lost_peer_is_declared_dead_after_the_retries(self) -> None:
        lns, lac = self.connect(None)
        tunnel = self.assert_up_at_both_ends(lns, lac)
        lns.config("tunnel", "modify", f"tunnel_id={tunnel}", "hello_timeout=1", "max_retries=2")
        self.link.lose(100)
        lns.wait_no_sessions(60)
        lns.wait_no_tunnel_up(60)
        self.assertGreaterEqual(self.link.dropped("lac"), 2, "two retransmissions")


if __name__ == "__main__":
    sandbox.main(["xl2tpd", "nft", *our_programs()])
