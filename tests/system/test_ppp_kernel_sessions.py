"""Sessions of PPP in the daemon beyond their data: addresses from pools, proxy LCP and authentication, scripts. Over TUN devices."""
import hashlib
import os
import pathlib
import re
import sys

from lab import sandbox
from lab.case import our_programs
from lab.in_daemon import LNS_ADDRESS, InDaemonCase
from lab.net import run
from lab.openl2tpd import Openl2tpd
from lab.process import wait_until


class Relay(InDaemonCase):
    """An attacker without a password, who has the LNS prove itself."""
    secrets_text = "alice vm wonderland 10.77.0.10\n"
    METHODS = ("pap", "chap", "mschapv1", "mschapv2")

    def test_proof_of_a_caller_cannot_be_relayed(self) -> None:
        attacker = str(pathlib.Path(__file__).parent / "lab" / "relay.py")
        for method in self.METHODS:
            allowed = [f"auth_{other}={'yes' if other == method else 'no'}" for other in self.METHODS]
            self.lns.config("ppp", "profile", "modify", "profile_name=default", "local_name=vm", *allowed)
            with self.subTest(method=method):
                said = run(sys.executable, "-B", attacker, self.link.RIGHT, method, namespace="lac", timeout=90).strip()
                self.assertEqual(said, "the demand is rejected", self.lns.evidence())


class Reconnects(InDaemonCase):
    """Users who call again at once, on tunnels of two shards of the LNS."""
    secrets_text = "alice * wonderland 10.77.0.10\nbob * builder\n"
    configuration = "pool callers 10.78.0.50\n"
    ROUNDS = 8

    def start(self, namespace: str) -> Openl2tpd:
        daemon = Openl2tpd(self.folder, namespace, f"openl2tpd-{namespace}")
        daemon.plugin = "ppp_kernel"
        self.addCleanup(daemon.stop)
        return daemon.start("-T", "2", "-D", "-d", "ppp_control")

    def two_tunnels(self) -> list[str]:
        """Two tunnels of the LAC, one on each shard of the LNS: an id of the LNS's says which."""
        names: dict[int, str] = {}
        for port in range(40_001, 40_033):
            name, known = f"p{port}", {t.tunnel_id for t in self.lac.tunnels()}
            self.lac.create_tunnel(name, self.link.RIGHT, our_udp_port=port)
            new = wait_until(lambda k=known: [t for t in self.lac.tunnels() if t.tunnel_id not in k and t.state == "ESTABLISHED"], name, 20,
                             self.lac.evidence)
            if names.setdefault(new[0].peer_tunnel_id % 2, name) != name:
                self.lac.config("tunnel", "delete", f"tunnel_name={name}")
            if len(names) == 2:
                return list(names.values())
        raise AssertionError("all ports led to one shard")

    def test_every_session_of_a_user_who_calls_again_at_once_carries_traffic(self) -> None:
        self.lns.config("ppp", "profile", "modify", "profile_name=default", "ip_pool_name=callers")
        tunnels = self.two_tunnels()
        for user, password, address in (("alice", "wonderland", "10.77.0.10"), ("bob", "builder", "10.78.0.50")):
            goodbye = ""
            for number in range(self.ROUNDS):
                tunnel = tunnels[number % 2]
                # From one process: the CDN of the last call and the ICRQ of the next leave within milliseconds.
                self.lac_commands(goodbye, f"session create tunnel_name={tunnel} session_name={user}{number} user_name={user} "
                                           f"user_password={password}")
                self.ping("lns", address)
                goodbye = f"session delete tunnel_name={tunnel} session_name={user}{number}"
            self.lac_commands(goodbye)
            self.lns.wait_no_sessions()

    def lac_commands(self, *commands: str) -> None:
        path = self.folder / "commands"
        path.write_text("".join(f"{command}\n" for command in commands if command), encoding="utf-8")
        run("sh", "-c", f"exec {self.lac.bin / 'l2tpconfig'} < {path}", namespace="lac")

    def test_user_whose_call_lingers_replaces_it(self) -> None:
        for tunnel in self.two_tunnels():
            for number in range(2): # from the same tunnel and from another
                self.lac.create_session(tunnel, f"{tunnel}-{number}", user_name="alice", user_password="wonderland")
                wait_until(lambda t=tunnel, n=number: "peer address" in self.lac.config("session", "show", f"tunnel_name={t}", f"session_name={t}-{n}"),
                           "the call", 20, lambda: self.lac.evidence() + self.lns.evidence())
                self.lns.wait_sessions_up(1)
        self.lns.wait_log('user "alice" has called again')
        self.ping("lns", "10.77.0.10")


