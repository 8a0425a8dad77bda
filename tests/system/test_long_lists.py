"""Sixty thousand tunnels of a daemon, listed and shown by l2tpconfig over the two transports that have no bound on an answer. The client's
memory does not grow with them."""
import os
import subprocess

from lab import sandbox
from lab.case import SystemCase, our_programs
from lab.process import Process, wait_until

TUNNELS = 60_000


class LongLists(SystemCase):
    def measured(self, *words: object) -> tuple[int, int, bytes]:
        """Runs l2tpconfig: lines of output, its peak memory in KiB, the beginning of the output."""
        command = ["nsenter", "--net=/run/netns/lns", str(sandbox.build_folder() / "bin/l2tpconfig"), *[str(w) for w in words]]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
            lines, first = 0, b""
            while part := process.stdout.read(1 << 16):
                lines += part.count(b"\n")
                first = first or part
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0, words)
        return lines, usage.ru_maxrss, first

    def test_60000_tunnels_are_listed_and_shown_in_constant_memory(self) -> None:
        lns = self.daemon("lns", "-T", 1)  # all come from one source, so to one thread; of two each has half of the ids
        load = Process("l2tpload", [sandbox.build_folder() / "bin/l2tpload", "tunnels", TUNNELS, "--hold", 1500, "--target", self.link.RIGHT,
                                    "--limit", 1700], "lac", self.folder)
        self.addCleanup(load.kill)

        def all_up() -> bool:
            if not load.running():
                raise AssertionError(f"the load ended early\n{load.tail()}{lns.evidence()}")
            return f"tunnels: {TUNNELS}," in lns.config("system", "show", "status")
        wait_until(all_up, "all tunnels", 300, lambda: load.tail() + lns.evidence())
        self.assertEqual(self.measured("tunnel", "list")[0], TUNNELS + 1, "a line each, and the header")
        for transport in ("-q", "-t"):  # over the UNIX socket, and over TCP
            with self.subTest(transport=transport):
                page, small, _ = self.measured(transport, "--json", "tunnel", "list", "limit=100")
                self.assertEqual(page, 100 + 2, "a document a line, within brackets")
                shown, large, _ = self.measured(transport, "--json", "tunnel", "list", "state=ESTABLISHED")
                self.assertEqual(shown, TUNNELS + 2)
                # The ids alone are there all at once: two octets each here, four on the wire.
                self.assertLess(large - small, 2048, f"KiB more for all than for a page: {small}, {large}")
                ids, _, text = self.measured(transport, "tunnel", "list", "remote_only", "limit=500")
                self.assertEqual(ids, 500)
                for tunnel in text.split()[::50]:
                    self.assertIn(b"state: ESTABLISHED", self.measured(transport, "tunnel", "show", f"tunnel_id={int(tunnel)}")[2])


if __name__ == "__main__":
    sandbox.main([*our_programs(), str(sandbox.build_folder() / "bin/l2tpload")])
