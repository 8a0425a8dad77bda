"""One guest: starts an engine, streams what the command writes, and gives its exit status.

A control folder, shared with the guest, carries everything between the two: settings and the command in; output, status and the kernel's
console out. The status appears by rename, so a guest that dies has none. The engine runs in a PID namespace of its own, which takes
every process of it along when the guest is over, also when this program is killed."""
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

from . import cache

ENGINES = ("qemu", "uml")
PROGRAM = {"qemu": "qemu-system-x86_64", "uml": "unshare"}
INSIDE = pathlib.Path(__file__).resolve().parents[1] / "inside"
PASSED = ("PATH", "HOME", "LANG", "TERM", "CI")  # and what begins with OPENL2TP_
BOOT_LIMIT = 180.0  # seconds; it takes three to ten
TROUBLE = re.compile(r"Kernel panic|\bOops\b|BUG:|WARNING:|guest: |Out of memory")


class Failed(Exception):
    """There was no guest that could have run the command to its end."""


def choose(wanted: str) -> str:
    engine = wanted if wanted != "auto" else "qemu" if shutil.which(PROGRAM["qemu"]) else "uml"
    if not shutil.which(PROGRAM[engine]):
        raise Failed(f"{PROGRAM[engine]} is not installed; sudo ./dev setup installs it")
    return engine


