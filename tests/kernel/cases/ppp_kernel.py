"""Our daemon with ppp_kernel: PPP in the daemon, data in the kernel. xl2tpd with pppd, and ppp_unix, are the other side; many sessions have
it at both ends."""
import os
import resource
import signal
import time

import ppp
from case import LNS_ADDRESS, METHODS, PASSWORD, USER, KernelCase
from cases import lac, lns
from lab.net import run
from lab.process import wait_until

# What runs in the emulated guest, too: the kernel's netlink and two CPUs make a difference, the method of a login does not.
EMULATED = {"test_login_by_chap", "test_peer_that_falls_silent_is_given_up", "test_proxy_arp", "test_bulk_transfer", "test_lac_of_ppp_unix",
            "test_sequence_numbers_and_ipv6_and_bulk", "test_killed_daemon_leaves_nothing", "test_terminated_daemon_leaves_nothing", "test_many_sessions",
            "test_interface_that_is_taken_away_ends_its_session", "test_profile_that_wants_tun_devices"}
MANY = int(os.environ.get("OPENL2TP_SESSIONS", "0"))  # of the case with many sessions; 0: what the kind of guest affords


class PppKernel(KernelCase):
    PLUGIN = "ppp_kernel"

    def setUp(self) -> None:
        if os.environ[ppp.GUEST] == "qemu" and self._testMethodName not in EMULATED:
            self.skipTest("minutes of an emulated CPU: user-mode Linux has the case")
        super().setUp()


class AsLns(PppKernel, lns.OurLns):
    """What ppp_unix can with a LAC of pppd."""
    # About what is beneath PPP.
    test_netlink_where_the_kernel_has_it = test_socket_interface_where_netlink_is_absent = None
    test_call_without_a_login = None  # the bulk transfer's

    def test_login_by_mschapv1(self) -> None:
        self.log_in("mschapv1")

    def test_bulk_transfer(self) -> None:
        ours, theirs = self.daemon("lns").as_server(), self.xl2tpd("lac").as_client()
        self.call(ours, theirs)
        ppp.copy_both_ways(self.wait_up("lac")[0], self.wait_up("lns")[0])
        self.hang_up(ours, theirs)

    def test_peer_that_falls_silent_is_given_up(self) -> None:
        ours, theirs = self.daemon("lns").as_server(), self.xl2tpd("lac").as_client()
        ours.ppp_profile(lcp_echo_interval=2, lcp_echo_failure_count=2)
        self.call(ours, theirs)
        for pid in ppp.pppd_in("lac"):
            os.kill(pid, signal.SIGSTOP)
            self.addCleanup(ppp.kill, pid)
        ours.wait_no_sessions(2 * ppp.PATIENCE)
        ppp.wait_gone("lns", evidence=self.evidence)
        self.assertEqual([t.state for t in ours.tunnels()], ["ESTABLISHED"])
        ours.wait_log("peer does not answer echo requests")

    def test_proxy_arp(self) -> None:
        caller = "10.9.0.77"  # of the network between the two hosts
        run("sysctl", "-qw", "net.ipv4.ip_forward=1", namespace="lns")
        ours, theirs = self.daemon("lns").as_server(remote=caller), self.xl2tpd("lac").as_client()
        ours.ppp_profile(proxy_arp="yes")
        self.call(ours, theirs)
        self.assertIn(f"{caller} dev v0", run("ip", "neighbour", "show", "proxy", namespace="lns"))
        self.hang_up(ours, theirs)
        self.assertEqual(run("ip", "neighbour", "show", "proxy", namespace="lns"), "")

    def test_idle_session_is_ended(self) -> None:
        ours, theirs = self.daemon("lns").as_server(), self.xl2tpd("lac").as_client()
        ours.ppp_profile(idle_timeout=5)
        self.call(ours, theirs)
        ours.wait_no_sessions(2 * ppp.PATIENCE)
        ours.wait_log("idle for too long")
        ppp.wait_gone("lns", evidence=self.evidence)

    def test_interface_that_is_taken_away_ends_its_session(self) -> None:
        ours, theirs = self.daemon("lns").as_server(), self.xl2tpd("lac").as_client()
        self.call(ours, theirs)
        run("ip", "link", "delete", self.wait_up("lns")[0].name, namespace="lns")
        ours.wait_no_sessions(ppp.PATIENCE)
        ours.wait_log("the interface was taken away")


