"""Foreign peers among themselves. When this fails, the other cases say nothing about our daemon."""
import ppp
from case import PASSWORD, USER, KernelCase


class ForeignPeers(KernelCase):
    def connect(self, lns, lac) -> None:
        lns.start_lns()
        lac.start_lac(self.link.RIGHT)
        lac.call()

        def evidence() -> str:
            return lac.evidence() + lns.evidence()
        at_lac, at_lns = [ppp.wait_up(n, evidence=evidence)[0] for n in ("lac", "lns")]
        self.assertEqual(at_lns.local, "10.77.0.1")
        self.assert_carries_traffic(at_lac, at_lns)
        self.assertNotEqual(ppp.kernel_objects("lac"), "", "the kernel carries the data")
        lac.hang_up()
        ppp.wait_no_session_left(self.BOTH, evidence)

    def test_xl2tpd_with_pppd_at_both_ends(self) -> None:
        self.connect(self.xl2tpd("lns").as_server(), self.xl2tpd("lac").as_client())

    def test_xl2tpd_with_chap(self) -> None:
        ppp.write_secrets(f'{USER} lns "{PASSWORD}" *')
        self.connect(self.xl2tpd("lns").as_server("chap"), self.xl2tpd("lac").as_client(USER, PASSWORD))
