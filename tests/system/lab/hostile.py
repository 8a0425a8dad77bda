"""An L2TP peer that sends any message at any time, several in one system call. It is a LAC without PPP, without timers and without manners:
what it sends is what the caller says, and a number of a message is the next one unless the caller names another."""
import ctypes
import random
import select
import socket
import struct
import time
from collections.abc import Callable

import lab
from .net import in_namespace, libc

SCCRQ, SCCRP, SCCCN, STOPCCN, HELLO = 1, 2, 3, 4, 6
OCRQ, OCRP, OCCN, ICRQ, ICRP, ICCN, CDN, WEN, SLI = 7, 8, 9, 10, 11, 12, 14, 15, 16
ASSIGNED_TUNNEL, ASSIGNED_SESSION = 9, 14


class _Iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_char_p), ("length", ctypes.c_size_t)]


class _Header(ctypes.Structure):
    _fields_ = [("name", ctypes.c_void_p), ("name_length", ctypes.c_uint32), ("vectors", ctypes.POINTER(_Iovec)), ("count", ctypes.c_size_t),
                ("control", ctypes.c_void_p), ("control_length", ctypes.c_size_t), ("flags", ctypes.c_int)]


class _Message(ctypes.Structure):
    _fields_ = [("header", _Header), ("sent", ctypes.c_uint)]


def avp(number: int, value: bytes, mandatory: bool = True) -> bytes:
    return struct.pack("!HHH", (0x8000 if mandatory else 0) | 6 + len(value), 0, number) + value


def control(tunnel: int, session: int, ns: int, nr: int, body: bytes = b"") -> bytes:
    return struct.pack("!HHHHHH", 0xC802, 12 + len(body), tunnel, session, ns & 0xFFFF, nr & 0xFFFF) + body


def message(kind: int, *avps: bytes) -> bytes:
    return avp(0, struct.pack("!H", kind)) + b"".join(avps)


def sccrq(tunnel: int, host: str = "hostile") -> bytes:
    return message(SCCRQ, avp(2, b"\1\0"), avp(7, host.encode()), avp(3, struct.pack("!I", 3)), avp(ASSIGNED_TUNNEL, struct.pack("!H", tunnel)))


def data(tunnel: int, session: int, frame: bytes) -> bytes:
    return struct.pack("!HHH", 0x0002, tunnel, session) + frame


LCP_REQUEST = bytes.fromhex("ff03c02101010004")


def kind_of(datagram: bytes) -> int:
    """The type of a control message; 0 of a ZLB and of data."""
    return struct.unpack_from("!H", datagram, 18)[0] if len(datagram) >= 20 and datagram[0] & 0x80 else 0


def value_of(datagram: bytes, number: int) -> int:
    """The 16-bit value of an AVP that is not hidden; 0 without it."""
    at = 12
    while at + 6 <= len(datagram):
        flags, vendor, kind = struct.unpack_from("!HHH", datagram, at)
        if (vendor, kind) == (0, number):
            return struct.unpack_from("!H", datagram, at + 6)[0]
        at += max(flags & 0x3FF, 6)
    return 0


class Line:
    """One UDP socket of the peer in a namespace, connected to the daemon's port 1701."""

    def __init__(self, namespace: str, daemon: str, port: int = 0) -> None:
        def make() -> socket.socket:
            made = socket.socket(socket.AF_INET6 if ":" in daemon else socket.AF_INET, socket.SOCK_DGRAM)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(("", port))
            made.connect((daemon, 1701))
            made.setblocking(False)
            return made
        self.socket: socket.socket = in_namespace(namespace, make)

    def send(self, *datagrams: bytes) -> None:
        """All of them by one sendmmsg, so that they arrive together. What the way has no room for is lost, as anywhere."""
        vectors = [_Iovec(octets, len(octets)) for octets in datagrams]
        messages = (_Message * len(datagrams))(*[_Message(_Header(None, 0, ctypes.pointer(vector), 1, None, 0, 0), 0) for vector in vectors])
        at = 0
        while at < len(datagrams):
            sent = libc.sendmmsg(self.socket.fileno(), ctypes.byref(messages[at]), len(datagrams) - at, 0)
            at += max(sent, 1)  # an error is of the first of them: an ICMP message of before, or a full queue

    def receive(self, timeout: float) -> bytes:
        """The next datagram; nothing when none comes."""
        deadline = time.monotonic() + timeout * lab.slowness
        while True:
            left = deadline - time.monotonic()
            ready, _, _ = select.select([self.socket], [], [], max(left, 0))
            if not ready:
                return b""
            try:
                return self.socket.recv(65536)
            except (ConnectionRefusedError, BlockingIOError):
                if left <= 0:
                    return b""

    def drain(self) -> list[bytes]:
        """What has come so far."""
        found = []
        while octets := self.receive(0):
            found.append(octets)
        return found

    def close(self) -> None:
        self.socket.close()


