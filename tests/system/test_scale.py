"""Many at once: 20,000 tunnels with 5 calls each come up, stay up through several HELLOs of both ends, and clear. Two daemons of ours, one of
them told by a configuration file; and the load program playing the LACs, as a process of its own."""
import re
import time

from lab import sandbox
from lab.case import SystemCase, our_programs
from lab.openl2tpd import Openl2tpd
from lab.process import Process, wait_until

TUNNELS, CALLS, HELLO, HOLD = 20_000, 5, 12, 50
ALL_UP = (TUNNELS, TUNNELS * CALLS)


def status(daemon: Openl2tpd) -> tuple[int, int]:
    numbers = re.search(r"tunnels: (\d+), sessions: (\d+)", daemon.config("system", "show", "status"))
    return int(numbers[1]), int(numbers[2])


def message_counts(daemon: Openl2tpd, message: str) -> tuple[int, int]:
    """How many of a type were received well, and sent."""
    counts = re.search(rf"^ *{message} +(\d+) +(\d+) +(\d+)$", daemon.config("system", "show", "statistics"), re.MULTILINE)
    return int(counts[1]), int(counts[3])


class Scale(SystemCase):
    def test_two_daemons_keep_20000_tunnels_with_5_calls_each_through_hellos(self) -> None:
        lns, lac = self.daemon("lns"), self.daemon("lac")
        for daemon in (lns, lac):
            daemon.config("tunnel", "profile", "modify", "profile_name=default", f"hello_timeout={HELLO}")
        commands = self.folder / "commands"
        with commands.open("w") as file:
            for tunnel in range(1, TUNNELS + 1):
                file.write(f"tunnel create tunnel_id={tunnel} dest_ipaddr={self.link.RIGHT}\n")
                file.write(f"session create tunnel_id={tunnel}\n" * CALLS)
        feeder = Process("l2tpconfig", [lac.bin / "l2tpconfig", "-q", "config", "restore", f"file={commands}"], "lac", self.folder)
        self.addCleanup(feeder.kill)
        self.assertEqual(feeder.wait(300), 0, feeder.tail())

        def all_up() -> bool:
            # A session is up when the LNS has its ICCN: nothing is counted twice or too early.
            return status(lac) == status(lns) == ALL_UP and message_counts(lns, "ICCN")[0] == ALL_UP[1]
        wait_until(all_up, "all tunnels and calls", 180, lambda: lac.evidence()[-3000:] + lns.evidence()[-3000:])
        # Four times the silence after which an end says HELLO, looked at all along: the one thing here that is about time.
        end = time.monotonic() + HOLD
        while time.monotonic() < end:
            self.assertEqual((status(lac), status(lns)), (ALL_UP, ALL_UP))
            time.sleep(5)
        hellos = message_counts(lac, "HELLO")[1] + message_counts(lns, "HELLO")[1]
        self.assertGreaterEqual(hellos, 2 * TUNNELS, "two HELLOs for every idle tunnel")
        self.assertEqual(lac.terminate(60), 0)
        wait_until(lambda: status(lns)[1] == 0, "no sessions", 60, lns.evidence)
        self.assertGreaterEqual(message_counts(lns, "STOPCCN")[0], TUNNELS)
        self.assertEqual(lns.terminate(60), 0)

    def test_20000_tunnels_with_5_calls_each_of_the_load_program(self) -> None:
        lns = self.daemon("lns")
        load = Process("l2tpload", [sandbox.build_folder() / "bin/l2tpload", "tunnels", TUNNELS, "--calls", CALLS, "--hold", 10,
                                    "--clear", "calls", "--target", self.link.RIGHT, "--limit", 500], "lac", self.folder)
        self.addCleanup(load.kill)

        def all_up() -> bool:
            if not load.running():
                raise AssertionError(f"the load ended early\n{load.tail()}{lns.evidence()}")
            return status(lns) == ALL_UP
        wait_until(all_up, "all tunnels and calls", 180, lambda: load.tail() + lns.evidence())
        self.assertEqual(load.wait(300), 0, load.tail())
        wait_until(lambda: status(lns)[1] == 0, "no sessions", 60, lns.evidence)
        self.assertEqual(lns.terminate(60), 0)


if __name__ == "__main__":
    sandbox.main([*our_programs(), str(sandbox.build_folder() / "bin/l2tpload")])
