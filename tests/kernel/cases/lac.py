"""Our LAC with a client session; xl2tpd with pppd is the LNS."""
import pathlib
import re

import ppp
from case import METHODS, PASSWORD, USER, KernelCase
from lab.net import run


class OurLac(KernelCase):
    def connect(self, method: str | None = None, user: str | None = None, password: str | None = None):
        """Our LAC and xl2tpd as LNS that asks for a login by `method`; a session of `user` is on its way."""
        lns, lac = self.xl2tpd("lns").as_server(METHODS[method] if method else None), self.daemon("lac").as_client()
        lns.start_lns()
        lac.create_tunnel("t1", self.link.RIGHT)
        lac.wait_tunnels_up(1, ppp.PATIENCE)
        login = {"user_name": user, "user_password": password} if user else {}
        lac.create_session("t1", "s1", **login)
        return lac, lns

    def carry_and_close(self, lac, lns) -> None:
        self.assert_carries_traffic()
        lac.config("tunnel", "delete", "tunnel_name=t1")
        lac.wait_no_sessions(ppp.PATIENCE)
        self.wait_no_session_left()

    def log_in(self, method: str) -> None:
        ppp.write_secrets(f'{USER} lns "{PASSWORD}" *')
        lac, lns = self.connect(method, USER, PASSWORD)
        self.carry_and_close(lac, lns)
        self.assertNotIn(PASSWORD, lac.process.log())

    def test_session_without_a_login(self) -> None:
        self.carry_and_close(*self.connect())

    def test_login_by_pap(self) -> None:
        self.log_in("pap")

    def test_login_by_chap(self) -> None:
        self.log_in("chap")

    def test_login_by_mschapv2(self) -> None:
        self.log_in("mschapv2")

    def test_password_is_on_no_command_line(self) -> None:
        ppp.write_secrets(f'{USER} lns "{PASSWORD}" *')
        lac, lns = self.connect("chap", USER, PASSWORD)
        self.assert_carries_traffic()
        self.assertTrue(ppp.processes(("pppd",)))
        self.assertEqual([line for line in ppp.command_lines() if PASSWORD in line], [])
        self.carry_and_close(lac, lns)

    def test_pppd_has_the_privileges_that_the_manual_says(self) -> None:
        lac, lns = self.connect()
        self.assert_carries_traffic()
        spawner = run("pgrep", "-P", lac.process.popen.pid).split()
        self.assertEqual(len(spawner), 1)
        pppd = run("pgrep", "-P", spawner[0]).split()
        self.assertEqual(len(pppd), 1)
        status = pathlib.Path(f"/proc/{pppd[0]}/status").read_text(encoding="utf-8")
        net_admin, net_raw = 1 << 12, 1 << 13
        found = {name: int(value, 16) for name, value in re.findall(r"^(Cap\w+|NoNewPrivs):\s*([0-9a-f]+)$", status, re.MULTILINE)}
        both = net_admin | net_raw
        self.assertEqual(found, {"CapInh": 0, "CapPrm": both, "CapEff": both, "CapBnd": both, "CapAmb": 0, "NoNewPrivs": 1})
        self.carry_and_close(lac, lns)

    def test_wrong_password_ends_the_session_and_nothing_else(self) -> None:
        ppp.write_secrets(f'{USER} lns "{PASSWORD}" *')
        lac, _ = self.connect("chap", USER, "not it")
        lac.wait_no_sessions(ppp.PATIENCE)
        for namespace in self.BOTH:
            ppp.wait_gone(namespace, evidence=self.evidence)
        self.assertEqual([t.state for t in lac.tunnels()], ["ESTABLISHED"])

    def test_session_cleared_by_the_lns(self) -> None:
        lac, lns = self.connect()
        self.assert_carries_traffic()
        lns.hang_up_call()
        lac.wait_no_sessions(ppp.PATIENCE)
        ppp.wait_gone("lac", evidence=self.evidence)
        self.assertEqual([t.state for t in lac.tunnels()], ["ESTABLISHED"])
