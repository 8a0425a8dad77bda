#!/usr/bin/env python3
"""refuse.py ERRNO COMMAND...: runs a command in which io_uring_setup(2) fails with ERRNO, by a seccomp filter. The sysctl that
refuses io_uring is global to the machine; this is not."""
import ctypes
import errno
import os
import struct
import sys

IO_URING_SETUP = 425  # the same number on every architecture of today
LD_W_ABS, JEQ, RET = 0x20, 0x15, 0x06
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2


def main() -> None:
    number = getattr(errno, sys.argv[1])
    program = b"".join(struct.pack("HBBI", *row) for row in (
        (LD_W_ABS, 0, 0, 0), (JEQ, 0, 1, IO_URING_SETUP), (RET, 0, 0, ERRNO | number), (RET, 0, 0, ALLOW)))
    buffer = ctypes.create_string_buffer(program, len(program))
    filter_ = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer)))
    libc = ctypes.CDLL(None, use_errno=True)
    for call in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(filter_), 0, 0)):
        if libc.prctl(*call) != 0:
            sys.exit(f"refuse.py: prctl: {os.strerror(ctypes.get_errno())}")
    os.execvp(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
