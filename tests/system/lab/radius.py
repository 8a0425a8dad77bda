"""A RADIUS server for peers that ask one: l2tpns. RFC 2865. `python3 radius.py ADDRESS PORT SECRET USER=ADDRESS[,PASSWORD]...`: who is named
gets that address, after proving to know the password, where there is one (PAP, CHAP). It accepts everybody else."""
import hashlib
import hmac
import socket
import struct
import sys

ACCESS_REQUEST, ACCESS_ACCEPT, ACCESS_REJECT = 1, 2, 3
USER_NAME, USER_PASSWORD, CHAP_PASSWORD, SERVICE_TYPE, FRAMED_PROTOCOL, FRAMED_IP_ADDRESS, CHAP_CHALLENGE = 1, 2, 3, 6, 7, 8, 60
HEADER = 20


def attributes(octets: bytes) -> dict[int, bytes]:
    found = {}
    while len(octets) >= 2 and 2 <= octets[1] <= len(octets):
        found.setdefault(octets[0], octets[2:octets[1]])
        octets = octets[octets[1]:]
    return found


def proves(password: bytes, asked: dict[int, bytes], authenticator: bytes, secret: bytes) -> bool:
    """Whether the user proved to know the password: sections 5.2 (PAP) and 5.3 (CHAP)."""
    if CHAP_PASSWORD in asked:
        proof = asked[CHAP_PASSWORD]
        expected = hashlib.md5(proof[:1] + password + asked.get(CHAP_CHALLENGE, authenticator)).digest()
        return hmac.compare_digest(expected, proof[1:])
    hidden, shown, before = asked.get(USER_PASSWORD, b""), b"", authenticator
    for at in range(0, len(hidden), 16):
        mask = hashlib.md5(secret + before).digest()
        before = hidden[at:at + 16]
        shown += bytes(one ^ other for one, other in zip(before, mask))
    return hmac.compare_digest(shown.rstrip(b"\0"), password)


def answer(request: bytes, secret: bytes, users: dict[str, tuple[str, str]]) -> bytes:
    """The answer to an Access-Request; nothing for what is none. `users`: address and password ("": any) of each."""
    if len(request) < HEADER or request[0] != ACCESS_REQUEST:
        return b""
    asked, authenticator = attributes(request[HEADER:]), request[4:HEADER]
    address, password = users.get(asked.get(USER_NAME, b"").decode("latin1"), ("", ""))
    accepted = not password or proves(password.encode(), asked, authenticator, secret)
    given = {SERVICE_TYPE: struct.pack(">I", 2), FRAMED_PROTOCOL: struct.pack(">I", 1)} if accepted else {}
    if accepted and address:
        given[FRAMED_IP_ADDRESS] = socket.inet_aton(address)
    body = b"".join(bytes([kind, len(value) + 2]) + value for kind, value in given.items())
    head = struct.pack(">BBH", ACCESS_ACCEPT if accepted else ACCESS_REJECT, request[1], HEADER + len(body))
    return head + hashlib.md5(head + authenticator + body + secret).digest() + body


def main() -> None:
    address, port, secret, *named = sys.argv[1:]
    users = {name: (*rest.split(",", 1), "")[:2] for name, rest in (user.split("=", 1) for user in named)}
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, int(port)))
    print("ready", flush=True)
    while True:
        request, peer = server.recvfrom(4096)
        reply = answer(request, secret.encode(), users)
        if reply:
            server.sendto(reply, peer)


if __name__ == "__main__":
    main()
