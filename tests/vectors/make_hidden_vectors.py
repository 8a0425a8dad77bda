#!/usr/bin/env python3
"""Writes the hidden_*.hex vectors: AVPs hidden with hashlib along RFC 2661 section 4.3, independent of the project's own code."""

import hashlib
import pathlib
import struct

FOLDER = pathlib.Path(__file__).parent
SECRET = b"correct horse battery staple"
DATE = "2026-11-22"


def keystream(attribute, secret, vector, hidden_so_far):
    """The next 16 octets, given what is hidden so far."""
    if not hidden_so_far:
        return hashlib.md5(struct.pack(">H", attribute) + secret + vector).digest()
    return hashlib.md5(secret + hidden_so_far[-16:]).digest()


def hide(attribute, value, secret, vector, padding=b"", length=None):
    clear = struct.pack(">H", len(value) if length is None else length) + value + padding
    hidden = b""
    while len(hidden) < len(clear):
        block = clear[len(hidden):len(hidden) + 16]
        hidden += bytes(a ^ b for a, b in zip(block, keystream(attribute, secret, vector, hidden)))
    return hidden


def avp(attribute, value, mandatory=True, hidden=False, vendor=0):
    return struct.pack(">HHH", mandatory << 15 | hidden << 14 | 6 + len(value), vendor, attribute) + value


def message(kind, *avps, tunnel=0, session=0):
    body = avp(0, struct.pack(">H", kind)) + b"".join(avps)
    return struct.pack(">HHHHHH", 0xC802, 12 + len(body), tunnel, session, 0, 0) + body


def write(name, expect, what, octets):
    text = f"""# {what}
# source: make_hidden_vectors.py (Python hashlib)
# date: {DATE}
# secret: {SECRET.decode()}
# expect: {expect}
"""
    for start in range(0, len(octets), 16):
        text += octets[start:start + 16].hex(" ", 2) + "\n"
    (FOLDER / f"hidden_{name}.hex").write_text(text)


RV1 = bytes(range(16))
RV2 = bytes(range(0xA0, 0xB0))
ID = struct.pack(">H", 0x2345)
SERIAL = struct.pack(">I", 7)


def icrq(*more, session_id=None):
    return message(10, avp(36, RV1), avp(14, hide(14, ID, SECRET, RV1), hidden=True) if session_id is None else session_id,
                   avp(15, hide(15, SERIAL, SECRET, RV1), hidden=True), *more, tunnel=0x1234)


def main():
    write("icrq", "accept ICRQ", "ICRQ, both required AVPs hidden without padding; attribute lengths stay 10 and 12", icrq())
    for size in (7, 40):
        write(f"icrq_padding_{size}", "accept ICRQ", f"the session id with {size} octets of padding",
              icrq(session_id=avp(14, hide(14, ID, SECRET, RV1, bytes(size)), hidden=True)))
    write("icrq_long_number", "accept ICRQ", "a calling number of 100 octets: seven blocks",
          icrq(avp(22, hide(22, b"0123456789" * 10, SECRET, RV1), hidden=True)))
    write("icrq_block_edges", "accept ICRQ", "numbers of 14 and 30 octets: subformats of exactly one and two blocks, and an empty one",
          icrq(avp(22, hide(22, b"a" * 14, SECRET, RV1), hidden=True), avp(21, hide(21, b"b" * 30, SECRET, RV1), hidden=True),
               avp(23, hide(23, b"", SECRET, RV1), hidden=True)))
    write("icrq_two_vectors", "accept ICRQ", "a second Random Vector: the nearest before each hidden AVP applies",
          icrq(avp(36, RV2), avp(22, hide(22, b"5551212", SECRET, RV2), hidden=True)))
    write("icrq_vector_of_one_octet", "accept ICRQ", "a Random Vector of one octet is short, not illegal",
          message(10, avp(36, b"\x55"), avp(14, hide(14, ID, SECRET, b"\x55"), hidden=True), avp(15, SERIAL), tunnel=0x1234))
    write("iccn_password", "accept ICCN", "proxy PAP with name and password hidden",
          message(12, avp(36, RV1), avp(24, struct.pack(">I", 64000)), avp(19, struct.pack(">I", 1)), avp(29, struct.pack(">H", 3), False),
                  avp(30, hide(30, b"alice@example.net", SECRET, RV1), False, True), avp(32, struct.pack(">H", 9), False),
                  avp(33, hide(33, b"pass phrase of alice", SECRET, RV1, bytes(11)), False, True), tunnel=0x1234, session=0x2345))
    write("icrq_without_vector", "refuse hidden_without_vector", "the Random Vector comes after the hidden AVP",
          message(10, avp(14, hide(14, ID, SECRET, RV1), hidden=True), avp(36, RV1), avp(15, SERIAL)))
    write("icrq_length_beyond", "refuse hidden_garbage", "an original length of 60000 in a value of two octets",
          icrq(session_id=avp(14, hide(14, ID, SECRET, RV1, length=60000), hidden=True)))
    write("icrq_no_octets", "refuse hidden_garbage", "a hidden value of no octets", icrq(session_id=avp(14, b"", hidden=True)))
    write("icrq_one_octet", "refuse hidden_garbage", "a hidden value of one octet", icrq(session_id=avp(14, b"\x00", hidden=True)))
    write("icrq_wrong_secret", "refuse hidden_garbage", "hidden with another secret",
          icrq(session_id=avp(14, hide(14, ID, b"another secret", RV1), hidden=True)))
    write("icrq_wrong_inner_length", "refuse avp_length", "opens well, to a session id of three octets",
          icrq(session_id=avp(14, hide(14, ID + b"\x00", SECRET, RV1), hidden=True)))
    write("sccrq_host_name", "refuse illegally_hidden", "Host Name must not be hidden",
          message(1, avp(36, RV1), avp(2, b"\x01\x00"), avp(7, hide(7, b"lac", SECRET, RV1), hidden=True), avp(3, bytes(4)), avp(9, ID)))


if __name__ == "__main__":
    main()
