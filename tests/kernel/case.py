"""The base of the cases: two joined namespaces, peers with a real pppd, and at the end nothing left of them."""
import os
import re
import signal
import unittest

import ppp
from lab.case import SystemCase
from lab.openl2tpd import Openl2tpd
from lab.xl2tpd import Xl2tpd

USER, PASSWORD = "alice", "open sesame"
OTHER_USER = "bob"
LNS_ADDRESS = "10.77.0.1"  # of every LNS on its PPP links
# The parameters of a PPP profile that leave one way to log in; pppd's word for it.
METHODS = {"pap": "pap", "chap": "chap", "mschapv1": "mschap", "mschapv2": "mschap-v2"}
ALL_METHODS = ("pap", "chap", "mschapv1", "mschapv2", "eap")


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

    def kill_pppd(self) -> None:
        for pid in ppp.pppd_in(self.namespace):
            os.kill(pid, signal.SIGKILL)

    def evidence(self) -> str:
        log = self.ppp_log.read_text(errors="replace") if self.ppp_log.exists() else "no log\n"
        return f"{self.process.tail(30)}---- its pppd\n{log[-6000:]}"

    def stop(self) -> None:
        """Ends it in good order: killed, it would leave its pppds behind."""
        if self.process and self.process.running():
            self.process.terminate()


class KernelOpenl2tpd(Openl2tpd):
    """Our daemon with PPP: a pppd for each session, or ppp_kernel."""

    def __init__(self, *words: object, plugin: str = "ppp_unix") -> None:
        super().__init__(*words)
        self.plugin = plugin

    def ppp_profile(self, **parameters: object) -> None:
        """Changes the PPP profile that every session has unless it names another."""
        self.config("ppp", "profile", "modify", "profile_name=default", *[f"{k}={v}" for k, v in parameters.items()])

    def as_server(self, method: str | None = None, remote: str | None = "10.77.0.2") -> "KernelOpenl2tpd":
        """It is 10.77.0.1 and gives `remote` (None: what the secrets say). Asks for a login by one of METHODS, or for none."""
        parameters = {"local_ipaddr": LNS_ADDRESS, "local_name": "lns", "mtu": 1400, "mru": 1400}
        if remote:
            parameters["remote_ipaddr"] = remote
        if method:
            parameters |= {f"auth_{other}": "yes" if other == method else "no" for other in ALL_METHODS} | {"auth_peer": "yes"}
        else:
            parameters["auth_none"] = "yes"
        self.ppp_profile(**parameters)
        return self

    def as_client(self) -> "KernelOpenl2tpd":
        """It takes the addresses that it is given and asks nobody who he is."""
        self.ppp_profile(auth_none="yes", mtu=1400, mru=1400)
        return self

    def pid(self) -> int:
        return int((self.folder / f"{self.name}.pid").read_text())

    def session_packets(self, tunnel_id: int, session_id: int) -> tuple[int, int]:
        """Data packets received and sent, as `session show` tells them."""
        text = self.session_text(tunnel_id, session_id)
        return tuple(int(re.search(rf"data {way} packets: (\d+)", text)[1]) for way in ("rx", "tx"))

    def stop(self) -> None:
        """Ends it in good order, with whatever sessions it has; a daemon that was killed is the business of the case that killed it."""
        if not self.process or not self.process.running():
            return
        try:
            status = self.process.terminate(60)
            if status != 0:
                raise AssertionError(f"{self.name} ended with {status}\n{self.process.tail()}")
        finally:
            self.process.kill()


class KernelCase(SystemCase):
    """`lac` (10.9.0.1, fd00:9::1) and `lns` (10.9.0.2, fd00:9::2). When a case is over nothing of it may be left."""
    BOTH = ("lac", "lns")
    PLUGIN = "ppp_unix"  # of the daemons of a case, unless it says otherwise

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self._assert_kernel_content, ppp.kernel_complaints())
        self.addCleanup(ppp.wait_nothing_left, self.BOTH)  # runs when every peer has been stopped
        ppp.write_secrets()
        self.peers: list = []

    def _assert_kernel_content(self, before: list[str]) -> None:
        self.assertEqual(ppp.kernel_complaints()[len(before):], [])

    def xl2tpd(self, namespace: str, secret: str | None = None) -> KernelXl2tpd:
        address = self.link.LEFT if namespace == self.link.left else self.link.RIGHT
        peer = KernelXl2tpd(self.folder, namespace, address, secret, f"xl2tpd-{namespace}")
        self.addCleanup(peer.stop)
        self.peers.append(peer)
        return peer

    def daemon(self, namespace: str, *options: object, plugin: str | None = None) -> KernelOpenl2tpd:
        """A running openl2tpd in a namespace, with a plugin of its own or a file's."""
        daemon = KernelOpenl2tpd(self.folder, namespace, f"openl2tpd-{namespace}", plugin=plugin or self.PLUGIN)
        self.addCleanup(daemon.stop)
        self.peers.append(daemon)
        return daemon.start(*options)

    def evidence(self) -> str:
        """What a failed wait prints."""
        return "".join(peer.evidence() for peer in self.peers)

    def wait_up(self, namespace: str, count: int = 1) -> list[ppp.Interface]:
        return ppp.wait_up(namespace, count, evidence=self.evidence)

    def assert_carries_traffic(self) -> tuple[ppp.Interface, ppp.Interface]:
        """One session is up: the two ends have each other's address, and packets pass both ways. The interfaces of LAC and LNS."""
        lac, lns = self.wait_up("lac")[0], self.wait_up("lns")[0]
        self.assertEqual((lac.local, lac.remote), (lns.remote, lns.local))
        self.assertEqual(lns.local, LNS_ADDRESS)
        for namespace in self.BOTH:
            self.assertNotEqual(ppp.kernel_objects(namespace), "", "the kernel carries the data")
        ppp.ping_both_ways(lac, lns)
        return lac, lns

    def wait_no_session_left(self) -> None:
        """Waits until the sessions and tunnels have left nothing, while the daemons go on."""
        ppp.wait_no_session_left(self.BOTH, self.evidence)
