#!/usr/bin/env python3
"""Writes the seeds of fuzz_engine, tests/fuzz/corpus/fuzz_engine/: short lives of tunnels and calls, and the vectors as messages
inside an established tunnel. The operations are those of fuzz_engine.cpp; inputs of other names are left alone."""

import pathlib
import re

FOLDER = pathlib.Path(__file__).parent / "corpus" / "fuzz_engine"
VECTORS = pathlib.Path(__file__).parent.parent / "vectors"
PEER = 0x80  # the operation is about the second engine

OPEN, CALL, CLOSE, HANG_UP, MS, TENTHS, TALK, ARRIVE, CHANGED, RAW, LOSE, BEARER, INFO, MODIFY = range(14)
AUTH, SECRET, HIDE, TIE, NO_BEARERS, IDLE, FEW_CALLS = 2, 1, 4, 8, 16, 32, 64


def program(*operations, flags=0, windows=0x99, more=0):
    return bytes([flags, windows, more]) + bytes(octet for one in operations for octet in one)


def raw(datagram, addressed, source=0, session=0):
    how = (1 if len(datagram) > 255 else 0) | (2 if addressed else 0) | source | session
    body = datagram[:511]
    return bytes([RAW, how, len(body) & 0xFF]) + body


UP = [(OPEN,), (TALK, 20), (MS, 60), (TALK, 20)]
INCOMING = [(CALL, 0, 1), (TALK, 20), (MS, 60), (TALK, 20)]
OUTGOING = [(CALL, 0, 0), (TALK, 20), (PEER | BEARER, 1, 0), (TALK, 20), (MS, 60), (TALK, 20)]
DOWN = [(CLOSE, 0), (TALK, 20), (MS, 60), (TALK, 20)]

lives = {
    "tunnel": program(*UP, *DOWN),
    "tunnel_authenticated": program(*UP, *DOWN, flags=SECRET | AUTH),
    "tunnel_hidden": program(*UP, *INCOMING, *DOWN, flags=SECRET | AUTH | HIDE),
    "tie": program((OPEN,), (PEER | OPEN,), (TALK, 20), (TENTHS, 20), (TALK, 20), *DOWN, flags=TIE),
    "incoming_call": program(*UP, *INCOMING, (HANG_UP, 0, 0), (TALK, 20), *DOWN),
    "incoming_call_cleared_by_peer": program(*UP, *INCOMING, (PEER | HANG_UP, 0, 0), (TALK, 20), *DOWN),
    "outgoing_call": program(*UP, *OUTGOING, (HANG_UP, 0, 0), (TALK, 20), *DOWN),
    "outgoing_call_from_peer": program(*UP, (PEER | CALL, 0, 0), (TALK, 20), (BEARER, 0), (TALK, 20), *DOWN),
    "call_before_tunnel": program((OPEN,), (CALL, 0, 1), (CALL, 0, 0), (TALK, 40), *DOWN),
    "equal_session_ids": program(*UP, (CALL, 0, 5, 7), (PEER | CALL, 0, 5, 7), (TALK, 40), (HANG_UP, 0, 0), (TALK, 9)),
    "sli_wen": program(*UP, *INCOMING, (INFO, 0, 0), (PEER | INFO, 0, 0), (TALK, 20), *DOWN),
    "window_of_one": program(*UP, *[(CALL, 0, 1)] * 5, (TALK, 60), *DOWN, windows=0),
    "lost_and_sent_again": program((OPEN,), (LOSE,), (TENTHS, 11), (TALK, 20), (TENTHS, 20), (TALK, 9)),
    "out_of_order": program(*UP, *[(CALL, 0, 1)] * 3, (PEER | ARRIVE, 2, 1), (PEER | ARRIVE, 1, 1), (TALK, 20)),
    "changed_on_the_way": program((OPEN,), (PEER | CHANGED, 0, 0x10, 0, 20, 255), (TALK, 20)),
    "refused_call": program(*UP, (CALL, 0, 3), (TALK, 20), *DOWN),
    "few_calls": program(*UP, *[(CALL, 0, 1)] * 3, (TALK, 20), *DOWN, flags=FEW_CALLS),
    "idle": program(*UP, (TENTHS, 250), (TALK, 9), flags=IDLE),
    "modified": program(*UP, (MODIFY, 0, 2, 1, 1), (TENTHS, 30), (TALK, 9)),
    "half_open_limit": program(*[(PEER | OPEN,)] * 5, (TALK, 40), more=1),
    "hello": program(*UP, (TENTHS, 120), (TALK, 9), (TENTHS, 120), (TALK, 9)),
}

FOLDER.mkdir(parents=True, exist_ok=True)
for name, content in lives.items():
    (FOLDER / name).write_bytes(content)
for path in sorted(VECTORS.glob("*.hex")):
    text = (line.split("#")[0] for line in path.read_text().splitlines())
    datagram = bytes.fromhex(re.sub(r"\s", "", "".join(text)))
    if len(datagram) > 511:
        continue
    inside = raw(datagram, True, session=8)
    (FOLDER / f"in_tunnel_{path.stem}").write_bytes(
        program(*UP, *INCOMING, inside, (TALK, 20), (TENTHS, 20), inside, (TALK, 20), flags=SECRET))
    (FOLDER / f"outside_{path.stem}").write_bytes(
        program(raw(datagram, False), raw(datagram, False, source=4), (TENTHS, 11), flags=SECRET))
