"""Our LAC into l2tpns."""
from lab import sandbox
from lab.case import SECRET, SystemCase, our_programs


class OurLacIntoL2tpns(SystemCase):
    def connect(self, secret: str | None, **parameters: object):
        """An l2tpns and our LAC with a tunnel t1 and a session s1 to it; both up at both ends. Also l2tpns's tunnel id."""
        lns = self.l2tpns(secret)
        lac = self.daemon("lac")
        if secret:
            parameters |= {"auth_mode": "challenge", "secret": secret}
        lac.create_tunnel("t1", self.link.RIGHT, **parameters)
        lac.wait_tunnels_up(1)
        lac.create_session("t1", "s1")
        lac.wait_sessions_up(1, kind="LAC Incoming Call")
        return lac, lns, lns.wait_up(sessions=1)

    def test_call_without_a_secret_cleared_by_the_lac(self) -> None:
        lac, lns, tunnel = self.connect(None)
        lac.config("tunnel", "delete", "tunnel_name=t1")
        lns.wait_log(f"Shutting down tunnel {tunnel} (Stopped)")
        lac.wait_no_sessions()
        lac.wait_no_tunnel_up()

    def test_call_with_a_secret_cleared_by_the_lac(self) -> None:
        lac, lns, tunnel = self.connect(SECRET)
        lac.config("session", "delete", "tunnel_name=t1", "session_name=s1")
        lns.wait_up(sessions=0)
        lac.wait_no_sessions()
        lac.config("tunnel", "delete", "tunnel_name=t1")
        lns.wait_log(f"Shutting down tunnel {tunnel} (Stopped)")
        lac.wait_no_tunnel_up()

    def test_call_with_a_secret_cleared_by_the_lns(self) -> None:
        lac, lns, tunnel = self.connect(SECRET)
        lns.cli(f"drop tunnel {tunnel}")
        lac.wait_no_sessions()
        lac.wait_no_tunnel_up()

    def test_call_without_a_secret_cleared_by_the_lns_that_shuts_down(self) -> None:
        lac, lns, _ = self.connect(None)
        lns.shut_down()
        lac.wait_no_sessions()
        lac.wait_no_tunnel_up()

    def test_lost_peer_is_declared_dead_after_the_retries(self) -> None:
        lac, _, _ = self.connect(None, hello_timeout=1, max_retries=2)
        self.link.lose(100)
        lac.wait_no_sessions(60)
        lac.wait_no_tunnel_up(60)
        self.assertGreaterEqual(self.link.dropped("lns"), 2, "two retransmissions")


if __name__ == "__main__":
    sandbox.main(["l2tpns", "nft", *our_programs()])
