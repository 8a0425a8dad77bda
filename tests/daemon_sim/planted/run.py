#!/usr/bin/env python3
"""Plants a fault in a copy of the tree and lets the simulator find it: a test of the simulator.

Each NAME.patch here takes the cure of one fault out. Its head says what the simulator must say ("# expect: REGEX") and
which preset shows the fault ("# preset: release" or "asan").

usage: run.py [--seconds S] [NAME...]      all of them without a NAME; S: how long the simulator may look, 120
"""
import argparse
import filecmp
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]


def head(patch, word):
    found = re.search(rf"^# {word}: (.*)$", patch.read_text(), re.MULTILINE)
    if not found:
        sys.exit(f"{patch.name}: no line \"# {word}:\"")
    return found.group(1)


def copy_sources(tree):
    """Copies what differs. The build folder stays, so that only what a patch touches is built again."""
    listed = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT,
                            capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        source, copy = ROOT / name, tree / name
        if not source.is_file() or (copy.is_file() and filecmp.cmp(source, copy, shallow=False)):
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
        shutil.copymode(source, copy)


def plant(patch, seconds):
    preset = head(patch, "preset")
    tree = ROOT / "build" / "planted" / "tree"
    tree.mkdir(parents=True, exist_ok=True)
    copy_sources(tree)
    subprocess.run(["patch", "-s", "-p1", "-i", str(patch)], cwd=tree, check=True)
    subprocess.run(["cmake", "--preset", preset], cwd=tree, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", "--preset", preset, "--target", "daemon_sim"], cwd=tree, check=True,
                   stdout=subprocess.DEVNULL)
    run = subprocess.run([tree / "build" / preset / "bin" / "daemon_sim", "--seconds", str(seconds), "--seed", "1"],
                         capture_output=True, text=True, check=False)
    said = run.stdout + run.stderr
    found = run.returncode != 0 and re.search(head(patch, "expect"), said)
    print(f"{patch.stem}: {'found' if found else 'NOT FOUND'}\n    " + "\n    ".join(said.strip().splitlines()[-3:]))
    return bool(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("name", nargs="*")
    given = parser.parse_args()
    patches = [HERE / f"{name}.patch" for name in given.name] or sorted(HERE.glob("*.patch"))
    return 0 if all([plant(patch, given.seconds) for patch in patches]) else 1


if __name__ == "__main__":
    sys.exit(main())
