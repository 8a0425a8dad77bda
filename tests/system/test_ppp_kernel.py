"""PPP in the daemon between two of our own: CHAP, addresses, user data over TUN devices. Needs nothing of the kernel but /dev/net/tun."""
import os
import re

from lab import sandbox
from lab.case import our_programs
from lab.in_daemon import LNS_ADDRESS, InDaemonCase
from lab.net import run
from lab.process import wait_until


class PppInTheDaemon(InDaemonCase):
    def test_chap_and_pings_both_ways_and_nothing_left_behind(self) -> None:
        session = self.call("alice", "wonderland")
        self.wait_interface("lac", "10.77.0.10")
        self.wait_interface("lns", LNS_ADDRESS)
        self.ping("lac", LNS_ADDRESS)
        self.ping("lns", "10.77.0.10")
        self.ping("lac", LNS_ADDRESS, 1_400)
        self.lns.wait_log("up on " + self.interfaces("lns")[0])
        self.lac.config("session", "delete", "tunnel_name=t1", f"session_id={session}")
        self.lns.wait_no_sessions()
        for namespace in ("lac", "lns"):
            wait_until(lambda n=namespace: not self.interfaces(n), f"no interface in {namespace}", 20, self.lns.evidence)
        self.assertNotIn("10.77.0.1", run("ip", "route", namespace="lns"))
        for daemon in (self.lac, self.lns):
            self.assertEqual(daemon.terminate(), 0)
            self.assertNotIn("wonderland", daemon.process.log())

    def test_bulk_data_arrives_as_it_was_sent(self) -> None:
        self.call("alice", "wonderland")
        self.wait_interface("lac", "10.77.0.10")
        self.ping("lac", LNS_ADDRESS)
        self.copy("lac", "lns", LNS_ADDRESS, 20)
        self.copy("lns", "lac", "10.77.0.10", 20)

    def test_route_of_the_operators_stays(self) -> None:
        route = ("10.77.0.10", "dev", "lo", "scope", "link")
        run("ip", "route", "add", *route, namespace="lns")
        self.call("alice", "wonderland")
        self.lns.wait_log("the route: Object exists")
        self.lns.wait_no_sessions()
        self.assertIn(" ".join(route), run("ip", "route", namespace="lns"))

    def default_routes(self) -> list[str]:
        return [line.strip() for line in run("ip", "route", "show", "default", namespace="lac").splitlines()]

    def test_default_route_beside_another_leaves_the_tunnel_its_way(self) -> None:
        # The road warrior: the LNS is behind the gateway, and everything else is to go through the session.
        beyond, far_lns, gateway = "10.88.0.1", "10.89.0.1", self.link.RIGHT
        for address in (beyond, far_lns):
            run("ip", "address", "add", f"{address}/32", "dev", "lo", namespace="lns")
        self.lac.config("tunnel", "delete", "tunnel_name=t1")
        run("ip", "route", "add", "default", "via", gateway, namespace="lac")
        before = self.default_routes()
        self.lac.config("ppp", "profile", "modify", "profile_name=default", "default_route=yes")
        self.lac.create_tunnel("far", far_lns)
        wait_until(lambda: any(t.peer == far_lns and t.state == "ESTABLISHED" for t in self.lac.tunnels()), "the tunnel", 20, self.lac.evidence)
        self.lac.create_session("far", "alice", user_name="alice", user_password="wonderland")
        name = self.wait_interface("lac", "10.77.0.10")
        wait_until(lambda: f"dev {name}" in run("ip", "route", "get", beyond, namespace="lac"), "the way through the session", 20,
                   self.lac.evidence)
        self.assertIn(f"via {gateway}", run("ip", "route", "get", far_lns, namespace="lac"))
        self.ping("lac", beyond)
        self.copy("lac", "lns", beyond, 5)
        self.lac.config("session", "delete", "tunnel_name=far", "session_name=alice")
        wait_until(lambda: self.default_routes() == before, "the routes of before", 20, self.lac.evidence)
        wait_until(lambda: far_lns not in run("ip", "route", namespace="lac"), "no route to the LNS alone", 20, self.lac.evidence)

    def test_address_that_would_carry_the_tunnel_into_itself_is_refused(self) -> None:
        self.secrets.write_text(f"alice * wonderland {self.link.LEFT}\nbob * builder 10.77.0.11\n", encoding="utf-8")
        self.call("alice", "wonderland")
        self.lns.wait_log(f"the peer's address {self.link.LEFT} is its end of the tunnel: the tunnel would carry itself")
        self.lns.wait_no_sessions()
        self.assertNotIn(f"{self.link.LEFT} dev l2tp", run("ip", "route", namespace="lns"))
        self.lns.config("ppp", "profile", "modify", "profile_name=default", f"local_ipaddr={self.link.RIGHT}")
        self.call("bob", "builder")
        self.lac.wait_log(f"the peer's address {self.link.RIGHT} is its end of the tunnel: the tunnel would carry itself")
        self.lac.wait_no_sessions()
        self.assertNotIn(f"{self.link.RIGHT} dev l2tp", run("ip", "route", namespace="lac"))

    def test_next_hop_to_the_tunnels_peer_is_no_callers_address(self) -> None:
        # The LNS reaches its LAC by a gateway, and is to give a caller that gateway's address.
        far_lac, gateway = "10.90.0.1", "10.77.0.10"
        self.lac.config("tunnel", "delete", "tunnel_name=t1")
        run("ip", "address", "add", f"{far_lac}/32", "dev", "lo", namespace="lac")
        run("ip", "address", "add", f"{gateway}/32", "dev", "v0", namespace="lac")
        run("ip", "route", "add", gateway, "dev", "v0", namespace="lns")
        run("ip", "route", "add", far_lac, "via", gateway, namespace="lns")
        self.lac.create_tunnel("t2", self.link.RIGHT, src_ipaddr=far_lac)
        wait_until(lambda: any(t.state == "ESTABLISHED" and t.local == far_lac for t in self.lac.tunnels()), "the tunnel", 20, self.lac.evidence)
        self.lac.create_session("t2", "alice", user_name="alice", user_password="wonderland")
        self.lns.wait_log(f"the address {gateway} is the next hop to the tunnel's peer {far_lac}: the tunnel would carry itself")
        self.lns.wait_no_sessions()

    def test_ipv6_pings_and_bulk_data_both_ways(self) -> None:
        self.call("alice", "wonderland")
        lac, lns = self.wait_interface("lac", "10.77.0.10"), self.wait_interface("lns", LNS_ADDRESS)
        ours, theirs = self.link_local("lac", lac), self.link_local("lns", lns)
        self.ping("lac", f"{theirs}%{lac}")
        self.ping("lns", f"{ours}%{lns}")
        self.ping("lac", f"{theirs}%{lac}", 1_400)
        self.copy("lac", "lns", f"{theirs}%{lns}" + f",{theirs}%{lac}", 5)
        self.copy("lns", "lac", f"{ours}%{lac}" + f",{ours}%{lns}", 5)

    def test_two_callers_share_the_interface_of_the_lns(self) -> None:
        self.call("alice", "wonderland")
        self.call("bob", "builder")
        for number, user in enumerate(("10.77.0.10", "10.77.0.11"), 100):
            # Both callers live in one namespace and have one peer: what each sends must leave by its own interface.
            name = self.wait_interface("lac", user)
            run("ip", "route", "add", "default", "dev", name, "table", number, namespace="lac")
            run("ip", "rule", "add", "from", user, "table", number, namespace="lac")
            self.ping("lns", user)
        self.assertEqual(len(self.interfaces("lns")), 1)
        self.lac.config("session", "delete", "tunnel_name=t1", "session_name=alice")
        self.lns.wait_sessions_up(1)
        self.ping("lns", "10.77.0.11")
        wait_until(lambda: "10.77.0.10" not in run("ip", "route", namespace="lns"), "alice's route to go", 20, self.lns.evidence)

    def test_wrong_password_ends_the_call(self) -> None:
        self.call("alice", "looking-glass")
        self.lns.wait_log(f'of user "alice": wrong password (CHAP, peer {self.link.LEFT})')
        self.lac.wait_log(f'of user "alice": peer refuses our authentication: "Access denied" (CHAP, peer {self.link.RIGHT})')
        self.lns.wait_no_sessions()
        self.lac.wait_no_sessions()
        self.assertEqual(self.interfaces("lns"), [])

    def test_changed_secrets_count_for_the_next_call(self) -> None:
        self.call("carol", "singer")
        self.lns.wait_log("authentication")
        self.lns.wait_no_sessions()
        self.lac.wait_no_sessions()
        self.secrets.write_text("carol * singer 10.77.0.12\n", encoding="utf-8")

        def up() -> bool:
            if not [s for t in self.lac.tunnels() for s in self.lac.sessions(t.tunnel_id)]:
                self.call("carol", "singer")
            return "10.77.0.12" in run("ip", "-4", "address", namespace="lac")
        wait_until(up, "carol", 20, self.lns.evidence)
        self.ping("lns", "10.77.0.12")

    def test_daemon_that_ends_says_goodbye_and_leaves_no_interface(self) -> None:
        self.call("alice", "wonderland")
        self.wait_interface("lac", "10.77.0.10")
        self.ping("lac", LNS_ADDRESS)
        self.assertEqual(self.lns.terminate(), 0)
        self.assertEqual(self.interfaces("lns"), [])
        self.lac.wait_no_sessions()
        wait_until(lambda: not self.interfaces("lac"), "no interface in lac", 20, self.lac.evidence)

    def test_own_name_for_the_interface(self) -> None:
        self.call("alice", "wonderland", interface_name="mine")
        self.assertEqual(self.wait_interface("lac", "10.77.0.10"), "mine")
        self.ping("lac", LNS_ADDRESS)

    def test_packet_from_a_foreign_address_is_dropped_and_counted(self) -> None:
        self.call("alice", "wonderland")
        name = self.wait_interface("lac", "10.77.0.10")
        self.ping("lac", LNS_ADDRESS)
        run("ip", "address", "add", "10.99.0.1/32", "dev", name, namespace="lac")
        answer = run("busybox", "ping", "-c", "2", "-W", "1", "-I", "10.99.0.1", LNS_ADDRESS, namespace="lac", check=False)
        self.assertIn("100% packet loss", answer)
        text = self.lns.session_text(*self.lns.wait_sessions_up(1)[0])
        self.assertGreaterEqual(int(re.search(r"rx errors: (\d+)", text)[1]), 2, text)

    def test_what_is_known_of_ppp_is_shown(self) -> None:
        self.call("alice", "wonderland")
        self.ping("lac", LNS_ADDRESS)
        session = self.lns.wait_sessions_up(1)[0]
        wait_until(lambda: "peer address: " in self.lns.session_text(*session), "the addresses", 20, self.lns.evidence)
        text = self.lns.session_text(*session)
        for part in ("state: UP since ", "data path: frames", "user name: alice, authentication: CHAP",
                     f"local address: {LNS_ADDRESS}, peer address: 10.77.0.10"):
            self.assertIn(part, text)
        self.assertRegex(self.lns.config("user", "list"), r" alice .* UP +\S+ +CHAP +10\.77\.0\.10\b")
        self.assertEqual(self.lns.config("user", "list", "user_name=bob"), "")

    def test_phase_is_shown_while_the_peer_does_not_answer(self) -> None:
        run("nft", "add", "table", "inet", "mute", namespace="lns")
        run("nft", "add", "chain", "inet", "mute", "in", "{ type filter hook input priority 0; }", namespace="lns")
        # Data messages have no T bit: the first octet of the UDP payload is below 0x80.
        run("nft", "add", "rule", "inet", "mute", "in", "udp", "dport", "1701", "@th,64,1", "0", "drop", namespace="lns")
        session = self.call("alice", "wonderland")
        tunnel = self.lac.tunnels()[0].tunnel_id
        wait_until(lambda: "state: LCP\n" in self.lac.session_text(tunnel, session), "state LCP", 20, self.lac.evidence)
        run("nft", "delete", "table", "inet", "mute", namespace="lns")
        wait_until(lambda: "state: UP since" in self.lac.session_text(tunnel, session), "state UP", 30, self.lac.evidence)


if __name__ == "__main__":
    tun = "/dev/net/tun"
    sandbox.main(["busybox", *our_programs(), *([] if os.path.exists(tun) else [tun])])
