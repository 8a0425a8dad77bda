#!/usr/bin/env python3
"""cmake/check_layers.py: passes the tree, and fails each kind of bad example."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def check(files: dict[str, str]) -> subprocess.CompletedProcess:
    """Runs the check over a tree made of `files` (path to text)."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return subprocess.run([sys.executable, ROOT / "cmake/check_layers.py", "--root", folder],
                              capture_output=True, text=True, check=False)


class CheckLayers(unittest.TestCase):
    def assert_refused(self, files: dict[str, str], words: str) -> None:
        result = check(files)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn(words, result.stderr)

    def test_passes_an_include_down_the_layers(self) -> None:
        result = check({"protocol/a.hpp": "", "runtime/b.hpp": '#include "protocol/a.hpp"\n#include <vector>\n',
                        "tests/unit/c.cpp": '#include "runtime/b.hpp"\n'})
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_refuses_protocol_including_runtime(self) -> None:
        self.assert_refused({"runtime/b.hpp": "", "protocol/a.hpp": '#include "runtime/b.hpp"\n'},
                            "protocol/a.hpp:1: error: protocol/ may not include runtime/")

    def test_refuses_runtime_including_tools(self) -> None:
        self.assert_refused({"tools/rpc/t.hpp": "", "runtime/x/b.cpp": '\n#include "tools/rpc/t.hpp"\n'}, "runtime/x/b.cpp:2")

    def test_refuses_a_plugin_that_knows_the_daemon(self) -> None:
        self.assert_refused({"protocol/a.hpp": "", "plugins/p/p.c": '# include "protocol/a.hpp"\n'}, "plugins/ may not include")

    def test_lets_a_plugin_include_the_sdk(self) -> None:
        result = check({"sdk/include/openl2tp/plugin.h": "", "plugins/p/p.c": "#include <openl2tp/plugin.h>\n"})
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_lets_a_plugin_include_itself_and_what_plugins_share(self) -> None:
        result = check({"plugins/ppp_engine/e.hpp": "", "plugins/ppp_profile/r.hpp": "", "plugins/p/a.hpp": "",
                        "plugins/p/p.cpp": '#include "plugins/ppp_engine/e.hpp"\n#include "plugins/ppp_profile/r.hpp"\n'
                                           '#include "plugins/p/a.hpp"\n'})
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_refuses_a_plugin_that_knows_another(self) -> None:
        self.assert_refused({"plugins/q/q.hpp": "", "plugins/p/p.cpp": '#include "plugins/q/q.hpp"\n'}, "no other plugin")

    def test_refuses_an_engine_that_knows_a_plugin(self) -> None:
        self.assert_refused({"plugins/q/q.hpp": "", "plugins/ppp_engine/e.cpp": '#include "plugins/q/q.hpp"\n'},
                            "no other plugin")

    def test_refuses_a_shared_folder_that_knows_another(self) -> None:
        self.assert_refused({"plugins/ppp_engine/e.hpp": "", "plugins/ppp_profile/r.cpp": '#include "plugins/ppp_engine/e.hpp"\n'},
                            "no other plugin")

    def test_refuses_a_path_that_climbs(self) -> None:
        self.assert_refused({"protocol/a.hpp": "", "runtime/b.hpp": '#include "../protocol/a.hpp"\n'}, "climbs")

    def test_refuses_sockets_in_protocol(self) -> None:
        self.assert_refused({"protocol/a.cpp": "#include <sys/socket.h>\n"}, "does no I/O")

    def test_fails_when_it_finds_nothing_to_check(self) -> None:
        self.assertEqual(check({}).returncode, 2)

    def test_passes_this_tree(self) -> None:
        result = subprocess.run([sys.executable, ROOT / "cmake/check_layers.py"], capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 0, result.stderr)


if __name__ == "__main__":
    unittest.main()
