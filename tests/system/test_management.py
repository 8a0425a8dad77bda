"""What an operator asks of the management interface beyond OpenL2TP's, seen with real daemons: IPv6, the reason of a refusal, and use counts
of peer profiles."""
import json
import os
import random
import re
import subprocess

from lab import sandbox
from lab.case import SystemCase, our_programs
from lab.process import wait_until


class Ipv6(SystemCase):
    def setUp(self) -> None:
        super().setUp()
        self.lns, self.lac = self.daemon("lns"), self.daemon("lac")
        self.there, self.here = self.link.RIGHT6, self.link.LEFT6

    def test_a_tunnel_over_ipv6_is_made_shown_and_listed(self) -> None:
        self.lac.config("tunnel", "create", "tunnel_name=six", f"dest_ipaddr={self.there}", f"src_ipaddr={self.here}")
        ours, theirs = self.lac.wait_tunnels_up(1)[0], self.lns.wait_tunnels_up(1)[0]
        self.assertEqual((ours.peer, ours.local), (self.there, self.here))
        self.assertEqual((theirs.peer, theirs.local, theirs.by_peer), (self.here, self.there, True))
        self.assertIn(f"Tunnel {ours.tunnel_id}, from {self.here} to {self.there}", self.lac.config("tunnel", "show", "tunnel_name=six"))
        shown = json.loads(self.lac.config("--json", "tunnel", "show", "tunnel_name=six"))
        self.assertEqual((shown["peer_ipaddr"], shown["config"]["src_ipaddr"]), (self.there, self.here))
        self.assertRegex(self.lns.config("peer", "list"), rf"{self.there} +{self.here}")
        self.assertIn("number active tunnels: 1", self.lns.config("peer", "show", f"peer_ipaddr={self.here}"))
        self.assertEqual(self.lac.create_session("six", "s1"), self.lac.wait_sessions_up(1)[0][1])

    def test_a_peer_profile_of_a_network_of_ipv6_takes_its_peers(self) -> None:
        self.lns.config("tunnel", "profile", "create", "profile_name=quick", "hello_timeout=7")
        self.lns.config("peer", "profile", "create", "profile_name=branch", "peer_ipaddr=fd00:9::", "netmask=ffff:ffff:ffff:ffff::",
                        "tunnel_profile_name=quick")
        self.assertIn("  address: fd00:9::, port default\n  netmask: ffff:ffff:ffff:ffff::\n",
                      self.lns.config("peer", "profile", "show", "profile_name=branch"))
        self.lac.create_tunnel("six", self.there)
        tunnel = self.lns.wait_tunnels_up(1)[0]
        shown = self.lns.config("tunnel", "show", f"tunnel_id={tunnel.tunnel_id}")
        self.assertIn("tunnel profile: quick, peer profile: branch", shown)
        self.assertIn("hello timeout: 7,", shown)

    def test_what_is_saved_comes_back_in_a_new_daemon_and_as_its_configuration_file(self) -> None:
        self.lac.config("peer", "profile", "create", "profile_name=branch", "peer_ipaddr=fd00:9::", "netmask=ffff:ffff::")
        self.lac.config("tunnel", "profile", "create", "profile_name=to-lns", f"dest_ipaddr={self.there}")
        self.lac.config("tunnel", "create", "tunnel_name=six", f"dest_ipaddr={self.there}", f"src_ipaddr={self.here}")
        self.lac.wait_tunnels_up(1)
        saved = self.folder / "saved"
        self.lac.config("config", "save", f"file={saved}")
        self.assertIn(f"dest_ipaddr={self.there}", saved.read_text())
        for how in ("restored", "its configuration file"):
            with self.subTest(how=how):
                self.assertEqual(self.lac.terminate(), 0)
                if how == "restored":
                    self.lac.start()
                    self.lac.config("config", "restore", f"file={saved}")
                else:
                    self.lac.start("-c", saved)
                self.assertEqual(self.lac.wait_tunnels_up(1)[0].peer, self.there)
                self.assertEqual(self.lac.config("config", "save", "--secrets"), saved.read_text())

    def test_over_tcp_and_udp_it_is_the_same(self) -> None:
        self.lac.create_tunnel("six", self.there)
        self.lac.wait_tunnels_up(1)
        expected = self.lac.config("tunnel", "list")
        for transport in ("-t", "-q"):
            self.assertEqual(self.lac.config(transport, "tunnel", "list"), expected)


