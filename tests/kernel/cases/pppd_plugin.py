"""The plugin that runs inside pppd: two real pppds on a pair of sockets, one of them with the plugin, and the case as the daemon."""
import os
import pathlib
import socket
import struct
import subprocess
import unittest

import lab
import ppp
from case import PASSWORD, USER
from lab import sandbox
from lab.process import wait_until

MAGIC, VERSION = 0x6C327070, 1
CREDENTIALS, LINK_UP, IPV4_UP, IPV4_DOWN, IPV6_UP = 1, 2, 3, 4, 5
GIVEN_ACCM = 0x10
AUTH = {"pap": 1, "chap": 2, "mschap": 3, "mschap-v2": 4, "eap": 5}
REPORT = struct.Struct("=IHHIIIIIHHI4s4s8s8s16s256s")  # openl2tp_pppd_report
REPORT_FIELDS = ("magic version type given process unit send_accm receive_accm mtu mru auth_method local_ipv4 peer_ipv4 local_ipv6 "
                 "peer_ipv6 interface user").split()


class Pppd:
    """One pppd that speaks PPP over `line`; the daemon's socket, if any, is its descriptor 3."""

    def __init__(self, line: socket.socket, log: pathlib.Path, *words: str, report: socket.socket | None = None) -> None:
        def in_child() -> None:
            os.dup2(line.fileno(), 0)
            os.dup2(line.fileno(), 1)
            if report:
                os.dup2(report.fileno(), 3)
        self.log = log
        command = ["pppd", "notty", "nodetach", "local", "logfile", str(log), "debug", *words]
        self.process = subprocess.Popen(command, preexec_fn=in_child, close_fds=False, stderr=subprocess.DEVNULL)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(ppp.PATIENCE * lab.slowness)


class PppdPlugin(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = pathlib.Path("/run")
        self.plugin = sandbox.build_folder() / "lib/openl2tp/pppd/openl2tpd.so"
        ppp.write_secrets(f'{USER} lns "{PASSWORD}" *')
        self.daemon, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.daemon.settimeout(ppp.PATIENCE * lab.slowness)
        self.addCleanup(self.daemon.close)

    def say(self, user: str, password: str, magic: int = MAGIC) -> None:
        self.daemon.send(struct.pack("=IHH256s256s", magic, VERSION, CREDENTIALS, user.encode(), password.encode()))

    def start(self, method: str = "chap") -> Pppd:
        """Both pppds; the one with the plugin. Its peer asks for a login."""
        line = socket.socketpair()
        lns = Pppd(line[1], self.folder / "lns.log", "auth", "name", "lns", f"require-{method}", "10.77.0.1:10.77.0.2")
        client = Pppd(line[0], self.folder / "client.log", "noauth", "noipdefault", "plugin", str(self.plugin), "openl2tpd_fd", "3",
                      report=self.theirs)
        for end in (*line, self.theirs):
            end.close()
        self.addCleanup(lns.stop)
        self.addCleanup(client.stop)
        return client

    def report(self, kind: int) -> dict:
        """The next report of that kind."""
        while octets := self.daemon.recv(REPORT.size + 1):
            self.assertEqual(len(octets), REPORT.size)
            report = dict(zip(REPORT_FIELDS, REPORT.unpack(octets)))
            self.assertEqual((report["magic"], report["version"]), (MAGIC, VERSION))
            if report["type"] == kind:
                return report
        self.fail(f"pppd ended without a report {kind}: {(self.folder / 'client.log').read_text()}")

    def test_tells_what_ppp_agreed_on(self) -> None:
        self.say(USER, PASSWORD)
        client = self.start()
        link = self.report(LINK_UP)
        self.assertTrue(link["given"] & GIVEN_ACCM)
        self.assertEqual((link["send_accm"], link["receive_accm"]), (0, 0), "Debian's options ask for asyncmap 0")
        up = self.report(IPV4_UP)
        self.assertEqual(up["process"], client.process.pid)
        self.assertEqual((socket.inet_ntoa(up["local_ipv4"]), socket.inet_ntoa(up["peer_ipv4"])), ("10.77.0.2", "10.77.0.1"))
        self.assertEqual(up["interface"].rstrip(b"\0").decode(), f"ppp{up['unit']}")
        self.assertEqual((up["mtu"], up["mru"]), (1500, 1500))

    def test_tells_of_ipv6cp(self) -> None:
        self.say(USER, PASSWORD)
        self.start()
        up = self.report(IPV6_UP)
        self.assertNotEqual(up["local_ipv6"], up["peer_ipv6"])
        self.assertNotIn(bytes(8), (up["local_ipv6"], up["peer_ipv6"]))

    def test_logs_in_with_what_the_daemon_says(self) -> None:
        for method in ("pap", "chap", "mschap-v2", "eap"):
            with self.subTest(method):
                self.setUp()
                self.say(USER, PASSWORD)
                client = self.start(method)
                up = self.report(IPV4_UP)
                self.assertEqual((up["user"].rstrip(b"\0").decode(), up["auth_method"]), (USER, AUTH[method]))
                self.doCleanups()
                self.assertNotIn(PASSWORD, client.log.read_text(), "debug does not show it either")

    def test_a_wrong_password_is_status_19(self) -> None:
        for _ in range(5):
            self.say(USER, "wrong")
            status = self.start().process.wait(ppp.PATIENCE * lab.slowness)
            if status != 16:  # pppd saw its peer hang up before it read what that had said last
                break
            self.doCleanups()
            self.setUp()
        self.assertEqual(status, 19)

    def test_ends_pppd_when_the_daemon_is_gone(self) -> None:
        self.say(USER, PASSWORD)
        client = self.start()
        self.report(IPV4_UP)
        self.daemon.close()
        self.assertEqual(client.process.wait(ppp.PATIENCE * lab.slowness), 5)

    def test_refuses_what_another_program_says(self) -> None:
        self.say(USER, PASSWORD, magic=MAGIC + 1)
        self.assertEqual(self.start().process.wait(ppp.PATIENCE * lab.slowness), 2)

    def test_keeps_its_descriptors_from_scripts(self) -> None:
        script, found = pathlib.Path("/etc/ppp/ip-up.d/openl2tpd-test"), self.folder / "descriptors"
        script.write_text(f"#!/bin/sh\nreadlink /proc/$$/fd/3 >{found}.new || echo closed >{found}.new\nmv {found}.new {found}\n")
        script.chmod(0o755)
        self.addCleanup(script.unlink)
        self.say(USER, PASSWORD)
        self.start()
        self.report(IPV4_UP)
        wait_until(found.exists, "what the script found", ppp.PATIENCE)
        self.assertNotIn("socket", found.read_text())
