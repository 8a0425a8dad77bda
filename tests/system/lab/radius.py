"""A RADIUS server that accepts everybody, for peers that ask one: l2tpns. RFC 2865. `python3 radius.py ADDRESS PORT SECRET USER=ADDRESS...`:
who is named gets that address."""
import hashlib
import socket
import struct
import sys

ACCESS_REQUEST, ACCESS_ACCEPT = 1, 2
USER_NAME, SERVICE_TYPE, FRAMED_PROTOCOL, FRAMED_IP_ADDRESS = 1, 6, 7, 8
HEADER = 20


def attributes(octets: bytes) -> dict[int, bytes]:
    found = {}
    while len(octets) >= 2 and 2 <= octets[1] <= len(octets):
        found.setdefault(octets[0], octets[2:octets[1]])
        octets = octets[octets[1]:]
    return found


def answer(request: bytes, secret: bytes, addresses: dict[str, str]) -> bytes:
    """The Access-Accept for a request; nothing for what is no Access-Request."""
    if len(request) < HEADER or request[0] != ACCESS_REQUEST:
        return b""
    user = attributes(request[HEADER:]).get(USER_NAME, b"").decode("latin1")
    given = {SERVICE_TYPE: struct.pack(">I", 2), FRAMED_PROTOCOL: struct.pack(">I", 1)}
    if user in addresses:
        given[FRAMED_IP_ADDRESS] = socket.inet_aton(addresses[user])
    body = b"".join(bytes([kind, len(value) + 2]) + value for kind, value in given.items())
    head = struct.pack(">BBH", ACCESS_ACCEPT, request[1], HEADER + len(body))
    return head + hashlib.md5(head + request[4:HEADER] + body + secret).digest() + body


def main() -> None:
    address, port, secret, *users = sys.argv[1:]
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, int(port)))
    print("ready", flush=True)
    while True:
        request, peer = server.recvfrom(4096)
        reply = answer(request, secret.encode(), dict(user.split("=", 1) for user in users))
        if reply:
            server.sendto(reply, peer)


if __name__ == "__main__":
    main()
