#!/usr/bin/python3
"""Who reaches the management service over a network: nobody, or with -R those whom addresses and allow-list say.

Usage: remote_test.py SERVICE (rpc_fake_daemon). Runs in namespaces of its own, which end with it. Exit status 77:
skipped, needs root.
"""
import os
import subprocess
import sys

import idl

IDL = idl.Idl()
OURS, FRIEND, STRANGER = "192.0.2.1", "192.0.2.2", "192.0.2.3"
PEER = "peer"


def attempt(transport, port, source):
    """In the peer's namespace: "changes", or why not."""
    try:
        client = idl.Client(transport, int(port), IDL, host=OURS, source=source, timeout=5)
        assert client.call("L2TP_APP_INFO_GET")["cookie"] == 2504
        return "changes" if client.call("L2TP_SYSTEM_MODIFY", {}) == 0 else "fails"
    except idl.Refused as refused:
        return "denied" if refused.args[0] == (1, 1, 5) else str(refused)
    except ConnectionRefusedError:
        return "no listener"
    except ConnectionError:
        return "closed"


def from_peer(transport, port, source):
    done = subprocess.run(["ip", "netns", "exec", PEER, sys.executable, os.path.abspath(__file__), "attempt",
                           transport, str(port), source], capture_output=True, text=True, check=True)
    return done.stdout.strip()


class Service:
    def __init__(self, program, *options):
        self.process = subprocess.Popen([program, "-q", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)
        words = []
        while not words or words[0] != "ready":
            line = self.process.stdout.readline().decode()
            assert line, "the service ended"
            words = line.split()
        self.ports = {"udp": words[1], "tcp": words[2]}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        assert self.process.wait(20) == 0


def expect(what, seen, wanted):
    print("%-4s %s: %s" % ("ok" if seen == wanted else "FAIL", what, seen), flush=True)
    return seen == wanted


def main(program):
    if os.geteuid() != 0:
        print("SKIP: needs root")
        return 77
    if os.environ.get("OPENL2TP_INSIDE") != "yes":
        os.environ["OPENL2TP_INSIDE"] = "yes"
        os.execvp("unshare", ["unshare", "--net", "--mount", "--pid", "--mount-proc", "--fork", "--kill-child",
                              sys.executable, os.path.abspath(__file__), program])
    for command in ("mount -t tmpfs tmpfs /run", "ip link set lo up", "ip netns add " + PEER,
                    "ip link add here type veth peer name there netns " + PEER, "ip addr add %s/24 dev here" % OURS,
                    "ip link set here up", "ip -n %s addr add %s/24 dev there" % (PEER, FRIEND),
                    "ip -n %s addr add %s/24 dev there" % (PEER, STRANGER), "ip -n %s link set there up" % PEER):
        subprocess.run(command.split(), check=True)
    good = True
    cases = (("without -R", (), {FRIEND: ("no listener", "no listener")}),
             ("with -R", ("-R",), {FRIEND: ("changes", "changes"), STRANGER: ("changes", "changes")}),
             ("with an address", ("-R", OURS), {FRIEND: ("changes", "changes")}),
             ("with an allow-list", ("-R", OURS, FRIEND + "/32"),
              {FRIEND: ("changes", "changes"), STRANGER: ("denied", "closed")}))
    for title, options, wanted in cases:
        with Service(program, *options) as service:
            for source, answers in wanted.items():
                for transport, answer in zip(("udp", "tcp"), answers):
                    good &= expect("%s, %s from %s" % (title, transport, source),
                                   from_peer(transport, service.ports[transport], source), answer)
            client = idl.Client("tcp", int(service.ports["tcp"]), IDL)
            good &= expect(title + ", loopback reads", client.call("L2TP_APP_INFO_GET")["cookie"], 2504)
    return 0 if good else 1


if __name__ == "__main__":
    if sys.argv[1] == "attempt":
        print(attempt(*sys.argv[2:]))
    else:
        sys.exit(main(sys.argv[1]))
