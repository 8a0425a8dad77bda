"""10,000 LACs lose power and dial again with the SCCRQs of before, without goodbye: all of them come up again, and nothing is left of their old
tunnels. From one address and port, as behind a NAT, and from many ports; on one shard and on two. The load program plays the LACs."""
import re

from lab import sandbox
from lab.case import SystemCase, our_programs
from lab.process import Process, wait_until

PEERS = 10_000
FIRST_PORT = 20_000


class OneShard(SystemCase):
    shards = 1

    def setUp(self) -> None:
        super().setUp()
        self.lns = self.daemon("lns", "-T", self.shards)

    def dial(self, ports: int, name: str) -> None:
        load = Process(name, [sandbox.build_folder() / "bin/l2tpload", "tunnels", PEERS, "--target", self.link.RIGHT, "--source-port", FIRST_PORT,
                              "--ports", ports, "--in-flight", PEERS, "--clear", "nothing", "--limit", 60], "lac", self.folder)
        self.addCleanup(load.kill)
        self.assertEqual(load.wait(120), 0, load.tail() + self.lns.evidence()[-3000:])

    def tunnels(self) -> int:
        return int(re.search(r"tunnels: (\d+)", self.lns.config("system", "show", "status"))[1])

    def dial_twice(self, ports: int) -> None:
        self.dial(ports, "before")
        self.assertEqual(self.tunnels(), PEERS)
        self.dial(ports, "after")
        wait_until(lambda: self.tunnels() == PEERS, "the old tunnels to go", 60, self.lns.evidence)
        self.assertEqual(self.lns.terminate(60), 0)

    def test_peers_behind_one_port_come_up_again(self) -> None:
        self.dial_twice(1)

    def test_peers_on_many_ports_come_up_again(self) -> None:
        self.dial_twice(64)


class TwoShards(OneShard):
    shards = 2


if __name__ == "__main__":
    sandbox.main([*our_programs(), str(sandbox.build_folder() / "bin/l2tpload")])
