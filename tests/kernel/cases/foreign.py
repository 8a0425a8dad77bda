"""Foreign peers among themselves. When this fails, the other cases say nothing about our daemon."""
import ppp
from case import PASSWORD, USER, KernelCase


class ForeignPeers(KernelCase):
    def connect(self, lns, lac) -> None:
        lns.start_lns()
        lac.start_lac(self.link.RIGHT)
        lac.call()
        self.assert_carries_traffic()
        # What the cases of our daemon look at is seen here: xl2tpd makes tunnels through sockets, whatever the kernel has.
        for namespace in self.BOTH:
            self.assertTrue(ppp.has_legacy_tunnel(namespace), ppp.kernel_objects(namespace))
        self.assertEqual((ppp.session_flags("lac"), ppp.session_flags("lns")), ({"-/-/LAC"}, {"-/-/LNS"}))
        lac.hang_up()
        self.wait_no_session_left()

    def test_xl2tpd_with_pppd_at_both_ends(self) -> None:
        self.connect(self.xl2tpd("lns").as_server(), self.xl2tpd("lac").as_client())

    def test_xl2tpd_with_chap(self) -> None:
        ppp.write_secrets(f'{USER} lns "{PASSWORD}" *')
        self.connect(self.xl2tpd("lns").as_server("chap"), self.xl2tpd("lac").as_client(USER, PASSWORD))
