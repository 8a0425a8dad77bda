"""Our LNS with our LAC: several sessions and tunnels, sequence numbers, IPv6 beneath."""
import ppp
from case import OTHER_USER, PASSWORD, USER, KernelCase
from lab.process import wait_until


class OwnDaemons(KernelCase):
    def daemons(self, method: str | None = "chap"):
        """Our LAC and our LNS, which gives each user an address of his own."""
        ppp.write_secrets(f'{USER} lns "{PASSWORD}" 10.77.0.11', f'{OTHER_USER} lns "{PASSWORD}" 10.77.0.12')
        return self.daemon("lac").as_client(), self.daemon("lns").as_server(method, remote=None if method else "10.77.0.2")

    def open_tunnel(self, lac, name: str, peer: str | None = None, **parameters: object) -> None:
        up = len(lac.tunnels())
        lac.create_tunnel(name, peer or self.link.RIGHT, **parameters)
        lac.wait_tunnels_up(up + 1, ppp.PATIENCE)

    def assert_both_users_reach_the_lns(self) -> None:
        lac, lns = self.wait_up("lac", 2), self.wait_up("lns", 2)
        self.assertEqual({i.local for i in lac}, {"10.77.0.11", "10.77.0.12"})
        self.assertEqual({i.remote for i in lns}, {"10.77.0.11", "10.77.0.12"})
        for interface in lac:  # not from the LNS: the LAC has two ways to it, and may answer on the other one
            ppp.ping(interface)

    def test_one_session(self) -> None:
        lac, lns = self.daemons(None)
        self.open_tunnel(lac, "t1")
        lac.create_session("t1", "s1")
        self.assert_carries_traffic()
        lac.config("session", "delete", "tunnel_name=t1", "session_name=s1")
        for daemon in (lac, lns):
            daemon.wait_no_sessions(ppp.PATIENCE)
        for namespace in self.BOTH:
            ppp.wait_gone(namespace, evidence=self.evidence)
        lac.config("tunnel", "delete", "tunnel_name=t1")
        self.wait_no_session_left()

    def test_two_sessions_in_one_tunnel(self) -> None:
        lac, lns = self.daemons()
        self.open_tunnel(lac, "t1")
        for user in (USER, OTHER_USER):
            lac.create_session("t1", user, user_name=user, user_password=PASSWORD)
        self.assert_both_users_reach_the_lns()
        lac.config("session", "delete", "tunnel_name=t1", f"session_name={USER}")
        lac.wait_sessions_up(1, ppp.PATIENCE)
        left = self.wait_up("lac")[0]
        self.assertEqual(left.local, "10.77.0.12", "the other session goes on")
        ppp.ping(left)
        lac.config("tunnel", "delete", "tunnel_name=t1")
        lns.wait_no_sessions(ppp.PATIENCE)
        self.wait_no_session_left()

    def test_two_tunnels_to_one_peer(self) -> None:
        lac, lns = self.daemons()
        for name, user in (("t1", USER), ("t2", OTHER_USER)):
            self.open_tunnel(lac, name, our_udp_port=0)
            lac.create_session(name, "s1", user_name=user, user_password=PASSWORD)
        self.assert_both_users_reach_the_lns()
        lac.config("tunnel", "delete", "tunnel_name=t1")
        lac.wait_sessions_up(1, ppp.PATIENCE)
        left = self.wait_up("lac")[0]
        self.assertEqual(left.local, "10.77.0.12", "the other tunnel goes on")
        ppp.ping(left)
        lac.config("tunnel", "delete", "tunnel_name=t2")
        lns.wait_no_sessions(ppp.PATIENCE)
        self.wait_no_session_left()

    def test_second_tunnel_to_a_peer_takes_a_port_of_its_own(self) -> None:
        lac, _ = self.daemons()
        for name, user in (("t1", USER), ("t2", OTHER_USER)):
            self.open_tunnel(lac, name)
            lac.create_session(name, "s1", user_name=user, user_password=PASSWORD)
        self.assert_both_users_reach_the_lns()

    def test_second_tunnel_between_the_same_ports_has_no_sessions(self) -> None:
        lac, lns = self.daemon("lac", plugin="ppp_null"), self.daemon("lns").as_server()
        self.open_tunnel(lac, "t1", our_udp_port=1701)
        first = lns.tunnels()[0].tunnel_id
        self.open_tunnel(lac, "t2", our_udp_port=1701)
        second = next(t.tunnel_id for t in lns.tunnels() if t.tunnel_id != first)
        lac.create_session("t1", "s1")
        wait_until(lambda: ppp.session_flags("lns"), "the first session in the kernel", ppp.PATIENCE, self.evidence)
        lac.create_session("t2", "s2")
        lns.wait_log(f"tunnel {first} has the same addresses and ports", ppp.PATIENCE)
        self.assertIn(f"data path: tunnel {second} session ", lns.process.log())
        lac.wait_log('result 4 error 0 "another tunnel has the same addresses and ports"', ppp.PATIENCE)
        lac.config("tunnel", "delete", "tunnel_name=t1")
        wait_until(lambda: not ppp.session_flags("lns"), "the first session to go", ppp.PATIENCE, self.evidence)
        lac.create_session("t2", "s3")
        wait_until(lambda: ppp.session_flags("lns"), "a session of the second tunnel in the kernel", ppp.PATIENCE, self.evidence)

    def test_sequence_numbers(self) -> None:
        lac, _ = self.daemons(None)
        self.open_tunnel(lac, "t1")
        lac.create_session("t1", "s1", use_sequence_numbers="yes", sequencing_required="yes", reorder_timeout=100)
        self.assert_carries_traffic()
        self.assertEqual(ppp.session_flags("lac"), {"R/S/LAC"})
        self.assertEqual(ppp.session_flags("lns"), {"R/S/LNS"})

    def test_no_sequence_numbers_unless_asked_for(self) -> None:
        lac, _ = self.daemons(None)
        self.open_tunnel(lac, "t1")
        lac.create_session("t1", "s1")
        self.assert_carries_traffic()
        self.assertEqual(ppp.session_flags("lac"), {"-/-/LAC"})
        self.assertEqual(ppp.session_flags("lns"), {"-/-/LNS"})

    def test_ipv6_beneath(self) -> None:
        lac, lns = self.daemons(None)
        self.open_tunnel(lac, "t1", self.link.RIGHT6)
        lac.create_session("t1", "s1")
        self.assert_carries_traffic()
        lac.config("tunnel", "delete", "tunnel_name=t1")
        lns.wait_no_sessions(ppp.PATIENCE)
        self.wait_no_session_left()

    def test_source_port_of_its_own(self) -> None:
        lac, _ = self.daemons(None)
        self.open_tunnel(lac, "t1", our_udp_port=0)
        lac.create_session("t1", "s1")
        self.assert_carries_traffic()

    def test_udp_checksums_off(self) -> None:
        lac, _ = self.daemons(None)
        self.open_tunnel(lac, "t1", use_udp_checksums="no")
        lac.create_session("t1", "s1")
        self.assert_carries_traffic()
