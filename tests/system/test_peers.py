"""The laboratory itself: foreign peers among themselves. When this fails, the other system tests say nothing about our daemon."""
from lab import sandbox
from lab.case import SECRET, SystemCase


class ForeignPeers(SystemCase):
    def test_xl2tpd_into_xl2tpd_with_a_secret(self) -> None:
        self.pppd("stays")
        lns, lac = self.xl2tpd("lns", SECRET), self.xl2tpd("lac", SECRET)
        lns.start_lns()
        lac.start_lac(self.link.RIGHT)
        lac.call()
        lac.wait_call_up()
        lns.wait_call_up()
        lac.hang_up()
        lns.wait_closed_by_peer()
        self.assertEqual(lns.peer_results(), [("StopCCN", 1)])

    def test_xl2tpd_whose_pppd_exits_clears_the_call(self) -> None:
        self.pppd("exits")
        lns, lac = self.xl2tpd("lns"), self.xl2tpd("lac")
        lns.start_lns()
        lac.start_lac(self.link.RIGHT)
        lac.call()
        lac.wait_tunnel_up()
        lns.process.wait_log("Call established with")

    def test_xl2tpd_into_l2tpns_with_a_secret(self) -> None:
        self.pppd("stays")
        lns, lac = self.l2tpns(SECRET), self.xl2tpd("lac", SECRET)
        lac.start_lac(self.link.RIGHT)
        lac.call()
        lac.wait_call_up()
        tunnel = lns.wait_up(sessions=1)
        lns.cli(f"drop tunnel {tunnel}")
        lac.wait_closed_by_peer()

    def test_loss_is_what_was_asked(self) -> None:
        self.pppd("stays")
        lns, lac = self.xl2tpd("lns"), self.xl2tpd("lac")
        lns.start_lns()
        self.link.lose(100)
        lac.start_lac(self.link.RIGHT)
        lac.call()
        lac.process.wait_log("maximum retries exceeded".capitalize(), 40)
        self.assertGreaterEqual(self.link.dropped("lns"), 5)
        self.assertEqual(lns.log().count("message type 1"), 0)


if __name__ == "__main__":
    sandbox.main(["xl2tpd", "l2tpns", "nft"])
