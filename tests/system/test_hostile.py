"""A hostile peer against our LNS, whose sessions' frames go through the daemon (ppp_kernel with TUN devices): messages that arrive together, and
fuzzed ones. The daemon lives, and serves the next caller. On one shard and on two. OPENL2TP_ATTACKS=N makes N attacks a case."""
import os

from lab import sandbox
from lab.case import our_programs
from lab.hostile import Attacker
from lab.in_daemon import LNS_ADDRESS, InDaemonCase

ATTACKS = int(os.environ.get("OPENL2TP_ATTACKS", "0")) or 400


class OneShard(InDaemonCase):
    options = ("-T", 1)

    def setUp(self) -> None:
        os.environ["OPENL2TP_PPP_DATA"] = "tun"
        self.addCleanup(os.environ.pop, "OPENL2TP_PPP_DATA")
        super().setUp()
        self.lns.config("tunnel", "profile", "modify", "profile_name=default", "hello_timeout=5", "max_retries=3")  # silent peers go
        self.attacker = Attacker("lac", self.link.RIGHT, self.lns.process.running)
        self.addCleanup(self.attacker.close)

    def attack(self, *ways) -> None:
        try:
            self.attacker.attack(ATTACKS, *ways)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.lns.process.tail()}") from None

    def assert_serves_the_next_caller(self) -> None:
        self.call("alice", "wonderland")
        self.wait_interface("lac", "10.77.0.10")
        self.ping("lac", LNS_ADDRESS)
        self.lac.config("tunnel", "delete", "tunnel_name=t1")
        self.attacker.leave()
        self.lns.wait_no_sessions(120)
        self.assertEqual(self.lns.terminate(), 0, self.lns.process.tail())

    def test_calls_that_end_in_the_batch_that_opens_them(self) -> None:
        self.attack(self.attacker.end_in_the_batch_that_opens, self.attacker.several_calls_at_once)
        self.assert_serves_the_next_caller()

    def test_fuzzed_messages_and_silent_calls(self) -> None:
        self.attack(self.attacker.fuzzed, self.attacker.fuzzed, self.attacker.silent)
        self.assert_serves_the_next_caller()


class TwoShards(OneShard):
    options = ("-T", 2)


if __name__ == "__main__":
    sandbox.main(our_programs())
