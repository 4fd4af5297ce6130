# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The system calls that were seen on x86-64, by where they are from. Written by ``python3 -m tests.harness.record``."""

from __future__ import annotations

from collections.abc import Mapping

RECORDED: Mapping[str, tuple[str, ...]] = {
    # Start, discovery, logins that are malformed or worth nothing, a port that is taken, SIGINT.
    "librespot": (
        "accept4", "access", "arch_prctl", "bind", "brk", "clone", "clone3", "close", "connect", "epoll_create1",
        "epoll_ctl", "epoll_wait", "eventfd2", "exit", "exit_group", "fcntl", "futex", "getdents64", "getrandom",
        "getsockname", "gettid", "ioctl", "listen", "lseek", "madvise", "mkdir", "mmap", "mprotect", "munmap",
        "newfstatat", "openat", "poll", "prctl", "pread64", "prlimit64", "read", "readlink", "recvfrom", "recvmsg",
        "rseq", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sched_getaffinity", "sendmmsg", "sendto",
        "set_robust_list", "set_tid_address", "setsockopt", "shutdown", "sigaltstack", "socket", "socketpair", "statx",
        "uname", "write", "writev",
    ),
    # The player, from an Ogg file to a pipe and to ALSA, a device that is missing, an abort.
    "playing": (
        "access", "arch_prctl", "brk", "clone3", "close", "connect", "epoll_create1", "epoll_ctl", "epoll_wait",
        "eventfd2", "exit", "exit_group", "fcntl", "ftruncate", "futex", "getdents64", "getpid", "getrandom", "gettid",
        "getuid", "ioctl", "lseek", "madvise", "mmap", "mprotect", "munmap", "newfstatat", "openat", "poll", "prctl",
        "pread64", "prlimit64", "read", "rseq", "rt_sigaction", "rt_sigprocmask", "sched_getaffinity",
        "set_robust_list", "set_tid_address", "sigaltstack", "socket", "socketpair", "statx", "tgkill", "unlink",
        "write",
    ),
    # The health check.
    "probe": (
        "access", "arch_prctl", "brk", "close", "connect", "exit_group", "getrandom", "getsockopt", "gettid", "ioctl",
        "mmap", "mprotect", "munmap", "newfstatat", "openat", "poll", "pread64", "prlimit64", "read", "recvfrom",
        "rseq", "rt_sigaction", "sched_getaffinity", "sendto", "set_robust_list", "set_tid_address", "setsockopt",
        "sigaltstack", "socket", "write",
    ),
    # Runc, between taking the filter and becoming one of these.
    "runtime": (
        "close", "epoll_ctl", "epoll_pwait", "execve", "fcntl", "fstatfs", "futex", "getdents64", "getpid", "nanosleep",
        "openat", "rt_sigreturn", "sched_yield", "tgkill", "write",
    ),
}  # fmt: skip
