#!/usr/bin/python3
"""The management service against a client written without the project's stubs, and against clients that lie.

Usage: hostile_test.py SERVICE, a program that prints "ready UDP TCP SOCKET" and serves until its input ends. It runs in
a network namespace of its own, which ends with it. Exit status 77: skipped, needs root.
"""
import os
import pathlib
import random
import resource
import socket
import struct
import subprocess
import sys
import time

import idl

IDL = idl.Idl()
SEED = int(os.environ.get("SEED", "1"))


def resident(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as status:
        for line in status:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    raise RuntimeError("no VmRSS")


class Service:
    def __init__(self, program):
        self.process = subprocess.Popen([program, "-q"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)
        words = []
        while not words or words[0] != "ready":  # log lines come before
            line = self.process.stdout.readline().decode()
            assert line, "the service ended"
            words = line.split()
        self.udp, self.tcp, self.unix = int(words[1]), int(words[2]), words[3]
        self.where = {"udp": self.udp, "tcp": self.tcp, "unix": self.unix}

    def client(self, transport, **options):
        return idl.Client(transport, self.where[transport], IDL, **options)

    def end(self):
        self.process.stdin.close()
        return self.process.wait(20)


def every_procedure_answers(service):
    """Over each transport: defaults, a life of a profile, lists; every procedure of the interface."""
    for transport in ("unix", "tcp", "udp"):
        client = service.client(transport, privileged=True)
        assert client.call("L2TP_APP_INFO_GET")["cookie"] == 2504
        assert client.call("L2TP_SYSTEM_GET")["status"]["num_tunnels"] == 7
        assert client.call("L2TP_SYSTEM_MODIFY", {}) == 0
        for kind in ("PEER", "TUNNEL", "SESSION", "PPP"):
            name = "L2TP_%s_PROFILE_" % kind
            assert client.call(name + "CREATE", {"profile_name": "p"}) == 0
            assert client.call(name + "CREATE", {"profile_name": "p"}) == -505
            assert client.call(name + "CREATE", {"profile_name": "default"}) == -505
            assert client.call(name + "CREATE", {}) == -507
            listed = client.call(name + "LIST")
            assert [entry["profile_name"] for entry in listed["profiles"]] == ["default", "p", ""], listed
            assert listed["num_profiles"] == 2
            assert client.call(name + "GET", "p")["profile_name"] == "p"
            assert client.call(name + "MODIFY", {"profile_name": "p"}) == 0
            assert client.call(name + "UNSET", {"profile_name": "p", "flags": 0xffffffff}) == 0
            assert client.call(name + "DELETE", "p") == 0
            assert client.call(name + "DELETE", "default") == -506
            missing = {"PEER": -503, "TUNNEL": -521, "SESSION": -512, "PPP": -504}[kind]
            assert client.call(name + "GET", "p")["result_code"] == missing
            assert client.call(name + "DELETE", "p") == missing
        assert client.call("L2TP_PEER_LIST")["peers"] == [{"peer_addr": "0.0.0.0", "local_addr": "0.0.0.0"}]
        assert client.call("L2TP_PEER_GET", "10.0.0.1", "10.0.0.2")["result_code"] == -502
        assert client.call("L2TP_USER_LIST")["num_users"] == 0
        assert client.call("L2TP_TUNNEL_CREATE", {}) == 1
        assert client.call("L2TP_TUNNEL_MODIFY", {"tunnel_id": 1}) == 0
        assert client.call("L2TP_TUNNEL_GET", 1, None)["result_code"] == 0
        assert client.call("L2TP_TUNNEL_DELETE", 1, None, None) == 0
        assert client.call("L2TP_SESSION_CREATE", {"tunnel_id": 1}) == 1
        assert client.call("L2TP_SESSION_MODIFY", {"tunnel_id": 1, "session_id": 1}) == 0
        assert client.call("L2TP_SESSION_GET", 1, None, 1, None)["result_code"] == 0
        assert client.call("L2TP_SESSION_DELETE", 1, None, 1, None, None) == 0
        if transport != "udp":  # the service has 60,000
            assert client.call("L2TP_SESSION_LIST", 1, None)["result"] == 0
        assert client.call("L2TP_SESSION_INCALL_IND", {}) == -522
        assert client.call("L2TP_TEST_LOG", "x") == -95
        assert client.call("L2TP_TEST_MODIFY", {}) == -95
        try:
            client.call("L2TP_TEST_GET")
            raise AssertionError("TEST_GET answers without the test option")
        except idl.Refused:
            pass
        assert client.call("L2TP_EXT_PEER_LIST")["peers"] == []
        client.close()


def big_lists_come_over_streams(service):
    """The service has 60,000 tunnels: UDP says SYSTEM_ERR, TCP and the UNIX socket bring all."""
    for transport in ("tcp", "unix"):
        client = service.client(transport)
        assert len(client.call("L2TP_TUNNEL_LIST")["tunnel_ids"]) == 60000
        client.close()
    client = service.client("udp")
    try:
        client.call("L2TP_TUNNEL_LIST")
        raise AssertionError("60,000 ids in a datagram")
    except idl.Refused as refused:
        assert refused.args[0][-1] == 5, refused
    client.close()


def mutated_calls(count):
    """Calls of every procedure with octets changed, cut, or lengths that lie."""
    random_source = random.Random(SEED)
    golden = []
    for name, (number, parts, _) in IDL.procedures.items():
        if name != "L2TP_EXT_MONITOR_NEXT":
            golden.append(idl.call_octets(number, b"".join(IDL.encode(k, None, m) for k, _, m in parts)))
    for _ in range(count):
        call = bytearray(random_source.choice(golden))
        for _ in range(random_source.randint(1, 4)):
            at = random_source.randrange(0, max(len(call) // 4, 1)) * 4
            lie = random_source.choice((0xffffffff, 0x7fffffff, 0x10000, 0x401, 0x100000, random_source.getrandbits(32)))
            call[at:at + 4] = struct.pack(">I", lie)
        if random_source.random() < 0.2:
            del call[random_source.randrange(len(call)):]
        yield bytes(call)


def survives_mutated_calls(service):
    udp = service.client("udp", privileged=True)
    for i, call in enumerate(mutated_calls(10000)):
        if i % 10:
            udp.send_raw(call[:60000])
            continue
        stream = service.client("unix" if i % 20 else "tcp", privileged=True)
        try:
            stream.send_raw(struct.pack(">I", 1 << 31 | len(call)) + call)
        except OSError:
            pass
        stream.close()
    udp.close()


def survives_lying_records(service):
    for mark in (0, 0x7fffffff, 0xffffffff, 0x80000000, 0x80020001, 0x00010000):
        for transport in ("tcp", "unix"):
            client = service.client(transport)
            client.send_raw(struct.pack(">I", mark) + bytes(100))
            client.close()
    client = service.client("tcp")  # a call in fragments of one octet is a call
    for octet in idl.call_octets(0, xid=9):
        client.send_raw(struct.pack(">I", 1) + bytes([octet]))
    client.send_raw(struct.pack(">I", 1 << 31))
    assert client.reply()[:4] == struct.pack(">I", 9)
    client.close()


def serves_beside_idle_and_half_calls(service):
    """2,000 connections, half of them in the middle of a record; everyone else is answered within a second."""
    crowd = []
    for i in range(2000):
        one = service.client("tcp")
        if i % 2:
            one.send_raw(struct.pack(">I", 1 << 31 | 40) + bytes(20))
        crowd.append(one)
    for transport in ("udp", "tcp", "unix"):
        client = service.client(transport)
        begin = time.monotonic()
        client.call("L2TP_APP_INFO_GET")
        assert time.monotonic() - begin < 1, transport  # the bound that the interface promises
        client.close()
    for one in crowd:
        one.close()


def serves_beside_slow_readers(service):
    """Clients that ask for 60,000 ids again and again and take none."""
    slow = []
    call = idl.call_octets(IDL.procedures["L2TP_TUNNEL_LIST"][0])
    for _ in range(50):
        one = service.client("tcp")
        one.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.send_raw((struct.pack(">I", 1 << 31 | len(call)) + call) * 20)
        slow.append(one)
    worst = 0.0
    for _ in range(50):
        client = service.client("unix")
        begin = time.monotonic()
        client.call("L2TP_APP_INFO_GET")
        worst = max(worst, time.monotonic() - begin)
        client.close()
    assert worst < 1, worst
    for one in slow:
        one.close()


def many_profiles_are_listed_in_full(service):
    client = service.client("unix")
    for i in range(2000):
        assert client.call("L2TP_PPP_PROFILE_CREATE", {"profile_name": "q%d" % i}) == 0
    assert client.call("L2TP_PPP_PROFILE_LIST")["num_profiles"] == 2001
    for i in range(2000):
        assert client.call("L2TP_PPP_PROFILE_DELETE", "q%d" % i) == 0
    client.close()


def main(program):
    if os.geteuid() != 0:
        print("SKIP: needs root")
        return 77
    if os.environ.get("OPENL2TP_INSIDE") != "yes":
        os.environ["OPENL2TP_INSIDE"] = "yes"
        os.execvp("unshare", ["unshare", "--net", "--mount", "--pid", "--mount-proc", "--fork", "--kill-child",
                              sys.executable, os.path.abspath(sys.argv[0]), program])
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    service = Service(program)
    steps = (every_procedure_answers, big_lists_come_over_streams, many_profiles_are_listed_in_full,
             survives_mutated_calls, survives_lying_records, serves_beside_idle_and_half_calls,
             serves_beside_slow_readers)
    sanitized = b"__asan_init" in pathlib.Path(program).read_bytes()
    before = None
    for turn in range(2):  # the second time nothing may grow
        for step in steps:
            begin = time.monotonic()
            step(service)
            assert service.process.poll() is None, step.__name__
            print("ok   %s (%.1f s)" % (step.__name__, time.monotonic() - begin), flush=True)
        client = service.client("unix")
        client.call("L2TP_APP_INFO_GET")
        client.close()
        now = resident(service.process.pid)
        print("resident after turn %d: %d KiB" % (turn + 1, now // 1024))
        if before is not None and not sanitized:  # AddressSanitizer keeps what was freed for a while
            assert now - before < 8 << 20, (before, now)
        before = now
    assert service.end() == 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
