"""docs/tour.md as an operator would type it: every command, in its order, with the output that the page shows. Ids and times are of the
moment; a line of dots stands for what is left out."""
import os
import re
import subprocess
import time
import unittest

from lab import sandbox
from lab.case import SystemCase, our_programs
from lab.openl2tpd import Openl2tpd
from lab.process import Process, wait_until
from lab.shown import Shown

PAGE = sandbox.ROOT / "docs/tour.md"
PROMPT = re.compile(r"(lns|lac|lns2)# (.*)")
LOG = "(the log)"


def steps() -> list[tuple[str, str, list[str]]]:
    """(where, command, output) of each command of the page; where is LOG for lines of the daemon's log."""
    found: list[tuple[str, str, list[str]]] = []
    inside = False
    for line in PAGE.read_text().splitlines():
        if not line.startswith("    "):
            inside = inside and not line.strip()
            continue
        line = line[4:]
        if match := PROMPT.fullmatch(line):
            found.append((match[1], match[2], []))
        elif line == LOG:
            found.append((LOG, "", []))
        elif not inside:
            raise AssertionError(f"{PAGE.name}: what is {line!r} the output of?")
        else:
            found[-1][2].append(line)
        inside = True
    return found


class Comparison(unittest.TestCase):
    """What the comparison of this file lets pass, and what it does not."""

    PAGE = ["    lns# l2tpconfig tunnel list", "TunId PeerTId ConfigId State", "*  62280  10.9.0.1  57002    1  ESTABLISHED",
            "session up 62280/5746: tunnel 62280 session 5746 is up: peer session 52267, hello 300", "created: Nov 22 2026", "peer tunnel 57002"]

    def shown(self) -> Shown:
        shown = Shown("\n".join(self.PAGE))
        self.assertTrue(shown.learn_lines(["tunnel 62280"], ["tunnel 7"]))
        return shown

    def test_ids_have_any_number_of_digits(self) -> None:
        for session, peer in (("5", "52267"), ("65535", "1"), ("19", "19"), ("300", "300")):
            shown = self.shown()
            self.assertTrue(shown.learn_lines([self.PAGE[3]], [f"session up 7/{session}: tunnel 7 session {session} is up: peer session {peer}, hello 300"]))
            self.assertEqual((shown.ids["5746"], shown.ids["52267"]), (session, peer))
        self.assertTrue(self.shown().learn_lines([self.PAGE[2]], ["*      7         10.9.0.1       19       33      ESTABLISHED"]))

    def test_id_is_the_same_each_time(self) -> None:
        line = self.PAGE[3]
        self.assertFalse(self.shown().learn_lines([line], ["session up 7/19: tunnel 7 session 20 is up: peer session 1, hello 300"]))
        self.assertFalse(self.shown().learn_lines([line], ["session up 8/19: tunnel 8 session 19 is up: peer session 1, hello 300"]))
        self.assertFalse(self.shown().learn_parts(["tunnel 62280 session 5746"], ["session up 7/19: tunnel 70 session 19 is up"]))
        self.assertFalse(self.shown().learn_lines([line, line], [f"session up 7/{n}: tunnel 7 session {n} is up: peer session 1, hello 300" for n in (19, 20)]))

    def test_other_numbers_are_as_shown(self) -> None:
        self.assertFalse(self.shown().learn_lines([self.PAGE[3]], ["session up 7/19: tunnel 7 session 19 is up: peer session 1, hello 301"]))
        self.assertFalse(self.shown().learn_lines([self.PAGE[2]], ["*      7         10.9.0.2       19       33      ESTABLISHED"]))

    def test_lines_are_in_order_and_dots_alone_leave_some_out(self) -> None:
        self.assertFalse(self.shown().learn_lines(["a", "b"], ["a", "x", "b"]))
        self.assertFalse(self.shown().learn_lines(["a", "b"], ["a"]))
        self.assertTrue(self.shown().learn_lines(["a", "...", "b"], ["a", "x", "b", "c"]))
        self.assertFalse(self.shown().learn_lines(["...", "b", "a"], ["a", "x", "b"]))


class Tour(SystemCase):
    def setUp(self) -> None:
        super().setUp()
        self.shown = Shown(PAGE.read_text())
        self.peers = {name: Openl2tpd(self.folder, name, f"openl2tpd-{name}") for name in ("lns", "lac")}
        for peer in self.peers.values():
            peer.plugin = "ppp_kernel"
            self.addCleanup(peer.stop)
        secrets = self.folder / "secrets"
        secrets.write_text("".join(f"{line}\n" for line in re.findall(r"`(\w+ \* \w+ [\d.]+)`", PAGE.read_text())), encoding="utf-8")
        for name, value in (("OPENL2TP_SECRETS", secrets), ("OPENL2TP_PPP_DATA", "tun")):
            os.environ[name] = str(value)
            self.addCleanup(os.environ.pop, name)
        self.watches: list[tuple[Process, list[str]]] = []

    def words(self, command: str) -> str:
        """The command with our ids and files."""
        return self.shown.ours(command).replace("/root/", f"{self.folder}/")

    def run_once(self, where: str, command: str) -> list[str]:
        result = subprocess.run(["nsenter", f"--net=/run/netns/{where}", "bash", "-c", self.words(command)], capture_output=True, text=True,
                                timeout=60, check=False, stdin=subprocess.DEVNULL)
        return (result.stdout + result.stderr).splitlines()

    def run_step(self, where: str, command: str, expected: list[str]) -> None:
        if where == LOG:
            log = self.peers["lns"].process.log
            wait_until(lambda: self.shown.learn_parts(expected, log().splitlines()), expected, 20, log)
        elif command == "openl2tpd":
            self.peers[where].start()
        elif command.startswith("kill"):
            self.assertEqual(self.peers[where].terminate(), 0)
        elif where == "lns2":  # another terminal, where something goes on
            self.watches.append((Process("watch", ["bash", "-c", self.words(command)], "lns", self.folder), expected))
            self.addCleanup(self.watches[-1][0].kill)
            time.sleep(1)  # until its watch has begun; nobody can see that from outside
        else:
            seen: list[str] = []
            good = False

            def shown() -> bool:
                nonlocal seen, good
                seen = self.run_once(where, command)
                good = self.shown.learn_lines(expected, seen)
                # What changes is done once; what shows may be asked until all has settled.
                return good or not re.search(r"\b(show|list)\b", command)
            wait_until(shown, command, 20, lambda: "\n".join(["page:", *expected, "seen:", *seen]))
            self.assertTrue(good, "\n".join([command, "page:", *expected, "seen:", *seen]))

    def test_every_command_does_what_the_page_shows(self) -> None:
        os.environ["PATH"] = f"{sandbox.build_folder() / 'bin'}:{os.environ['PATH']}"
        all_steps = steps()
        self.assertGreater(len(all_steps), 20)
        for where, command, expected in all_steps:
            self.run_step(where, command, expected)
        for watch, expected in self.watches:
            self.assertEqual(watch.wait(20), 0)
            self.assertTrue(self.shown.learn_lines(expected, watch.log().splitlines()), "\n".join(["page:", *expected, "seen:", watch.log()]))


if __name__ == "__main__":
    tun = "/dev/net/tun"
    sandbox.main(["busybox", *our_programs(), *([] if os.path.exists(tun) else [tun])])
