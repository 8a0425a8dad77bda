"""Recorded sessions of OpenL2TP 1.8's l2tpconfig, replayed against two of our daemons: the same layout, labels and values. Ids, times,
ports and counters may differ; what differs on purpose is marked in the transcripts ("# differs: key") and explained in
docs/differences.md under that key."""
import dataclasses
import json
import pathlib
import re
import shlex
import subprocess
import time

from lab import sandbox
from lab.case import SystemCase, our_programs
from lab.process import wait_until

HERE = pathlib.Path(__file__).parent
DIFFERENCES = HERE.parents[1] / "docs/differences.md"

# Lines in which numbers and names of the moment may differ.
VOLATILE = re.compile(
    r"^\s*(Tunnel \d|Session \d|Created (tunnel|session)|created at|created by admin|peer tunnel id|UDP ports|ns/nr|cwnd|zlbs|hellos|retransmits|"
    r"control [rt]x|data [rt]x|Total messages|call serial|peer vendor|peer protocol|peer rx window|tiebreaker|tunnel_id:|tunnel_name:|session_id:|"
    r"Modified|Deleted|\*?\s*\d+\s|[A-Z]+\d?\s+\d+\s+\d+\s+\d+$|tunnels: \d|illegal|Setup|Resource|Limit|Internal|Frame|no matching|unexpected|"
    r"total control|\d+ sessions on|\d+$)")


@dataclasses.dataclass
class Step:
    daemon: str
    command: str
    out: list[str] = dataclasses.field(default_factory=list)
    err: list[str] = dataclasses.field(default_factory=list)
    differs: str | None = None


def read(name: str) -> list[Step]:
    steps: list[Step] = []
    for line in (HERE / "transcripts" / name).read_text().splitlines():
        if match := re.match(r"(t\w+)\$ l2tpconfig (.*)", line):
            steps.append(Step(match[1], match[2]))
        elif line.startswith("# differs: "):
            steps[-1].differs = line.removeprefix("# differs: ")
        elif not steps or line.startswith("(rc="):
            continue
        elif line.startswith("[err] "):
            steps[-1].err.append(line.removeprefix("[err] "))
        else:
            steps[-1].out.append(line)
    return steps


def read_files(name: str) -> tuple[list[str], dict[str, tuple[list[str], str | None]]]:
    """The names of recorded files and folders, and each file's text, with the key of its difference."""
    named: list[str] = []
    files: dict[str, tuple[list[str], str | None]] = {}
    for line in (HERE / "transcripts" / name).read_text().splitlines():
        if line.startswith("--- "):
            files[line.removeprefix("--- ")] = ([], None)
        elif not files:
            if not line.startswith("# "):
                named.append(line)
        elif line.startswith("# differs: "):
            last = list(files)[-1]
            files[last] = (files[last][0], line.removeprefix("# differs: "))
        else:
            list(files.values())[-1][0].append(line)
    return named, files


def here(text: str) -> str:
    """The recorded addresses as those of the lab."""
    return text.replace("192.168.0.1", "R.R").replace("192.168.0.2", "L.L").replace("R.R", "10.9.0.2").replace("L.L", "10.9.0.1")


def masked(line: str) -> str:
    """A line without the times and names of the moment; its numbers are left."""
    line = re.sub(r"\b[A-Z][a-z]{2} (?=[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4})", "DAY ", line)
    line = re.sub(r"\b[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}", "TIME", line)
    line = re.sub(r"(peer vendor name: ).*", r"\1NAME", line)
    line = re.sub(r"(peer tunnel id: \d+, host name: ).*", r"\1NAME", line)
    line = re.sub(r"(tiebreaker:)( [0-9a-f]{2})+$", r"\1 OCTETS", line)
    return re.sub(r"10\.9\.0\.(\d)", r"ADDRESS\1", line)


def shape(line: str) -> str:
    """A line without what belongs to the moment."""
    line = re.sub(r"^(\s*trace_flags=)\d+", r"\1N", line.rstrip())
    if not VOLATILE.match(line):
        return re.sub(r"\s+", " ", line) if "10.9.0." in line else line  # columns of another width
    line = re.sub(r"\b\d+\b", "N", masked(line))
    return re.sub(r"\s+", " ", line)


