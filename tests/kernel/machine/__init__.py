"""The guest machine of the kernel tests.

cache      the kernels: fetched from Debian's archive, unpacked, never installed
initramfs  the first files that a kernel under qemu sees
guest      one boot: engine, shared folders, output, exit status, timeout
"""
