"""The calls to the kernel of the data path, alone: kernel_calls_test.cpp says what of them."""
import os

import ppp
from case import KernelCase
from lab import sandbox
from lab.net import run


class KernelCalls(KernelCase):
    def test_calls_to_the_kernel(self) -> None:
        run("ip", "address", "add", "fd00:9::1/64", "dev", "lo", "nodad", namespace="lns")
        out = run(sandbox.build_folder() / "bin/kernel_calls", "--gtest_brief=1", namespace="lns", timeout=ppp.PATIENCE)
        # What a kernel without netlink cannot show is skipped; nothing else may be.
        passed, skipped = (10, 16) if os.environ[ppp.GUEST] == "uml" else (23, 3)
        self.assertIn(f"[  PASSED  ] {passed} tests.\n[  SKIPPED ] {skipped} tests.", out)
