#!/usr/bin/env python3
"""Writes the seeds of fuzz_tun_packet, tests/fuzz/corpus/fuzz_tun_packet/: whole packets with right checksums, alone and in batches;
inputs of other names are left alone."""

import pathlib
import struct

CORPUS = pathlib.Path(__file__).parent / "corpus" / "fuzz_tun_packet"
ONE, BATCH = b"\0", b"\1"
TCP, UDP = 6, 17
GSO_TCP4, GSO_TCP6, GSO_UDP, NEEDS_CHECKSUM = 1, 4, 5, 1


def checksum(octets):
    octets += b"\0" * (len(octets) % 2)
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def transport(protocol, sequence, payload, flags, options, port):
    if protocol == UDP:
        return struct.pack(">HHHH", port, 53, 8 + len(payload), 0) + payload
    return struct.pack(">HHIIBBHHH", port, 80, sequence, 77, (20 + len(options)) // 4 << 4, flags, 512, 0, 0) + options + payload


def packet(version=4, protocol=TCP, sequence=1, payload=b"data", flags=0x10, options=b"", port=40000, ident=1):
    body = bytearray(transport(protocol, sequence, payload, flags, options, port))
    if version == 4:
        addresses = bytes([10, 0, 0, 10, 10, 0, 0, 1])
        head = bytearray(struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), ident, 0x4000, 64, protocol, 0) + addresses)
        struct.pack_into(">H", head, 10, checksum(bytes(head)))
    else:
        addresses = (b"\xfe\x80" + b"\0" * 13 + b"\n") + (b"\xfe\x80" + b"\0" * 13 + b"\1")
        head = struct.pack(">IHBB", 0x60000000, len(body), protocol, 64) + addresses
    total = checksum(addresses + struct.pack(">HH", protocol, len(body)) + bytes(body))
    struct.pack_into(">H", body, 6 if protocol == UDP else 16, total)
    return bytes(head) + bytes(body)


def offload(kind=0, size=0, flags=0, start=0, offset=0):
    return struct.pack("=BBHHHH", flags, kind, 0, size, start, offset)


def batch(*packets):
    return BATCH + b"".join(struct.pack(">H", len(one)) + one for one in packets)


def main():
    CORPUS.mkdir(parents=True, exist_ok=True)
    syn = packet(flags=2, options=bytes.fromhex("020405b4"), payload=b"")
    extension = bytearray(packet(6))
    extension[40:40] = bytes([extension[6], 0, 1, 4, 0, 0, 0, 0])
    extension[6] = 0
    struct.pack_into(">H", extension, 4, len(extension) - 40)
    seeds = {
        "plain_tcp4": ONE + offload() + packet(),
        "plain_udp6": ONE + offload() + packet(6, UDP),
        "checksum_left": ONE + offload(flags=NEEDS_CHECKSUM, start=20, offset=16) + packet(),
        "large_tcp4": ONE + offload(GSO_TCP4, 16, NEEDS_CHECKSUM) + packet(payload=bytes(60)),
        "large_tcp6": ONE + offload(GSO_TCP6, 16, NEEDS_CHECKSUM) + packet(6, payload=bytes(60)),
        "large_udp": ONE + offload(GSO_UDP, 16, NEEDS_CHECKSUM) + packet(protocol=UDP, payload=bytes(60)),
        "syn": ONE + offload() + syn,
        "syn_odd": ONE + offload() + packet(flags=2, options=bytes.fromhex("01020405b4010100"), payload=b""),
        "extension": ONE + offload() + bytes(extension),
        "stream": batch(*[packet(sequence=8 * i, payload=bytes(8), ident=i) for i in range(5)]),
        "stream6": batch(*[packet(6, sequence=8 * i, payload=bytes(8)) for i in range(5)]),
        "stream_options": batch(*[packet(sequence=8 * i, payload=bytes(8), options=bytes.fromhex("0101080a0000000100000002")) for i in range(3)]),
        "stream_ends": batch(packet(sequence=0, payload=bytes(8)), packet(sequence=8, payload=bytes(8), flags=0x18), packet(sequence=16, payload=bytes(3))),
        "datagrams": batch(*[packet(protocol=UDP, payload=bytes([i] * 8)) for i in range(5)]),
        "two_streams": batch(*[packet(sequence=8 * (i // 2), payload=bytes(8), port=i % 2 + 1) for i in range(6)]),
        "lost": batch(packet(sequence=0, payload=bytes(8)), packet(sequence=16, payload=bytes(8))),
    }
    for name, content in seeds.items():
        (CORPUS / name).write_bytes(content)


if __name__ == "__main__":
    main()
