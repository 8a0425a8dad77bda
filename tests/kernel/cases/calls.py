"""The data path without daemon and peers: its calls to the kernel one by one, and the path over loopback to itself. The programs are made
of kernel_calls_test.cpp and path/kernel_path_test.cpp."""
import os
import re

import ppp
from case import KernelCase
from lab import sandbox
from lab.net import run


class Programs(KernelCase):
    def run_program(self, name: str) -> None:
        run("ip", "address", "add", "fd00:9::1/64", "dev", "lo", "nodad", namespace="lns")
        out = run(sandbox.build_folder() / "bin" / name, namespace="lns", timeout=4 * ppp.PATIENCE)
        self.assertRegex(out, r"\[  PASSED  \] [1-9]\d* tests?\.")
        if os.environ[ppp.GUEST] != "uml":  # which lacks netlink: half of the tests are about that
            self.assertEqual([t for t in re.findall(r"^\[  SKIPPED \] (\S+)$", out, re.MULTILINE) if not re.search("[Ss]ockets", t)], [])

    def test_calls_to_the_kernel(self) -> None:
        self.run_program("kernel_calls")

    def test_kernel_path(self) -> None:
        self.run_program("kernel_path")
