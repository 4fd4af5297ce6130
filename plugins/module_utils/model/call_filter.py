# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which system calls a container of librespot may make: those recorded, what a recording rarely meets, and no other."""

from __future__ import annotations

from collections.abc import Mapping

from .system_calls import RECORDED

RARE: tuple[str, ...] = (
    # The kernel's own, after a signal.
    "restart_syscall", "rt_sigreturn",
    # What libc and Rust's allocator, locks and clocks fall back on: for a large block, a contended lock, and a machine
    # whose clock cannot be read without the kernel.
    "brk", "clock_getres", "clock_gettime", "clock_nanosleep", "gettimeofday", "madvise", "mremap", "nanosleep",
    "sched_yield", "time",
    # An end by abort().
    "getpid", "gettid", "tgkill",
    # Another way to do what was recorded, as libc, Rust or tokio choose by size, number and version.
    "epoll_pwait", "fstat", "getpeername", "getsockopt", "newfstatat", "ppoll", "pread64", "pwrite64", "readv",
    "recvfrom", "recvmsg", "sendmmsg", "sendmsg", "sendto", "shutdown", "writev",
)  # fmt: skip
"""Harmless calls that depend on the moment, so that one recording has them and the next has not."""

RUNTIME: tuple[str, ...] = (
    # Go's own, which may need memory, a thread, a timer or a signal at any moment (runtime/sys_linux_amd64.s).
    "clone", "epoll_ctl", "epoll_pwait", "exit", "exit_group", "futex", "madvise", "mmap", "munmap", "nanosleep",
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sched_getaffinity", "sched_yield", "sigaltstack", "tgkill",
    # With which runc 1.2 and later closes what was left open, and makes sure that /proc is what it says.
    "close_range", "fcntl", "fstatfs", "newfstatat", "openat2", "readlinkat", "statfs", "statx",
)  # fmt: skip
"""What the runtime (runc) needs besides what was recorded, between taking the filter and becoming librespot."""

FAMILIES: Mapping[str, int] = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10}
"""Kinds of sockets: of the resolver and of Rust's signals, and of the network. Netlink is with its one protocol."""

AF_NETLINK = 16
NETLINK_ROUTE = 0
"""The list of interfaces, for mDNS. The kernel's other netlink protocols have had many of its faults."""

CLONE_THREAD = 0x10000
CLONE_NAMESPACES = 0x7E020000
"""The flags of clone(2) for a thread of the same process, and for each namespace that it can make."""

PROT_WRITE, PROT_EXEC = 2, 4
"""Of mmap(2). Code is mapped from files, as the program interpreter does; nothing that was written becomes code."""

NEWER: tuple[str, ...] = ("clone3",)
"""Calls that do not exist here, so that libc takes the older ones, whose arguments a filter can see.

A refusal by EPERM would be the answer to pthread_create(), and librespot would start no thread.
"""

ELSEWHERE: Mapping[str, tuple[str, ...]] = {
    # arm64 has none of the calls that another one replaced; arm has 32 bits, and so others for larger numbers.
    "access": ("faccessat", "faccessat2"),
    "arch_prctl": ("set_tls", "cacheflush"),
    "clock_getres": ("clock_getres_time64",),
    "clock_gettime": ("clock_gettime64",),
    "clock_nanosleep": ("clock_nanosleep_time64",),
    "epoll_wait": ("epoll_pwait",),
    "fcntl": ("fcntl64",),
    "fstat": ("fstat64",),
    "fstatfs": ("fstatfs64",),
    "ftruncate": ("ftruncate64",),
    "futex": ("futex_time64",),
    "getuid": ("getuid32",),
    "lseek": ("_llseek",),
    "mkdir": ("mkdirat",),
    "mmap": ("mmap2",),
    "newfstatat": ("fstatat64",),
    "poll": ("ppoll", "ppoll_time64"),
    "ppoll": ("ppoll_time64",),
    "prlimit64": ("ugetrlimit",),
    "readlink": ("readlinkat",),
    "recvfrom": ("recv",),
    "rt_sigreturn": ("sigreturn",),
    "sendto": ("send",),
    "statfs": ("statfs64",),
    "time": ("clock_gettime64",),
    "unlink": ("unlinkat",),
}
"""A call as x86-64 has it, to what does the same on arm64 and 32-bit arm.

By the kernel's tables (arch/arm/tools/syscall.tbl, scripts/syscall.tbl). An engine passes over names that its
architecture has not.
"""


def called() -> frozenset[str]:
    """Return the calls that are allowed, by their names on x86-64."""
    return frozenset({*RARE, *RUNTIME, *(name for names in RECORDED.values() for name in names)} - set(NEWER))


def allowed() -> list[str]:
    """Return the calls that are allowed, by all names that they have on the architectures that images are made for."""
    names = called()
    return sorted(names | {other for name in names for other in ELSEWHERE.get(name, ())})
