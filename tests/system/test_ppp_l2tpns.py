"""PPP of our LAC (ppp_kernel) with l2tpns as the LNS: authentication, addresses, user data, and the end of a call from either side."""
import os
import re

from lab import sandbox
from lab.case import SystemCase, our_programs
from lab.net import run
from lab.openl2tpd import Openl2tpd
from lab.process import wait_until

CALLER, LNS_ADDRESS = "10.77.0.10", "10.77.0.1"


class PppWithL2tpns(SystemCase):
    def setUp(self) -> None:
        super().setUp()
        self.lns = self.l2tpns()
        self.lns.serve_users(f"alice={CALLER},wonderland")
        os.environ["OPENL2TP_PPP_DATA"] = "tun"  # the same on every kernel
        self.addCleanup(os.environ.pop, "OPENL2TP_PPP_DATA")
        self.lac = Openl2tpd(self.folder, "lac", "openl2tpd-lac")
        self.lac.plugin = "ppp_kernel"
        self.addCleanup(self.lac.stop)
        self.lac.start("-D", "-d", "ppp_control")
        self.lac.create_tunnel("t1", self.link.RIGHT)
        self.lac.wait_tunnels_up(1)

    def call(self, password: str = "wonderland") -> tuple[int, int]:
        """A call as alice; (tunnel id, session id)."""
        return self.lac.tunnels()[0].tunnel_id, self.lac.create_session("t1", "s1", user_name="alice", user_password=password)

    def evidence(self) -> str:
        chatter = re.compile(r"regular cleanup|heartbeat")
        return self.lac.evidence() + "\n".join([line for line in self.lns.log().splitlines() if not chatter.search(line)][-80:])

    def wait_ppp(self, call: tuple[int, int]) -> str:
        """Waits until PPP is up; what `session show` says then."""
        def up() -> str:
            text = self.lac.session_text(*call)
            return text if "state: UP" in text and f"local address: {CALLER}" in text else ""
        return wait_until(up, "PPP to be up", 20, lambda: self.lac.session_text(*call) + self.evidence())

    def ping(self, size: int = 56) -> None:
        def answered() -> bool:
            return ", 0% packet loss" in run("busybox", "ping", "-c", "2", "-W", "2", "-s", size, LNS_ADDRESS, namespace="lac", check=False)
        wait_until(answered, f"{LNS_ADDRESS} to answer", 20, self.evidence)

    def wait_nothing_left(self) -> None:
        self.lac.wait_no_sessions()
        wait_until(lambda: CALLER not in run("ip", "address", namespace="lac"), "the caller's address to go", 20, self.evidence)
        self.assertNotIn(LNS_ADDRESS, run("ip", "route", namespace="lac"))
        self.assertNotRegex(run("ip", "-o", "link", namespace="lac"), r": l2tp\d+")

    def lns_sessions(self) -> list[int]:
        """Ids of the sessions of l2tpns that have a user."""
        return [int(i) for i in re.findall(r"^\s*(\d+)\s+\d+\s+\d+\s+alice\b", self.lns.cli("show session"), re.MULTILINE)]

    def test_chap_and_a_ping(self) -> None:
        text = self.wait_ppp(self.call())
        self.assertIn("user name: alice, authentication: CHAP", text)
        self.assertIn(f"peer address: {LNS_ADDRESS}", text)
        self.ping()
        self.ping(1_400)
        self.assertEqual(len(self.lns_sessions()), 1)
        users = self.lac.config("user", "list")
        self.assertRegex(users, rf"alice .* UP +\S+ +CHAP +{re.escape(LNS_ADDRESS)}")

    def test_pap_and_a_ping(self) -> None:
        self.lac.config("ppp", "profile", "modify", "profile_name=default", "auth_chap=no")
        text = self.wait_ppp(self.call())
        self.assertIn("user name: alice, authentication: PAP", text)
        self.ping()

    def test_wrong_password_ends_the_call_with_a_reason(self) -> None:
        for method in ("CHAP", "PAP"):
            with self.subTest(method):
                if method == "PAP":
                    self.lac.config("ppp", "profile", "modify", "profile_name=default", "auth_chap=no")
                _, session = self.call("looking-glass")
                self.wait_nothing_left()
                # It says no more than that: no Failure or Nak of PPP comes before its CDN.
                self.lac.wait_log(f"session {session} is down: peer request, result 3")
                self.assertNotIn(f"session {session} carries PPP", self.lac.process.log())
                wait_until(lambda: not self.lns_sessions(), "no session at l2tpns", 20, self.evidence)
        self.assertEqual(len(self.lac.wait_tunnels_up(1)), 1, "the tunnel stays")

    def test_call_cleared_by_the_lac(self) -> None:
        self.wait_ppp(self.call())
        self.ping()
        self.lac.config("session", "delete", "tunnel_name=t1", "session_name=s1")
        self.wait_nothing_left()
        wait_until(lambda: not self.lns_sessions(), "no session at l2tpns", 20, self.evidence)
        self.wait_ppp(self.call())  # the same user may come again, with the same address
        self.ping()

    def test_call_cleared_by_the_lns(self) -> None:
        self.wait_ppp(self.call())
        self.lns.cli(f"drop session {self.lns_sessions()[0]}")
        self.wait_nothing_left()
        self.wait_ppp(self.call())
        self.ping()


if __name__ == "__main__":
    tun = "/dev/net/tun"
    sandbox.main(["l2tpns", "busybox", *our_programs(), *([] if os.path.exists(tun) else [tun])])
