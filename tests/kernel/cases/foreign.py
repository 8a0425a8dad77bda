"""Foreign peers among themselves. When this fails, the other cases say nothing about our daemon."""
import ppp
from case import PASSWORD, USER, KernelCase


class ForeignPeers(KernelCase):
    def connect(self, lns, lac) -> None:
        lns.start_lns()
        lac.start_lac(self.link.RIGHT)
        lac.call()
        self.assert_carries_traffic()
        lac.hang_up()
        self.wait_no_session_left()

    def test_xl2tpd_with_pppd_at_both_ends(self) -> None:
        self.connect(self.xl2tpd("lns").as_server(), self.xl2tpd("lac").as_client())

    def test_xl2tpd_with_chap(self) -> None:
        ppp.write_secrets(f'{USER} lns "{PASSWORD}" *')
        self.connect(self.xl2tpd("lns").as_server("chap"), self.xl2tpd("lac").as_client(USER, PASSWORD))
