"""Programs that run in a namespace with their output in a file, and waiting for events instead of sleeping."""
import pathlib
import signal
import subprocess
import time
from collections.abc import Callable

import lab


def wait_until(condition: Callable[[], object], what: str, timeout: float = 20, evidence: Callable[[], str] = lambda: "",
               sign: Callable[[], object] | None = None) -> object:
    """Polls until `condition` gives something true, and returns that; after `timeout` seconds fails with the evidence. Where the condition costs a
    process and `sign` does not, such as the length of a log, the condition is asked when the sign has changed, and once a second."""
    timeout *= lab.slowness
    deadline = time.monotonic() + timeout
    while True:
        seen = sign() if sign else None
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout} s in vain for {what}\n{evidence()}")
        again = time.monotonic() + (1 if sign else 0)
        time.sleep(0.05)
        while time.monotonic() < again and sign() == seen:
            time.sleep(0.05)


class Process:
    """A program in a namespace. Its output is one file, which `log` reads."""

    def __init__(self, name: str, command: list[object], namespace: str, folder: pathlib.Path) -> None:
        self.name = name
        self.log_path = folder / f"{name}.log"
        words = ["nsenter", f"--net=/run/netns/{namespace}", *[str(w) for w in command]]
        with self.log_path.open("ab") as log:
            # A session of its own: l2tpns signals its whole process group when it ends.
            self.popen = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, cwd=folder,
                                          start_new_session=True)

    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8", errors="replace") if self.log_path.exists() else ""

    def log_length(self) -> int:
        return self.log_path.stat().st_size if self.log_path.exists() else 0

    def tail(self, lines: int = 60) -> str:
        return f"---- {self.name}\n" + "\n".join(self.log().splitlines()[-lines:]) + "\n"

    def wait_log(self, text: str, timeout: float = 20, count: int = 1) -> None:
        """Waits until the log holds `text` at least `count` times; a program that ended meanwhile fails at once."""
        def there() -> bool:
            if self.log().count(text) >= count:
                return True
            if self.popen.poll() is not None:
                raise AssertionError(f"{self.name} ended with {self.popen.returncode}\n{self.tail()}")
            return False
        wait_until(there, f"{text!r} in the log of {self.name}", timeout, self.tail)

    def running(self) -> bool:
        return self.popen.poll() is None

    def wait(self, timeout: float = 20) -> int:
        """Waits for its end; its exit status."""
        try:
            return self.popen.wait(timeout * lab.slowness)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not end in {timeout} s\n{self.tail()}") from None

    def terminate(self, timeout: float = 20) -> int:
        if self.running():
            self.popen.send_signal(signal.SIGTERM)
        return self.wait(timeout)

    def kill(self) -> None:
        """Ends it without a word to its peers."""
        if self.running():
            self.popen.kill()
        self.popen.wait()
