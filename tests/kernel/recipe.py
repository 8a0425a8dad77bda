"""Sessions with a PPP interface made by hand, one call after another: what the daemon's set-up rate is measured against.

Steps and numbers are those of linux/if_pppox.h and linux/ppp-ioctl.h: a tunnel's connected UDP socket, a PPPoL2TP socket for the tunnel and
one for each session, a PPP channel on it, a PPP unit, the two joined."""
import ctypes
import fcntl
import os
import socket
import struct

AF_PPPOX, PX_PROTO_OL2TP = 24, 1
PPPIOCGCHAN, PPPIOCATTCHAN, PPPIOCCONNECT, PPPIOCNEWUNIT = 0x80047437, 0x40047438, 0x4004743A, 0xC004743E
_libc = ctypes.CDLL(None, use_errno=True)


def _pppol2tp(udp: socket.socket, tunnel: int, peer_tunnel: int, session: int, peer_session: int) -> socket.socket:
    made = socket.socket(AF_PPPOX, socket.SOCK_DGRAM, PX_PROTO_OL2TP)
    # struct sockaddr_pppol2tp, which Python does not know; its IPv4 address is for tunnels without a socket of their own.
    address = struct.pack("=HIii16sHHHH", AF_PPPOX, PX_PROTO_OL2TP, 0, udp.fileno(), bytes(16), tunnel, session, peer_tunnel, peer_session)
    if _libc.connect(made.fileno(), address, len(address)) != 0:
        raise OSError(ctypes.get_errno(), "connect of a PPPoL2TP socket")
    return made


def _ioctl(descriptor: int, request: int, number: int = 0) -> int:
    argument = bytearray(struct.pack("=i", number))
    fcntl.ioctl(descriptor, request, argument)
    return struct.unpack("=i", argument)[0]


class Tunnel:
    """One end of a tunnel over loopback, whose peer need not exist."""

    def __init__(self, tunnel: int) -> None:
        self.tunnel = tunnel
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 1701))
        self.udp.connect(("127.0.0.2", 1701))
        self.management = _pppol2tp(self.udp, tunnel, tunnel + 1, 0, 0)
        self.sessions: list[tuple[int, int, socket.socket]] = []

    def add_session(self, session: int) -> None:
        made = _pppol2tp(self.udp, self.tunnel, self.tunnel + 1, session, session)
        channel = os.open("/dev/ppp", os.O_RDWR | os.O_NONBLOCK)
        _ioctl(channel, PPPIOCATTCHAN, _ioctl(made.fileno(), PPPIOCGCHAN))
        unit = os.open("/dev/ppp", os.O_RDWR | os.O_NONBLOCK)
        _ioctl(channel, PPPIOCCONNECT, _ioctl(unit, PPPIOCNEWUNIT, -1))
        self.sessions.append((unit, channel, made))

    def close(self) -> None:
        for unit, channel, made in self.sessions:
            os.close(unit)
            os.close(channel)
            made.close()
        self.management.close()
        self.udp.close()
