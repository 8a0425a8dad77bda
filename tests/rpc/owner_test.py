#!/usr/bin/python3
"""Who a caller over loopback is, the kernel tells, not its port. Usage: owner_test.py UDP TCP, as root, of a service in this namespace."""
import os
import socket
import struct
import sys

from idl import Client, Idl, Refused, call_octets

UDP, TCP = int(sys.argv[1]), int(sys.argv[2])
IDL = Idl()
NOBODY = 65534


def may_change(client: Client) -> bool:
    try:
        client.call("L2TP_TUNNEL_DELETE", 1, None, None)
    except Refused:
        return False
    finally:
        client.close()
    return True


def as_nobody(attempt) -> bool:
    """What `attempt` says in a process of another user, who may not become root again."""
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        os._exit(0 if attempt() else 1)
    return os.waitpid(child, 0)[1] == 0


# Root, often enough to use up every reserved port twice.
for transport, port in (("tcp", TCP), ("udp", UDP)):
    for _ in range(1500):
        assert may_change(Client(transport, port, IDL)), transport

# Others, from an ordinary port, and from a reserved one that root left to them.
for transport, port in (("tcp", TCP), ("udp", UDP)):
    assert not as_nobody(lambda: may_change(Client(transport, port, IDL))), transport
    client = Client(transport, port, IDL)
    assert may_change(client), "root is root"

# One who shares a port with root is not taken for him: both sockets allow it, and either could have sent.
roots = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
roots.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
roots.bind(("0.0.0.0", 0))
shared = roots.getsockname()[1]


def sharing() -> bool:
    client = Client("udp", UDP, IDL)
    client.socket.close()
    client.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.socket.settimeout(5)
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    client.socket.bind(("127.0.0.1", shared))
    client.socket.connect(("127.0.0.1", UDP))
    return may_change(client)


assert not as_nobody(sharing), "a port shared with root"

# One who hangs up at once leaves a socket that is nobody's, which the kernel counts as root's. The call is not carried out: the daemon
# would tell of it in its log.
def hanging_up() -> bool:
    client = Client("tcp", TCP, IDL)
    octets = call_octets(IDL.procedures["L2TP_TUNNEL_DELETE"][0], IDL.arguments("L2TP_TUNNEL_DELETE", 7, None, None))
    client.send_raw(struct.pack(">I", 1 << 31 | len(octets)) + octets)
    client.close()
    return True


for _ in range(200):
    assert as_nobody(hanging_up)
