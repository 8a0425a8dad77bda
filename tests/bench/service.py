"""The management service as a client that shares no code with it sees it: calls one at a time over its UNIX socket."""

import os
import pathlib
import sys
import time

from processes import BenchError

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "rpc"))
import idl  # noqa: E402

WAIT_S = 60


def processor_seconds(pid):
    """What all threads of a process have used so far."""
    tasks = pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


class Service:
    """The daemon of this network namespace."""

    def __init__(self, pid):
        self.pid = pid
        self.interface = idl.Idl()
        path = f"/run/openl2tpd/rpc-ports.{os.stat('/proc/self/ns/net').st_ino}.sock"
        self.wait(lambda: os.path.exists(path), "the UNIX socket")
        self.client = idl.Client("unix", path, self.interface)

    @staticmethod
    def wait(condition, what):
        end = time.monotonic() + WAIT_S
        while not condition():
            if time.monotonic() > end:
                raise BenchError(f"waited {WAIT_S} s in vain for {what}")
            time.sleep(0.02)

    def open_tunnels(self, count, port):
        """So many tunnels to 127.0.0.1; their ids, when all are up."""
        flag = self.interface.consts
        parameters = {"flags": flag["L2TP_API_TUNNEL_FLAG_PEER_ADDR"] | flag["L2TP_API_TUNNEL_FLAG_PEER_UDP_PORT"],
                      "peer_addr": "127.0.0.1", "peer_udp_port": port}
        ids = [self.client.call("L2TP_TUNNEL_CREATE", parameters) for _ in range(count)]
        if min(ids) <= 0:
            raise BenchError(f"a tunnel was refused: {min(ids)}")
        self.wait(lambda: all(self.client.call("L2TP_TUNNEL_GET", one, None)["state"] == "ESTABLISHED" for one in ids), "all tunnels")
        return ids

    def calls(self, procedure, arguments):
        """Calls a procedure with each of the arguments, already in octets, one after another; (seconds, the daemon's processor
        seconds, replies)."""
        number = self.interface.procedures[procedure][0] if procedure else 0
        call = self.client.call_number
        before, began = processor_seconds(self.pid), time.monotonic()
        replies = [call(number, octets) for octets in arguments]
        return time.monotonic() - began, processor_seconds(self.pid) - before, replies

    def sessions_up(self):
        """Those for which our ICCN has left."""
        stats = self.client.call("L2TP_SYSTEM_GET")["status"]["stats"]
        return stats["messages"][12]["tx"]
