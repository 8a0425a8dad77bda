"""A file over TCP, one way: `python3 copy_file.py receive ADDRESS PORT FILE` and `python3 copy_file.py send ADDRESS PORT FILE`. The receiver
confirms with the number of octets that it has written; the sender fails unless that is all of them."""
import socket
import sys


def receive(address: str, port: int, path: str) -> None:
    with socket.create_server((address, port)) as server, open(path, "wb") as file:
        peer, _ = server.accept()
        with peer:
            count = 0
            while octets := peer.recv(1 << 18):
                file.write(octets)
                count += len(octets)
            file.flush()
            peer.sendall(count.to_bytes(8, "big"))


def send(address: str, port: int, path: str) -> None:
    with socket.create_connection((address, port), timeout=60) as peer, open(path, "rb") as file:
        sent = peer.sendfile(file)
        peer.shutdown(socket.SHUT_WR)
        confirmed = int.from_bytes(peer.recv(8, socket.MSG_WAITALL), "big")
    if confirmed != sent:
        sys.exit(f"{sent} octets sent, {confirmed} confirmed")


if __name__ == "__main__":
    {"receive": receive, "send": send}[sys.argv[1]](sys.argv[2], int(sys.argv[3]), sys.argv[4])
