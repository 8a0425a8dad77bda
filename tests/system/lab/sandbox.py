"""Runs a test file in namespaces of its own, so that nothing survives it: when its first process ends, for whatever reason, the
kernel ends the others and drops every namespace and mount. What the machine lacks is a loud skip, and an error in CI."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SKIPPED = 77  # SKIP_RETURN_CODE of these tests in ctest
INSIDE = "OPENL2TP_LAB_INSIDE"
ROOT = pathlib.Path(__file__).resolve().parents[3]


def missing(programs: list[str]) -> list[str]:
    """What of `programs` (names or paths) this machine lacks."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return [p for p in programs if not (os.access(p, os.X_OK) if "/" in p else shutil.which(p, path=path))]


def build_folder() -> pathlib.Path:
    """Where our programs are: the environment's OPENL2TP_BUILD (ctest sets it), else build/release."""
    return pathlib.Path(os.environ.get("OPENL2TP_BUILD", ROOT / "build/release")).resolve()


def test_plugin(name: str) -> pathlib.Path:
    """A plugin of tests/abi, for -p."""
    return build_folder() / f"lib/openl2tp-test/{name}.so"


def _enter(programs: list[str]) -> None:
    """Replaces this process by itself in new namespaces; returns only inside them."""
    if os.environ.get(INSIDE):
        return
    lacking = missing(["unshare", "nsenter", "ip", *programs])
    if os.geteuid() != 0:
        lacking.append("root")
    if lacking:
        in_ci = os.environ.get("CI") == "true"
        print(f"{'ERROR (CI)' if in_ci else 'SKIPPED'}: this test needs what is missing here: {', '.join(lacking)}"
              f"; sudo ./dev setup installs the packages", flush=True)
        sys.exit(1 if in_ci else SKIPPED)
    os.environ[INSIDE] = "1"
    os.environ["PATH"] = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    os.execvp("unshare", ["unshare", "--mount", "--net", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private",
                          sys.executable, "-u", os.path.abspath(sys.argv[0]), *sys.argv[1:]])


def _prepare() -> None:
    """Private /run, /tmp and /dev/shm: `ip netns`, pid files, sockets and logs of the test meet nobody else's."""
    # The work tree, the build folder and our own files may lie below /tmp; they stay reachable through a bind mount.
    keep = [p for p in {ROOT, build_folder()} if p.is_relative_to("/tmp")]
    held = []
    for number, path in enumerate(keep):
        holder = pathlib.Path(f"/run/.lab-{number}")
        held.append((path, holder))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run"], check=True)
    for path, holder in held:
        holder.mkdir()
        subprocess.run(["mount", "--bind", path, holder], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", "/tmp"], check=True)
    for path, holder in held:
        path.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "--bind", holder, path], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", "/dev/shm"], check=True)
    pathlib.Path("/run/netns").mkdir()
    if not pathlib.Path("/var/run").is_symlink():
        subprocess.run(["mount", "--bind", "/run", "/var/run"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    tempfile.tempdir = "/tmp"


def enter(programs: list[str]) -> None:
    """Goes on in namespaces of its own, in /tmp; needs `programs`."""
    _enter(programs)
    _prepare()
    os.chdir("/tmp")


def main(programs: list[str]) -> None:
    """The last line of every test file: needs `programs`, then runs its unittest cases. Words on the command line select cases."""
    enter(programs)
    program = unittest.main(module="__main__", exit=False, verbosity=2)
    sys.exit(0 if program.result.wasSuccessful() and program.result.testsRun > 0 else 1)
