"""PPP as the cases see it: secrets, interfaces with their addresses, ping, and what a case may not leave behind."""
import ctypes
import dataclasses
import ipaddress
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import sys

from lab.net import in_namespace, libc, run
from lab.process import wait_until

GUEST = "OPENL2TP_GUEST"  # the engine; set in the guest alone
DAEMONS = ("openl2tpd", "xl2tpd", "pppd")
# Seconds, times lab.slowness: pppd repeats a lost packet after 3 s, and only something that never comes takes this long.
PATIENCE = 30.0


@dataclasses.dataclass(frozen=True)
class Interface:
    """A PPP interface that is up. The addresses are None where IPCP or IPv6CP did not run; those of IPv6 are link-local."""
    namespace: str
    name: str
    local: str | None
    remote: str | None
    local6: str | None
    mtu: int


def write_secrets(*lines: str) -> None:
    """Fills pppd's files of secrets, for CHAP and for PAP: each line "client server secret addresses". Only in a guest, whose files are
    thrown away."""
    assert os.environ.get(GUEST), "these are the machine's own files"
    for name in ("chap-secrets", "pap-secrets"):
        path = pathlib.Path("/etc/ppp") / name
        path.write_text("".join(f"{line}\n" for line in lines))
        path.chmod(0o600)


def _dump(request: int, body: bytes) -> list[tuple[bytes, dict[int, bytes]]]:
    """What rtnetlink lists in this thread's namespace: of each object the fixed part and the attributes."""
    found, fixed = [], len(body)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as line:
        line.send(struct.pack("=IHHII", 16 + fixed, request, 0x301, 1, 0) + body)  # NLM_F_REQUEST | NLM_F_DUMP
        while True:
            octets = line.recv(1 << 18)
            while octets:
                length, kind = struct.unpack_from("=IH", octets)
                if kind == 2:  # NLMSG_ERROR
                    raise OSError(-struct.unpack_from("=i", octets, 16)[0], "rtnetlink")
                if kind == 3:  # NLMSG_DONE
                    return found
                attributes, at = {}, 16 + fixed
                while at + 4 <= length:
                    size, number = struct.unpack_from("=HH", octets, at)
                    attributes[number & 0x3FFF] = octets[at + 4:at + size]
                    at += max(size + 3 & ~3, 4)
                found.append((octets[16:16 + fixed], attributes))
                octets = octets[length + 3 & ~3:]


def _links() -> dict[int, tuple[str, int, bool]]:
    """The PPP interfaces of this thread's namespace by number: name, MTU, whether it is up."""
    found = {}
    for fixed, attributes in _dump(18, bytes(16)):  # RTM_GETLINK
        _, _, kind, number, flags, _ = struct.unpack("=BBHiII", fixed)
        if kind == 512:  # ARPHRD_PPP
            found[number] = attributes[3].rstrip(b"\0").decode(), struct.unpack("=I", attributes[4])[0], bool(flags & 1)
    return found


def _interfaces(namespace: str) -> list[Interface]:
    links, addresses = _links(), {}
    for fixed, attributes in _dump(22, bytes(8)):  # RTM_GETADDR
        family, _, _, _, number = struct.unpack("=BBBBI", fixed)
        one, other = attributes.get(2, attributes.get(1)), attributes.get(1)  # IFA_LOCAL, IFA_ADDRESS: the peer's, where it is another
        addresses.setdefault((number, family), (socket.inet_ntop(family, one), socket.inet_ntop(family, other) if other != one else None))
    found = []
    for number, (name, mtu, up) in links.items():
        if up:
            local, remote = addresses.get((number, socket.AF_INET), (None, None))
            found.append(Interface(namespace, name, local, remote, addresses.get((number, socket.AF_INET6), (None, None))[0], mtu))
    return sorted(found, key=lambda i: (len(i.name), i.name))


def interfaces(namespace: str) -> list[Interface]:
    """The PPP interfaces of a namespace that are up, in the order of their names' numbers. Asked often: without a process."""
    return in_namespace(namespace, lambda: _interfaces(namespace))


def any_interface(namespace: str) -> list[str]:
    """The names of all PPP interfaces, up or not."""
    return in_namespace(namespace, lambda: [name for name, _, _ in _links().values()])


def _proc_net(namespace: str, name: str) -> str:
    """A file of /proc/net of a namespace; an empty text where the kernel has none."""
    def read() -> str:
        path = pathlib.Path("/proc/thread-self/net") / name
        return path.read_text() if path.exists() else ""
    return in_namespace(namespace, read)


