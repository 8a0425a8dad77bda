#!/usr/bin/env python3
"""The faults that the simulator must find can still be planted: each patch of tests/daemon_sim/planted fits the tree as it is."""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def main() -> int:
    patches = sorted((ROOT / "tests/daemon_sim/planted").glob("*.patch"))
    if not patches:
        print("there is no patch")
        return 1
    stale = []
    for patch in patches:
        tried = subprocess.run(["patch", "-s", "-p1", "--dry-run", "-f", "-i", str(patch)], cwd=ROOT, capture_output=True, text=True, check=False)
        if tried.returncode != 0:
            stale.append(f"{patch.name}: {tried.stdout.strip()}")
    print("\n".join(stale))
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
