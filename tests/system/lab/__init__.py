"""The laboratory of the system tests: network namespaces, foreign peers and our own daemon, in a world that vanishes with the test.

sandbox   re-runs a test file in PID, mount and network namespaces of its own; says what is missing on this machine
net       network namespaces joined by a veth pair, loss by nftables
process   programs that run in them, with their output in files; waiting for events
xl2tpd, l2tpns, openl2tpd    one peer each, with the same few words: start, tunnels, sessions, stop
"""

import os

# How many times as long as on this machine everything may take: one who runs the laboratory on an emulated CPU, or instrumented programs, sets it.
slowness = float(os.environ.get("OPENL2TP_SLOWNESS", "1"))
