#!/usr/bin/python3
"""Fails when a golden file is not what make_golden.py makes of the interface description."""
import filecmp
import os
import sys
import tempfile

import make_golden

with tempfile.TemporaryDirectory() as folder:
    make_golden.main(folder)
    names = os.listdir(folder)
    assert names
    _, different, missing = filecmp.cmpfiles(folder, os.path.join(make_golden.HERE, "golden"), names, shallow=False)
    for name in different + missing:
        print("differs from what make_golden.py makes:", name)
    sys.exit(1 if different or missing else 0)
