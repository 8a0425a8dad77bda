"""The base of the system tests: two joined namespaces and a folder, new for every test; every peer a test makes is ended after it."""
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from .l2tpns import L2tpns
from .net import Link
from .openl2tpd import Openl2tpd
from .xl2tpd import Xl2tpd, replace_pppd

SECRET = "tea-for-two"
OURS = ["openl2tpd", "l2tpconfig"]


def our_programs() -> list[str]:
    """The programs of this project that a test file needs, for sandbox.main()."""
    from .sandbox import build_folder
    return [str(build_folder() / "bin" / name) for name in OURS]


class SystemCase(unittest.TestCase):
    """`left` is the namespace lac (10.9.0.1), `right` is lns (10.9.0.2)."""

    ENVIRONMENT: dict[str, str] = {}  # of our programs, beside what this process has

    def setUp(self) -> None:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lab-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.link = Link("lac", "lns")
        self.addCleanup(self.link.close)

    def daemon(self, namespace: str, *options: object, plugin: object = "ppp_null") -> Openl2tpd:
        """A running openl2tpd in a namespace; its first plugin by name or by file."""
        daemon = Openl2tpd(self.folder, namespace, f"openl2tpd-{namespace}")
        daemon.plugin, daemon.environment = str(plugin), self.ENVIRONMENT
        self.addCleanup(daemon.stop)
        return daemon.start(*options)

    def pppd(self, how: str) -> None:
        """Mounts a stand-in pppd that "stays" or "exits" for the rest of the test."""
        replace_pppd(self.folder, how)
        self.addCleanup(subprocess.run, ["umount", "/usr/sbin/pppd"], check=False)

    def xl2tpd(self, namespace: str, secret: str | None = None) -> Xl2tpd:
        address = self.link.LEFT if namespace == self.link.left else self.link.RIGHT
        peer = Xl2tpd(self.folder, namespace, address, secret, f"xl2tpd-{namespace}")
        self.addCleanup(peer.stop)
        return peer

    def l2tpns(self, secret: str | None = None) -> L2tpns:
        """A running l2tpns in the namespace lns."""
        peer = L2tpns(self.folder, self.link.right, self.link.RIGHT, secret)
        self.addCleanup(peer.stop)
        peer.start()
        return peer
