"""Two of our own daemons: the four call types, loss, and losing one another."""
from lab import sandbox
from lab.case import SECRET, SystemCase, our_programs
from lab.process import wait_until


class OwnDaemons(SystemCase):
    def connect(self, **parameters: object):
        """An LNS, and a LAC with an established tunnel t1 to it; the LNS's tunnel id."""
        lns, lac = self.daemon("lns"), self.daemon("lac")
        lac.create_tunnel("t1", self.link.RIGHT, **parameters)
        lac.wait_tunnels_up(1)
        return lac, lns, lns.wait_tunnels_up(1)[0].tunnel_id

    def test_incoming_calls_come_up_and_clear_from_either_side(self) -> None:
        lac, lns, tunnel = self.connect()
        lac.create_session("t1", "s1")
        lac.create_session("t1", "s2", session_type="laic")
        lac.wait_sessions_up(2, kind="LAC Incoming Call")
        lns.wait_sessions_up(2, kind="LNS Incoming Call")
        lac.config("session", "delete", "tunnel_name=t1", "session_name=s1")
        lac.wait_sessions_up(1)
        lns.wait_sessions_up(1)
        lns.config("session", "delete", f"tunnel_id={tunnel}", f"session_id={lns.sessions(tunnel)[0]}")
        lns.wait_no_sessions()
        lac.wait_no_sessions()
        self.assertEqual([t.state for t in lac.tunnels()], ["ESTABLISHED"])

    def test_outgoing_calls_come_up_and_clear_from_either_side(self) -> None:
        lac, lns, tunnel = self.connect()
        first = lns.create_session(tunnel)
        lns.create_session(tunnel, session_type="lnoc")
        lns.wait_sessions_up(2, kind="LNS Outgoing Call")
        lac.wait_sessions_up(2, kind="LAC Outgoing Call")
        lns.config("session", "delete", f"tunnel_id={tunnel}", f"session_id={first}")
        lac.wait_sessions_up(1)
        lns.wait_sessions_up(1)
        lac_tunnel = lac.tunnels()[0].tunnel_id
        lac.config("session", "delete", f"tunnel_id={lac_tunnel}", f"session_id={lac.sessions(lac_tunnel)[0]}")
        lac.wait_no_sessions()
        lns.wait_no_sessions()

    def test_both_kinds_of_call_share_a_tunnel(self) -> None:
        lac, lns, tunnel = self.connect()
        lac.create_session("t1", "in")
        lns.create_session(tunnel)
        lac.wait_sessions_up(2)
        lns.wait_sessions_up(2)
        kinds = {lac.session_state(lac.tunnels()[0].tunnel_id, s)[0] for s in lac.sessions(lac.tunnels()[0].tunnel_id)}
        self.assertEqual(kinds, {"LAC Incoming Call", "LAC Outgoing Call"})

    def test_tunnel_deleted_by_the_lns_takes_its_sessions_along(self) -> None:
        lac, lns, tunnel = self.connect()
        lac.create_session("t1", "s1")
        lns.wait_sessions_up(1)
        lns.config("tunnel", "delete", f"tunnel_id={tunnel}")
        lac.wait_no_sessions()
        lac.wait_no_tunnel_up()

    def test_secret_and_hidden_avps(self) -> None:
        lns, lac = self.daemon("lns"), self.daemon("lac")
        lns.set_secret(SECRET)
        lac.create_tunnel("t1", self.link.RIGHT, auth_mode="challenge", secret=SECRET, hide_avps="yes")
        lac.wait_tunnels_up(1)
        lns.wait_tunnels_up(1)
        lac.create_session("t1", "s1")
        lac.wait_sessions_up(1)
        lns.wait_sessions_up(1)
        for log in (lac.process.log(), lns.process.log()):
            self.assertNotIn(SECRET, log)

    def test_missing_secret_is_refused_at_both_ends(self) -> None:
        lns, lac = self.daemon("lns"), self.daemon("lac")
        lac.create_tunnel("t1", self.link.RIGHT, auth_mode="challenge", secret=SECRET)
        lac.wait_no_tunnel_up()
        lns.wait_no_tunnel_up()

    def test_ephemeral_source_port(self) -> None:
        lac, lns, tunnel = self.connect(our_udp_port=0)
        lac.create_session("t1", "s1")
        lns.wait_sessions_up(1)
        self.assertNotIn("peer 1701", lns.config("tunnel", "show", f"tunnel_id={tunnel}"))

    def test_everything_comes_up_under_five_percent_loss(self) -> None:
        lns, lac = self.daemon("lns"), self.daemon("lac")
        self.link.lose(5)
        tunnels, calls = 20, 5
        for number in range(tunnels):
            lac.create_tunnel(f"t{number}", self.link.RIGHT)
        ids = [t.tunnel_id for t in lac.wait_tunnels_up(tunnels, 60)]
        for tunnel in ids:
            for _ in range(calls):
                lac.create_session(tunnel)
        lac.wait_sessions_up(tunnels * calls, 90)
        lns.wait_sessions_up(tunnels * calls, 90)
        lost = self.link.dropped("lac") + self.link.dropped("lns")
        self.assertGreater(lost, 5, "the loss was there")

    def test_lost_peer_is_declared_dead_after_the_retries(self) -> None:
        lac, lns, tunnel = self.connect(hello_timeout=1, max_retries=2)
        lns.config("tunnel", "modify", f"tunnel_id={tunnel}", "hello_timeout=1", "max_retries=2")
        lac.create_session("t1", "s1")
        lns.wait_sessions_up(1)
        self.link.lose(100)
        for daemon in (lac, lns):
            daemon.wait_no_sessions(60)
            daemon.wait_no_tunnel_up(60)

    def test_killed_peer_can_come_back(self) -> None:
        lac, lns, _ = self.connect(hello_timeout=1, max_retries=2)
        lns.process.kill()
        lac.wait_no_tunnel_up(60)
        lns.start()
        lac.create_tunnel("again", self.link.RIGHT)
        wait_until(lambda: any(t.state == "ESTABLISHED" for t in lac.tunnels()), "the second tunnel", evidence=lac.evidence)


