"""Kernels for the guest, from Debian's packages: downloaded and unpacked once into a cache folder, never installed.

The cache holds a folder an engine, complete or absent; delete it to get the archive's present kernel."""
import dataclasses
import fcntl
import lzma
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile

from . import initramfs

ROOT = pathlib.Path(__file__).resolve().parents[3]
# What the guest needs of Debian's 300 MB of modules; the rest (sound, graphics, disks) is left packed.
MODULE_FOLDERS = ("net", "lib", "crypto", "arch", "fs/9p", "fs/netfs", "fs/fscache", "fs/overlayfs", "drivers/virtio", "drivers/net/ppp",
                  "drivers/char/hw_random")
MODULE_FILES = ("drivers/net/veth.ko", "drivers/net/tun.ko", "drivers/net/dummy.ko", "drivers/net/slip/slhc.ko")
BOOT_MODULES = ("virtio_pci", "9pnet_virtio", "9p", "overlay")


class Missing(Exception):
    """No kernel, for want of a package or of the archive."""


@dataclasses.dataclass(frozen=True)
class Kernel:
    """image: what the engine starts. modules: lib/modules/VERSION of it. initramfs: for qemu alone."""
    image: pathlib.Path
    modules: pathlib.Path
    initramfs: pathlib.Path | None = None


def busybox() -> pathlib.Path:
    """A busybox that needs no libraries: the guest's first process, its modprobe and its ping."""
    path = shutil.which("busybox")
    # A dynamic program names its loader.
    if not path or b"/ld-linux" in pathlib.Path(path).read_bytes():
        raise Missing("busybox-static is not installed; sudo ./dev setup installs it")
    return pathlib.Path(path)


def folder() -> pathlib.Path:
    return pathlib.Path(os.environ.get("OPENL2TP_GUEST_CACHE", ROOT / "build/guest")).resolve()


def kernel(engine: str) -> Kernel:
    """The kernel of an engine, fetched if need be. Two callers at once wait for one another."""
    busybox()
    cache = folder()
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (cache / engine).is_dir():
            work = pathlib.Path(tempfile.mkdtemp(dir=cache, prefix=f".{engine}-"))
            try:
                {"qemu": _fetch_debian, "uml": _fetch_uml}[engine](work)
                work.chmod(0o755)
                work.rename(cache / engine)
            finally:
                shutil.rmtree(work, ignore_errors=True)
    have = cache / engine
    if engine == "uml":
        return Kernel(have / "usr/bin/linux.uml", _only(have / "usr/lib/uml/modules"))
    return Kernel(have / "vmlinux", _only(have / "lib/modules"), have / "initramfs")


def _only(parent: pathlib.Path) -> pathlib.Path:
    return next(parent.iterdir())


def _run(*words: str, cwd: pathlib.Path | None = None) -> str:
    result = subprocess.run(words, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise Missing(f"{' '.join(words)}: exit {result.returncode}: {result.stderr.strip()}")
    return result.stdout


def _download(package: str, work: pathlib.Path) -> pathlib.Path:
    """The package file. Lists that are too old to find it are renewed once, where we may."""
    print(f"guest: fetching {package}", file=sys.stderr, flush=True)
    words = ("apt-get", "-qq", "-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=3", "download", package)
    try:
        _run(*words, cwd=work)
    except Missing:
        if os.geteuid() != 0:
            raise
        _run("apt-get", "-qq", "update")
        _run(*words, cwd=work)
    return next(work.glob("*.deb"))


def _fetch_uml(work: pathlib.Path) -> None:
    deb = _download("user-mode-linux", work)
    _run("dpkg-deb", "--extract", str(deb), str(work))
    deb.unlink()
    version = _only(work / "usr/lib/uml/modules")
    if not (version / "modules.dep").exists():
        raise Missing("the package user-mode-linux has no modules.dep")


def _fetch_debian(work: pathlib.Path) -> None:
    depends = _run("apt-cache", "depends", "linux-image-amd64")
    package = re.search(r"Depends: (linux-image-[0-9]\S*)", depends)  # the package itself is a name for the newest of them
    if not package:
        raise Missing("apt-cache does not know linux-image-amd64; run apt-get update")
    deb = _download(package[1], work)
    wanted = ["./boot/vmlinuz-*", *[f"./lib/modules/*/kernel/{name}/*" for name in MODULE_FOLDERS],
              *[f"./lib/modules/*/kernel/{name}" for name in MODULE_FILES], "./lib/modules/*/modules.builtin*", "./lib/modules/*/modules.order"]
    unpacked = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE)
    taken = subprocess.run(["tar", "-x", "-C", str(work), "--wildcards", *wanted], stdin=unpacked.stdout, capture_output=True, text=True,
                           check=False)
    unpacked.stdout.close()
    unpacked.wait()
    version = _only(work / "lib/modules")
    if not (version / "kernel/net/l2tp").is_dir():
        raise Missing(f"{package[1]} has no L2TP modules: {taken.stderr}")
    deb.unlink()
    _run(str(busybox()), "depmod", "-b", str(work), version.name)
    (work / "vmlinux").write_bytes(_uncompressed(next((work / "boot").glob("vmlinuz-*")).read_bytes()))
    shutil.rmtree(work / "boot")
    (work / "initramfs").write_bytes(initramfs.image(busybox(), initramfs.modules_in_order(version, BOOT_MODULES)))


def _uncompressed(image: bytes) -> bytes:
    """The ELF kernel within a bzImage: qemu starts it as it is, which saves the seconds that an emulated CPU needs to uncompress it.
    Offsets are those of the x86 boot protocol; an image packed in another way stays what it is, and starts too."""
    sectors = image[0x1F1]
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (sectors + 1) * 512 + offset
    payload = image[start:start + length]
    return lzma.LZMADecompressor().decompress(payload) if payload.startswith(b"\xfd7zXZ\0") else image
