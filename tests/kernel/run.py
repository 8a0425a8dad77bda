#!/usr/bin/env python3
"""Runs the cases of cases/ in one guest: `run.py [--engine qemu|uml] [CASE...]`, where CASE is part of a name that --list shows; `-- -CASE`
leaves cases out.

Outside a guest it boots one and runs itself in it; what the machine lacks for that is a loud skip (77), and an error when CI=true.
Inside, each case has network namespaces of its own and may leave nothing behind. OPENL2TP_BUILD names the build (else build/release)."""
import argparse
import importlib
import os
import pathlib
import subprocess
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(HERE), str(HERE.parent / "system")]
import lab  # noqa: E402
from lab import sandbox  # noqa: E402
from ppp import GUEST  # noqa: E402

SLOWNESS = 6.0  # of an emulated CPU that shares its real one
GUEST_PROGRAM = [sys.executable, "-B", str(HERE / "guest")]


def load(words: list[str]) -> unittest.TestSuite:
    """The cases whose name holds one of the words; all without words. A word after a minus takes cases away."""
    without = [word[1:] for word in words if word.startswith("-")]
    words = [word for word in words if not word.startswith("-")]
    suite = unittest.TestSuite()
    for path in sorted((HERE / "cases").glob("[a-z]*.py")):
        for group in unittest.defaultTestLoader.loadTestsFromModule(importlib.import_module(f"cases.{path.stem}")):
            for case in group:
                if (not words or any(word in case.id() for word in words)) and not any(word in case.id() for word in without):
                    suite.addTest(case)
    return suite


class Result(unittest.TextTestResult):
    """Tells at once how a case ended, how long it took, and what was wrong with it."""

    def startTest(self, test) -> None:
        self.began = time.monotonic()
        super().startTest(test)

    def addSuccess(self, test) -> None:
        unittest.TestResult.addSuccess(self, test)
        self.stream.writeln(f"ok ({time.monotonic() - self.began:.0f} s)")

    def addFailure(self, test, err) -> None:
        super().addFailure(test, err)
        self.stream.writeln(self.failures[-1][1])

    def addError(self, test, err) -> None:
        super().addError(test, err)
        self.stream.writeln(self.errors[-1][1])

    def printErrors(self) -> None:
        self.stream.writeln("".join(f"\nfailed: {test.id()}" for test, _ in self.failures + self.errors))


def no_guest(engine: str) -> int | None:
    """None where guests of that kind can be booted. Else what a test is to end with, after it has said so: 77, and 1 when CI=true."""
    fetched = subprocess.run([*GUEST_PROGRAM, "--engine", engine, "--fetch"], check=False, stdin=subprocess.DEVNULL)
    if fetched.returncode == 0:
        return None
    in_ci = os.environ.get("CI") == "true"
    print(f"{'ERROR (CI)' if in_ci else 'SKIPPED'}: there is no guest kernel for the engine {engine} here", flush=True)
    return 1 if in_ci else sandbox.SKIPPED


def outside(engine: str, timeout: int, words: list[str]) -> int:
    status = no_guest(engine)
    if status is not None:
        return status
    inside = ["env", f"{GUEST}={engine}", sys.executable, "-B", "-u", str(HERE / "run.py"), "--", *words]
    return subprocess.run([*GUEST_PROGRAM, "--engine", engine, "--timeout", str(timeout), "--", *inside], check=False,
                          stdin=subprocess.DEVNULL).returncode


def inside(words: list[str]) -> int:
    sandbox.enter(["xl2tpd", "pppd", "busybox", "ss"])
    lab.slowness = SLOWNESS
    suite = load(words)
    print(f"{suite.countTestCases()} cases in a guest of the kind {os.environ[GUEST]}, kernel {os.uname().release}", flush=True)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, resultclass=Result).run(suite)
    skipped = "".join(f"\n  {case.id()}: {why}" for case, why in result.skipped)
    failed, expected = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses), len(result.expectedFailures)
    known = "".join(f"\n  {case.id()}" for case, _ in result.expectedFailures)
    print(f"{result.testsRun - failed - expected - len(result.skipped)} passed, {failed} failed, {len(result.skipped)} skipped{skipped}"
          + (f"\n{expected} failed as expected:{known}" if expected else ""), flush=True)
    return 0 if result.wasSuccessful() and result.testsRun else 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=("qemu", "uml"), default="qemu")
    parser.add_argument("--timeout", type=int, default=2400, metavar="S", help="seconds until the guest is killed")
    parser.add_argument("--list", action="store_true", help="only name the cases")
    parser.add_argument("cases", nargs="*", metavar="CASE")
    given = parser.parse_args()
    if given.list:
        print("\n".join(case.id() for case in load(given.cases)))
        return 0
    return inside(given.cases) if os.environ.get(GUEST) else outside(given.engine, given.timeout, given.cases)


if __name__ == "__main__":
    sys.exit(main())
