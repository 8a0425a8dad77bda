"""What a service manager hears: ready, reloads and what came of them, signs of life while every shard turns, the end. And the two looks that an
operator can take before the daemon runs."""
import signal
import socket
import subprocess

from lab import sandbox
from lab.case import SystemCase, our_programs
from lab.openl2tpd import Openl2tpd
from lab.process import wait_until


class ServiceManager(SystemCase):
    def setUp(self) -> None:
        super().setUp()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.socket.close)
        self.socket.bind(str(self.folder / "notify"))
        self.socket.setblocking(False)
        self.heard: list[str] = []

    def managed(self, plugin: str = "ppp_null", **environment: str) -> Openl2tpd:
        daemon = Openl2tpd(self.folder, "lac", "openl2tpd-lac")
        daemon.plugin = plugin
        daemon.environment = {"NOTIFY_SOCKET": str(self.folder / "notify"), **environment}
        self.addCleanup(lambda: daemon.process and daemon.process.kill())
        return daemon

    def listen(self) -> list[str]:
        """All that was said so far."""
        try:
            while True:
                self.heard.append(self.socket.recv(4096).decode())
        except BlockingIOError:
            return self.heard

    def wait_heard(self, text: str, count: int = 1) -> str:
        found = wait_until(lambda: [one for one in self.listen() if text in one][count - 1:], f"{text!r} from the daemon", evidence=lambda: str(self.heard))
        return found[0]

    def test_ready_reload_and_stop(self) -> None:
        file = self.folder / "openl2tpd.conf"
        file.write_text("tunnel create tunnel_name=t1 dest_ipaddr=10.9.0.2 persist=yes\n")
        lac = self.managed().start("-T", 2, "-c", file)
        self.assertEqual(self.wait_heard("READY=1"), "READY=1\nSTATUS=1 tunnel, 0 sessions")
        self.assertEqual([one for one in self.heard if "WATCHDOG" in one], [], "nobody asked for it")

        file.write_text(file.read_text() + "tunnel create tunnel_name=t2 dest_ipaddr=10.9.0.3 persist=yes\n")
        lac.process.popen.send_signal(signal.SIGHUP)
        self.assertRegex(self.wait_heard("RELOADING=1"), r"\ARELOADING=1\nMONOTONIC_USEC=\d+\Z")
        self.assertEqual(self.wait_heard("STATUS=reloaded"), f"READY=1\nSTATUS=reloaded {file}: 1 created, 0 modified, 0 replaced, 0 deleted")

        file.write_text("tunnel create destiny=1\n")
        lac.process.popen.send_signal(signal.SIGHUP)
        said = self.wait_heard("STATUS=reload failed")
        self.assertIn(f"READY=1\nSTATUS=reload failed, nothing was changed: {file}:1:", said)

        self.assertEqual(lac.process.terminate(), 0)
        self.assertRegex(self.wait_heard("STOPPING=1"), r"\ASTOPPING=1\nSTATUS=ends \d+ tunnels?, 0 sessions\Z")

    def test_signs_of_life_while_shards_turn(self) -> None:
        lac = self.managed(WATCHDOG_USEC="600000").start("-T", 2)
        self.wait_heard("WATCHDOG=1", 3)
        self.assertEqual(lac.process.terminate(), 0)

    def test_none_while_a_shard_hangs(self) -> None:
        lns = self.daemon("lns")
        lac = self.managed(str(sandbox.test_plugin("hangs")), WATCHDOG_USEC="600000", OPENL2TP_TEST_HANGS="open").start("-T", 1, "--stop-timeout", 2)
        self.wait_heard("WATCHDOG=1")
        lac.create_tunnel("t1", self.link.RIGHT)
        lac.wait_tunnels_up(1)
        lns.wait_tunnels_up(1)
        lac.create_session("t1")
        lac.wait_log("shard 0 has not turned since the last look: the watchdog is not fed")
        self.listen()
        self.heard.clear()
        # The guard looks at calls once a second; what it says next is later than three looks of the watchdog.
        lac.wait_log("has not returned for")
        self.assertEqual([one for one in self.listen() if "WATCHDOG" in one], [])


class Looks(SystemCase):
    def run_daemon(self, *words: object) -> subprocess.CompletedProcess:
        command = [sandbox.build_folder() / "bin" / "openl2tpd", *words]
        return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, timeout=60)

    def test_a_file_in_order(self) -> None:
        file = self.folder / "a.conf"
        file.write_text("system modify max_tunnels=10\n")
        done = self.run_daemon("-c", file, "--check")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, f"{file}: the daemon can start with it\n", ""))

    def test_every_mistake_of_a_file_is_told(self) -> None:
        file = self.folder / "a.conf"
        file.write_text("tunnel create dest_ipaddr=10.9.0.2 peer_profile_name=nobody\nfoo\nsystem modify max_tunnels=x\n")
        done = self.run_daemon("--config-file", file, "--check")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        lines = done.stderr.splitlines()
        self.assertEqual([line.split(":")[1] for line in lines], ["1", "2", "3"], done.stderr)
        self.assertIn("Peer profile not found: nobody", lines[0])

    def test_a_file_that_is_not_there(self) -> None:
        done = self.run_daemon("-c", self.folder / "none", "--check")
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot be read: No such file or directory", done.stderr)

    def test_the_machine(self) -> None:
        done = self.run_daemon("--check-system")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("ok       io_uring works\n", done.stdout)
        self.assertTrue(done.stdout.endswith("openl2tpd can work here\n"), done.stdout)

    def test_a_machine_without_rights(self) -> None:
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", str(sandbox.build_folder() / "bin" / "openl2tpd"), "-u", "500",
                   "--check-system"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("MISSING  no CAP_NET_BIND_SERVICE: UDP port 500 cannot be opened\n         cure: ", done.stdout)
        self.assertIn("note     no CAP_NET_ADMIN: ", done.stdout)
        self.assertTrue(done.stdout.endswith("openl2tpd cannot work here\n"), done.stdout)


if __name__ == "__main__":
    sandbox.main(our_programs())
