"""The RADIUS codec (plugins/radius) with FreeRADIUS: users prove themselves by each method, and what the server says is understood.
RFC 2865, 2866, 2548, 5997. The test starts its own FreeRADIUS on loopback, with a configuration of its own."""
import pathlib
import subprocess
import tempfile
import unittest

from lab import sandbox
from lab.process import wait_until

AUTHENTICATION, ACCOUNTING = 1812, 1813
ACCEPT, REJECT, ACCOUNTING_RESPONSE = "2", "3", "5"
SECRET = "testing123"
LONG = (16, 17, 128)  # octets of passwords: a block, a block and one, the most
METHODS = ("pap", "chap", "mschap", "mschapv2")

CONFIGURATION = """
prefix = /usr
name = freeradius
logdir = {folder}
run_dir = {folder}
db_dir = {folder}
raddbdir = {folder}
libdir = /usr/lib/freeradius
pidfile = {folder}/pid
security {{
  reject_delay = 0
  status_server = yes
}}
client lab {{
  ipaddr = 127.0.0.1
  secret = {secret}
  require_message_authenticator = yes
}}
modules {{
  files {{
    filename = {folder}/users
  }}
  detail {{
    filename = {folder}/detail
  }}
  pap {{
  }}
  chap {{
  }}
  mschap {{
    use_mppe = yes
    require_encryption = yes
    require_strong = yes
  }}
}}
server lab {{
  listen {{
    type = auth
    ipaddr = 127.0.0.1
    port = {authentication}
  }}
  listen {{
    type = acct
    ipaddr = 127.0.0.1
    port = {accounting}
  }}
  authorize {{
    chap
    mschap
    files
    pap
  }}
  authenticate {{
    Auth-Type PAP {{
      pap
    }}
    Auth-Type CHAP {{
      chap
    }}
    Auth-Type MS-CHAP {{
      mschap
    }}
  }}
  accounting {{
    detail
  }}
}}
"""

USERS = """
alice Cleartext-Password := "one word"
\tFramed-IP-Address = 192.0.2.7,
\tMS-Primary-DNS-Server = 192.0.2.53,
\tSession-Timeout = 3600

signed Cleartext-Password := "one word"
\tMessage-Authenticator = 0x00
""" + "".join(f'\nlong{length} Cleartext-Password := "{"x" * length}"\n' for length in LONG)


class RadiusCodec(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="radius-"))
        (cls.folder / "radiusd.conf").write_text(CONFIGURATION.format(folder=cls.folder, secret=SECRET, authentication=AUTHENTICATION,
                                                                      accounting=ACCOUNTING))
        (cls.folder / "users").write_text(USERS)
        log = cls.folder / "freeradius.log"
        with log.open("wb") as output:
            cls.server = subprocess.Popen(["freeradius", "-X", "-d", cls.folder], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        cls.addClassCleanup(cls.server.wait)
        cls.addClassCleanup(cls.server.kill)

        def ready() -> bool:
            assert cls.server.poll() is None, log.read_text()[-2000:]
            return "Ready to process requests" in log.read_text()
        wait_until(ready, "FreeRADIUS", evidence=lambda: log.read_text()[-2000:])

    def ask(self, method: str, user: str = "alice", password: str = "one word", secret: str = SECRET) -> dict[str, str]:
        port = ACCOUNTING if method == "accounting" else AUTHENTICATION
        asked = subprocess.run([sandbox.build_folder() / "bin/radius_ask", str(port), secret, method, user, password], capture_output=True, text=True)
        said = dict(line.split(" ", 1) for line in asked.stdout.splitlines())
        self.assertEqual(asked.returncode, 0, said)
        self.assertEqual(said["proxy-state"], "left alone")
        return said

    def test_right_passwords_are_accepted_with_terms(self) -> None:
        for method in METHODS:
            with self.subTest(method):
                said = self.ask(method)
                self.assertEqual((said["code"], said["address"], said["dns"], said["session-timeout"]), (ACCEPT, "c0000207", "c0000235", "3600"))

    def test_wrong_passwords_are_rejected(self) -> None:
        for method in METHODS:
            with self.subTest(method):
                said = self.ask(method, password="another word")
                self.assertEqual(said["code"], REJECT)
                self.assertEqual(said.get("error", "").startswith("E=691 "), method.startswith("mschap"))

    def test_the_server_proves_itself_in_ms_chap_2(self) -> None:
        said = self.ask("mschapv2")
        self.assertEqual(said["success"], said["expected"])
        self.assertEqual((said["send-key"], said["receive-key"]), ("16", "16"), "lengths of the salted keys")

    def test_a_signed_answer_is_good(self) -> None:
        self.assertEqual(self.ask("pap", user="signed")["message-authenticator"], "good")

    def test_long_passwords(self) -> None:
        for length in LONG:
            with self.subTest(length=length):
                self.assertEqual(self.ask("pap", f"long{length}", "x" * length)["code"], ACCEPT)
                self.assertEqual(self.ask("pap", f"long{length}", "x" * (length - 1))["code"], REJECT)

    def test_status_server_is_answered(self) -> None:
        self.assertEqual(self.ask("status")["code"], ACCEPT)

    def test_accounting_is_written_down(self) -> None:
        self.assertEqual(self.ask("accounting")["code"], ACCOUNTING_RESPONSE)
        detail = (self.folder / "detail").read_text()
        for row in ('User-Name = "alice"', "Acct-Status-Type = Start", 'Acct-Session-Id = "0a1b-7"', "Acct-Input-Gigawords = 3"):
            self.assertIn(row, detail)


if __name__ == "__main__":
    sandbox.main(["freeradius", str(sandbox.build_folder() / "bin/radius_ask")])
