#!/usr/bin/env python3
"""The guest runner itself: `test_guest.py qemu|uml`. Statuses, output, what reaches this machine and what does not, and ends of all kinds."""
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from run import no_guest

HERE = pathlib.Path(__file__).resolve().parent
ENGINE = ""

# Runs in the guest: seven things that one boot can show. $1 is shared, $2 is not.
TOUR = r"""
set -e
echo to the output; echo to the errors >&2
[ "$(id -u)" = 0 ]
[ "$(cat "$1/in it")" = "from outside" ]
echo "from inside" >"$1/out of it"
echo lost >"$2/lost"
[ "$(cat "$2/lost")" = lost ]
[ -z "$(ls /run/*.pid 2>/dev/null)" ]
[ -c /dev/ppp ]
ip link show lo | grep -q UP
read -r line && exit 1
(sleep 1000 &) # a daemon that keeps the output open does not hold the guest
exit 42
"""


def guest(*words: object, timeout: int = 120) -> list[str]:
    return [sys.executable, "-B", str(HERE / "guest"), "--engine", ENGINE, "--timeout", str(timeout), *[str(w) for w in words]]


def engines_running(folder: pathlib.Path) -> list[str]:
    """The processes of guests whose control folders are below `folder`."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace") if entry.name.isdigit() else ""
        except (FileNotFoundError, ProcessLookupError):
            continue
        if f"{folder}/guest-" in line:
            found.append(line)
    return found


class Guest(unittest.TestCase):
    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory(prefix="kernel-test-")
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)
        self.environment = {**os.environ, "TMPDIR": holder.name}

    def run_guest(self, *words: object, timeout: int = 120) -> subprocess.CompletedProcess:
        return subprocess.run(guest(*words, timeout=timeout), env=self.environment, capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL)

    def assert_no_engine_left(self) -> None:
        """A process that was killed is there until the kernel has come to it."""
        deadline = time.monotonic() + 30
        while (left := engines_running(self.folder)) and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertEqual(left, [])

    def tearDown(self) -> None:
        self.assert_no_engine_left()
        self.assertEqual(list(self.folder.glob("guest-*")), [])

    def test_status_output_and_files(self) -> None:
        shared, other = self.folder / "shared", self.folder / "other"
        shared.mkdir()
        other.mkdir()
        (shared / "in it").write_text("from outside")
        done = self.run_guest("--share", shared, "--", "sh", "-c", TOUR, "sh", shared, other)
        self.assertEqual(done.returncode, 42, done.stdout + done.stderr)
        self.assertEqual(done.stdout, "to the output\n")
        self.assertEqual(done.stderr, "to the errors\n")
        self.assertEqual((shared / "out of it").read_text(), "from inside\n")
        self.assertEqual(list(other.iterdir()), [])

    def test_time_that_is_up(self) -> None:
        done = self.run_guest("--", "sh", "-c", "echo there; sleep 1000", timeout=5)
        self.assertEqual((done.returncode, done.stdout), (124, "there\n"), done.stderr)

    def test_panic_is_no_status_of_the_command(self) -> None:
        done = self.run_guest("--", "sh", "-c", "echo 1 >/proc/sys/kernel/sysrq; echo c >/proc/sysrq-trigger; sleep 1000")
        self.assertEqual(done.returncode, 125, done.stderr)
        self.assertIn("panic", done.stderr)

    def killed(self, number: signal.Signals) -> int:
        """Kills the runner while its guest runs; its status."""
        runner = subprocess.Popen(guest("--", "sh", "-c", "echo there; sleep 1000"), env=self.environment, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        self.addCleanup(runner.stdout.close)
        self.assertEqual(runner.stdout.readline(), b"there\n")
        runner.send_signal(number)
        return runner.wait(30)

    def test_asked_to_end_it_takes_its_guest_along(self) -> None:
        self.assertEqual(self.killed(signal.SIGTERM), 128 + signal.SIGTERM)

    def test_killed_it_leaves_no_process(self) -> None:
        self.assertEqual(self.killed(signal.SIGKILL), -signal.SIGKILL)
        self.assert_no_engine_left()
        for control in self.folder.glob("guest-*"):  # nobody was left to remove it
            subprocess.run(["rm", "-r", control], check=True)

    def test_wrong_words(self) -> None:
        self.assertEqual(self.run_guest().returncode, 2)
        self.assertEqual(self.run_guest("--share", "/nowhere", "--", "true").returncode, 2)


if __name__ == "__main__":
    ENGINE = sys.argv.pop(1)
    if (ending := no_guest(ENGINE)) is not None:
        sys.exit(ending)
    unittest.main(verbosity=2)
