#!/usr/bin/env python3
"""Writes the seeds of the wire's fuzz targets, tests/fuzz/corpus/<target>/, from the vectors. Other inputs there are left alone."""

import pathlib
import re

import make_hidden_vectors as hidden

VECTORS = pathlib.Path(__file__).parent
CORPUS = VECTORS.parent / "fuzz" / "corpus"


def octets(path):
    lines = (line.split("#")[0] for line in path.read_text().splitlines())
    return bytes.fromhex(re.sub(r"\s", "", "".join(lines)))


def seed(target, name, content):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


for path in sorted(VECTORS.glob("*.hex")):
    datagram = octets(path)
    seed("fuzz_header", path.stem, datagram)
    if not path.stem.startswith(("data_", "l2", "tcpdump_")):
        seed("fuzz_message", path.stem, datagram)
        seed("fuzz_avp", path.stem, datagram[12:])

for size in (0, 1, 2, 13, 14, 15, 16, 30, 100):
    value = bytes(range(size))
    head = bytes([0, 22, len(hidden.SECRET), len(hidden.RV1)]) + hidden.SECRET + hidden.RV1
    seed("fuzz_unhide", f"value_{size}", head + hidden.hide(22, value, hidden.SECRET, hidden.RV1, bytes(size % 3)))
seed("fuzz_unhide", "length_beyond", head + hidden.hide(22, b"ab", hidden.SECRET, hidden.RV1, length=60000))
seed("fuzz_unhide", "no_secret", bytes([0, 9, 0, 0]) + hidden.hide(9, b"ab", b"", b""))
seed("fuzz_canary", "canary", b"canary")