class Refusals(SystemCase):
    def test_a_value_that_the_daemon_alone_can_judge_is_explained(self) -> None:
        lac = self.daemon("lac")
        lac.create_tunnel("t", self.link.RIGHT)
        words = ("session", "create", "tunnel_name=t", "maximum_bps=1", "minimum_bps=2")
        for transport in ([], ["-t"]):
            refused = lac.try_config(*transport, *words)
            self.assertEqual(refused.returncode, 1)
            self.assertEqual(refused.stderr, "Operation failed: Invalid argument\nmaximum_bps: 1, allowed 0 or minimum_bps (2) and more\n")
            self.assertEqual(refused.stdout, "Error at or near 'create'\n")


class Saved(SystemCase):
    """What `config save` writes, a daemon starts with, and saves again as it is."""
    SEEDS = int(os.environ.get("OPENL2TP_SEEDS", "8"))

    def commands(self, seed: int) -> list[str]:
        chance = random.Random(seed)
        names = ["a", "b", "c", "two words", "it's"]
        kinds = {
            "tunnel": ["hello_timeout=%d" % chance.choice([0, 7, 90000, -1]), "max_retries=%d" % chance.choice([0, 3, 500]), "mtu=1400",
                       "secret=s%d" % seed, "rx_window_size=%d" % chance.choice([1, 9, 60000]), "trace_flags=3", "framing_caps=none",
                       f"peer_profile_name='{chance.choice(names)}'", f"ppp_profile_name='{chance.choice(names)}'", "src_ipaddr=10.9.0.1"],
            "session": ["framing_type=none", "connect_speed=64000", "connect_speed=1:2", "minimum_bps=9600", "session_type=laic",
                        "priv_group_id=g", f"ppp_profile_name='{chance.choice(names)}'", "no_ppp=yes"],
            "ppp": ["mtu=12", "mru=1400", "auth_pap=no", "local_name='me too'", "dns_ipaddr_pri=10.1.1.1", "idle_timeout=99999999999"],
            "peer": ["peer_ipaddr=10.8.0.0", "netmask=255.255.0.0", "lac_lns=lac", f"tunnel_profile_name='{chance.choice(names)}'"],
        }
        # Every profile exists: a tunnel whose profile came to name one that does not is saved, but refused by the next start.
        lines = [f'{kind} profile create profile_name="{name}"' for kind in kinds for name in names]
        for _ in range(60):
            kind, name = chance.choice(list(kinds)), chance.choice([*names, "default"])
            verb = chance.choice(["create", "modify", "modify", "unset", "delete"] if kind in ("session", "ppp") else ["modify", "modify", "unset"])
            name = '"' + name + '"'
            given = chance.sample(kinds[kind], chance.randint(1, 4)) if verb != "delete" else []
            if verb == "unset":
                given = [word.split("=")[0] for word in given]
            lines.append(f"{kind} profile {verb} profile_name={name} {' '.join(given)}".replace("'it's'", '"it\'s"'))
            if chance.random() < 0.3:
                more = chance.sample([f'profile_name="{chance.choice(names)}"', f'peer_profile_name="{chance.choice(names)}"', "persist=yes",
                                      "hello_timeout=5", f'session_profile_name="{chance.choice(names)}"', "hide_avps=yes", "config_id=7"], 2)
                lines.append(f"tunnel create tunnel_name=t{chance.randint(1, 5)} dest_ipaddr=10.9.0.{chance.randint(2, 9)} {' '.join(more)}")
            if chance.random() < 0.3:
                lines.append(f"session create tunnel_name=t{chance.randint(1, 5)} session_name=s{chance.randint(1, 3)} "
                             f'profile_name="{chance.choice(names)}"')
            if chance.random() < 0.1:
                lines.append(f'tunnel modify tunnel_name=t{chance.randint(1, 5)} peer_profile_name="{chance.choice(names)}"')
        return lines

    def test_a_random_configuration_comes_back(self) -> None:
        self.link.lose(100)  # nobody answers: what is asked for stays as it is
        for seed in range(self.SEEDS):
            with self.subTest(seed=seed):
                first = self.daemon("lac")
                words = ["nsenter", f"--net=/run/netns/{first.namespace}", str(first.bin / "l2tpconfig"), "-q"]
                subprocess.run(words, input="\n".join(self.commands(seed)) + "\n", text=True, capture_output=True, check=False, timeout=60)
                file = self.folder / f"saved-{seed}"
                first.config("config", "save", f"file={file}")
                first.stop()
                again = self.daemon("lac", "-c", file)
                self.assertEqual(again.config("config", "save", "--secrets"), file.read_text())
                again.stop()