def _kvm_works() -> bool:
    """A /dev/kvm may be there and fail, as in some nested machines: a machine is made and thrown away to see."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return False
    try:
        return subprocess.run([PROGRAM["qemu"], "-accel", "kvm", "-cpu", "max", "-nodefaults", "-display", "none", "-S", "-monitor", "stdio"],
                              input=b"quit\n", capture_output=True, timeout=20, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def _same_file(one: int, other: int) -> bool:
    a, b = os.fstat(one), os.fstat(other)
    return (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino)


class Guest:
    """One boot. `run` may be called once."""

    def __init__(self, engine: str, kernel: cache.Kernel, memory: int, cpus: int, shares: list[pathlib.Path], verbose: bool) -> None:
        self.engine, self.kernel, self.memory, self.cpus, self.shares, self.verbose = engine, kernel, memory, cpus, shares, verbose
        self.control = pathlib.Path()
        self.accelerator = ""

    def run(self, command: list[str], timeout: float) -> int:
        """Runs the command in the guest; its exit status, or 124 when it was not over `timeout` seconds after it began."""
        began = time.monotonic()
        self.control = pathlib.Path(tempfile.mkdtemp(prefix="guest-")).resolve()
        if any(re.search(r"[\s,\"']", str(path)) for path in (self.control, self.kernel.image, *self.shares)):
            raise Failed("the temporary folder, the cache or a share has a space, quote or comma in its path")
        machine = None
        try:
            self._prepare(command)
            with (self.control / "console").open("wb") as console:
                machine = subprocess.Popen(self._confined(self._qemu() if self.engine == "qemu" else self._uml()), stdin=subprocess.DEVNULL,
                                           stdout=console, stderr=console, start_new_session=True)
            in_time = self._stream(machine, timeout)
            if self.verbose:
                self._tell(began)
            return self._result(machine, in_time, timeout)
        finally:
            if machine and machine.poll() is None:
                machine.kill()  # unshare, and with it its whole PID namespace
                machine.wait()
            shutil.rmtree(self.control, ignore_errors=True)

    def _prepare(self, command: list[str]) -> None:
        for name in ("root.sh", "command.sh"):
            shutil.copy(INSIDE / name, self.control)
        settings = {"BUSYBOX": cache.busybox(), "CONTROL_PATH": self.control, "MODULES": self.kernel.modules, "ENGINE": self.engine,
                    "ONE_OUTPUT": int(_same_file(1, 2))}
        (self.control / "settings").write_text("".join(f"{name}={shlex.quote(str(value))}\n" for name, value in settings.items()))
        (self.control / "shares").write_text("".join(f"{path}\n" for path in self.shares))
        passed = {name: value for name, value in os.environ.items() if name in PASSED or name.startswith("OPENL2TP_")}
        (self.control / "run").write_text("".join(f"export {name}={shlex.quote(value)}\n" for name, value in passed.items()) +
                                          f"cd {shlex.quote(os.getcwd())} || exit 125\nexec {shlex.join(command)}\n")
        for name in ("stdout", "stderr"):
            (self.control / name).touch()
        overlay = next(self.kernel.modules.rglob("overlay.ko"))
        # user-mode Linux has this machine's files from the start: its first process is a script among them.
        init = self.control / "init"
        init.write_text(f"#!{cache.busybox()} sh\nb={cache.busybox()}\nHOST=\nCONTROL={self.control}\n$b insmod {overlay}\n. $CONTROL/root.sh\n")
        init.chmod(0o755)

    def _qemu(self) -> list[str]:
        self.accelerator = "kvm" if _kvm_works() else "tcg"
        words = [PROGRAM["qemu"], "-accel", self.accelerator, "-cpu", "max", "-m", str(self.memory), "-smp", str(self.cpus), "-nodefaults",
                 "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio", "-kernel", str(self.kernel.image),
                 "-initrd", str(self.kernel.initramfs),
                 # The guest runs tests: what defends a kernel against its users only costs emulated time.
                 "-append", "console=ttyS0 loglevel=4 panic=-1 mitigations=off nokaslr no5lvl tsc=reliable",
                 "-virtfs", "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap",
                 "-virtfs", f"local,path={self.control},mount_tag=control,security_model=none"]
        for number, path in enumerate(self.shares):
            words += ["-virtfs", f"local,path={path},mount_tag=share{number},security_model=none,multidevs=remap"]
        return words

    def _uml(self) -> list[str]:
        self.accelerator = "ptrace"
        return [str(self.kernel.image), f"mem={self.memory}M", f"uml_dir={self.control}", "umid=uml", "root=/dev/root", "rootfstype=hostfs",
                "rootflags=/", "ro", f"init={self.control}/init", "con=null", "con0=null,fd:1", "ssl=null", "loglevel=4", "panic=-1"]

    @staticmethod
    def _confined(words: list[str]) -> list[str]:
        user = [] if os.geteuid() == 0 else ["--user", "--map-current-user"]
        return ["setpriv", "--pdeathsig", "KILL", "unshare", *user, "--mount", "--pid", "--fork", "--kill-child=KILL", "--mount-proc", *words]

    def _stream(self, machine: subprocess.Popen, timeout: float) -> bool:
        """Passes output on until the guest has ended; false when the time was over first."""
        deadline, booted = time.monotonic() + BOOT_LIMIT, False
        with (self.control / "stdout").open("rb") as out, (self.control / "stderr").open("rb") as err:
            while True:
                ended = machine.poll() is not None
                if not booted and (self.control / "started").exists():
                    deadline, booted = time.monotonic() + timeout, True
                late = time.monotonic() > deadline
                for source, target in ((out, sys.stdout.buffer), (err, sys.stderr.buffer)):
                    while data := source.read(1 << 16):
                        target.write(data)
                        target.flush()
                if ended or late or self._panicked():  # user-mode Linux stays there when it has panicked
                    return not late or not booted
                time.sleep(0.05)

    def _panicked(self) -> bool:
        return b"Kernel panic" in (self.control / "console").read_bytes()

    def _console(self) -> list[str]:
        return (self.control / "console").read_text(errors="replace").splitlines()

    def _tell(self, began: float) -> None:
        started = self.control / "started"
        print(f"guest: {self.engine}/{self.accelerator}, kernel {self.kernel.modules.name}, "
              f"up after {started.read_text().strip() if started.exists() else '?'} s of its own, over after {time.monotonic() - began:.1f} s",
              file=sys.stderr)
        print("\n".join(f"guest: console: {line}" for line in self._console()), file=sys.stderr)

    def _result(self, machine: subprocess.Popen, in_time: bool, timeout: float) -> int:
        for line in self._console():
            if TROUBLE.search(line) and not self.verbose:
                print(f"guest: console: {line}", file=sys.stderr)
        status = self.control / "status"
        if status.exists():
            return int(status.read_text())
        if not in_time:
            print(f"guest: not over after {timeout} s", file=sys.stderr)
            return 124
        print("\n".join(self._console()[-30:]), file=sys.stderr)
        if not (self.control / "started").exists():
            raise Failed(f"the guest did not get as far as the command ({self.engine})")
        raise Failed(f"the guest ended without an exit status ({self.engine} ended with {machine.returncode})")
