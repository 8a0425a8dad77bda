"""The Debian packages, made of the build that is tested: what is in them, that they are the same each time, and their life in a copy of this
machine: installed, started as the unit does, a call, installed again, removed, purged."""
import filecmp
import pathlib
import re
import shutil
import subprocess

from lab import sandbox
from lab.case import SystemCase, our_programs
from lab.process import Process, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]


def must(*words: object, **more: object) -> str:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, timeout=300, **more)
    if done.returncode != 0:
        raise AssertionError(f"{words}: {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


def make_packages(to: pathlib.Path) -> dict[str, pathlib.Path]:
    """Name to file."""
    must(ROOT / "dev", "package", sandbox.build_folder())
    to.mkdir()
    for made in (ROOT / "build/package").glob("*.deb"):
        if "-dbgsym" not in made.name:
            shutil.copy(made, to)
    return {made.name.split("_")[0]: made for made in to.glob("*.deb")}


class Tree:
    """A copy of this machine's files; what is written goes to memory."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.over = folder / "over"
        self.over.mkdir()
        must("mount", "-t", "tmpfs", "tmpfs", self.over)
        self.upper, self.root = self.over / "upper", self.over / "root"
        for name in ("upper", "work", "root"):
            (self.over / name).mkdir()
        must("mount", "-t", "overlay", "overlay", "-o", f"lowerdir=/,upperdir={self.upper},workdir={self.over}/work", self.root)
        for name in ("proc", "sys", "dev"):
            must("mount", "--rbind", f"/{name}", self.root / name)
        must("mount", "-t", "tmpfs", "tmpfs", self.root / "run")
        (self.root / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")
        (self.root / "usr/sbin/policy-rc.d").chmod(0o755)

    def run(self, *words: object) -> str:
        return must("chroot", self.root, "env", "DEBIAN_FRONTEND=noninteractive", *words)

    def close(self) -> None:
        must("umount", "-R", self.root)
        must("umount", self.over)


class Package(SystemCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.made = pathlib.Path("/tmp/packages")
        cls.packages = make_packages(cls.made)
        cls.addClassCleanup(shutil.rmtree, cls.made)

    def test_two_are_made_and_lintian_has_nothing_to_say(self) -> None:
        self.assertEqual(sorted(self.packages), ["openl2tp-dev", "openl2tpd"])
        said = must("lintian", "--allow-root", "--pedantic", "--fail-on", "error,warning", *self.packages.values())
        self.assertEqual([line for line in said.splitlines() if line[:1] in "EW"], [])

    def test_they_are_the_same_each_time(self) -> None:
        again = make_packages(self.folder / "again")
        for name, package in self.packages.items():
            self.assertTrue(filecmp.cmp(package, again[name], shallow=False), name)

    def test_what_is_in_them(self) -> None:
        daemon = must("dpkg-deb", "--contents", self.packages["openl2tpd"])
        for path in ("usr/sbin/openl2tpd", "usr/bin/l2tpconfig", "usr/lib/openl2tp/ppp_unix.so", "usr/lib/openl2tp/ppp_kernel.so",
                     "lib/systemd/system/openl2tpd.service", "etc/default/openl2tpd", "usr/share/man/man8/openl2tpd.8.gz",
                     "usr/share/bash-completion/completions/l2tpconfig"):
            self.assertIn(f" ./{path}\n", daemon)
        self.assertNotIn("l2tpload", daemon)
        dev = must("dpkg-deb", "--contents", self.packages["openl2tp-dev"])
        for path in ("usr/include/openl2tp/plugin.h", "usr/share/pkgconfig/openl2tp-plugin.pc", "usr/share/openl2tp/examples/ppp_minimal.c"):
            self.assertIn(f" ./{path}\n", dev)
        inventory = (ROOT / "build/package/openl2tp.spdx").read_text()
        for name in ("liburing2", "libtirpc3", "libspdlog"):
            self.assertIn(f"PackageName: {name}", inventory)

    def test_versions_agree(self) -> None:
        version = re.search(r"project\(openl2tp VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())[1]
        self.assertIn(f"openl2tp ({version}) ", (ROOT / "debian/changelog").read_text().splitlines()[0])
        self.assertEqual(re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[1], version)
        self.assertEqual(must(sandbox.build_folder() / "bin/openl2tpd", "--version"), f"openl2tpd {version}\n")

    def unit_command(self, tree: Tree) -> list[str]:
        """ExecStart of the installed unit, under the rights that it leaves."""
        unit = (tree.root / "lib/systemd/system/openl2tpd.service").read_text()
        options = dict(line.split("=", 1) for line in (tree.root / "etc/default/openl2tpd").read_text().splitlines() if line[:1] not in ("#", ""))
        start = re.search(r"^ExecStart=(.*)$", unit, re.MULTILINE)[1].replace("$OPENL2TPD_OPTIONS", options["OPENL2TPD_OPTIONS"].strip('"'))
        kept = re.search(r"^CapabilityBoundingSet=(.*)$", unit, re.MULTILINE)[1].lower().replace("cap_", "+").split()
        self.assertIn("NoNewPrivileges=yes\n", unit)
        return ["chroot", str(tree.root), "setpriv", "--no-new-privs", "--bounding-set", ",".join(["-all", *kept]), *start.split()]

    def test_their_life(self) -> None:
        tree = Tree(self.folder)
        self.addCleanup(tree.close)
        shutil.copytree(self.made, tree.root / "packages")
        (tree.root / "packages").chmod(0o755)
        tree.run("sh", "-c", "dpkg -i /packages/*.deb")
        (tree.root / "run/openl2tpd").mkdir()  # RuntimeDirectory

        lns = Process("installed", self.unit_command(tree), "lns", self.folder)
        self.addCleanup(lns.kill)
        lns.wait_log("ready")
        lac = self.daemon("lac")
        lac.create_tunnel("t1", self.link.RIGHT)
        lac.wait_tunnels_up(1)
        lac.create_session("t1")

        def sessions() -> str:
            return must("nsenter", "--net=/run/netns/lns", "chroot", tree.root, "l2tpconfig", "system", "show", "status")
        wait_until(lambda: re.search(r"sessions?: 1\b", sessions()), "a session at the installed LNS", evidence=lambda: sessions() + lns.tail())
        self.assertEqual(lns.terminate(), 0, lns.tail())

        tree.run("sh", "-c", "dpkg -i /packages/openl2tpd_*.deb")
        (tree.root / "etc/default/openl2tpd").write_text('OPENL2TPD_OPTIONS="-T 1"\n')
        tree.run("dpkg", "--remove", "openl2tpd", "openl2tp-dev")
        self.assertFalse((tree.root / "usr/sbin/openl2tpd").exists())
        self.assertTrue((tree.root / "etc/default/openl2tpd").exists(), "configuration stays until it is purged")
        tree.run("dpkg", "--purge", "openl2tpd", "openl2tp-dev")
        shutil.rmtree(tree.root / "packages")
        left = [str(path.relative_to(tree.upper)) for path in tree.upper.rglob("*") if "openl2tp" in path.name and path.exists()]
        self.assertEqual(left, [], "nothing is left")


if __name__ == "__main__":
    sandbox.main([*our_programs(), "dpkg-buildpackage", "dh", "lintian"])
