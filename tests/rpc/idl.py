"""XDR and RPC by hand, for tests that must not trust the project's own stubs.

Reads the structures from tools/rpc/openl2tp_rpc.x as RFC 4506 defines the language, and codes values as plain Python:
numbers, strings, bytes, lists and dictionaries by field name. Shares nothing with rpcgen, libtirpc or the daemon.
"""
import os
import re
import socket
import struct

PROGRAM, VERSION = 300773, 1
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools/rpc/openl2tp_rpc.x")

SMALL = {"wire_u8": 0xff, "wire_u16": 0xffff}
WORDS = {"int": ">i", "uint32_t": ">I", "bool": ">I", "uint64_t": ">Q"}


class Idl:
    def __init__(self, path=SOURCE):
        with open(path, encoding="utf-8") as source:
            text = re.sub(r"/\*.*?\*/", "", source.read(), flags=re.S)
        text = re.sub(r"^#ifdef RPC_HDR.*?^#endif", "", text, flags=re.S | re.M)
        self.consts = {name: int(value, 0) for name, value in re.findall(r"const\s+(\w+)\s*=\s*(\w+);", text)}
        self.enums = set()
        for name, body in re.findall(r"enum\s+(\w+)\s*{(.*?)};", text, flags=re.S):
            self.enums.add(name)
            self.consts.update({key: int(value, 0) for key, value in re.findall(r"(\w+)\s*=\s*(\w+)", body)})
        self.structs = {}
        for name, body in re.findall(r"struct\s+(\w+)\s*{(.*?)};", text, flags=re.S):
            self.structs[name] = [self._field(line) for line in body.split(";") if line.strip()]
        self.procedures = {}
        for result, name, arguments, number in re.findall(r"(\w+)\s+(L2TP_\w+)\((.*?)\)\s*=\s*(\d+);", text):
            parts = [] if arguments.strip() == "void" else [self._field(part) for part in arguments.split(",")]
            self.procedures[name] = (int(number), parts, result)

    @staticmethod
    def _field(text):
        kind, name, array = re.fullmatch(r"\s*(\w+)\s+(\w+)\s*(<\w*>)?\s*", text).groups()
        return kind, name, array is not None

    # ---- coding: `at` positions run over bytes; encode returns bytes

    def encode(self, kind, value, counted=False):
        if kind in ("string", "wire_string"):
            octets = (value or "").encode() if not isinstance(value, bytes) else value
            return struct.pack(">I", len(octets)) + octets + bytes(-len(octets) % 4)
        if counted:
            value = value or []
            return struct.pack(">I", len(value)) + b"".join(self.encode(kind, one) for one in value)
        if kind == "optstring":
            return struct.pack(">i", 0) if value is None else struct.pack(">i", 1) + self.encode("string", value)
        if kind in WORDS:
            return struct.pack(WORDS[kind], int(value or 0))
        if kind in SMALL or kind in self.enums:
            return struct.pack(">I", int(value or 0))
        if kind + "_entry" in self.structs:
            chain = b"".join(struct.pack(">I", 1) + self.encode(kind + "_entry", one) for one in value or [])
            return chain + struct.pack(">I", 0)
        if kind == "l2tp_api_ip_addr":  # the network-order word, read on a little-endian host
            return struct.pack(">I", struct.unpack("<I", socket.inet_aton(value or "0.0.0.0"))[0])
        value = value or {}
        unknown = set(value) - {name for _, name, _ in self.structs[kind]}
        assert not unknown, (kind, unknown)
        return b"".join(self.encode(t, value.get(name), many) for t, name, many in self.structs[kind])

    def decode(self, kind, octets, at=0, counted=False):
        if kind in ("string", "wire_string"):
            (size,) = struct.unpack_from(">I", octets, at)
            end = at + 4 + size
            assert end <= len(octets)
            return octets[at + 4:end].decode(errors="replace"), end + -size % 4
        if counted:
            (count,) = struct.unpack_from(">I", octets, at)
            at += 4
            if kind in SMALL:
                return list(struct.unpack_from(">%dI" % count, octets, at)), at + 4 * count
            values = []
            for _ in range(count):
                value, at = self.decode(kind, octets, at)
                values.append(value)
            return values, at
        if kind == "optstring":
            (valid,) = struct.unpack_from(">i", octets, at)
            return self.decode("string", octets, at + 4) if valid == 1 else (None, at + 4)
        if kind in WORDS:
            return struct.unpack_from(WORDS[kind], octets, at)[0], at + struct.calcsize(WORDS[kind])
        if kind in SMALL or kind in self.enums:
            return struct.unpack_from(">I", octets, at)[0], at + 4
        if kind + "_entry" in self.structs:
            values = []
            while True:
                (more,) = struct.unpack_from(">I", octets, at)
                at += 4
                if not more:
                    return values, at
                value, at = self.decode(kind + "_entry", octets, at)
                values.append(value)
        if kind == "l2tp_api_ip_addr":
            (word,) = struct.unpack_from(">I", octets, at)
            return socket.inet_ntoa(struct.pack("<I", word)), at + 4
        value = {}
        for field, name, many in self.structs[kind]:
            value[name], at = self.decode(field, octets, at, many)
        return value, at

    def arguments(self, procedure, *values):
        _, parts, _ = self.procedures[procedure]
        assert len(parts) == len(values), procedure
        return b"".join(self.encode(kind, value, many) for (kind, _, many), value in zip(parts, values))


