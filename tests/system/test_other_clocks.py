"""The recorded sessions again, where daemon and client live at another time or place: nothing that they print or compare may depend on the day,
the time zone, the locale or the machine's name. The clock that measures waiting is left alone, io_uring's waits with it."""
import calendar
import pathlib
import socket
import subprocess
import tempfile
import time
import unittest

import test_transcripts
from lab import sandbox
from lab.case import our_programs
from lab.net import run

# The dynamic linker puts this machine's folder of libraries in the place of $LIB.
FAKE_TIME = "/usr/$LIB/faketime/libfaketimeMT.so.1"

# The cases in which times are shown.
TIMES = ("test_the_clock_is_another", "test_sessions", "test_tunnels", "test_status_files", "test_monitor_prints_events_as_they_happen")


def at(moment: str) -> dict[str, str]:
    """The environment of programs that take now for `moment` (UTC)."""
    ahead = calendar.timegm(time.strptime(moment, "%Y-%m-%d %H:%M:%S")) - int(time.time())
    return {"LD_PRELOAD": FAKE_TIME, "FAKETIME": f"{ahead:+d}s", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


class OtherClock(test_transcripts.Transcripts):
    """A machine whose clock shows MOMENT; the programs' own word is that it does."""
    MOMENT = ""
    SHOWN = ""  # what a user's log-in time of the first seconds holds
    PLACE: dict[str, str] = {}
    ONLY_TIMES = False  # runs the cases that show times, and no others

    def setUp(self) -> None:
        self.ENVIRONMENT = at(self.MOMENT) | self.PLACE
        super().setUp()

    def test_the_clock_is_another(self) -> None:
        lac = self.daemons["tlac"]
        lac.create_tunnel("t1", self.link.RIGHT)
        tunnel = lac.wait_tunnels_up(1)[0].tunnel_id
        self.assertRegex(lac.config("tunnel", "show", f"tunnel_id={tunnel}"), rf"created at:  {self.SHOWN}")
        lac.create_session("t1", "s1", user_name="fred")
        lac.wait_sessions_up(1)
        self.assertRegex(lac.config("user", "list"), rf"fred +[A-Z][a-z]{{2}} {self.SHOWN}")


class FarAway(OtherClock):
    """A leap day, 13 hours ahead of UTC, with other names of days and months and a comma in numbers, on a machine with a domain's long name."""
    MOMENT, SHOWN = "2028-02-28 18:01:00", r"Feb 29 07:0\d:\d\d 2028"

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.addClassCleanup(socket.sethostname, socket.gethostname())
        socket.sethostname("a-machine-of-another-name.far-away.example.org")
        locale = tempfile.TemporaryDirectory(prefix="locale-")
        cls.addClassCleanup(locale.cleanup)
        run("localedef", "-i", "de_DE", "-f", "UTF-8", pathlib.Path(locale.name) / "de_DE.UTF-8")
        cls.PLACE = {"TZ": "Pacific/Apia", "LOCPATH": locale.name, "LC_ALL": "de_DE.UTF-8"}
        shown = run("env", *[f"{name}={value}" for name, value in cls.PLACE.items()], "date", "-d", "2028-02-28 18:01:00 UTC", "+%d %H %a %b")
        assert shown.split() == ["29", "07", "Di", "Feb"], f"the time zone or the locale has no effect: {shown}"


class AnotherWeekday(OtherClock):
    MOMENT, SHOWN = "2026-11-26 07:01:00", r"Nov 26 07:0\d:\d\d 2026"
    ONLY_TIMES = True


class NewYear(OtherClock):
    """The year ends while each case runs."""
    MOMENT, SHOWN = "2026-12-31 23:59:58", r"(Dec 31 23:59:5\d 2026|Jan  1 00:0\d:\d\d 2027)"
    ONLY_TIMES = True


class After2038(OtherClock):
    """Seconds since 1970 no longer fit into 31 bits."""
    MOMENT, SHOWN = "2038-01-20 07:01:00", r"Jan 20 07:0\d:\d\d 2038"
    ONLY_TIMES = True


def load_tests(loader: unittest.TestLoader, _tests, _pattern) -> unittest.TestSuite:
    suite = unittest.TestSuite()
    for group in OtherClock.__subclasses__():
        names = TIMES if group.ONLY_TIMES else loader.getTestCaseNames(group)
        suite.addTests(group(name) for name in names)
    return suite


if __name__ == "__main__":
    sandbox.main(["faketime", "localedef", *our_programs()])
