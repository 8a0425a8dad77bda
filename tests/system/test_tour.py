"""docs/tour.md as an operator would type it: every command, in its order, with the output that the page shows. Numbers of three digits and
more, and times, are of the moment; a line of dots stands for what is left out."""
import os
import re
import subprocess
import time

from lab import sandbox
from lab.case import SystemCase, our_programs
from lab.openl2tpd import Openl2tpd
from lab.process import Process, wait_until

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


def shape(line: str) -> str:
    line = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}|[A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d \d{4}", "TIME", line)
    line = re.sub(r"\b\d{3,}\b", "N", line)
    line = re.sub(r"(\bN +)\d+( +[A-Z]+)$", r"\1N\2", line)  # of a list: config_id goes by the number of threads
    line = re.sub(r'host name "[^"]*"', 'host name "NAME"', line)
    return re.sub(r"\s+", " ", line).strip()


def is_shown(expected: list[str], seen: list[str]) -> bool:
    """Whether the page's lines are those seen, in their order; without dots, all of them."""
    want, got = [[shape(line) for line in lines if line.strip()] for lines in (expected, seen)]
    if "..." not in want:
        return want == got
    rest = iter(got)
    return all(line == "..." or line in rest for line in want)


class Tour(SystemCase):
    def setUp(self) -> None:
        super().setUp()
        self.ids: dict[str, str] = {}  # the page's to ours
        self.peers = {name: Openl2tpd(self.folder, name, f"openl2tpd-{name}") for name in ("lns", "lac")}
        for peer in self.peers.values():
            self.addCleanup(peer.stop)
        self.watches: list[tuple[Process, list[str]]] = []

    def learn(self, expected: list[str], seen: list[str]) -> None:
        for page, ours in zip([line for line in expected if line.strip()], [line for line in seen if line.strip()]):
            if shape(page) == shape(ours):
                self.ids.update(zip(re.findall(r"\b\d{3,5}\b", page), re.findall(r"\b\d{3,5}\b", ours)))

    def words(self, command: str) -> str:
        """The command with our ids and files."""
        command = re.sub(r"(?<=_id=)\d+", lambda m: self.ids.get(m[0], m[0]), command)
        return command.replace("/root/", f"{self.folder}/")

    def run_once(self, where: str, command: str) -> list[str]:
        result = subprocess.run(["nsenter", f"--net=/run/netns/{where}", "bash", "-c", self.words(command)], capture_output=True, text=True,
                                timeout=60, check=False, stdin=subprocess.DEVNULL)
        return (result.stdout + result.stderr).splitlines()

    def run_step(self, where: str, command: str, expected: list[str]) -> None:
        if where == LOG:
            log = self.peers["lns"].process.log
            wait_until(lambda: all(any(shape(line) in shape(seen) for seen in log().splitlines()) for line in expected), expected, 20, log)
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

            def shown() -> bool:
                nonlocal seen
                seen = self.run_once(where, command)
                # What changes is done once; what shows may be asked until all has settled.
                return is_shown(expected, seen) or not re.search(r"\b(show|list)\b", command)
            wait_until(shown, command, 20, lambda: "\n".join(["page:", *expected, "seen:", *seen]))
            self.assertTrue(is_shown(expected, seen), "\n".join([command, "page:", *expected, "seen:", *seen]))
            self.learn(expected, seen)

    def test_every_command_does_what_the_page_shows(self) -> None:
        os.environ["PATH"] = f"{sandbox.build_folder() / 'bin'}:{os.environ['PATH']}"
        all_steps = steps()
        self.assertGreater(len(all_steps), 20)
        for where, command, expected in all_steps:
            self.run_step(where, command, expected)
        for watch, expected in self.watches:
            self.assertEqual(watch.wait(20), 0)
            self.assertTrue(is_shown(expected, watch.log().splitlines()), "\n".join(["page:", *expected, "seen:", watch.log()]))


if __name__ == "__main__":
    sandbox.main(our_programs())
