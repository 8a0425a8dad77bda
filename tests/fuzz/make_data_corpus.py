#!/usr/bin/env python3
"""Seeds of fuzz_data: an octet of settings, then steps as in fuzz_data.cpp. Run it after a change to them."""

import pathlib

FOLDER = pathlib.Path(__file__).parent / "corpus" / "fuzz_data"

FRAME = 0  # numbered, the next in the stream


def settings(lns=1, required=0, numbers=0, timeout=2, tiny_pool=0):
    return lns | required << 1 | numbers << 2 | timeout << 3 | tiny_pool << 6


def lose(count):
    return 1 | count << 3


def back(count):
    return 2 | count << 3


def numbered(ns, padding=0):
    return (3 | padding << 3, ns >> 8, ns & 255)


PLAIN = 4 | 1 << 3


def wait(tens_of_ms):
    return 5 | tens_of_ms << 3


def send(octets):
    return (6, octets >> 8, octets & 255)


def modify(numbers, timeout):
    return 6 | 8 | (numbers | timeout << 1) << 4


def datagram(text):
    octets = bytes.fromhex(text)
    return (7 | len(octets) << 3, *octets)


SEEDS = {
    "empty": (),
    "in_order": (settings(), *[FRAME] * 40),
    "gap_closes": (settings(), FRAME, lose(1), FRAME, FRAME, back(3), FRAME, lose(2), FRAME),
    "gap_times_out": (settings(), FRAME, lose(2), FRAME, wait(5), FRAME, wait(10), back(4), FRAME, FRAME),
    "without_reordering": (settings(timeout=0), FRAME, lose(3), FRAME, back(2), FRAME, FRAME, FRAME),
    "duplicates": (settings(), FRAME, FRAME, FRAME, back(2), FRAME, FRAME, FRAME, back(3), FRAME),
    "queue_full": (settings(timeout=7), lose(1), *[FRAME] * 70, back(31), back(31), back(9), FRAME),
    "pool_full": (settings(timeout=7, tiny_pool=1), lose(1), *[o for ns in range(1, 60) for o in numbered(ns, 31)]),
    "restart": (settings(timeout=0), *numbered(5000), *[o for ns in range(12) for o in numbered(ns)]),
    "wraps": (settings(timeout=0), *numbered(20000), *numbered(40000), *numbered(65535), *numbered(0), *numbered(1)),
    "wraps_early": (settings(), *numbered(30000), wait(20), *numbered(60000), wait(20), *numbered(65534), wait(20), *numbered(0),
                    *numbered(65535)),
    "lac_follows": (settings(lns=0), *send(10), FRAME, *send(10), PLAIN, *send(10), FRAME, *send(11)),
    "required": (settings(lns=0, required=1), *send(5), PLAIN, FRAME, *send(5)),
    "modify": (settings(), lose(1), FRAME, modify(0, 0), modify(1, 7), lose(1), FRAME, modify(0, 1)),
    "numbered_then_plain": (settings(), lose(1), FRAME, FRAME, PLAIN, FRAME),
    "datagram_full": (settings(), *datagram("4b02 0018 1234 2345 0000 0000 0002 eeee ff03 c021 0101 0004")),
    "datagram_minimal": (settings(), *datagram("0002 1234 2345 ff03")),
    "datagram_numbered": (settings(), *datagram("0802 0001 0002 0001 0000 c021"), *datagram("0802 0001 0002 0000 0000 c021")),
    "datagram_bad_offset": (settings(), *datagram("0202 0001 0002 ffff 01")),
}

FOLDER.mkdir(exist_ok=True)
for name, octets in SEEDS.items():
    (FOLDER / name).write_bytes(bytes(octet & 255 for octet in octets))
