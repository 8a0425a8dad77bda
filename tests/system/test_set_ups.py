"""-y: how many sessions may set up PPP at once. A plugin whose set-ups take a while (tests/abi/plugins/set_ups.c) counts those that are
under way, over all shards."""
import re

from lab import sandbox
from lab.case import SystemCase, our_programs
from lab.openl2tpd import Openl2tpd

CALLS = 40


class SetUps(SystemCase):
    def connect(self, *options: object) -> None:
        """A LAC with the plugin, and an established tunnel t1 to an LNS without PPP."""
        self.lns = self.daemon("lns")
        self.lac = self.daemon("lac", "-T", 1, *options, plugin=sandbox.test_plugin("set_ups"))
        self.open_tunnel("t1")

    def open_tunnel(self, name: str, **parameters: object) -> None:
        up = len(self.lac.tunnels())
        self.lac.create_tunnel(name, self.link.RIGHT, **parameters)
        self.lac.wait_tunnels_up(up + 1)

    @staticmethod
    def call(daemon: Openl2tpd, tunnel: str, count: int = 1, user: str = "alice") -> None:
        """Many calls by one l2tpconfig, so that they come faster than they can be set up."""
        words = "".join(f"session create tunnel_name={tunnel} user_name={user}\n" for _ in range(count))
        script = daemon.folder / f"{tunnel}-{user}.conf"
        script.write_text(words)
        daemon.config("config", "restore", f"file={script}")

    def most(self) -> int:
        """How many were ever under way at once."""
        return max(int(n) for n in re.findall(r"plugin set_ups: most (\d+)", self.lac.process.log()))

    def wait_up(self, count: int) -> None:
        self.lac.wait_log(f"plugin set_ups: up {count}", 60)

    def test_without_it_all_go_at_once(self) -> None:
        self.connect()
        self.call(self.lac, "t1", CALLS)
        self.wait_up(CALLS)
        self.assertGreater(self.most(), 4, "otherwise the other tests show nothing")

    def test_no_more_than_said_go_at_once_and_all_come_up(self) -> None:
        self.connect("-y", 4)
        self.call(self.lac, "t1", CALLS)
        self.wait_up(CALLS)
        self.assertIn(self.most(), (2, 3, 4))
        self.lac.wait_sessions_up(CALLS, 60)

    def test_shards_share_the_number(self) -> None:
        self.connect("-y", 4, "-T", 2)
        self.open_tunnel("t2")
        self.assertEqual({t.tunnel_id % 2 for t in self.lac.tunnels()}, {0, 1})
        for tunnel in ("t1", "t2"):
            self.call(self.lac, tunnel, CALLS // 2)
        self.wait_up(CALLS)
        self.assertIn(self.most(), (2, 3, 4))

    def test_set_ups_that_fail_make_room(self) -> None:
        self.connect("-y", 2)
        self.call(self.lac, "t1", 20, "fails")
        self.call(self.lac, "t1", 20)
        self.wait_up(20)
        self.lac.wait_sessions_up(20, 60)
        self.assertLessEqual(self.most(), 2)

    def test_sessions_that_end_while_they_wait_lose_their_turn(self) -> None:
        self.connect("-y", 1)
        self.open_tunnel("t2")
        self.call(self.lac, "t1", 20)
        self.lac.config("tunnel", "delete", "tunnel_name=t1")
        self.call(self.lac, "t2", 20)
        self.lac.wait_sessions_up(20, 60)
        self.lac.wait_log("plugin set_ups: up ", 60)
        self.assertEqual(self.most(), 1)

    def test_set_up_that_takes_for_ever_holds_up_nobody_for_ever(self) -> None:
        self.connect("-y", 1)
        self.lac.config("system", "modify", "session_establish_timeout=2")
        self.call(self.lac, "t1", 1, "never")
        self.lac.wait_log("plugin set_ups: never")
        self.call(self.lac, "t1", 10)
        self.lac.wait_log("PPP is not up after 2 s; others no longer wait for it")
        self.wait_up(10)
        self.lac.wait_sessions_up(11)


if __name__ == "__main__":
    sandbox.main(our_programs())
