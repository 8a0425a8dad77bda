#!/usr/bin/env python3
"""Every call of a plugin's function goes through the door (runtime/plugin/door.hpp): none in another way, in runtime/ or tools/."""
import pathlib
import re
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
# How code names the tables that a plugin gave us (Plugin in runtime/plugin/loader.hpp), and what goes through the door.
TABLES = r"(?:ops|ppp|observer|bearer|policy|vendor_avp)"
DOORS = re.compile(r"\b(?:enter_plugin|call)\($")
# What plugins hand to their loop: functions with a `user`.
OF_LOOPS = re.compile(r"\b(?:function|work|finish)\((?:user|arguments)")


def functions(headers: pathlib.Path) -> set[str]:
    """The names of all functions in the tables that plugins fill in."""
    names: set[str] = set()
    for header in headers.glob("*.h"):
        if header.name != "host.h":  # those are the daemon's own
            names |= set(re.findall(r"\(\*(\w+)\)\s*\(", header.read_text()))
    return names


def goes_through_a_door(text: str, at: int) -> bool:
    """Whether position `at` lies inside the parentheses of a door's arguments."""
    depth = 0
    for i in range(at - 1, -1, -1):
        if text[i] == ")":
            depth += 1
        elif text[i] == "(":
            if depth == 0 and DOORS.search(text, max(0, i - 40), i + 1):
                return True
            depth = max(0, depth - 1)
    return False


def without_comments(text: str) -> str:
    return re.sub(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\])*\"", lambda m: re.sub(r"[^\n]", " ", m[0]), text, flags=re.DOTALL)


def complaints(root: pathlib.Path, names: set[str]) -> list[str]:
    through_a_table = re.compile(rf"\b{TABLES}\s*(?:\.|->)\s*(?:{'|'.join(sorted(names))})\s*\(")
    found = []
    for room in ("runtime", "tools"):
        for path in sorted((root / room).rglob("*")):
            if path.suffix not in (".cpp", ".hpp"):
                continue
            text = without_comments(path.read_text(encoding="utf-8"))
            patterns = [through_a_table] + ([OF_LOOPS] if path.name == "plugin_loop.cpp" else [])
            for pattern in patterns:
                found += [f"{path.relative_to(root)}:{text.count(chr(10), 0, m.start()) + 1}: calls a plugin past the door: {m[0]}"
                          for m in pattern.finditer(text) if not goes_through_a_door(text, m.start())]
    return found


class PluginCalls(unittest.TestCase):
    def setUp(self) -> None:
        self.names = functions(ROOT / "sdk/include/openl2tp")

    def of(self, text: str, name: str = "runtime/a.cpp") -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True)
            path.write_text(text)
            return complaints(pathlib.Path(folder), self.names)

    def test_the_tables_are_known(self) -> None:
        self.assertLessEqual({"open", "close", "shard_start", "get_extension", "frames", "choose_data_path", "profile", "understands"},
                             self.names)

    def test_a_call_past_the_door_is_found(self) -> None:
        self.assertEqual(self.of("void f() {\n  plugin->ppp->close(x, 1);\n}\n"),
                         ["runtime/a.cpp:2: calls a plugin past the door: ppp->close("])
        self.assertEqual(len(self.of("call(x); plugin.ops.shard_stop(y);", "tools/b.hpp")), 1)
        self.assertEqual(len(self.of("void run() { work(user); }", "runtime/plugin/plugin_loop.cpp")), 1)

    def test_a_call_through_the_door_is_none(self) -> None:
        self.assertEqual(self.of("call(p, \"close\", [&] { p.ppp->close(x, (1)); });"), [])
        self.assertEqual(self.of("enter_plugin(h, \"x\", k, [&] { t = plugin.ops.get_extension(id); });"), [])
        self.assertEqual(self.of("// plugin->ppp->close(x)\n"), [])

    def test_the_tree_has_none(self) -> None:
        self.assertEqual(complaints(ROOT, self.names), [])
        calls = without_comments((ROOT / "runtime/plugin/host.cpp").read_text())
        self.assertGreater(len(re.findall(rf"\b{TABLES}(?:\.|->)(?:{'|'.join(self.names)})\(", calls)), 15, "the check sees them")


if __name__ == "__main__":
    sys.exit(not unittest.main(exit=False).result.wasSuccessful())
