"""Our own daemon and its l2tpconfig."""
import dataclasses
import pathlib
import re
import signal
import subprocess
from collections.abc import Callable

import lab
from . import sandbox
from .net import run
from .process import Process, wait_until


@dataclasses.dataclass(frozen=True)
class Tunnel:
    """One row of `l2tpconfig tunnel list`."""
    tunnel_id: int
    peer: str
    local: str
    peer_tunnel_id: int
    state: str
    by_peer: bool  # the asterisk: the peer asked for it


class Openl2tpd:
    """One daemon in a namespace, driven by l2tpconfig as an operator would. `plugin` is its PPP, by name or by file: none, unless another is named."""

    def __init__(self, folder: pathlib.Path, namespace: str, name: str = "openl2tpd") -> None:
        self.folder, self.namespace, self.name = folder, namespace, name
        self.bin = sandbox.build_folder() / "bin"
        self.plugin = "ppp_null"
        self.environment: dict[str, str] = {}  # of the daemon and of l2tpconfig, beside what this process has
        self.process: Process | None = None

    def program(self, name: str) -> list[object]:
        """The command that runs one of our programs in the daemon's environment."""
        given = [f"{variable}={value}" for variable, value in self.environment.items()]
        return [*(["env", *given] if given else []), self.bin / name]

    def command(self, *options: object) -> list[object]:
        plugin = self.plugin if "/" in self.plugin else sandbox.build_folder() / f"lib/openl2tp/{self.plugin}.so"
        return [*self.program("openl2tpd"), "-f", "-p", plugin,
                "-P", self.folder / f"{self.name}.pid", *options]

    def start(self, *options: object) -> "Openl2tpd":
        """Starts it and waits until it answers l2tpconfig."""
        self.process = Process(self.name, self.command(*options), self.namespace, self.folder)

        def answers() -> bool:
            if not self.process.running():
                raise AssertionError(f"{self.name} ended with {self.process.popen.returncode}\n{self.process.tail()}")
            return self.try_config("system", "show", "status").returncode == 0
        wait_until(answers, f"{self.name} to answer l2tpconfig", 20, self.evidence, self.process.log_length)
        return self

    # ---- l2tpconfig -------------------------------------------------------------------------------------------------

    def try_config(self, *words: object) -> subprocess.CompletedProcess:
        """Runs l2tpconfig; the caller looks at the exit status."""
        command = ["nsenter", f"--net=/run/netns/{self.namespace}", *[str(w) for w in (*self.program("l2tpconfig"), *words)]]
        return subprocess.run(command, capture_output=True, text=True, timeout=40 * lab.slowness, check=False, stdin=subprocess.DEVNULL)

    def config(self, *words: object) -> str:
        """Runs l2tpconfig, which must succeed; its standard output."""
        return run(*self.program("l2tpconfig"), *words, namespace=self.namespace, timeout=40)

    def set_secret(self, secret: str) -> None:
        """The shared secret for tunnels that peers ask for."""
        self.config("tunnel", "profile", "modify", "profile_name=default", f"secret={secret}")

    def create_tunnel(self, name: str, peer: str, **parameters: object) -> None:
        self.config("tunnel", "create", f"tunnel_name={name}", f"dest_ipaddr={peer}", *[f"{k}={v}" for k, v in parameters.items()])

    def create_session(self, tunnel: str | int, name: str | None = None, **parameters: object) -> int:
        """A session on a tunnel given by name or id; the new session's id."""
        key = "tunnel_id" if isinstance(tunnel, int) else "tunnel_name"
        words = ["session", "create", f"{key}={tunnel}"]
        if name:
            words.append(f"session_name={name}")
        result = self.try_config(*words, *[f"{k}={v}" for k, v in parameters.items()])
        if result.returncode != 0:
            raise AssertionError(f"session create: {result.stdout}{result.stderr}\n{self.evidence()}")
        return int(re.search(r"Created session (?:\d+/)?(\d+)", result.stdout + result.stderr)[1])

    def tunnels(self) -> list[Tunnel]:
        rows = re.findall(r"^(\*?)\s*(\d+)\s+(\S+)\s+(\S+)\s+(\d+)\s+\d+\s+(\S+)\s*$", self.config("tunnel", "list"), re.MULTILINE)
        return [Tunnel(int(i), peer, local, int(p), state, star == "*") for star, i, peer, local, p, state in rows]

    def sessions(self, tunnel_id: int) -> list[int]:
        """The ids of a tunnel's sessions; none when the tunnel has gone since it was listed."""
        result = self.try_config("session", "list", f"tunnel_id={tunnel_id}")
        if result.returncode != 0 and "Tunnel not found" not in result.stderr:
            raise AssertionError(f"session list: exit {result.returncode}\n{result.stdout}{result.stderr}")
        return [int(i) for i in re.findall(r"^\t(\d+)$", result.stdout, re.MULTILINE)]

    def session_text(self, tunnel_id: int, session_id: int) -> str:
        result = self.try_config("session", "show", f"tunnel_id={tunnel_id}", f"session_id={session_id}")
        return result.stdout if result.returncode == 0 else ""

    def session_state(self, tunnel_id: int, session_id: int) -> tuple[str, str]:
        """Type and state, such as ("LAC Incoming Call", "ESTABLISHED"); two empty strings when it is gone."""
        match = re.search(r"type: (.*?), state: (\S+)", self.session_text(tunnel_id, session_id))
        return (match[1], match[2]) if match else ("", "")

    # ---- waiting ----------------------------------------------------------------------------------------------------

    def wait_state(self, condition: Callable[[], object], what: str, timeout: float) -> object:
        """Waits for what l2tpconfig shows; the daemon logs whatever changes its tunnels and sessions."""
        return wait_until(condition, f"{what} at {self.name}", timeout, self.evidence, self.process.log_length)

    def wait_tunnels_up(self, count: int = 1, timeout: float = 20) -> list[Tunnel]:
        def up() -> list[Tunnel]:
            found = [t for t in self.tunnels() if t.state == "ESTABLISHED"]
            return found if len(found) == count else []
        return self.wait_state(up, f"{count} established tunnels", timeout)

    def wait_sessions_up(self, count: int = 1, timeout: float = 20, kind: str | None = None) -> list[tuple[int, int]]:
        """Waits until there are exactly `count` sessions and all are established (and of `kind`); (tunnel id, session id) of each."""
        def up() -> list[tuple[int, int]]:
            found = [(t.tunnel_id, s) for t in self.tunnels() for s in self.sessions(t.tunnel_id)]
            states = {self.session_state(*pair) for pair in found} if len(found) == count else set()
            good = bool(states) and all(state == "ESTABLISHED" and kind in (None, type_) for type_, state in states)
            return found if good else []
        return self.wait_state(up, f"{count} established sessions", timeout)

    def wait_no_sessions(self, timeout: float = 20) -> None:
        self.wait_state(lambda: not [s for t in self.tunnels() for s in self.sessions(t.tunnel_id)], "no sessions", timeout)

    def wait_no_tunnel_up(self, timeout: float = 20) -> None:
        """Waits until no tunnel is established; those that closed may linger in CLOSING for their retransmission cycle."""
        self.wait_state(lambda: all(t.state == "CLOSING" for t in self.tunnels()), "no live tunnel", timeout)

    def statistic(self, name: str) -> int:
        """A number of `l2tpconfig system show statistics`, such as "authentication failures"."""
        return int(re.search(rf"{re.escape(name)}: (\d+)", self.config("system", "show", "statistics"))[1])

    def wait_refused(self, timeout: float = 20) -> None:
        """Waits until a peer has failed to authenticate."""
        wait_until(lambda: self.statistic("authentication failures") > 0, "an authentication failure", timeout, self.evidence)

    def wait_log(self, text: str, timeout: float = 20) -> None:
        self.process.wait_log(text, timeout)

    # ---- the end ----------------------------------------------------------------------------------------------------

    def evidence(self) -> str:
        """What a failed wait prints: the daemon's log and its tunnels."""
        text = self.process.tail() if self.process else ""
        for words in (("tunnel", "list"), ("system", "show", "statistics")):
            try:
                result = self.try_config(*words)
            except subprocess.TimeoutExpired:
                return text + f"l2tpconfig {' '.join(words)} hangs\n"
            text += f"---- {self.name}$ l2tpconfig {' '.join(words)} (exit {result.returncode})\n{result.stdout}{result.stderr}"
        return text

    def terminate(self, timeout: float = 20) -> int:
        return self.process.terminate(timeout)

    def signal(self, number: signal.Signals) -> None:
        self.process.popen.send_signal(number)

    def stop(self) -> None:
        if self.process:
            self.process.kill()
