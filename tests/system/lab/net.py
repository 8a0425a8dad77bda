"""Network namespaces joined by a veth pair, and loss on the way."""
import ctypes
import os
import subprocess
import threading
from collections.abc import Callable

import lab

CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def in_namespace(namespace: str, act: Callable[[], object]) -> object:
    """What `act` returns in a network namespace; a socket that it makes stays there. Costs a thread and no process."""
    results: list[object] = []

    def enter() -> None:  # a thread has a network namespace of its own
        try:
            handle = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
            try:
                if libc.setns(handle, CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), f"setns {namespace}")
            finally:
                os.close(handle)
            results.append(act())
        except Exception as error:  # the caller's business
            results.append(error)
    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    if isinstance(results[0], Exception):
        raise results[0]
    return results[0]


def run(*words: object, namespace: str | None = None, check: bool = True, timeout: float = 30, lines: str = "") -> str:
    """Runs a command to its end, in a namespace if one is given; its standard output. It reads `lines`. A failure shows both outputs."""
    command = [str(w) for w in words]
    if namespace:
        command = ["nsenter", f"--net=/run/netns/{namespace}", *command]
    result = subprocess.run(command, capture_output=True, text=True, timeout=timeout * lab.slowness, check=False, input=lines)
    if check and result.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: exit {result.returncode}\n{result.stdout}{result.stderr}")
    return result.stdout


class Link:
    """Two namespaces, `left` 10.9.0.1 and `right` 10.9.0.2 (fd00:9::1 and ::2), joined by a veth pair."""

    LEFT, RIGHT = "10.9.0.1", "10.9.0.2"
    LEFT6, RIGHT6 = "fd00:9::1", "fd00:9::2"

    def __init__(self, left: str = "lac", right: str = "lns") -> None:
        self.left, self.right = left, right
        try:
            self._make()
        except BaseException:
            self.close()
            raise

    def _make(self) -> None:
        left, right = self.left, self.right
        # Few processes: this is part of every case, and each costs its time in an emulated guest.
        run("ip", "-batch", "-", lines=f"netns add {left}\nnetns add {right}\n"
                                       f"link add v0 netns {left} type veth peer name v0 netns {right}\n")
        for name, address, address6 in ((left, self.LEFT, self.LEFT6), (right, self.RIGHT, self.RIGHT6)):
            run("ip", "-n", name, "-batch", "-", lines=f"link set lo up\naddress add {address}/24 dev v0\n"
                                                       f"address add {address6}/64 dev v0 nodad\nlink set v0 up\n")

    def lose(self, percent: int) -> None:
        """Both ends drop `percent` of the L2TP packets that arrive (100: the peer is gone)."""
        match = ["numgen", "random", "mod", "100", "<", str(percent)] if percent < 100 else []
        for name in (self.left, self.right):
            run("nft", "add", "table", "inet", "loss", namespace=name)
            run("nft", "add", "chain", "inet", "loss", "in", "{ type filter hook input priority 0; }", namespace=name)
            for port in ("dport", "sport"):
                run("nft", "add", "rule", "inet", "loss", "in", "udp", port, "1701", *match, "counter", "drop", namespace=name)
                if percent < 100:
                    break  # a packet between two ports 1701 is to be judged once

    def dropped(self, namespace: str) -> int:
        """How many packets the rules of `lose` dropped in a namespace."""
        words = run("nft", "list", "table", "inet", "loss", namespace=namespace).split()
        return sum(int(words[i + 1]) for i, word in enumerate(words) if word == "packets")

    def heal(self) -> None:
        for name in (self.left, self.right):
            run("nft", "delete", "table", "inet", "loss", namespace=name)

    def close(self) -> None:
        run("ip", "-force", "-batch", "-", lines=f"netns delete {self.left}\nnetns delete {self.right}\n", check=False)
