"""A plugin that never returns from one of its functions (tests/abi/plugins/hangs.c): it is named while it hangs, whoever asks a shard
that it holds up hears why, and the daemon ends in time all the same."""
import signal

from lab import sandbox
from lab.case import SystemCase, our_programs
from lab.openl2tpd import Openl2tpd
from lab.process import Process

CUT_SHORT = 3  # exit status of a stop that took longer than --stop-timeout


class HangingPlugins(SystemCase):
    def hanging(self, where: str) -> Openl2tpd:
        daemon = Openl2tpd(self.folder, "lac", "openl2tpd-lac")
        daemon.plugin, daemon.environment = str(sandbox.test_plugin("hangs")), {"OPENL2TP_TEST_HANGS": where}
        self.addCleanup(self.end, daemon)
        return daemon

    @staticmethod
    def end(daemon: Openl2tpd) -> None:
        if daemon.process is not None:
            daemon.process.kill()

    def launch(self, where: str, *options: object) -> Openl2tpd:
        """Starts it without waiting until it answers."""
        daemon = self.hanging(where)
        daemon.process = Process(daemon.name, daemon.command("-T", 1, "--stop-timeout", 2, *options), "lac", self.folder)
        return daemon

    def with_a_session(self, where: str) -> Openl2tpd:
        """A LAC whose plugin has been given a session."""
        lns, lac = self.daemon("lns"), self.hanging(where)
        lac.start("-T", 1, "--stop-timeout", 2)
        lac.create_tunnel("t1", self.link.RIGHT)
        lac.wait_tunnels_up(1)
        lns.wait_tunnels_up(1)
        lac.create_session("t1")
        lac.wait_log("plugin hangs: open")
        return lac

    def wait_named(self, daemon: Openl2tpd, where: str, consequence: str) -> None:
        """Waits until the log names the call, which goes on."""
        daemon.wait_log(f"warning: plugin hangs: {where}")
        self.assertRegex(daemon.process.log(), rf"plugin hangs: {where}.* has not returned for \d+ s: {consequence}\n")

    def assert_stop_is_cut_short(self, daemon: Openl2tpd, where: str) -> None:
        daemon.process.popen.send_signal(signal.SIGTERM)
        self.assertEqual(daemon.process.wait(), CUT_SHORT, daemon.process.tail())
        log = daemon.process.log()
        self.assertIn("SIGTERM: stopping", log)
        self.assertRegex(log, rf"openl2tpd: plugin hangs: {where} has not returned for \d+ s\n")
        self.assertIn("openl2tpd: the stop took longer than 2 s: ending at once\n", log)
        self.assertFalse((self.folder / f"{daemon.name}.pid").exists(), "the pid file goes all the same")

    def shard_hangs(self, where: str, function: str) -> None:
        lac = self.with_a_session(where)
        self.wait_named(lac, f"{function} on shard 0", "every session of the shard waits for it")
        refused = lac.try_config("tunnel", "list")
        self.assertNotEqual(refused.returncode, 0)
        self.assertRegex(refused.stdout + refused.stderr,
                         rf"shard 0 does not answer: plugin hangs: {function} on shard 0 has not returned for \d+ s")
        self.assert_stop_is_cut_short(lac, f"{function} on shard 0")

    def test_open(self) -> None:
        self.shard_hangs("open", "open of openl2tp.ppp/1")

    def test_timer(self) -> None:
        self.shard_hangs("timer", "on_timer")

    def test_watch(self) -> None:
        self.shard_hangs("watch", "on_ready")

    def test_work(self) -> None:
        lac = self.with_a_session("work")
        lac.wait_sessions_up(1)  # works may wait, and the shard goes on
        self.assert_stop_is_cut_short(lac, r"a work of run_on_worker on worker \d+")

    def test_stop(self) -> None:
        lac = self.launch("stop")
        lac.process.wait_log("ready")
        self.assert_stop_is_cut_short(lac, "shard_stop on shard 0")

    def test_observer_of_profiles(self) -> None:
        lac = self.launch("profile")
        lac.process.wait_log("ready")
        words = [*lac.program("l2tpconfig"), "ppp", "profile", "create", "profile_name=x"]
        client = Process("l2tpconfig", words, "lac", self.folder)
        self.addCleanup(client.kill)
        self.wait_named(lac, "profile of openl2tp.observer/1 on ", "management waits for it")
        self.assert_stop_is_cut_short(lac, r"profile of openl2tp.observer/1 on .+")

    def test_start(self) -> None:
        lac = self.launch("start")
        self.wait_named(lac, "shard_start on shard 0", "every session of the shard waits for it")
        self.assertEqual(lac.process.wait(), 1)
        self.assertRegex(lac.process.log(), r"the start failed: plugin hangs: shard_start on shard 0 has not returned for \d+ s")

    def test_signal_during_a_start_that_hangs(self) -> None:
        lac = self.launch("start")
        self.wait_named(lac, "shard_start on shard 0", "every session of the shard waits for it")
        self.assert_stop_is_cut_short(lac, "shard_start on shard 0")

    def test_entry_point(self) -> None:
        lac = self.launch("entry")
        self.wait_named(lac, "openl2tp_plugin_entry on openl2tpd", "the start waits for it")
        self.assert_stop_is_cut_short(lac, "openl2tp_plugin_entry on openl2tpd")

    def test_constructor(self) -> None:
        lac = self.launch("load")
        self.wait_named(lac, "a constructor on openl2tpd", "the start waits for it")
        self.assert_stop_is_cut_short(lac, "a constructor on openl2tpd")

    def test_second_signal_ends_it_at_once(self) -> None:
        lac = self.launch("stop", "--stop-timeout", 3600)
        lac.process.wait_log("ready")
        lac.process.popen.send_signal(signal.SIGTERM)
        self.wait_named(lac, "shard_stop on shard 0", "every session of the shard waits for it")
        lac.process.popen.send_signal(signal.SIGINT)
        self.assertEqual(lac.process.wait(), 1)
        self.assertIn("openl2tpd: a second signal: ending at once\n", lac.process.log())

    def test_one_that_does_not_hang_stops_in_time(self) -> None:
        lac = self.with_a_session("nowhere")
        lac.wait_sessions_up(1)
        self.assertEqual(lac.terminate(), 0)


if __name__ == "__main__":
    sandbox.main(our_programs())
