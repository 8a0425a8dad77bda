"""xl2tpd as LNS or LAC. Its pppd is a stand-in where the kernel has no PPP (`replace_pppd`)."""
import pathlib
import re
import subprocess

from .process import Process, wait_until

STAND_IN = {
    "stays": "#!/bin/sh\nexec sleep infinity\n",
    "exits": "#!/bin/sh\nexit 1\n",
}


def replace_pppd(folder: pathlib.Path, how: str) -> None:
    """Mounts a stand-in over /usr/sbin/pppd (in the test's own mount namespace): one that "stays" keeps a call up, one that "exits"
    makes xl2tpd clear it with a CDN."""
    program = folder / f"pppd-{how}"
    program.write_text(STAND_IN[how])
    program.chmod(0o755)
    subprocess.run(["mount", "--bind", program, "/usr/sbin/pppd"], check=True)


class Xl2tpd:
    """One xl2tpd. `address` is where it listens."""

    def __init__(self, folder: pathlib.Path, namespace: str, address: str, secret: str | None = None, name: str = "xl2tpd") -> None:
        self.folder, self.namespace, self.address, self.secret, self.name = folder, namespace, address, secret, name
        self.challenges = True  # where it has a secret, it asks us to prove that we know it
        self.ppp_options = ["noauth", "noccp", "novj", "mtu 1400", "mru 1400"]  # of its pppd
        self.control = folder / f"{name}.control"
        self.process: Process | None = None

    def _start(self, section: str) -> None:
        options = self.folder / f"{self.name}.ppp"
        options.write_text("".join(f"{line}\n" for line in self.ppp_options))
        options.chmod(0o600)  # they may hold a password
        secrets = self.folder / f"{self.name}.secrets"
        secrets.write_text(f"* * {self.secret}\n" if self.secret else "")
        secrets.chmod(0o600)
        challenge = "challenge = yes\n" if self.secret and self.challenges else ""
        conf = self.folder / f"{self.name}.conf"
        conf.write_text(f"[global]\nlisten-addr = {self.address}\nport = 1701\nauth file = {secrets}\n"
                        "debug tunnel = yes\ndebug state = yes\ndebug avp = yes\n\n"
                        f"{section}pppoptfile = {options}\nlength bit = yes\n{challenge}")
        pathlib.Path("/var/run/xl2tpd").mkdir(exist_ok=True)
        self.process = Process(self.name, ["xl2tpd", "-D", "-c", conf, "-p", self.folder / f"{self.name}.pid", "-C", self.control],
                               self.namespace, self.folder)
        self.process.wait_log("Listening on IP address")
        wait_until(self.control.exists, f"{self.name}'s control pipe")

    def start_lns(self) -> None:
        self._start("[lns default]\nip range = 10.77.0.2-10.77.0.200\nlocal ip = 10.77.0.1\nrequire authentication = no\n")

    def start_lac(self, lns: str) -> None:
        """As LAC towards `lns`; `call` starts the tunnel and one call."""
        self._start(f"[lac peer]\nlns = {lns}\nautodial = no\n")

    def _command(self, text: str) -> None:
        with self.control.open("w") as pipe:
            pipe.write(text + "\n")

    def call(self) -> None:
        self._command("c peer")

    def hang_up(self) -> None:
        """Clears the call and the tunnel as LAC."""
        self._command("d peer")

    def hang_up_call(self) -> None:
        """Clears its latest call with a CDN, whichever side it is."""
        call = re.findall(r"Call established with.*Local: (\d+)", self.log())[-1]
        self._command(f"h {call}")

    def wait_tunnel_up(self, timeout: float = 20) -> None:
        self.process.wait_log("Connection established to", timeout)

    def wait_call_up(self, timeout: float = 20, count: int = 1) -> None:
        self.process.wait_log("Call established with", timeout, count)

    def wait_closed_by_peer(self, timeout: float = 20) -> None:
        """Waits until the peer's StopCCN has closed the tunnel."""
        self.process.wait_log("Connection closed to", timeout)

    def log(self) -> str:
        return self.process.log()

    def peer_results(self) -> list[tuple[str, int]]:
        """The messages of the peer that cleared something, in order, with result codes: [("CDN", 3), ("StopCCN", 1)]."""
        results, kind = [], ""
        for line in self.log().splitlines():
            if match := re.search(r"message_type_avp: message type (\d+)", line):
                kind = {"4": "StopCCN", "14": "CDN"}.get(match[1], "")
            elif (match := re.search(r"peer closing for reason (\d+)", line)) and kind:
                results.append((kind, int(match[1])))
        return results

    def wait_peer_result(self, kind: str, result: int, timeout: float = 20) -> None:
        """Waits until the peer has sent that StopCCN or CDN."""
        wait_until(lambda: (kind, result) in self.peer_results(), f"a {kind} with result {result}", timeout, self.process.tail)

    def stop(self) -> None:
        if self.process:
            self.process.kill()