class Pools(InDaemonCase):
    secrets_text = "alice * wonderland\nbob * builder\ncarol * singer\nfixed * same 10.78.0.51\n"
    configuration = "pool callers 10.78.0.50-10.78.0.52 leases=FOLDER/leases\n"

    def setUp(self) -> None:
        super().setUp()
        self.use_pool()

    def use_pool(self) -> None:
        self.lns.config("ppp", "profile", "modify", "profile_name=default", "ip_pool_name=callers")

    def hang_up(self, user: str) -> None:
        self.lac.config("session", "delete", "tunnel_name=t1", f"session_name={user}")

    def routes(self) -> set[str]:
        """The callers that the LNS has routes to."""
        return set(re.findall(r"^(10\.78\.0\.\d+) ", run("ip", "route", namespace="lns"), re.MULTILINE))

    def wait_routes(self, *addresses: str) -> None:
        wait_until(lambda: self.routes() == set(addresses), f"routes to {addresses}", 20, lambda: f"{self.routes()}\n" + self.lns.evidence())

    def test_users_get_addresses_and_the_same_ones_again(self) -> None:
        self.call("alice", "wonderland")
        self.wait_interface("lac", "10.78.0.50")
        self.ping("lns", "10.78.0.50")
        self.call("bob", "builder")
        self.wait_interface("lac", "10.78.0.51")
        for user in ("alice", "bob"):
            self.hang_up(user)
        self.wait_routes()
        self.call("bob", "builder")
        self.wait_interface("lac", "10.78.0.51")
        self.wait_routes("10.78.0.51")

    def test_fixed_address_and_pool_never_meet(self) -> None:
        self.call("fixed", "same")
        self.wait_interface("lac", "10.78.0.51")
        self.call("alice", "wonderland")
        self.wait_interface("lac", "10.78.0.50")
        self.call("bob", "builder")
        self.wait_interface("lac", "10.78.0.52")
        self.wait_routes("10.78.0.50", "10.78.0.51", "10.78.0.52")

    def test_exhausted_pool_ends_the_call_and_the_log_says_so(self) -> None:
        self.pools.write_text("pool callers 10.78.0.50\n", encoding="utf-8")
        self.call("alice", "wonderland")
        self.wait_interface("lac", "10.78.0.50")
        self.call("bob", "builder")
        self.lns.wait_log('user "bob" has no address: all 1 addresses of pool callers are in use')
        self.lac.wait_sessions_up(1)
        self.wait_routes("10.78.0.50")

    def test_users_have_their_addresses_after_a_restart(self) -> None:
        self.call("alice", "wonderland")
        self.wait_interface("lac", "10.78.0.50")
        self.call("bob", "builder")
        self.wait_interface("lac", "10.78.0.51")
        self.assertEqual(self.lns.terminate(), 0)
        self.assertIn("10.78.0.51 bob\n", (self.folder / "leases").read_text(encoding="utf-8"))
        self.lac.wait_no_sessions()
        self.lns = self.start("lns")
        self.lns.config("ppp", "profile", "modify", "profile_name=default", f"local_ipaddr={LNS_ADDRESS}", "auth_peer=yes")
        self.use_pool()
        self.lac.create_tunnel("t2", self.link.RIGHT)
        self.lns.wait_tunnels_up(1)
        self.lac.create_session("t2", "bob", user_name="bob", user_password="builder")
        self.wait_interface("lac", "10.78.0.51")

    def test_mistake_in_a_changed_file_is_named_and_changes_nothing(self) -> None:
        self.pools.write_text("# pools\npool callers 10.78.0.0/33\n", encoding="utf-8")
        self.call("alice", "wonderland")
        self.wait_interface("lac", "10.78.0.50")
        self.lns.wait_log(f'{self.pools}:2: "10.78.0.0/33": not an address, a range or a prefix')

    def test_pool_that_grows_while_addresses_are_held(self) -> None:
        for user, password in (("alice", "wonderland"), ("bob", "builder"), ("fixed", "same")):
            self.call(user, password)
        wait_until(lambda: len(self.routes()) >= 2, "two callers", 20, self.lns.evidence)
        held = self.routes()
        self.pools.write_text("pool callers 10.78.0.50-10.78.0.52,10.78.1.0/24\n", encoding="utf-8")

        def more() -> bool:
            if "ESTABLISHED" not in self.lac.try_config("session", "show", "tunnel_name=t1", "session_name=carol").stdout:
                self.lac.try_config("session", "create", "tunnel_name=t1", "session_name=carol", "user_name=carol", "user_password=singer")
            return bool(self.lac_addresses() - held)
        wait_until(more, "carol to have another address", 30, self.lns.evidence)
        self.assertTrue(held <= self.routes())

    def lac_addresses(self) -> set[str]:
        return set(re.findall(r"inet (10\.78\.\d+\.\d+)", run("ip", "-4", "address", namespace="lac")))


