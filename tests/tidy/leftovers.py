#!/usr/bin/env python3
"""Checks that no tool does: leftovers, a comment at the head of each source file, an RFC section in each protocol file that
implements one. Reads the work tree, so that a file is checked before it is committed."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROOMS = ("sdk", "protocol", "runtime", "plugins", "tools", "tests", "cmake", "docs", "packaging")
SOURCES = {".h", ".hpp", ".c", ".cpp"}
TEXTS = SOURCES | {".py", ".cmake", ".md", ".txt", ".sh", ".x"}
# Written so that this file does not match itself.
LEFTOVERS = [re.compile(p) for p in (r"\bFIX" r"ME\b", r"\bX" r"XX\b", r"<<<<" r"<<<", r"\bDISABLED" r"_\w+",
                                     # The project stands alone: no path of the machine it was written on, none that leaves the clone.
                                     re.escape(str(ROOT)) + r"\b", r"(?<![\w/.>}$\"])\.\./[a-z]+")]
# Folders of protocol/ whose every file implements a chapter of an RFC.
RFC_FOLDERS = ("protocol/wire/", "protocol/control/", "protocol/tunnel/", "protocol/session/")
NO_RFC = {"protocol/wire/reader.hpp", "protocol/wire/writer.hpp", "protocol/control/message_pool.hpp"}
RFC = re.compile(r"RFC \d{4}|§")


def files() -> list[pathlib.Path]:
    found = [p for room in ROOMS for p in (ROOT / room).rglob("*") if p.is_file() and p.suffix in TEXTS]
    return sorted(found + [p for p in ROOT.iterdir() if p.is_file() and p.suffix in TEXTS])


def main() -> int:
    complaints = []
    for path in files():
        name = path.relative_to(ROOT).as_posix()
        text = path.read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), 1):
            complaints += [f"{name}:{number}: leftover: {line.strip()}" for pattern in LEFTOVERS if pattern.search(line)]
        if path.suffix in SOURCES:
            # A source is described by its header, a unit test by the file whose path it mirrors.
            described = path.suffix == ".cpp" and (path.with_suffix(".hpp").exists() or path.stem.endswith("_test"))
            if not described and not text.lstrip().startswith(("//", "/*")):
                complaints.append(f"{name}:1: no comment at its head that says what lives here")
            if path.suffix == ".hpp" and "#pragma once" not in text:
                complaints.append(f"{name}:1: no #pragma once")
            if name.startswith(RFC_FOLDERS) and path.suffix == ".hpp" and name not in NO_RFC and not RFC.search(text):
                complaints.append(f"{name}:1: names no RFC section")
    print("\n".join(complaints) or "tidy: nothing to say")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
