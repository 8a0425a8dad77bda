"""A plugin of somebody else's: the SDK's example, built from an installed prefix, over the frames data path."""
import shlex

import ppp
from case import KernelCase
from lab import sandbox
from lab.net import run


class Sdk(KernelCase):
    def build_example(self) -> str:
        """ppp_echo, compiled by one command as docs/first-plugin.md has it. Its path."""
        prefix = self.folder / "prefix"
        run("cmake", "--install", sandbox.build_folder(), "--component", "sdk", "--prefix", prefix, timeout=ppp.PATIENCE)
        flags = run("env", f"PKG_CONFIG_PATH={prefix}/share/pkgconfig", "pkg-config", "--cflags", "--libs", "openl2tp-plugin")
        plugin = self.folder / "ppp_echo.so"
        run("gcc", "-fPIC", "-o", plugin, prefix / "share/openl2tp/examples/ppp_echo.c", *shlex.split(flags), timeout=2 * ppp.PATIENCE)
        return str(plugin)

    def test_an_example_from_outside_carries_traffic_of_xl2tpd(self) -> None:
        lns, lac = self.daemon("lns", plugin=self.build_example()), self.xl2tpd("lac").as_client()
        lac.start_lac(self.link.RIGHT)
        lac.call()
        lns.wait_sessions_up(1, ppp.PATIENCE, "LNS Incoming Call")
        at_lac = self.wait_up("lac")[0]
        self.assertEqual((at_lac.local, at_lac.remote), ("192.0.2.2", "192.0.2.1"))
        self.assertEqual(ppp.kernel_objects("lns"), "", "the daemon itself carries the data")
        ppp.ping(at_lac)
        ppp.ping(at_lac, size=at_lac.mtu - 28)
        tunnel = lns.tunnels()[0].tunnel_id
        received, sent = lns.session_packets(tunnel, lns.sessions(tunnel)[0])
        self.assertGreater(min(received, sent), 4)
        lac.hang_up()
        lns.wait_no_sessions(ppp.PATIENCE)
