"""What README.md tells a newcomer to type works when typed."""
import os
import re
import subprocess

from lab import sandbox
from lab.case import SystemCase, our_programs


class Readme(SystemCase):
    def setUp(self) -> None:
        """The example makes its own namespaces."""

    def test_example_of_a_first_lns_and_lac(self) -> None:
        text = (sandbox.ROOT / "README.md").read_text()
        example = re.search(r"<!-- example: begin -->\n(.*?)<!-- example: end -->", text, re.DOTALL)[1]
        build = os.path.relpath(sandbox.build_folder(), sandbox.ROOT)
        script = "shopt -s expand_aliases\nset -e\n" + example.replace("build/release", build)
        result = subprocess.run(["bash"], input=script, cwd=sandbox.ROOT, capture_output=True, text=True, timeout=60, check=False)
        seen = result.stdout + result.stderr
        self.assertEqual(result.returncode, 0, seen)
        for part in ("administrative name: 'office'", "LAC Incoming Call", "user name: alice, authentication: CHAP", ", 0% packet loss"):
            self.assertIn(part, seen)


if __name__ == "__main__":
    tun = "/dev/net/tun"
    sandbox.main(["busybox", *our_programs(), *([] if os.path.exists(tun) else [tun])])
