"""A kernel that lacks what the data path needs: said once at start, and a session that needs it is cleared, never left half-up."""
import pathlib

import ppp
from case import KernelCase
from lab.net import run
from lab.process import wait_until

MODPROBE = pathlib.Path("/proc/sys/kernel/modprobe")
L2TP = ("l2tp_ppp", "l2tp_netlink", "l2tp_core", "pppox")
PPP = ("ppp_async", "ppp_synctty", "ppp_deflate", "bsd_comp", "ppp_mppe", "ppp_generic")


class Without(KernelCase):
    def remove(self, *modules: str) -> None:
        """Takes modules out of the kernel until the case is over; nothing loads them meanwhile."""
        loader = MODPROBE.read_text()
        MODPROBE.write_text("/bin/false\n")
        self.addCleanup(run, "busybox", "modprobe", "-a", *[m for m in modules if self.is_module(m)], timeout=ppp.PATIENCE)
        self.addCleanup(MODPROBE.write_text, loader)
        for module in modules:
            if self.loaded(module):
                wait_until(lambda m=module: not self.loaded(m) or not run("busybox", "rmmod", m, check=False, timeout=ppp.PATIENCE)
                           and not self.loaded(m), f"the end of {module}", ppp.PATIENCE)

    @staticmethod
    def loaded(module: str) -> bool:
        return any(line.split()[0] == module for line in pathlib.Path("/proc/modules").read_text().splitlines())

    @staticmethod
    def is_module(name: str) -> bool:
        return any(pathlib.Path("/lib/modules").rglob(f"{name}.ko"))

    def assert_call_is_refused(self, missing: str) -> None:
        lns, lac = self.daemon("lns").as_server(), self.xl2tpd("lac").as_client()
        self.assertEqual(lns.process.log().count(missing), 1, lns.process.log())
        lac.start_lac(self.link.RIGHT)
        lac.call()
        # 4: no facilities for now; 2: an error, which the text explains.
        wait_until(lambda: {("CDN", 4), ("CDN", 2)} & set(lac.peer_results()), "a CDN", ppp.PATIENCE, self.evidence)
        lns.wait_no_sessions(ppp.PATIENCE)
        self.assertEqual([t.state for t in lns.tunnels()], ["ESTABLISHED"])
        self.assertEqual(ppp.pppd_in("lns"), [])
        self.assertEqual(ppp.any_interface("lns"), [])

    def test_without_l2tp_a_call_is_cleared_and_the_tunnel_stays(self) -> None:
        self.remove(*L2TP)
        self.assert_call_is_refused("no L2TP in the kernel")

    def test_without_ppp_a_call_is_cleared_and_the_tunnel_stays(self) -> None:
        self.remove(*L2TP, *PPP)
        self.assert_call_is_refused("no /dev/ppp")
