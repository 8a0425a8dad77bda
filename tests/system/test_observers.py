"""What an observer sees of a running daemon: every event of tunnels, sessions, peers and profiles, in order, with its facts. The plugin
(tests/abi/plugins/observer.c) logs a line for each."""
import dataclasses
import re

from lab import sandbox
from lab.case import SystemCase, our_programs
from lab.openl2tpd import Openl2tpd
from lab.process import wait_until

LOCAL, LNS, OUTGOING = 1, 2, 4  # flags
SOON = {"retry_timeout": 1, "max_retries": 1}  # a tunnel that ends is soon forgotten
LIFE = ["CREATED", "UP", "DOWN", "DELETED"]


@dataclasses.dataclass(frozen=True)
class Event:
    of: str  # "tunnel", "session", "peer" or "profile"
    name: str
    facts: dict[str, str]

    def __getitem__(self, fact: str) -> str:
        return self.facts[fact]

    @property
    def flags(self) -> int:
        return int(self["flags"])


class Observers(SystemCase):
    def observed(self, namespace: str, *options: object, plugin: object = "ppp_null") -> Openl2tpd:
        return self.daemon(namespace, "-p", sandbox.test_plugin("observer"), *options, plugin=plugin)

    @staticmethod
    def events(daemon: Openl2tpd, of: str | None = None, **facts: object) -> list[Event]:
        """What its observer has seen, in order: everything, or what is about one kind of object and has these facts."""
        rows = re.findall(r"plugin observer: (tunnel|session|peer|profile) (\S+) (.*)$", daemon.process.log(), re.MULTILINE)
        found = [Event(kind, name, {k: v.strip("'") for k, v in re.findall(r"(\w+)=('[^']*'|\S*)", text)}) for kind, name, text in rows]
        return [e for e in found if of in (None, e.of) and all(e.facts.get(k) == str(v) for k, v in facts.items())]

    @classmethod
    def names(cls, daemon: Openl2tpd, of: str | None = None, **facts: object) -> list[str]:
        return [e.name for e in cls.events(daemon, of, **facts)]

    def wait_events(self, daemon: Openl2tpd, of: str, names: list[str], **facts: object) -> list[Event]:
        """Waits until the observer has seen exactly these events; more than these at any time fail."""
        def there() -> bool:
            seen = self.names(daemon, of, **facts)
            self.assertEqual(seen, names[:len(seen)], daemon.evidence())
            return len(seen) == len(names)
        wait_until(there, f"{of} events {names} {facts}", 60, daemon.evidence)
        return self.events(daemon, of, **facts)

    def wait_event(self, daemon: Openl2tpd, of: str, event: str, **facts: object) -> None:
        wait_until(lambda: event in self.names(daemon, of, **facts), f"{of} {event} {facts}", 60, daemon.evidence)

    def connect(self, lac: Openl2tpd, lns: Openl2tpd, **parameters: object) -> tuple[int, int]:
        """A tunnel t1 that is up; its ids at LAC and LNS."""
        lac.create_tunnel("t1", self.link.RIGHT, **SOON, **parameters)
        there = lac.wait_tunnels_up(1)[0]
        lns.wait_tunnels_up(1)
        return there.tunnel_id, there.peer_tunnel_id

    # ---- tunnels ----------------------------------------------------------------------------------------------------

    def test_tunnel_that_we_open(self) -> None:
        lac, lns = self.observed("lac", "-T", 2), self.daemon("lns")
        ours, theirs = self.connect(lac, lns)
        lac.config("tunnel", "modify", "tunnel_name=t1", "hello_timeout=77")
        lac.config("tunnel", "delete", "tunnel_name=t1")
        created, up, modified, down, deleted = self.wait_events(lac, "tunnel", ["CREATED", "UP", "MODIFIED", "DOWN", "DELETED"])
        for event in (created, up, modified, down, deleted):
            self.assertEqual((event["id"], event["address"], event["name"], event.flags), (str(ours), self.link.RIGHT, "t1", LOCAL))
        self.assertEqual((created["peer"], created["host"]), ("0", ""), "nothing is known of the peer yet")
        host = up["host"]
        self.assertTrue(host)
        for event in (up, modified, down, deleted):
            self.assertEqual((event["peer"], event["host"]), (str(theirs), host))
        self.assertEqual([e["result"] for e in (created, up, modified, deleted)], ["0"] * 4)
        self.assertEqual((down["result"], down["error"]), ("1", "0"), "StopCCN: general request to clear")

    def test_tunnel_that_the_peer_opens(self) -> None:
        lac, lns = self.daemon("lac"), self.observed("lns", "-T", 2)
        lns.config("tunnel", "profile", "modify", "profile_name=default", *[f"{k}={v}" for k, v in SOON.items()])
        theirs, ours = self.connect(lac, lns)
        lac.config("tunnel", "delete", "tunnel_name=t1")
        events = self.wait_events(lns, "tunnel", LIFE)
        self.assertEqual({e["host"] for e in events}, {events[0]["host"]})
        self.assertTrue(events[0]["host"])
        for event in events:
            self.assertEqual((event["id"], event["peer"], event["address"], event["name"], event.flags),
                             (str(ours), str(theirs), self.link.LEFT, "", 0))
        self.assertEqual(events[2]["result"], "1")

    def test_tunnel_that_is_refused_was_never_up(self) -> None:
        lac, lns = self.observed("lac"), self.observed("lns")
        lns.config("system", "modify", "deny_remote_tunnel_creates=yes")
        lac.create_tunnel("t1", self.link.RIGHT, **SOON)
        down = self.wait_events(lac, "tunnel", ["CREATED", "DOWN", "DELETED"])[1]
        self.assertEqual((down["result"], down["reason"]), ("4", "tunnels from peers are disabled"))
        self.assertEqual(self.events(lns), [], "what was not admitted is no tunnel")

    def test_peer_that_falls_silent(self) -> None:
        lac, lns = self.observed("lac"), self.daemon("lns")
        _, theirs = self.connect(lac, lns, hello_timeout=1)
        lac.create_session("t1", "s1")
        lac.wait_sessions_up(1)
        self.link.lose(100)
        events = self.wait_events(lac, "tunnel", LIFE)
        for event in events[1:]:
            self.assertEqual((event["peer"], event["host"]), (str(theirs), events[1]["host"]), event)
        self.assertEqual(self.names(lac, "session"), LIFE)
        order = [(e.of, e.name) for e in self.events(lac)]
        self.assertLess(order.index(("session", "DELETED")), order.index(("tunnel", "DOWN")))
        self.assertEqual(order[-1], ("peer", "DELETED"))

    def test_persistent_tunnel_lives_on_between_its_lives(self) -> None:
        lac, lns = self.observed("lac"), self.daemon("lns")
        lac.config("system", "modify", "tunnel_persist_pend_timeout=1")
        _, theirs = self.connect(lac, lns, persist="yes")
        lac.create_session("t1", "s1")
        lac.wait_sessions_up(1)
        lns.config("tunnel", "delete", f"tunnel_id={theirs}")
        self.wait_events(lac, "session", [*LIFE, "CREATED", "UP"])
        self.wait_events(lac, "tunnel", ["CREATED", "UP", "DOWN", "UP"])
        self.assertEqual(self.names(lac, "peer"), ["CREATED"])
        self.assertNotEqual(self.events(lac, "tunnel")[3]["peer"], str(theirs))
        tokens = [e["token"] for e in self.events(lac, "session")]
        self.assertEqual(len(set(tokens[:4])), 1)
        self.assertNotEqual(tokens[3], tokens[4], "it is another session")
        lac.config("tunnel", "delete", "tunnel_name=t1")
        self.wait_events(lac, "tunnel", ["CREATED", "UP", "DOWN", "UP", "DOWN", "DELETED"])
        self.wait_events(lac, "peer", ["CREATED", "DELETED"])

    # ---- sessions ---------------------------------------------------------------------------------------------------

    def test_session_of_each_kind_has_its_flags_and_ids(self) -> None:
        lac, lns = self.observed("lac"), self.observed("lns")
        ours, theirs = self.connect(lac, lns)
        incoming = lac.create_session("t1", "in", user_name="alice")
        lns.wait_sessions_up(1)
        outgoing = lns.create_session(theirs, "out")
        lac.wait_sessions_up(2)
        lns.wait_sessions_up(2)
        lac.config("session", "delete", "tunnel_name=t1", "session_name=in")
        lns.config("session", "delete", f"tunnel_id={theirs}", f"session_id={outgoing}")
        lac.wait_no_sessions()
        lns.wait_no_sessions()
        far_incoming = next(e for e in self.events(lns, "session") if e["peer"] == f"{ours}/{incoming}")["id"].split("/")[1]
        far_outgoing = next(e for e in self.events(lac, "session") if e["peer"] == f"{theirs}/{outgoing}")["id"].split("/")[1]
        for daemon, here, session, there, far, flags, name, user in (
                (lac, ours, incoming, theirs, far_incoming, LOCAL, "in", "alice"), (lns, theirs, far_incoming, ours, incoming, LNS, "", ""),
                (lns, theirs, outgoing, ours, far_outgoing, LOCAL | LNS | OUTGOING, "out", ""),
                (lac, ours, far_outgoing, theirs, outgoing, OUTGOING, "", "")):
            events = self.wait_events(daemon, "session", LIFE, id=f"{here}/{session}")
            self.assertEqual(len({e["token"] for e in events}), 1)
            for event in events:
                self.assertEqual((event.flags, event["name"], event["user"]), (flags, name, user), event)
                known = not (event.name == "CREATED" and flags & LOCAL)
                self.assertEqual(event["peer"], f"{there}/{far if known else 0}", event)
            self.assertEqual([e["result"] for e in events], ["0", "0", "3", "3"], "CDN: administrative")

    def test_session_that_is_modified(self) -> None:
        lac, lns = self.observed("lac"), self.daemon("lns")
        self.connect(lac, lns)
        lac.create_session("t1", "s1")
        lac.wait_sessions_up(1)
        lac.config("session", "modify", "tunnel_name=t1", "session_name=s1", "reorder_timeout=40")
        self.wait_events(lac, "session", ["CREATED", "UP", "MODIFIED"], name="s1")

    def test_session_whose_ppp_comes_up(self) -> None:
        lac, lns = self.observed("lac", plugin=sandbox.test_plugin("scripted")), self.daemon("lns")
        self.connect(lac, lns)
        lac.create_session("t1", "s1", session_id=14)  # tests/abi/bad_plugins/scripted.c: tells facts, then that it is up
        events = self.wait_events(lac, "session", ["CREATED", "UP", "PPP_UP", "PPP_UP"])
        self.assertEqual([(e["user"], e["interface"]) for e in events], [("", ""), ("", ""), ("someone", "ppp7"), ("someone", "ppp7")])
        lac.config("session", "delete", "tunnel_name=t1", "session_name=s1")
        down = self.wait_events(lac, "session", ["CREATED", "UP", "PPP_UP", "PPP_UP", "DOWN", "DELETED"])[4]
        self.assertEqual((down["user"], down["interface"]), ("someone", "ppp7"))

    def test_session_that_is_refused_was_never_up(self) -> None:
        lac, lns = self.observed("lac"), self.observed("lns")
        self.connect(lac, lns)
        lns.config("system", "modify", "drain=yes")
        lac.create_session("t1", "s1")
        down = self.wait_events(lac, "session", ["CREATED", "DOWN", "DELETED"])[1]
        self.assertEqual((down["result"], down["reason"]), ("4", "no new calls here for now"))
        self.assertEqual(self.events(lns, "session"), [])

    def test_session_that_the_observer_does_not_want(self) -> None:
        lac, lns = self.observed("lac"), self.daemon("lns")
        self.connect(lac, lns)
        lac.create_session("t1", "unwanted")
        down = self.wait_events(lac, "session", LIFE)[2]
        self.assertEqual((down["result"], down["reason"]), ("3", "not wanted"))
        lns.wait_log('result 3 error 0 "not wanted"')

    def test_tunnel_takes_its_sessions_along(self) -> None:
        lac, lns = self.daemon("lac"), self.observed("lns")
        lns.config("tunnel", "profile", "modify", "profile_name=default", *[f"{k}={v}" for k, v in SOON.items()])
        self.connect(lac, lns)
        for count, name in enumerate(("s1", "s2"), 1):
            lac.create_session("t1", name)
            lns.wait_sessions_up(count)
        lac.config("tunnel", "delete", "tunnel_name=t1")
        self.wait_event(lns, "peer", "DELETED")
        order = [(e.of, e.name) for e in self.events(lns) if e.of != "profile"]
        self.assertEqual(order, [("peer", "CREATED"), ("tunnel", "CREATED"), ("tunnel", "UP"),
                                 *[("session", "CREATED"), ("session", "UP")] * 2,
                                 *[("session", "DOWN"), ("session", "DELETED")] * 2, ("tunnel", "DOWN"), ("tunnel", "DELETED"), ("peer", "DELETED")])
        for event in self.events(lns, "session"):
            if event.name == "DOWN":
                self.assertEqual(event["result"], "1", "why the tunnel went")

    # ---- peers and profiles, and the end ----------------------------------------------------------------------------

    def test_peer_is_there_from_its_first_tunnel_to_its_last(self) -> None:
        lac = self.observed("lac", "-T", 1)  # each shard counts its own
        self.daemon("lns")
        for name in ("t1", "t2"):
            lac.create_tunnel(name, self.link.RIGHT, **SOON)
        lac.wait_tunnels_up(2)
        lac.create_tunnel("t6", self.link.RIGHT6, **SOON)
        lac.wait_tunnels_up(3)
        lac.config("tunnel", "delete", "tunnel_name=t1")
        self.wait_event(lac, "tunnel", "DELETED", name="t1")
        self.assertEqual(self.names(lac, "peer"), ["CREATED", "CREATED"])
        lac.config("tunnel", "delete", "tunnel_name=t2")
        self.wait_event(lac, "tunnel", "DELETED", name="t2")
        created, created6, deleted = self.wait_events(lac, "peer", ["CREATED", "CREATED", "DELETED"])
        for event in (created, deleted):
            self.assertEqual((event["address"], event["local"]), (self.link.RIGHT, self.link.LEFT))
        self.assertEqual((created6["address"], created6["local"]), (self.link.RIGHT6, self.link.LEFT6))
        self.assertEqual(created.flags, 0)

    def test_profiles(self) -> None:
        lac = self.observed("lac")
        for kind, change in (("tunnel", "hello_timeout=70"), ("session", "reorder_timeout=40"), ("ppp", "mtu=1400"),
                             ("peer", "peer_ipaddr=192.0.2.1")):
            lac.config(kind, "profile", "create", "profile_name=gold")
            lac.config(kind, "profile", "modify", "profile_name=gold", change)
            lac.config(kind, "profile", "delete", "profile_name=gold")
            self.wait_events(lac, "profile", ["CREATED", "MODIFIED", "DELETED"], kind=kind, name="gold")
        lac.config("ppp", "profile", "modify", "profile_name=default", "mtu=1400")
        self.wait_events(lac, "profile", ["MODIFIED"], kind="ppp", name="default")

    def test_daemon_that_ends_leaves_nothing_untold(self) -> None:
        lac, lns = self.observed("lac", "-T", 2), self.daemon("lns")
        for name in ("t1", "t2", "t3"):
            lac.create_tunnel(name, self.link.RIGHT)  # they linger for half a minute
            lac.create_session(name, "s1")
        lac.wait_sessions_up(3)
        lns.wait_sessions_up(3)
        self.assertEqual(lac.terminate(), 0)
        for name in ("t1", "t2", "t3"):
            self.assertEqual(self.names(lac, "tunnel", name=name), LIFE)
            down = self.events(lac, "tunnel", name=name)[2]
            self.assertEqual(down["result"], "6", "StopCCN: shutting down")
        self.assertEqual(sorted(self.names(lac, "session")), sorted(LIFE * 3))
        self.assertEqual(self.names(lac, "peer").count("CREATED"), self.names(lac, "peer").count("DELETED"))


if __name__ == "__main__":
    sandbox.main(["nft", *our_programs()])
