"""The base of the cases: two joined namespaces, peers with a real pppd, and at the end nothing left of them."""
import os
import pathlib
import unittest

import ppp
from lab.case import SystemCase
from lab.xl2tpd import Xl2tpd

USER, PASSWORD = "alice", "open sesame"


def needs_netlink(test):
    """The case is about l2tp_netlink, which user-mode Linux lacks."""
    return unittest.skipIf(os.environ.get(ppp.GUEST) == "uml", "this kernel has no l2tp_netlink")(test)


class KernelXl2tpd(Xl2tpd):
    """xl2tpd with pppd on the kernel's data path. Its LNS gives 10.77.0.2 and up, and is 10.77.0.1 itself."""

    def __init__(self, *words: object) -> None:
        super().__init__(*words)
        self.ppp_log = self.folder / f"{self.name}.pppd.log"
        # No compression, so that what pppd sends is what the tunnel carries; no address of its own unless the LNS's options name one.
        self.ppp_options = ["noccp", "novj", "mtu 1400", "mru 1400", "debug", f"logfile {self.ppp_log}"]

    def as_client(self, user: str | None = None, password: str | None = None) -> "KernelXl2tpd":
        """pppd takes the addresses that the other end gives, and logs in if a user is named."""
        self.ppp_options += ["noauth", "noipdefault", "ipcp-accept-local", "ipcp-accept-remote"]
        if user:
            self.ppp_options += [f'user "{user}"', f'password "{password}"']
        return self

    def as_server(self, method: str | None = None) -> "KernelXl2tpd":
        """pppd asks for a login by "pap", "chap" or "mschap-v2"; no login without. Its name is lns."""
        self.ppp_options += ["name lns", "auth", f"require-{method}"] if method else ["noauth"]
        return self

    def evidence(self) -> str:
        log = self.ppp_log.read_text(errors="replace") if self.ppp_log.exists() else "no log\n"
        return f"{self.process.tail(30)}---- its pppd\n{log[-6000:]}"

    def stop(self) -> None:
        """Ends it in good order: killed, it would leave its pppds behind."""
        if self.process and self.process.running():
            self.process.terminate()


class KernelCase(SystemCase):
    """`lac` (10.9.0.1, fd00:9::1) and `lns` (10.9.0.2, fd00:9::2). When a case is over nothing of it may be left."""
    BOTH = ("lac", "lns")

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(ppp.wait_nothing_left, self.BOTH)  # runs when every peer has been stopped
        ppp.write_secrets()

    def xl2tpd(self, namespace: str, secret: str | None = None) -> KernelXl2tpd:
        address = self.link.LEFT if namespace == self.link.left else self.link.RIGHT
        peer = KernelXl2tpd(self.folder, namespace, address, secret, f"xl2tpd-{namespace}")
        self.addCleanup(peer.stop)
        return peer

    def assert_carries_traffic(self, lac: ppp.Interface, lns: ppp.Interface) -> None:
        """The two ends have each other's address, and packets pass both ways."""
        self.assertEqual((lac.local, lac.remote), (lns.remote, lns.local))
        ppp.ping_both_ways(lac, lns)