class Proxy(InDaemonCase):
    """The operator gives our LAC proxy AVPs; its own PPP then keeps to them, as the caller that the LAC answered."""

    def setUp(self) -> None:
        super().setUp()
        self.lns.config("tunnel", "profile", "modify", "profile_name=default", "allow_ppp_proxy=yes")
        self.lac.create_tunnel("t2", self.link.RIGHT)
        self.lac.wait_tunnels_up(2)

    def proxied_call(self, password: str, tunnel: str = "t2") -> None:
        challenge = bytes(range(16))
        response = hashlib.md5(b"\0" + password.encode() + challenge).digest()  # identifier 0: session create has none
        avps = {"proxy_auth_type": 2, "proxy_auth_name": "alice", "proxy_auth_challenge": challenge.hex(), "proxy_auth_response": response.hex(),
                "initial_rcvd_lcp_confreq": "050601020304", "last_sent_lcp_confreq": "0305c22305050606070809", "last_rcvd_lcp_confreq": "050601020304"}
        self.lac.create_session(tunnel, "alice", user_name="alice", user_password="wonderland", **avps)

    def test_lns_takes_over_lcp_and_a_chap_response(self) -> None:
        self.proxied_call("wonderland")
        self.wait_interface("lac", "10.77.0.10")
        self.ping("lac", LNS_ADDRESS)
        self.lns.wait_log("LCP is open, as the LAC negotiated it")
        self.assertNotIn("LCP is down", self.lns.process.log())

    def test_wrong_response_ends_the_call(self) -> None:
        self.proxied_call("looking-glass")
        self.lns.wait_log("authentication")
        self.lns.wait_no_sessions()

    def test_lns_challenges_anew_without_a_proof(self) -> None:
        self.lac.create_session("t2", "alice", user_name="alice", user_password="wonderland", last_sent_lcp_confreq="0305c22305050606070809",
                                initial_rcvd_lcp_confreq="050601020304", last_rcvd_lcp_confreq="050601020304")
        self.wait_interface("lac", "10.77.0.10")
        self.lns.wait_log("LCP is open, as the LAC negotiated it")

    def test_lns_that_does_not_allow_it_negotiates_anew(self) -> None:
        self.lns.config("tunnel", "profile", "modify", "profile_name=default", "allow_ppp_proxy=no")
        self.lac.create_tunnel("t3", self.link.RIGHT)
        self.lac.wait_tunnels_up(3)
        self.proxied_call("wonderland", tunnel="t3")
        self.wait_interface("lac", "10.77.0.10")
        self.ping("lac", LNS_ADDRESS)
        self.assertNotIn("as the LAC negotiated it", self.lns.process.log())


SCRIPT = """#!/bin/sh
{ echo "$0 $*"; env; } > "FOLDER/$IFNAME.${0##*/}.new" && mv "FOLDER/$IFNAME.${0##*/}.new" "FOLDER/$IFNAME.${0##*/}"
"""


class Scripts(InDaemonCase):
    configuration = "script ip-up FOLDER/up\nscript ip-down FOLDER/down\nscript ipv6-up none\n"

    def setUp(self) -> None:
        super().setUp()
        for name in ("up", "down"):
            path = self.folder / name
            path.write_text(SCRIPT.replace("FOLDER", str(self.folder)), encoding="utf-8")
            path.chmod(0o755)

    def told(self, namespace: str, script: str, address: str) -> str:
        """What a script wrote when the network of the daemon with `address` changed."""
        def found() -> str:
            for path in self.folder.glob(f"*.{script}"):
                text = path.read_text(encoding="utf-8")
                if f"IPLOCAL={address}\n" in text:
                    return text
            return ""
        return wait_until(found, f"{script} of {address} in {namespace}", 20, lambda: self.lns.evidence() + self.lac.evidence())

    def test_scripts_run_when_a_network_comes_and_goes(self) -> None:
        self.call("alice", "wonderland", interface_name="mine")
        up = self.told("lac", "up", "10.77.0.10")
        self.assertRegex(up.splitlines()[0], rf"^{self.folder}/up mine l2tp-\d+-\d+ \d+ 10\.77\.0\.10 {re.escape(LNS_ADDRESS)} l2tp-t1$")
        self.assertNotIn("CONNECT_TIME=", up)
        lns_up = self.told("lns", "up", LNS_ADDRESS)
        self.assertIn("PEERNAME=alice\n", lns_up)
        self.assertIn("IPREMOTE=10.77.0.10\n", lns_up)
        self.lac.config("session", "delete", "tunnel_name=t1", "session_name=alice")
        for namespace, address in (("lac", "10.77.0.10"), ("lns", LNS_ADDRESS)):
            down = self.told(namespace, "down", address)
            for variable in ("CONNECT_TIME", "BYTES_SENT", "BYTES_RCVD"):
                self.assertRegex(down, rf"(?m)^{variable}=\d+$")

    def test_script_that_goes_down_with_the_daemon_comes_to_its_end(self) -> None:
        (self.folder / "down").write_text(f"#!/bin/sh\nsleep 0.3\necho $IFNAME >> {self.folder}/done\n", encoding="utf-8")
        self.call("alice", "wonderland")
        self.wait_interface("lac", "10.77.0.10")
        self.ping("lac", LNS_ADDRESS)
        self.assertEqual(self.lac.terminate(), 0)
        wait_until((self.folder / "done").exists, "the script's end", 20, self.lac.process.tail)

    def test_script_that_fails_is_named_in_the_log_and_the_session_stays(self) -> None:
        (self.folder / "up").write_text("#!/bin/sh\nexit 7\n", encoding="utf-8")
        self.call("alice", "wonderland")
        self.lns.wait_log(f"{self.folder}/up: exit status 7")
        self.ping("lac", LNS_ADDRESS)