class InUse(SystemCase):
    def test_a_profile_that_a_tunnel_uses_is_not_deleted_without_force(self) -> None:
        lac = self.daemon("lac")
        lac.config("tunnel", "profile", "create", "profile_name=office")
        lac.create_tunnel("t", self.link.RIGHT, profile_name="office")
        refused = lac.try_config("tunnel", "profile", "delete", "profile_name=office")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("in use by tunnel t; force deletes it nevertheless", refused.stderr)
        lac.config("tunnel", "profile", "delete", "profile_name=office", "force")
        self.assertNotIn("office", lac.config("tunnel", "profile", "list"))
        refused = lac.try_config("tunnel", "modify", "tunnel_name=t", "peer_profile_name=nope")
        self.assertEqual((refused.returncode, refused.stderr), (1, "Operation failed: Peer profile not found\n"))

    def test_changes_are_audited_without_their_values(self) -> None:
        lac = self.daemon("lac")
        lac.create_tunnel("t", self.link.RIGHT, secret="hunter2")
        lac.wait_log("audit: uid 0 TUNNEL_CREATE tunnel t (tunnel_name dest_ipaddr secret): done, ")
        self.assertNotIn("hunter2", lac.process.log())

    def test_a_name_without_an_address_ends_nothing(self) -> None:
        file = self.folder / "names"
        file.write_text(f"tunnel create tunnel_name=a dest_ipaddr=vpn.example.invalid persist=yes\n"
                        f"tunnel create tunnel_name=b dest_ipaddr={self.link.RIGHT}\n")
        lac = self.daemon("lac", "-c", file)
        self.assertEqual([t.peer for t in lac.tunnels()], [self.link.RIGHT])
        lac.wait_log("names:1: tunnel create: Failed to resolve address 'vpn.example.invalid'")


class UseCounts(SystemCase):
    def test_a_peer_profile_shows_how_many_tunnels_use_it(self) -> None:
        lns, lac = self.daemon("lns", "--status-directory", self.folder / "status"), self.daemon("lac")
        lns.config("peer", "profile", "create", "profile_name=lac", f"peer_ipaddr={self.link.LEFT}")

        def count(profile: str) -> int:
            return int(re.search(r"use count: (\d+)", lns.config("peer", "profile", "show", f"profile_name={profile}"))[1])
        self.assertEqual(count("lac"), 0)
        for name in ("one", "two"):
            lac.create_tunnel(name, self.link.RIGHT)
        lns.wait_tunnels_up(2)
        self.assertEqual((count("lac"), count("default")), (2, 0))
        file = self.folder / "status/peer-profiles/lac"
        wait_until(lambda: file.exists() and "use count: 2" in file.read_text(), "the status file", evidence=lns.evidence)
        self.assertEqual(lac.terminate(), 0)
        wait_until(lambda: count("lac") == 0, "no tunnel of the profile", 60, lns.evidence)


if __name__ == "__main__":
    sandbox.main(our_programs())
