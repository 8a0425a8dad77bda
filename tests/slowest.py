#!/usr/bin/env python3
"""Passes ctest's output on as it comes, and names the ten slowest tests just before ctest's own summary, which stays last."""
import re
import sys

COUNT = 10
ENDED = re.compile(r"^ *\d+/\d+ Test +#\d+: (\S+) \.*[ *]*(\D+?) +([\d.]+) sec")
SUMMARY = re.compile(r"^\d+% tests passed")


def main() -> None:
    took: list[tuple[float, str, str]] = []
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8")
    for line in sys.stdin:
        if ended := ENDED.match(line):
            took.append((float(ended[3]), ended[1], ended[2]))
        elif SUMMARY.match(line):
            print("The slowest tests:")
            for seconds, name, result in sorted(took, reverse=True)[:COUNT]:
                print(f"{seconds:8.1f} s  {name}" + ("" if result == "Passed" else f" ({result})"))
            print()
        print(line, end="", flush=True)


if __name__ == "__main__":
    main()