class Transcripts(SystemCase):
    def setUp(self) -> None:
        super().setUp()
        self.ids: dict[str, str] = {}  # recorded to ours
        self.candidates: dict[str, list[str]] = {}
        options = ("-D", "--test")
        self.daemons = {"tlac": self.daemon("lac", *options), "tlns": self.daemon("lns", *options)}

    def learn(self, recorded: list[str], ours: list[str]) -> None:
        for theirs, mine in zip(recorded, ours):
            if shape(theirs) == shape(mine):
                for a, b in zip(*[re.findall(r"\b\d+\b", masked(line)) for line in (theirs, mine)]):
                    if len(a) >= 3:  # the recorded ids have as many digits; ours may be short
                        self.ids.setdefault(a, b)
        # A list is in the order of ids, which are random: which of ours is which, only what it shows can tell.
        listed = [line.strip() for line in ours if re.fullmatch(r"\t\d+", line)]
        for line in recorded:
            if re.fullmatch(r"\t\d+", line):
                self.candidates.setdefault(line.strip(), listed)

    def try_another(self, command: str) -> None:
        """Takes the next of those that a recorded session id of a `session show` may stand for."""
        match = re.match(r"session show .*session_id=(\d+)", command)
        pool = self.candidates.get(match[1], []) if match else []
        if self.ids.get(match[1] if match else "") in pool:
            self.ids[match[1]] = pool[(pool.index(self.ids[match[1]]) + 1) % len(pool)]

    def run_step(self, step: Step):
        command = re.sub(r"(tunnel_id|session_id)=(\d+)", lambda m: f"{m[1]}={self.ids.get(m[2], m[2])}", here(step.command))
        command = command.replace("file=FILE", f"file={self.folder / 'FILE'}")
        words = ["--secrets", *shlex.split(command)]
        return self.daemons[step.daemon].try_config(*words)

    def replay(self, name: str) -> None:
        known = DIFFERENCES.read_text()
        problems = []
        for step in read(name):
            recorded, complaints = [here(line) for line in step.out], [here(line) for line in step.err]
            if step.differs:
                if f"`{step.differs}`" not in known:
                    problems.append(f"{step.command}: difference {step.differs} is not in docs/differences.md")
                self.run_step(step)
                continue
            failed = any(line.startswith(("Error at", "Ambiguous")) for line in recorded) or any("failed" in line or "Required" in line for line in complaints)
            deadline = time.monotonic() + 5  # states settle
            while True:
                result = self.run_step(step)
                out, err = result.stdout.splitlines(), result.stderr.splitlines()
                good = sorted(map(shape, out)) == sorted(map(shape, recorded)) and (not complaints or list(map(shape, err)) == list(map(shape, complaints)))
                if good or time.monotonic() > deadline or not re.search(r"\b(list|show)\b", step.command):
                    break
                self.try_another(step.command)
                time.sleep(0.2)
            self.learn(recorded, out)
            self.learn(complaints, err)
            if not good:
                want, got = sorted(map(shape, recorded)), sorted(map(shape, out))
                problems.append(f"{step.daemon}$ {step.command}\n" + "".join(f"  - {line}\n" for line in want if line not in got) +
                                "".join(f"  + {line}\n" for line in got if line not in want) +
                                ("" if list(map(shape, err)) == list(map(shape, complaints)) else f"  err {err}, recorded {complaints}\n"))
            if (result.returncode != 0) != failed:
                problems.append(f"{step.daemon}$ {step.command}: exit status {result.returncode}")
        self.assertEqual(problems, [], "\n" + "\n".join(problems))

    def test_system(self) -> None:
        self.replay("01_system.txt")

    def test_default_profiles(self) -> None:
        self.replay("02_profiles_default.txt")

    def test_profiles(self) -> None:
        self.replay("03_profiles_crud.txt")

    def test_config(self) -> None:
        self.daemons["tlac"].config("config", "restore", f"file={HERE / 'transcripts/saved.cfg'}")
        self.replay("04_config.txt")

    def test_tunnels(self) -> None:
        self.replay("05_tunnel.txt")

    def test_sessions(self) -> None:
        lac, lns = self.daemons["tlac"], self.daemons["tlns"]
        lac.create_tunnel("t1", self.link.RIGHT)
        self.ids["50199"] = str(lac.wait_tunnels_up(1)[0].tunnel_id)
        self.ids["35189"] = str(lns.wait_tunnels_up(1)[0].tunnel_id)
        self.replay("06_session.txt")

    def test_status_files(self) -> None:
        lac, lns = self.daemons["tlac"], self.daemons["tlns"]
        status = self.folder / "status"
        self.assertEqual(lac.terminate(), 0)
        lac.start("--test", "--status-directory", status)
        lac.create_tunnel("t1", self.link.RIGHT)
        tunnel = lac.wait_tunnels_up(1)[0].tunnel_id
        ids = {"39038": tunnel, "38807": lac.create_session("t1", "s1"), "43164": lac.create_session("t1", "s2")}
        lns.create_session(lns.wait_tunnels_up(1)[0].tunnel_id, session_type="lnoc")
        sessions = {session for _, session in lac.wait_sessions_up(3)}
        ids["23359"] = (sessions - set(ids.values())).pop()
        named, files = read_files("12_status_files.txt")

        def ours(name: str) -> str:
            return re.sub(r"\b\d{5}\b", lambda m: str(ids[m[0]]), here(name)).removeprefix("./")
        wanted = sorted(ours(name) for name in named if name != ".")

        def written() -> bool:
            found = sorted(str(path.relative_to(status)) for path in status.rglob("*") if path.name != ".new")
            self.found = found
            return found == wanted and all("ESTABLISHED" in path.read_text() for path in status.glob("tunnels/**/status"))
        wait_until(written, "the status files", evidence=lambda: f"wanted {wanted}, found {self.found}")
        known = DIFFERENCES.read_text()
        for name, (recorded, differs) in files.items():
            with self.subTest(file=name):
                if differs:
                    self.assertIn(f"`{differs}`", known)
                    continue
                text = (status / ours(name)).read_text().replace("session count: 3", "session count: 0")  # status-files tells why
                self.assertEqual(sorted(map(shape, text.splitlines())), sorted(shape(here(line)) for line in recorded))

    def test_fault_injection(self) -> None:
        self.replay("07_test_cmds.txt")

    def test_limits(self) -> None:
        lac = self.daemons["tlac"]
        lac.create_tunnel("t1", self.link.RIGHT)
        lac.wait_tunnels_up(1)
        self.replay("08_deny.txt")

    def test_saved_configurations_come_back(self) -> None:
        lac = self.daemons["tlac"]
        lac.config("config", "restore", f"file={HERE / 'transcripts/saved.cfg'}")
        lac.config("tunnel", "profile", "create", "profile_name=a b", "secret=it's #1")
        first = self.folder / "first"
        lac.config("config", "save", f"file={first}")
        self.assertEqual(first.stat().st_mode & 0o7777, 0o600)
        lac.config("config", "restore", f"file={first}")
        self.assertEqual(lac.config("config", "save", "--secrets"), first.read_text())

    def test_monitor_prints_events_as_they_happen(self) -> None:
        lac = self.daemons["tlac"]
        words = ["nsenter", f"--net=/run/netns/{lac.namespace}", *map(str, lac.program("l2tpconfig")), "-t", "--json", "monitor", "limit=1"]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as monitor:
            for number in range(20):  # until one comes after the watch has begun
                if monitor.poll() is not None:
                    break
                lac.create_tunnel(f"m{number}", self.link.RIGHT)
                time.sleep(0.5)
            monitor.kill()
            text = monitor.stdout.read()
        event = json.loads(text)
        self.assertTrue(event["event"].startswith("tunnel "), event)
        self.assertGreater(event["at_ms"], 1_700_000_000_000, "milliseconds since 1970")
        self.assertEqual(monitor.returncode, 0)

    def test_the_list_of_differences_is_used(self) -> None:
        used = {step.differs for file in (HERE / "transcripts").glob("*.txt") if file.name != "12_status_files.txt"
                for step in read(file.name) if step.differs}
        used |= {differs for _, differs in read_files("12_status_files.txt")[1].values() if differs}
        listed = set(re.findall(r"^### `([\w-]+)`", DIFFERENCES.read_text(), re.MULTILINE))
        self.assertEqual(used - listed, set())


if __name__ == "__main__":
    sandbox.main(our_programs())