def wait_up(namespace: str, count: int = 1, timeout: float = PATIENCE, evidence=lambda: "") -> list[Interface]:
    """Waits until a namespace has so many PPP interfaces with IPv4 addresses at both ends."""
    def up() -> list[Interface]:
        found = [i for i in interfaces(namespace) if i.local and i.remote]
        return found if len(found) == count else []
    return wait_until(up, f"{count} PPP interfaces with addresses in {namespace}", timeout, evidence)


def wait_up6(namespace: str, timeout: float = PATIENCE, evidence=lambda: "") -> Interface:
    """Waits until a namespace has a PPP interface on which IPv6CP has run: its address holds the negotiated identifier."""
    return wait_until(lambda: next((i for i in interfaces(namespace) if i.local6), None), f"IPv6CP in {namespace}", timeout, evidence)


def wait_gone(namespace: str, timeout: float = PATIENCE, evidence=lambda: "") -> None:
    wait_until(lambda: not any_interface(namespace), f"no PPP interface in {namespace}", timeout, evidence)


def ping(interface: Interface, address: str | None = None, size: int = 56) -> None:
    """Sends from an interface until an answer comes. `size` is what ping calls so: octets after the ICMP header."""
    target = address or interface.remote
    six = "-6" if ipaddress.ip_address(target).version == 6 else "-4"

    def answered() -> bool:
        out = run("busybox", "ping", six, "-c", "1", "-W", "3", "-s", str(size), "-I", interface.name, target, namespace=interface.namespace,
                  check=False, timeout=PATIENCE)
        return " 0% packet loss" in out
    wait_until(answered, f"an answer from {target} to {interface.name} in {interface.namespace}", PATIENCE,
               lambda: run("ip", "-s", "address", "show", namespace=interface.namespace, check=False))


def ping_both_ways(one: Interface, other: Interface) -> None:
    """Both ends reach each other through the tunnel, with small packets and with the largest that fit."""
    for interface in (one, other):
        ping(interface)
        ping(interface, size=interface.mtu - 28)


COPY_SERVER = """
import hashlib, socket, sys
with socket.create_server((sys.argv[1], 7777)) as server:
    print("listens", flush=True)
    line, _ = server.accept()
    digest = hashlib.sha256()
    while octets := line.recv(65536):
        digest.update(octets)
print(digest.hexdigest(), flush=True)
"""
COPY_CLIENT = """
import hashlib, random, socket, sys
octets = random.Random(1).randbytes(int(sys.argv[3]))
with socket.create_connection((sys.argv[2], 7777), source_address=(sys.argv[1], 0)) as line:
    line.sendall(octets)
print(hashlib.sha256(octets).hexdigest())
"""