class AsLac(PppKernel, lac.OurLac):
    """What ppp_unix can with an LNS of pppd."""
    test_password_is_on_no_command_line = test_pppd_has_the_privileges_that_the_manual_says = None  # there is none
    test_session_without_a_login = None  # the bulk transfer's

    def test_login_by_mschapv1(self) -> None:
        self.log_in("mschapv1")

    def test_bulk_transfer(self) -> None:
        ours, theirs = self.connect()
        self.assert_carries_traffic()
        ppp.copy_both_ways(self.wait_up("lac")[0], self.wait_up("lns")[0])
        self.carry_and_close(ours, theirs)

    def test_default_route(self) -> None:
        beyond = "10.88.0.1"
        run("ip", "address", "add", f"{beyond}/32", "dev", "lo", namespace="lns")
        theirs, ours = self.xl2tpd("lns").as_server(), self.daemon("lac").as_client()
        ours.ppp_profile(default_route="yes")
        theirs.start_lns()
        ours.create_tunnel("t1", self.link.RIGHT)
        ours.wait_tunnels_up(1, ppp.PATIENCE)
        ours.create_session("t1", "s1", interface_name="uplink")
        interface = self.wait_up("lac")[0]
        self.assertEqual(interface.name, "uplink")
        wait_until(lambda: "dev uplink" in run("ip", "route", "show", "default", namespace="lac"), "a default route", ppp.PATIENCE)
        ppp.ping(interface, beyond)
        self.carry_and_close(ours, theirs)
        self.assertEqual(run("ip", "route", "show", "default", namespace="lac"), "")

    def test_default_route_stands_in_front_of_the_operators_while_the_session_lasts(self) -> None:
        beyond = "10.88.0.1"
        run("ip", "address", "add", f"{beyond}/32", "dev", "lo", namespace="lns")
        route = f"default via {self.link.RIGHT} dev v0"
        run("ip", "route", "add", *route.split(), namespace="lac")
        theirs, ours = self.xl2tpd("lns").as_server(), self.daemon("lac").as_client()
        ours.ppp_profile(default_route="yes")
        theirs.start_lns()
        ours.create_tunnel("t1", self.link.RIGHT)
        ours.wait_tunnels_up(1, ppp.PATIENCE)
        ours.create_session("t1", "s1", interface_name="uplink")
        interface = self.wait_up("lac")[0]
        wait_until(lambda: "dev uplink" in run("ip", "route", "get", beyond, namespace="lac"), "the way through the session", ppp.PATIENCE)
        self.assertIn(route, run("ip", "route", "show", "default", namespace="lac"))
        ppp.ping(interface, beyond)
        self.carry_and_close(ours, theirs)
        self.assertEqual(run("ip", "route", "show", "default", namespace="lac").strip(), route)


