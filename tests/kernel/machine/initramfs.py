"""The initramfs of the guest under qemu: busybox, the modules it takes to reach this machine's files, and inside/first.sh as /init."""
import gzip
import pathlib
import re
import stat

INSIDE = pathlib.Path(__file__).resolve().parents[1] / "inside"


def modules_in_order(folder: pathlib.Path, names: tuple[str, ...]) -> list[pathlib.Path]:
    """The files of the named modules and of those that they depend on, each after what it needs. What is built in has no file."""
    files = {path.stem.replace("-", "_"): path for path in folder.rglob("*.ko")}
    order: list[pathlib.Path] = []

    def add(name: str) -> None:
        path = files.get(name.replace("-", "_"))
        if path is None or path in order:
            return
        for needed in re.search(rb"\0depends=([^\0]*)\0", path.read_bytes())[1].decode().split(","):
            add(needed)
        order.append(path)
    for name in names:
        add(name)
    return order


def _entry(number: int, name: str, mode: int, content: bytes = b"") -> bytes:
    """One file of a cpio archive of the kind "newc"."""
    name_bytes = name.encode() + b"\0"
    fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name_bytes), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name_bytes
    return head + bytes(-len(head) % 4) + content + bytes(-len(content) % 4)


def image(busybox: pathlib.Path, modules: list[pathlib.Path]) -> bytes:
    files: list[tuple[str, int, bytes]] = [(name, stat.S_IFDIR | 0o755, b"") for name in ("bin", "modules", "proc", "mnt", "host", "control")]
    files.append(("bin/busybox", stat.S_IFREG | 0o755, busybox.read_bytes()))
    files.append(("init", stat.S_IFREG | 0o755, (INSIDE / "first.sh").read_bytes()))
    files += [(f"modules/{number:02}.ko", stat.S_IFREG | 0o644, path.read_bytes()) for number, path in enumerate(modules)]
    files.append(("TRAILER!!!", 0, b""))
    return gzip.compress(b"".join(_entry(number, *entry) for number, entry in enumerate(files, 1)), 1)