def copy(sender: Interface, receiver: Interface, octets: int = 2_000_000) -> None:
    """Copies that much by TCP from one end's address to the other's; it arrives whole."""
    def command(namespace: str, *words: object) -> list[str]:
        return ["nsenter", f"--net=/run/netns/{namespace}", sys.executable, "-c", *[str(w) for w in words]]
    with subprocess.Popen(command(receiver.namespace, COPY_SERVER, receiver.local), stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout.readline() == "listens\n"
            sent = run(sys.executable, "-c", COPY_CLIENT, sender.local, receiver.local, octets, namespace=sender.namespace, timeout=2 * PATIENCE)
            assert sent == server.stdout.readline(), "what arrived is not what was sent"
        finally:
            server.kill()


def copy_both_ways(one: Interface, other: Interface) -> None:
    copy(one, other)
    copy(other, one)


def kill(pid: int) -> None:
    """Ends a process, which may have ended."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def descriptors(pid: int) -> int:
    """How many descriptors a process has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def resident_kib(pid: int) -> int:
    return int(pathlib.Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()[0])


def processes(names: tuple[str, ...] = DAEMONS) -> dict[int, str]:
    """The processes of those names in this PID namespace, without those that only wait to be reaped."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            name, state = re.search(r"\((.*)\) (\S)", (entry / "stat").read_text()).groups()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if name in names and state != "Z":
            found[int(entry.name)] = name
    return found


def pppd_in(namespace: str) -> list[int]:
    """The pppds whose network namespace this is."""
    inode = os.stat(f"/run/netns/{namespace}").st_ino

    def is_in(pid: int) -> bool:
        try:
            return os.stat(f"/proc/{pid}/ns/net").st_ino == inode
        except (FileNotFoundError, ProcessLookupError):
            return False  # it has ended since
    return [pid for pid in processes(("pppd",)) if is_in(pid)]


def command_lines() -> list[str]:
    """The command lines and environments of all our pppds."""
    return [(pathlib.Path("/proc") / str(pid) / name).read_bytes().replace(b"\0", b" ").decode(errors="replace")
            for pid in processes(("pppd",)) for name in ("cmdline", "environ")]


def kernel_objects(namespace: str) -> str:
    """Tunnels and sessions that the kernel has in a namespace, as it shows them; an empty text where there is none."""
    lines = [line for line in _proc_net(namespace, "pppol2tp").splitlines() if re.match(r"\s*(TUNNEL|SESSION) '", line) or re.match(r"\s+\d{2}:", line)]
    if lines:
        return "\n".join(lines)
    return run("ip", "-n", namespace, "-force", "-batch", "-", lines="l2tp show tunnel\nl2tp show session\n", check=False, timeout=PATIENCE).strip()


def sessions_shown(namespace: str) -> list[tuple[int, str]]:
    """What the kernel shows of the sessions of a namespace: id (0 stands for a tunnel made through a socket) and how each is run."""
    text = _proc_net(namespace, "pppol2tp")
    rows = re.findall(r"^\s+SESSION '.*' \S+ [0-9A-F]{4}/([0-9A-F]{4}) .*\n\s+\d+/\d+/([R-]/[S-]/(?:LAC|LNS))", text, re.MULTILINE)
    return [(int(number, 16), flags) for number, flags in rows]


def session_flags(namespace: str) -> set[str]:
    """How the kernel runs the sessions of a namespace: "R" and "S" where sequence numbers are wanted and sent (else "-"), then the mode;
    such as {"R/S/LNS"}."""
    return {flags for number, flags in sessions_shown(namespace) if number}


def has_legacy_tunnel(namespace: str) -> bool:
    """Whether a tunnel was made through a socket, as kernels without l2tp_netlink want it."""
    return any(number == 0 for number, _ in sessions_shown(namespace))


def sockets(namespace: str) -> str:
    """The L2TP sockets in a namespace, as /proc/net shows them."""
    rows = (_proc_net(namespace, "udp") + _proc_net(namespace, "udp6")).splitlines()
    return "\n".join(row for row in rows if re.match(r"\s*\d+: [0-9A-F]+:06A5 |\s*\d+: \S+ [0-9A-F]+:06A5 ", row))  # port 1701


def nothing_of_sessions(namespace: str) -> str:
    """What of sessions is left in a namespace: interfaces and kernel objects; an empty text when nothing is."""
    return "\n".join(f"interface {name}" for name in any_interface(namespace)) or kernel_objects(namespace)


def kernel_complaints() -> list[str]:
    """Lines of the kernel's log in which it finds fault with itself, its callers included."""
    buffer = ctypes.create_string_buffer(1 << 20)
    length = libc.klogctl(3, buffer, len(buffer))  # SYSLOG_ACTION_READ_ALL
    assert length >= 0, "the kernel does not show its log"
    return [line for line in buffer.raw[:length].decode(errors="replace").splitlines() if re.search(r"WARNING:|BUG:|Oops|refcount|[Uu]se-after-free|hung task|waiting for .* to become free", line)]


def wait_no_session_left(namespaces: tuple[str, ...], evidence=lambda: "") -> None:
    """Waits until sessions and tunnels have left nothing: no interface, no pppd, no kernel object. The daemons may go on."""
    def gone() -> bool:
        return not processes(("pppd",)) and not any(nothing_of_sessions(n) for n in namespaces)
    wait_until(gone, "the end of all that belongs to sessions", PATIENCE, lambda: "\n".join(
        [f"processes: {processes()}", *[f"{n}: {nothing_of_sessions(n)}" for n in namespaces], evidence()]))


def wait_until_gone_in(namespace: str, evidence=lambda: "") -> None:
    """Waits until a daemon that has ended has left nothing in its namespace: no pppd, no interface, no kernel object."""
    wait_until(lambda: not pppd_in(namespace) and not nothing_of_sessions(namespace), f"nothing left in {namespace}", PATIENCE,
               lambda: f"{pppd_in(namespace)} {nothing_of_sessions(namespace)}\n{evidence()}")


def wait_nothing_left(namespaces: tuple[str, ...]) -> None:
    """Waits until nothing is left when the daemons have ended, and says what is; then removes it, so that one case fails and not the next."""
    def left() -> str:
        parts = [f"{name} {pid}" for pid, name in processes().items()]
        for namespace in namespaces:
            parts += [f"{namespace}: {text}" for text in (nothing_of_sessions(namespace), sockets(namespace)) if text]
        return "\n".join(parts)
    try:
        wait_until(lambda: not left(), "nothing left behind", 30, left)
    finally:
        for pid in processes():
            kill(pid)