# Of capabilities(7): the bits of /proc/PID/status.
NET_BIND_SERVICE, NET_ADMIN, NET_RAW, IPC_LOCK, CHOWN = 1 << 10, 1 << 12, 1 << 13, 1 << 14, 1 << 0
DAEMON, PROGRAM = NET_ADMIN | NET_BIND_SERVICE | IPC_LOCK, NET_ADMIN | NET_RAW


def privileges(status: str) -> dict[str, int]:
    """Of the text of a /proc/PID/status: the capability sets, in hexadecimal there, and no_new_privs."""
    return {name: int(value, 16) for name, value in re.findall(r"^(Cap\w+|NoNewPrivs):\s*([0-9a-f]+)$", status, re.MULTILINE)}


class Privileges(InDaemonCase):
    configuration = "script ip-up FOLDER/up\n"

    def setUp(self) -> None:
        super().setUp()
        script = self.folder / "up"
        script.write_text(f"#!/bin/sh\ncat /proc/self/status > {self.folder}/new && mv {self.folder}/new {self.folder}/status\n", encoding="utf-8")
        script.chmod(0o755)

    def status(self, process: int) -> dict[str, int]:
        return privileges(pathlib.Path(f"/proc/{process}/status").read_text(encoding="utf-8"))

    def test_every_process_has_the_privileges_that_the_manual_says(self) -> None:
        self.call("alice", "wonderland")
        wait_until((self.folder / "status").exists, "the script", 20, self.lns.evidence)
        daemon = self.lns.process.popen.pid
        found = {"openl2tpd": self.status(daemon), "script": privileges((self.folder / "status").read_text(encoding="utf-8"))}
        for task in pathlib.Path(f"/proc/{daemon}/task").iterdir():
            self.assertEqual(privileges((task / "status").read_text(encoding="utf-8")), found["openl2tpd"], task)
        for child in run("pgrep", "-P", daemon).split():
            found[pathlib.Path(f"/proc/{child}/comm").read_text(encoding="utf-8").strip()] = self.status(int(child))
        self.assertEqual(found, {
            "openl2tpd": {"CapInh": 0, "CapPrm": DAEMON, "CapEff": DAEMON, "CapBnd": DAEMON, "CapAmb": 0, "NoNewPrivs": 1},
            "openl2tpd-spawn": {"CapInh": 0, "CapPrm": PROGRAM, "CapEff": 0, "CapBnd": PROGRAM, "CapAmb": 0, "NoNewPrivs": 1},
            "script": {"CapInh": 0, "CapPrm": PROGRAM, "CapEff": PROGRAM, "CapBnd": PROGRAM, "CapAmb": 0, "NoNewPrivs": 1},
        })


class MorePrivileges(Privileges):
    options = ("--program-capabilities", "net_admin,chown")

    def test_every_process_has_the_privileges_that_the_manual_says(self) -> None:
        self.call("alice", "wonderland")
        wait_until((self.folder / "status").exists, "the script", 20, self.lns.evidence)
        script = privileges((self.folder / "status").read_text(encoding="utf-8"))
        self.assertEqual((script["CapEff"], script["NoNewPrivs"]), (NET_ADMIN | CHOWN, 1))


if __name__ == "__main__":
    tun = "/dev/net/tun"
    sandbox.main(["busybox", *our_programs(), *([] if os.path.exists(tun) else [tun])])
