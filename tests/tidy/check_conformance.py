#!/usr/bin/env python3
"""docs/conformance.md against the tests: every requirement stands there, every test that it names exists in a built test program or in
tests/system, and what is left for later is not the control plane's.

check_conformance.py PROGRAM...   the built GoogleTest programs"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROW = re.compile(r"\| R-(\d{3}) \| (.*?) \| (.*?) \| .*? \| (.*?) \|$")
REQUIREMENTS = range(1, 326)
LATER = ("later: data path", "later: PPP", "later: failover")  # none of them is the control plane's
RFC_2661_SECTIONS_3_TO_7 = re.compile(r"[3-7](\.|$)")


def tests_of(program: str) -> set[str]:
    listing = subprocess.run([program, "--gtest_list_tests"], check=True, capture_output=True, text=True).stdout
    found, suite = set(), ""
    for line in listing.splitlines():
        if not line.startswith(" "):
            suite = line.split("#")[0].strip()
        else:
            found.add(suite + line.split("#")[0].strip())
    return found


def exists(test: str, known: set[str]) -> bool:
    if test.startswith("tests/system/"):
        path, _, name = test.partition(" ")
        return (ROOT / path).exists() and f"def {name}(" in (ROOT / path).read_text()
    return test in known


def main(programs: list[str]) -> int:
    known = set().union(*(tests_of(program) for program in programs))
    complaints, proven, left, seen = [], set(), set(), {}
    for line in (ROOT / "docs/conformance.md").read_text().splitlines():
        if not line.startswith("| R-"):
            continue
        row = ROW.match(line)
        if not row:
            complaints.append(f"not a row of five columns: {line}")
            continue
        number, section, level, test = int(row[1]), row[2], row[3], row[4]
        seen[number] = (section, level)
        if test.startswith(LATER):
            left.add(number)
        elif test.startswith("later: "):
            complaints.append(f"R-{number:03}: {test!r} does not begin with one of {', '.join(LATER)}")
        elif exists(test, known):
            proven.add(number)
        else:
            complaints.append(f"R-{number:03}: there is no test {test}")
    for number in REQUIREMENTS:
        if number not in seen:
            complaints.append(f"R-{number:03} is missing")
    for number in sorted(set(seen) - proven - left):
        section, level = seen[number]
        if level.startswith("MUST") and RFC_2661_SECTIONS_3_TO_7.match(section):
            complaints.append(f"R-{number:03}: a MUST of section {section} that no test proves")
    print("\n".join(complaints) or f"conformance: {len(proven)} of {len(REQUIREMENTS)} requirements are proven, the rest is left for later")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