class BothEnds(PppKernel):
    """Our LNS with our LAC."""

    def connect(self, lac_plugin: str | None = None, lns_plugin: str | None = None, method: str = "chap", **session: object):
        ppp.write_secrets(f'{USER} lns "{PASSWORD}" 10.77.0.11')
        at_lac = self.daemon("lac", plugin=lac_plugin).as_client()
        at_lns = self.daemon("lns", plugin=lns_plugin).as_server(method, remote=None)
        at_lac.create_tunnel("t1", self.link.RIGHT)
        at_lac.wait_tunnels_up(1, ppp.PATIENCE)
        at_lac.create_session("t1", "s1", user_name=USER, user_password=PASSWORD, **session)
        self.assert_carries_traffic()
        return at_lac, at_lns

    def close(self, at_lac, at_lns) -> None:
        at_lac.config("tunnel", "delete", "tunnel_name=t1")
        at_lns.wait_no_sessions(ppp.PATIENCE)
        self.wait_no_session_left()

    def test_ppp_kernel_with_itself_by_every_method(self) -> None:
        ends = self.connect()
        for method in METHODS:
            ends[0].config("session", "delete", "tunnel_name=t1", "session_name=s1")
            ends[1].wait_no_sessions(ppp.PATIENCE)
            for namespace in self.BOTH:
                ppp.wait_gone(namespace, evidence=self.evidence)
            ends[1].as_server(method, remote=None)
            ends[0].create_session("t1", "s1", user_name=USER, user_password=PASSWORD)
            self.assert_carries_traffic()
        self.close(*ends)

    def test_sequence_numbers_and_ipv6_and_bulk(self) -> None:
        ends = self.connect(use_sequence_numbers="yes", sequencing_required="yes", reorder_timeout=100)
        self.assertEqual((ppp.session_flags("lac"), ppp.session_flags("lns")), ({"R/S/LAC"}, {"R/S/LNS"}))
        at_lac, at_lns = [ppp.wait_up6(n, evidence=self.evidence) for n in self.BOTH]
        ppp.ping(at_lac, f"{at_lns.local6}%{at_lac.name}")
        ppp.copy_both_ways(at_lac, at_lns)
        self.close(*ends)

    def test_lac_of_ppp_unix(self) -> None:
        self.close(*self.connect(lac_plugin="ppp_unix"))

    def test_lns_of_ppp_unix(self) -> None:
        self.close(*self.connect(lns_plugin="ppp_unix"))

    def test_profile_that_wants_tun_devices(self) -> None:
        if not os.path.exists("/dev/net/tun"):
            self.skipTest("this kernel has no TUN devices: the emulated guest has the case")
        file = self.folder / "ppp.conf"
        file.write_text("profile default data=tun\n")
        os.environ["OPENL2TP_PPP_CONFIG"] = str(file)
        self.addCleanup(os.environ.pop, "OPENL2TP_PPP_CONFIG")
        ppp.write_secrets(f'{USER} lns "{PASSWORD}" 10.77.0.11')
        at_lns, at_lac = self.daemon("lns").as_server("chap", remote=None), self.daemon("lac").as_client()
        at_lac.create_tunnel("t1", self.link.RIGHT)
        at_lac.wait_tunnels_up(1, ppp.PATIENCE)
        at_lac.create_session("t1", "s1", user_name=USER, user_password=PASSWORD)
        for namespace, address in (("lac", "10.77.0.11"), ("lns", LNS_ADDRESS)):
            wait_until(lambda n=namespace, a=address: f" {a}" in run("ip", "-o", "-4", "address", namespace=n), f"{address} in {namespace}",
                       ppp.PATIENCE, self.evidence)
            self.assertEqual((ppp.any_interface(namespace), ppp.kernel_objects(namespace)), ([], ""), "the daemon itself carries the data")
        wait_until(lambda: " 0% packet loss" in run("busybox", "ping", "-c", "1", "-W", "3", LNS_ADDRESS, namespace="lac", check=False),
                   "an answer", ppp.PATIENCE, self.evidence)
        self.close(at_lac, at_lns)

    def test_killed_daemon_leaves_nothing(self) -> None:
        at_lac, at_lns = self.connect()
        at_lns.process.kill()
        ppp.wait_until_gone_in("lns", self.evidence)
        at_lac.config("tunnel", "delete", "tunnel_name=t1")
        self.wait_no_session_left()

    def test_terminated_daemon_leaves_nothing(self) -> None:
        at_lac, at_lns = self.connect()
        self.assertEqual(at_lns.terminate(60), 0, at_lns.process.tail())
        ppp.wait_until_gone_in("lns", self.evidence)
        at_lac.wait_no_sessions(ppp.PATIENCE)
        self.wait_no_session_left()

    def test_many_sessions(self) -> None:
        count, tunnels = MANY or (2000 if os.environ[ppp.GUEST] == "uml" else 200), 4
        resource.setrlimit(resource.RLIMIT_NOFILE, (65536, 65536))  # three a session
        users = {f"user{n}": f"10.77.{1 + n // 200}.{1 + n % 200}" for n in range(count)}
        ppp.write_secrets(*[f'{user} lns "{PASSWORD}" {address}' for user, address in users.items()])
        ends = self.daemon("lac").as_client(), self.daemon("lns").as_server("chap", remote=None)
        descriptors, resident = [ppp.descriptors(end.pid()) for end in ends], []
        for turn in range(2):
            names = [f"t{turn}{number}" for number in range(tunnels)]
            for name in names:
                ends[0].create_tunnel(name, self.link.RIGHT, our_udp_port=0)  # a port each: docs/kernel.md says why
            wait_until(lambda: len([t for t in ends[0].tunnels() if t.state == "ESTABLISHED"]) == tunnels, "tunnels", ppp.PATIENCE, self.evidence)
            began, commands = time.monotonic(), self.folder / "sessions"
            commands.write_text("".join(f"session create tunnel_name={names[n % tunnels]} session_name={user} user_name={user} "
                                        f"user_password={PASSWORD!r}\n" for n, user in enumerate(users)))
            ends[0].config("config", "restore", f"file={commands}")
            at_lac = {i.local: i for i in ppp.wait_up("lac", count, 120, self.evidence)}
            at_lns = ppp.wait_up("lns", count, 60, self.evidence)
            took = time.monotonic() - began
            self.assertEqual(set(at_lac), set(users.values()))
            self.assertEqual({i.remote for i in at_lns}, set(users.values()))
            for address in list(at_lac)[::count // 10]:
                self.assertEqual(at_lac[address].remote, LNS_ADDRESS)
                ppp.ping(at_lac[address])
            for end, before in zip(ends, descriptors):
                self.assertLessEqual(ppp.descriptors(end.pid()), before + 3 * count + 64)
            began = time.monotonic()
            for name in names:
                ends[0].config("tunnel", "delete", f"tunnel_name={name}")
            self.wait_no_session_left()
            resident.append([ppp.resident_kib(end.pid()) for end in ends])
            print(f"{count} sessions up in {took:.0f} s, down in {time.monotonic() - began:.0f} s, then {resident[-1]} KiB at LAC and LNS", flush=True)
        for end, before, first in zip(ends, descriptors, resident[0]):
            wait_until(lambda e=end, b=before: ppp.descriptors(e.pid()) <= b + 32, "the end of all descriptors", ppp.PATIENCE)
            self.assertLess(ppp.resident_kib(end.pid()), first + 4096 + count // 2, "the second time needs no more memory than the first")