class Tunnel:
    """One tunnel that this peer asks for over a line. `ours` is our Assigned Tunnel ID, `theirs` the daemon's."""

    def __init__(self, line: Line, ours: int, host: str = "hostile") -> None:
        self.line, self.ours, self.host = line, ours, host
        self.theirs, self.ns, self.nr = 0, 0, 0

    def control(self, body: bytes = b"", session: int = 0, ns: int | None = None) -> bytes:
        """A control message with the next number, or with another; a ZLB without a body."""
        number = self.ns if ns is None else ns
        if body and ns is None:
            self.ns += 1
        return control(self.theirs, session, number, self.nr, body)

    def send(self, *bodies: bytes) -> None:
        self.line.send(*[self.control(body) for body in bodies])

    def wait(self, kind: int, timeout: float = 5, session: int | None = None) -> bytes:
        """The next message of that type (for that session of ours), after acknowledging all that came until then; none after the timeout."""
        deadline = time.monotonic() + timeout * lab.slowness
        while (left := deadline - time.monotonic()) > 0:
            got = self.line.receive(left / lab.slowness)
            if not got or not got[0] & 0x80:
                continue
            to_tunnel, to_session, number = struct.unpack_from("!HHH", got, 4)
            if to_tunnel != self.ours:
                continue
            if kind_of(got) and (number + 1 - self.nr) & 0xFFFF < 0x8000:
                self.nr = (number + 1) & 0xFFFF
            if kind_of(got) == kind and session in (None, to_session):
                return got
            if kind_of(got):
                self.line.send(self.control())
        return b""

    def open(self, timeout: float = 5) -> bool:
        """SCCRQ, SCCRP, SCCCN; lost messages are sent again. Whether the tunnel is up, as far as this end can see."""
        deadline = time.monotonic() + timeout * lab.slowness
        self.theirs, self.ns, self.nr = 0, 0, 0
        while time.monotonic() < deadline:
            self.line.send(control(0, 0, 0, 0, sccrq(self.ours, self.host)))
            if reply := self.wait(SCCRP, 1):
                self.theirs, self.ns, self.nr = value_of(reply, ASSIGNED_TUNNEL), 1, 1
                self.send(message(SCCCN))
                return True
        return False

    def ring(self, session: int, timeout: float = 5) -> int:
        """ICRQ and ICRP: the daemon's session id, which waits for an ICCN; 0 when it refused or did not answer."""
        body = message(ICRQ, avp(ASSIGNED_SESSION, struct.pack("!H", session)), avp(15, struct.pack("!I", session)))
        number = self.ns
        self.send(body)
        reply = self.wait(ICRP, timeout / 2, session)
        if not reply:  # lost on the way, or on the way back
            self.line.send(self.control(body, ns=number))
            reply = self.wait(ICRP, timeout / 2, session)
        return value_of(reply, ASSIGNED_SESSION)

    def iccn(self, theirs: int) -> bytes:
        return self.control(message(ICCN, avp(24, struct.pack("!I", 1_000_000)), avp(19, struct.pack("!I", 1))), theirs)

    def cdn(self, theirs: int, session: int) -> bytes:
        return self.control(message(CDN, avp(1, struct.pack("!H", 3)), avp(ASSIGNED_SESSION, struct.pack("!H", session))), theirs)

    def stop(self) -> bytes:
        return self.control(message(STOPCCN, avp(ASSIGNED_TUNNEL, struct.pack("!H", self.ours)), avp(1, struct.pack("!H", 1))))

    def data(self, theirs: int, frame: bytes = LCP_REQUEST) -> bytes:
        return data(self.theirs, theirs, frame)


def mutated(octets: bytes, dice: random.Random) -> bytes:
    """The message with a few octets changed, cut, doubled or added; its header's length may be made to fit again."""
    out = bytearray(octets)
    for _ in range(dice.choice((1, 1, 2, 4, 8))):
        at = dice.randrange(len(out)) if out else 0
        match dice.randrange(5):
            case 0 | 1 if out:
                out[at] = dice.choice((0, 0xFF, 0x80, out[at] ^ 1 << dice.randrange(8), dice.randrange(256)))
            case 2:
                del out[at:at + dice.randrange(1, 9)]
            case 3:
                out[at:at] = out[at:at + dice.randrange(1, 40)]
            case _:
                out += dice.randbytes(dice.randrange(1, 30))
    if len(out) >= 4 and out[0] & 0x40 and dice.random() < 0.7:
        struct.pack_into("!H", out, 2, len(out))
    return bytes(out)


