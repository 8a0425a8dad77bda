#!/usr/bin/env python3
"""Fails when a file of a room includes a header of a room that it may not know.

    sdk <- protocol <- runtime <- tools        plugins -> sdk only        tests -> anything

A plugin may also include its own folder, and plugins/ppp_engine and plugins/ppp_profile, which plugins share and which include themselves and
the sdk alone.

What it reads are the #include lines, by path from the project's root (or "openl2tp/..." for the sdk's public headers), so an
include that climbs with ".." is refused too. With --root DIR it checks another tree, which is how its own test proves that it bites.
"""
import argparse
import pathlib
import re
import sys

ROOMS = ("sdk", "protocol", "runtime", "plugins", "tools", "tests")
SHARED_BY_PLUGINS = ("ppp_engine", "ppp_profile")
MAY_INCLUDE = {
    "sdk": {"sdk"},
    "protocol": {"sdk", "protocol"},
    "runtime": {"sdk", "protocol", "runtime"},
    "tools": {"sdk", "protocol", "runtime", "tools"},
    "plugins": {"sdk", "plugins"},
    "tests": set(ROOMS),
}
# protocol/ does no I/O, keeps no clock and no threads: these headers have no business there.
NOT_IN_PROTOCOL = re.compile(
    r"^(sys/(socket|epoll|eventfd|timerfd|uio)\.h|netinet/udp\.h|unistd\.h|poll\.h|liburing.*|thread|mutex|"
    r"shared_mutex|condition_variable|future|coroutine|iostream|fstream|spdlog/.*|fmt/.*|rpc/.*|time\.h|ctime)$")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')
SUFFIXES = {".h", ".hpp", ".c", ".cpp", ".x"}


def room_of(header: str, includer: pathlib.Path, root: pathlib.Path) -> str | None:
    """The room that a header belongs to, None for a system header."""
    first = header.split("/")[0]
    if first in ROOMS and (root / header).exists():
        return first
    if first == "openl2tp" and (root / "sdk/include" / header).exists():
        return "sdk"
    beside = includer.parent / header
    if beside.exists() and beside.resolve().is_relative_to(root.resolve()):
        return beside.resolve().relative_to(root.resolve()).parts[0]
    return first if first in ROOMS else None


def is_foreign_plugin(header: str, includer: pathlib.Path, root: pathlib.Path) -> bool:
    """True when a plugin includes another plugin that is none of those that they share."""
    parts = header.split("/")
    own = includer.relative_to(root).parts[1]
    allowed = {own} if own in SHARED_BY_PLUGINS else {own, *SHARED_BY_PLUGINS}
    return parts[0] == "plugins" and len(parts) > 2 and parts[1] not in allowed


def check_file(path: pathlib.Path, root: pathlib.Path) -> list[str]:
    """The complaints about one file, in the form of a compiler's."""
    name = path.relative_to(root)
    room = name.parts[0]
    complaints = []
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        header = match[2]
        where = f"{name}:{number}: error:"
        if ".." in header.split("/"):
            complaints.append(f'{where} "{header}" climbs; name it by its path from the root')
            continue
        other = room_of(header, path, root)
        if other is not None and other not in MAY_INCLUDE[room]:
            complaints.append(f'{where} {room}/ may not include {other}/ ("{header}"); it may include '
                              f'{", ".join(sorted(MAY_INCLUDE[room]))}')
        elif room == "plugins" and is_foreign_plugin(header, path, root):
            complaints.append(f'{where} a plugin may include itself and what plugins share ({", ".join(SHARED_BY_PLUGINS)}), no other plugin ("{header}")')
        elif room == "protocol" and other is None and NOT_IN_PROTOCOL.match(header):
            complaints.append(f"{where} protocol/ does no I/O, clocks, threads or logging: <{header}>")
    return complaints


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    parser.add_argument("--stamp", type=pathlib.Path, help="file to touch when all is well")
    arguments = parser.parse_args()
    root = arguments.root
    files = [f for room in ROOMS for f in sorted((root / room).rglob("*")) if f.suffix in SUFFIXES and f.is_file()]
    if not files:
        print(f"check_layers: no sources below {root}", file=sys.stderr)
        return 2
    complaints = [c for f in files for c in check_file(f, root)]
    print("\n".join(complaints), file=sys.stderr, end="\n" if complaints else "")
    if not complaints and arguments.stamp:
        arguments.stamp.touch()
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
