#!/usr/bin/env python3
"""Installs the SDK into an empty prefix and builds its examples from there, as somebody else would: by CMake and by pkg-config, with gcc and
with clang. Each plugin is then loaded by openl2tpd."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()  # cmake's
OFFERS = {
    "ppp_minimal": "openl2tp.ppp/1 (data paths frames)",
    "ppp_echo": "openl2tp.ppp/1 (data paths frames)",
    "event_observer": "openl2tp.observer/1",
    "gatekeeper": "openl2tp.policy/1",
}
COMPILERS = [("gcc", "g++"), ("clang-19", "clang++-19")]


def run(*command: object, **environment: str) -> str:
    done = subprocess.run([str(word) for word in command], env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(str(word) for word in command)}: status {done.returncode}\n{done.stdout}")
    return done.stdout


class OutOfTree(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="openl2tp-sdk-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.prefix = cls.folder / "prefix"
        run("cmake", "--install", BUILD, "--component", "sdk", "--prefix", cls.prefix)

    def assert_loads(self, plugin: pathlib.Path) -> None:
        told = run(BUILD / "bin/openl2tpd", "--plugin-info", plugin)
        self.assertIn(f"name:      {plugin.stem}\n", told)
        self.assertIn(f"offers:    {OFFERS[plugin.stem]}\n", told)
        symbols = run("nm", "-D", "--defined-only", plugin)
        self.assertIn("openl2tp_plugin_entry", symbols)
        self.assertEqual(1, len(symbols.splitlines()), symbols)

    def test_cmake(self) -> None:
        for c, cpp in COMPILERS:
            with self.subTest(compiler=c):
                build = self.folder / f"cmake-{c}"
                run("cmake", "-S", self.prefix / "share/openl2tp/examples", "-B", build, f"-DCMAKE_PREFIX_PATH={self.prefix}",
                    f"-DCMAKE_C_COMPILER={c}", f"-DCMAKE_CXX_COMPILER={cpp}", "-DCMAKE_C_FLAGS=-Wall -Wextra -Werror",
                    "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror")
                run("cmake", "--build", build)
                for name in OFFERS:
                    self.assert_loads(build / f"{name}.so")

    def test_one_command_with_pkg_config(self) -> None:
        search = {"PKG_CONFIG_PATH": str(self.prefix / "share/pkgconfig")}
        flags = run("pkg-config", "--cflags", "--libs", "openl2tp-plugin", **search).split()
        for c, _ in COMPILERS:
            with self.subTest(compiler=c):
                (self.folder / c).mkdir()
                plugin = self.folder / c / "ppp_minimal.so"
                run(c, "-fPIC", "-o", plugin, self.prefix / "share/openl2tp/examples/ppp_minimal.c", *flags)
                self.assert_loads(plugin)

    def test_every_header_compiles_alone(self) -> None:
        for header in sorted((self.prefix / "include/openl2tp").glob("*.h*")):
            source = self.folder / "alone.c"
            source.write_text(f"#include <openl2tp/{header.name}>\n#include <openl2tp/{header.name}>\n")
            languages = [("gcc", "-xc++", "-std=c++20"), ("clang-19", "-xc++", "-std=c++20")]
            if header.suffix == ".h":
                languages += [("gcc", "-xc", "-std=c99"), ("clang-19", "-xc", "-std=c99"), ("gcc", "-xc++", "-std=c++17")]
            for words in languages:
                with self.subTest(header=header.name, compiler=words):
                    run(*words, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", f"-I{self.prefix}/include", source)


if __name__ == "__main__":
    unittest.main(verbosity=2)