class Attacker:
    """Many tunnels of this peer with one daemon, each over a line of its own, so that every shard of the daemon has some. `seed` decides
    everything but the time that things take. It goes on while the daemon is `alive`."""

    def __init__(self, namespace: str, daemon: str, alive: Callable[[], bool], seed: int = 1, tunnels: int = 6) -> None:
        self.dice = random.Random(seed)
        self.namespace, self.daemon, self.alive = namespace, daemon, alive
        self.tunnels = [self.new_tunnel() for _ in range(tunnels)]
        self.up = [False] * tunnels

    def new_tunnel(self) -> Tunnel:
        return Tunnel(Line(self.namespace, self.daemon), self.dice.randrange(1, 65536), f"hostile{self.dice.randrange(1000)}")

    def tunnel(self) -> Tunnel:
        """One of them that is up, opened again where it was not."""
        for _ in range(20):
            if not self.alive():
                break
            number = self.dice.randrange(len(self.tunnels))
            if not self.up[number]:
                self.tunnels[number].line.close()
                self.tunnels[number] = self.new_tunnel()
                self.up[number] = self.tunnels[number].open()
            if self.up[number]:
                return self.tunnels[number]
        raise AssertionError("the daemon lets no tunnel of the hostile peer come up" if self.alive() else "the daemon has ended")

    def lost(self, tunnel: Tunnel) -> None:
        """The daemon has closed it, or shall be taken to have: the next one over that line is new."""
        self.up[self.tunnels.index(tunnel)] = False

    def in_pieces(self, line: Line, datagrams: list[bytes]) -> None:
        """Sends them back to back, or cut somewhere by a moment."""
        cut = self.dice.choice((len(datagrams), len(datagrams), self.dice.randrange(len(datagrams) + 1)))
        line.send(*datagrams[:cut])
        if cut < len(datagrams):
            time.sleep(self.dice.choice((0, 0.0001, 0.001, 0.01)))
            line.send(*datagrams[cut:])

    def end_in_the_batch_that_opens(self) -> bool:
        """A call's ICCN, data for it, and its end, all at once; whether there was a call."""
        tunnel, session = self.tunnel(), self.dice.randrange(1, 65536)
        theirs = tunnel.ring(session, 2)
        if not theirs:
            self.lost(tunnel)
            return False
        parts = [tunnel.iccn(theirs), *[tunnel.data(theirs) for _ in range(self.dice.choice((1, 1, 1, 0, 3)))]]
        if self.dice.random() < 0.1:
            parts.append(tunnel.stop())
            self.lost(tunnel)
        else:
            parts.append(tunnel.cdn(theirs, session))
        parts += [tunnel.data(theirs) for _ in range(self.dice.choice((0, 0, 1)))]
        self.in_pieces(tunnel.line, parts)
        return True

    def several_calls_at_once(self) -> None:
        """Calls that open and close in one batch, in any order, some messages twice."""
        tunnel = self.tunnel()
        calls = [(session, tunnel.ring(session, 2)) for session in self.dice.sample(range(1, 65536), 4)]
        if not all(theirs for _, theirs in calls):
            return self.lost(tunnel)
        parts = [tunnel.iccn(theirs) for _, theirs in calls]
        self.dice.shuffle(calls)
        for session, theirs in calls:
            parts += [tunnel.data(theirs), tunnel.cdn(theirs, session)]
        parts += self.dice.sample(parts, self.dice.randrange(4))
        if self.dice.random() < 0.5:
            self.dice.shuffle(parts)
        self.in_pieces(tunnel.line, parts)

    def fuzzed(self) -> None:
        """Messages of all kinds, changed, with the next number, so that the daemon judges them."""
        tunnel, session = self.tunnel(), self.dice.randrange(1, 65536)
        theirs = tunnel.ring(session, 2) if self.dice.random() < 0.5 else 0
        good = [tunnel.iccn(theirs), tunnel.data(theirs), tunnel.data(theirs, b"\xff\x03\x80\x21\1\1\0\4"), tunnel.cdn(theirs, session),
                tunnel.control(message(HELLO)), tunnel.control(message(self.dice.randrange(20), avp(self.dice.randrange(60), self.dice.randbytes(4)))),
                control(0, 0, 0, 0, sccrq(tunnel.ours)), tunnel.control(message(SLI, avp(35, bytes(10))), theirs), self.dice.randbytes(40)]
        picked = self.dice.sample(good, self.dice.randrange(1, len(good)))
        self.in_pieces(tunnel.line, [mutated(octets, self.dice) if self.dice.random() < 0.7 else octets for octets in picked])
        self.lost(tunnel)  # its numbers are spoilt, whatever the daemon made of it

    def silent(self) -> None:
        """A call that comes up and of which nothing more is heard."""
        tunnel = self.tunnel()
        if theirs := tunnel.ring(self.dice.randrange(1, 65536), 2):
            tunnel.line.send(tunnel.iccn(theirs))
        self.lost(tunnel)

    def attack(self, times: int, *ways: Callable[[], object], going_on: Callable[[], bool] = lambda: True) -> None:
        """So many attacks, each by one of `ways` (all of them without), while `going_on`. A daemon that ended is a failure."""
        for _ in range(times):
            if not going_on():
                break
            self.dice.choice(ways or (self.end_in_the_batch_that_opens, self.several_calls_at_once, self.fuzzed, self.silent))()
        assert self.alive(), "the daemon has ended"

    def leave(self) -> None:
        """Closes what is up, as a good peer would; the rest of its tunnels are the daemon's to find out about."""
        for number, tunnel in enumerate(self.tunnels):
            if self.up[number]:
                tunnel.line.send(tunnel.stop())
            self.up[number] = False

    def close(self) -> None:
        for tunnel in self.tunnels:
            tunnel.line.close()
