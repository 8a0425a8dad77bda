"""A hostile peer against our LNS on the kernel's data path: messages that arrive together, fuzzed ones, ends without a word, while other
callers come and go. The daemon lives, and serves the next caller. OPENL2TP_ATTACKS=N makes N attacks a case."""
import os
import threading

import ppp
from case import PASSWORD, KernelCase
from lab.hostile import Attacker

EMULATED = os.environ.get(ppp.GUEST) == "qemu"
ATTACKS = int(os.environ.get("OPENL2TP_ATTACKS", "0")) or (100 if EMULATED else 300)
CALLERS = 20 if EMULATED else 200  # many more in the emulated guest are minutes


class Hostile:
    """The cases, for each plugin and number of shards."""
    SHARDS = 1

    def setUp(self) -> None:
        super().setUp()
        self.lns = self.daemon("lns", "-T", self.SHARDS).as_server()
        self.let_silent_peers_go()
        self.attacker = self.new_attacker()

    def let_silent_peers_go(self) -> None:
        """Within 20 seconds or so."""
        self.lns.config("tunnel", "profile", "modify", "profile_name=default", "hello_timeout=5", "max_retries=3")

    def new_attacker(self) -> Attacker:
        attacker = Attacker("lac", self.link.RIGHT, self.lns.process.running)
        self.addCleanup(attacker.close)
        return attacker

    def attack(self, times: int, *ways) -> None:
        try:
            self.attacker.attack(times, *ways)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.lns.process.tail()}") from None

    def assert_serves_the_next_caller(self) -> None:
        """A call of our own LAC, once the hostile peer's own have ended: by its word, or because it does not answer."""
        self.attacker.leave()
        self.lns.wait_no_sessions(4 * ppp.PATIENCE)
        ppp.wait_gone("lns", evidence=self.evidence)
        lac = self.daemon("lac").as_client()
        lac.create_tunnel("t1", self.link.RIGHT)
        lac.wait_tunnels_up(1, ppp.PATIENCE)
        lac.create_session("t1", "s1")
        self.assert_carries_traffic()
        lac.config("tunnel", "delete", "tunnel_name=t1")
        self.wait_no_session_left()

    def test_calls_that_end_in_the_batch_that_opens_them(self) -> None:
        self.attack(ATTACKS, self.attacker.end_in_the_batch_that_opens, self.attacker.several_calls_at_once)
        self.assert_serves_the_next_caller()

    def test_fuzzed_messages_and_silent_calls(self) -> None:
        self.attack(ATTACKS, self.attacker.fuzzed, self.attacker.fuzzed, self.attacker.silent)
        self.assert_serves_the_next_caller()


class PppKernel(Hostile, KernelCase):
    PLUGIN = "ppp_kernel"

    def test_callers_come_and_go_during_an_attack(self) -> None:
        users = {f"user{n}": f"10.77.{1 + n // 100}.{1 + n % 100}" for n in range(CALLERS)}
        ppp.write_secrets(*[f'{user} lns "{PASSWORD}" {address}' for user, address in users.items()])
        self.lns.as_server("chap", remote=None)
        lac = self.daemon("lac").as_client()
        going_on, failed = True, []

        def attack() -> None:
            try:
                self.attacker.attack(1_000_000, going_on=lambda: going_on)
            except AssertionError as error:
                failed.append(error)
        attackers = threading.Thread(target=attack)
        attackers.start()
        try:
            lac.create_tunnel("t1", self.link.RIGHT, our_udp_port=0)
            lac.wait_tunnels_up(1, ppp.PATIENCE)
            commands = self.folder / "sessions"
            commands.write_text("".join(f"session create tunnel_name=t1 session_name={user} user_name={user} user_password={PASSWORD!r}\n"
                                        for user in users))
            lac.config("config", "restore", f"file={commands}")
            at_lac = ppp.wait_up("lac", CALLERS, 4 * ppp.PATIENCE, self.evidence)
            self.assertEqual({i.local for i in at_lac}, set(users.values()))
            for interface in at_lac[::max(CALLERS // 10, 1)]:
                ppp.ping(interface)
            lac.config("tunnel", "delete", "tunnel_name=t1")
            ppp.wait_gone("lac", 2 * ppp.PATIENCE, self.evidence)
        finally:
            going_on = False
            attackers.join()
            self.assertEqual(failed, [], self.lns.process.tail())

    def test_killed_during_an_attack_and_restarted(self) -> None:
        self.attack(ATTACKS // 10)
        self.lns.process.kill()
        ppp.wait_until_gone_in("lns", self.evidence)
        self.lns.start("-T", self.SHARDS)
        self.lns.as_server()
        self.let_silent_peers_go()
        self.attacker = self.new_attacker()
        self.attack(ATTACKS // 10)
        self.assert_serves_the_next_caller()


class PppKernelTwoShards(Hostile, KernelCase):
    PLUGIN, SHARDS = "ppp_kernel", 2


class PppUnix(Hostile, KernelCase):
    PLUGIN = "ppp_unix"


class PppUnixTwoShards(Hostile, KernelCase):
    PLUGIN, SHARDS = "ppp_unix", 2
