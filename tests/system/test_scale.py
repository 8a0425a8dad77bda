"""Many at once: 20,000 tunnels with 5 calls each come up, stay up through HELLOs for two minutes, and clear. The load program plays the
LACs, as a process of its own."""
import re
import time

from lab import sandbox
from lab.case import SystemCase, our_programs
from lab.process import Process, wait_until

TUNNELS, CALLS, HOLD = 20_000, 5, 120


class Scale(SystemCase):
    def test_20000_tunnels_with_5_calls_each_stay_up_for_two_minutes(self) -> None:
        lns = self.daemon("lns")

        def status() -> tuple[int, int]:
            numbers = re.search(r"tunnels: (\d+), sessions: (\d+)", lns.config("system", "show", "status"))
            return int(numbers[1]), int(numbers[2])

        load = Process("l2tpload", [sandbox.build_folder() / "bin/l2tpload", "tunnels", TUNNELS, "--calls", CALLS, "--hold", HOLD + 30,
                                    "--target", self.link.RIGHT, "--limit", 500], "lac", self.folder)
        self.addCleanup(load.kill)

        def all_up() -> bool:
            if not load.running():
                raise AssertionError(f"the load ended early\n{load.tail()}{lns.evidence()}")
            return status() == (TUNNELS, TUNNELS * CALLS)
        wait_until(all_up, "all tunnels and calls", 180, lambda: load.tail() + lns.evidence())
        # Two minutes, looked at all along: the one thing here that is about time.
        end = time.monotonic() + HOLD
        while time.monotonic() < end:
            self.assertEqual(status(), (TUNNELS, TUNNELS * CALLS), load.tail())
            time.sleep(5)
        hellos = re.search(r"HELLO\s+(\d+)\s+(\d+)\s+(\d+)", lns.config("system", "show", "statistics"))
        self.assertGreaterEqual(int(hellos[3]), TUNNELS, "a HELLO for every idle tunnel")
        self.assertEqual(load.wait(200), 0, load.tail())
        wait_until(lambda: status()[1] == 0, "no sessions", 60, lns.evidence)
        self.assertEqual(lns.terminate(60), 0)


if __name__ == "__main__":
    sandbox.main([*our_programs(), str(sandbox.build_folder() / "bin/l2tpload")])