def call_octets(number, arguments=b"", xid=0x2a3b4c5d, program=PROGRAM, version=VERSION, rpc=2):
    return struct.pack(">IIIIII", xid, 0, rpc, program, version, number) + bytes(16) + arguments


class Refused(Exception):
    """The reply was no success; carries its units after the xid."""


class Client:
    """One transport: ("tcp", port), ("udp", port) or ("unix", path)."""

    def __init__(self, transport, where, idl=None, host="127.0.0.1", privileged=False, timeout=20,
                 source=None):
        self.idl = idl or Idl()
        self.stream = transport != "udp"
        family = socket.AF_UNIX if transport == "unix" else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM if self.stream else socket.SOCK_DGRAM)
        self.socket.settimeout(timeout)
        if privileged and transport != "unix":
            for port in range(1023, 600, -1):
                try:
                    self.socket.bind((host, port))
                    break
                except OSError:
                    continue
        if source:
            self.socket.bind((source, 0))
        self.socket.connect(where if transport == "unix" else (host, where))
        self.xid = 1

    def close(self):
        self.socket.close()

    def send_raw(self, octets):
        self.socket.sendall(octets)

    def _read(self, size):
        data = bytearray()
        while len(data) < size:
            more = self.socket.recv(min(size - len(data), 1 << 20))
            if not more:
                raise ConnectionError("closed")
            data += more
        return bytes(data)

    def reply(self):
        if not self.stream:
            return self.socket.recv(1 << 16)
        data = b""
        while True:
            (mark,) = struct.unpack(">I", self._read(4))
            data += self._read(mark & 0x7fffffff)
            if mark >> 31:
                return data

    def call_number(self, number, arguments=b""):
        self.xid += 1
        octets = call_octets(number, arguments, self.xid)
        self.send_raw(struct.pack(">I", 1 << 31 | len(octets)) + octets if self.stream else octets)
        reply = self.reply()
        xid, kind, status = struct.unpack_from(">III", reply)
        assert (xid, kind) == (self.xid, 1), reply[:12]
        if status != 0 or struct.unpack_from(">I", reply, 20)[0] != 0:
            raise Refused(struct.unpack(">%dI" % ((len(reply) - 8) // 4), reply[8:]))
        return reply[24:]

    def call(self, procedure, *values):
        number, _, result = self.idl.procedures[procedure]
        reply = self.call_number(number, self.idl.arguments(procedure, *values))
        value, end = self.idl.decode(result, reply)
        assert end == len(reply), (procedure, end, len(reply))
        return value