class WaitingForTheNextTry(SystemCase):
    """A configuration saved while something waits to be tried again has all of it, and the daemon starts with it."""
    def saved(self, daemon, tunnel: str) -> str:
        """The lines of `config save` about a tunnel and its sessions, once a daemon has started with the file and saved it again."""
        file = self.folder / "saved.conf"
        daemon.config("config", "save", f"file={file}")
        again = self.daemon("lns", "-c", file)
        copy = self.folder / "again.conf"
        again.config("config", "save", f"file={copy}")
        texts = [path.read_text(encoding="utf-8").partition("# locally created")[2] for path in (file, copy)]
        self.assertEqual(*texts)
        self.assertIn(f"tunnel_name={tunnel}", texts[0])
        return texts[0]

    def test_tunnel_without_an_answer_is_saved_with_its_ports_and_sessions(self) -> None:
        lac = self.daemon("lac")
        lac.create_tunnel("a", "10.9.0.99", persist="yes", our_udp_port=1750, peer_udp_port=1751, max_retries=1, retry_timeout=1)
        lac.create_session("a", "s")
        wait_until(lambda: [t.state for t in lac.tunnels()] == ["RETRY"], "the tunnel to wait", 30, lac.evidence)
        text = self.saved(lac, "a")
        for part in ("our_udp_port=1750", "peer_udp_port=1751", "persist=yes", "session_name=s"):
            self.assertIn(part, text)

    def test_session_that_the_peer_refuses_is_saved_and_deleted(self) -> None:
        lns, lac = self.daemon("lns"), self.daemon("lac")
        lac.create_tunnel("a", self.link.RIGHT, persist="yes")
        lac.wait_tunnels_up(1)
        lns.config("system", "modify", "drain_tunnels=yes")
        session = lac.create_session("a", "s")
        tunnel = lac.tunnels()[0].tunnel_id
        wait_until(lambda: lac.session_state(tunnel, session)[1] == "RETRY", "the session to wait", 30, lac.evidence)
        self.assertEqual(lac.sessions(tunnel), [session])
        file = self.folder / "saved.conf"
        lac.config("config", "save", f"file={file}")
        self.assertIn("session_name=s", file.read_text(encoding="utf-8"))
        lac.config("session", "delete", "tunnel_name=a", "session_name=s")
        self.assertEqual(lac.sessions(tunnel), [])


if __name__ == "__main__":
    sandbox.main(["nft", *our_programs()])
