# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Loads the programs that bind an instance into the kernel, and pins them where its unit finds them.

This file is installed on the host as it is; a unit of each instance runs it at boot, in a sandbox. So it stands alone,
on the standard library: the system call bpf(2) has no wrapper in it, and needs none.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import struct

_NUMBERS = {"x86_64": 321, "aarch64": 280, "armv6l": 386, "armv7l": 386, "i686": 357, "riscv64": 280}
"""Machine to the number of bpf(2) (Linux, the system call tables of each architecture)."""

# linux/bpf.h
_PROG_LOAD = 5
_OBJ_PIN = 6
_OBJ_GET = 7
_OBJ_GET_INFO = 15
_CGROUP_SOCK_ADDR = 18
_ATTACH = {4: 8, 6: 9}  # BPF_CGROUP_INET4_BIND, BPF_CGROUP_INET6_BIND
_INFO_SIZE = 256
_LICENSE = b"GPL\0"
_LOG_SIZE = 65536


def _bpf(command: int, attributes: bytes) -> int:
    number = _NUMBERS.get(os.uname().machine)
    if number is None:
        raise OSError(0, f"the number of bpf(2) on {os.uname().machine} is not known")
    library = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(attributes, max(len(attributes), 128))
    done: int = library.syscall(ctypes.c_long(number), command, buffer, len(buffer))
    if done < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return done


def _address(buffer: ctypes.Array[ctypes.c_char]) -> int:
    return ctypes.addressof(buffer)


def load(program: bytes, family: int, name: str) -> int:
    """Let the kernel judge and take *program* for bind() calls of *family* (4 or 6); return its descriptor.

    Raises OSError with the kernel's reason when it refuses.
    """
    code = ctypes.create_string_buffer(program, len(program))
    licence = ctypes.create_string_buffer(_LICENSE, len(_LICENSE))
    log = ctypes.create_string_buffer(_LOG_SIZE)
    shown = "".join(letter if letter.isalnum() else "_" for letter in name)[:15].encode("ascii")
    attributes = struct.pack(
        "=IIQQIIQII16sII",
        _CGROUP_SOCK_ADDR,
        len(program) // 8,
        _address(code),
        _address(licence),
        1,
        _LOG_SIZE,
        _address(log),
        0,
        0,
        shown,
        0,
        _ATTACH[family],
    )
    try:
        return _bpf(_PROG_LOAD, attributes)
    except OSError as error:
        said = log.value.decode("ascii", "replace").strip().splitlines()
        raise OSError(error.errno, f"{error.strerror}: {' / '.join(said[-3:]) or 'no reason given'}") from None


def tag(descriptor: int) -> str:
    """Return the kernel's own digest of a loaded program's instructions."""
    info = ctypes.create_string_buffer(_INFO_SIZE)
    _bpf(_OBJ_GET_INFO, struct.pack("=IIQ", descriptor, _INFO_SIZE, _address(info)))
    return info.raw[8:16].hex()


def pinned(path: str) -> str | None:
    """Return the digest of the program that is pinned at *path*; None when there is none."""
    name = ctypes.create_string_buffer(path.encode("ascii") + b"\0")
    try:
        descriptor = _bpf(_OBJ_GET, struct.pack("=QII", _address(name), 0, 0))
    except FileNotFoundError:
        return None
    try:
        return tag(descriptor)
    finally:
        os.close(descriptor)


def pin(descriptor: int, path: str) -> None:
    """Keep a loaded program at *path*, in the place of what was there, in one step."""
    temporary = f"{path}-new"
    if os.path.lexists(temporary):
        os.unlink(temporary)
    name = ctypes.create_string_buffer(temporary.encode("ascii") + b"\0")
    _bpf(_OBJ_PIN, struct.pack("=QII", _address(name), descriptor, 0))
    os.rename(temporary, path)


def supported(program: bytes) -> str:
    """Return why this kernel does not take such programs from us; empty when it does."""
    if not os.path.ismount("/sys/fs/bpf"):
        return "there is no bpf file system at /sys/fs/bpf"
    try:
        os.close(load(program, 4, "librespot"))
    except OSError as error:
        return f"bpf(2): {error.strerror}"
    return ""


def place(path: str) -> None:
    """Load the programs that the file *path* describes, and pin them where it says."""
    with open(path, encoding="ascii") as handle:
        wanted = json.load(handle)
    for item in wanted["programs"]:
        os.makedirs(os.path.dirname(item["pin"]), 0o700, exist_ok=True)
        descriptor = load(bytes.fromhex(item["code"]), item["family"], wanted["name"])
        try:
            pin(descriptor, item["pin"])
        finally:
            os.close(descriptor)


def main() -> int:
    """Pin the programs of one instance."""
    parser = argparse.ArgumentParser(description="Pins the programs that bind an instance of librespot.")
    parser.add_argument("programs", help="a file with the programs and the places of their pins")
    place(parser.parse_args().programs)
    return 0


if __name__ == "__main__":
    os.umask(0o077)
    raise SystemExit(main())
