# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter of system calls, judged as libseccomp judges: by name, then by every argument of one of its rules."""

from __future__ import annotations

import json
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hardened.librespot.plugins.module_utils.model.call_filter import (
    CLONE_NAMESPACES,
    CLONE_THREAD,
    ELSEWHERE,
    called,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.system_calls import RECORDED
from ansible_collections.hardened.librespot.plugins.module_utils.render.seccomp import profile, profile_text

EPERM, ENOSYS = 1, 38
PTHREAD = 0x3D0F00
"""The flags with which glibc makes a thread."""
# What x86-64 has from before there was a newer call for it, and arm64 has not (asm-generic/unistd.h).
LEGACY = frozenset((
    "access", "alarm", "arch_prctl", "chmod", "chown", "creat", "dup2", "epoll_create", "epoll_wait", "eventfd",
    "fork", "getdents", "getpgrp", "inotify_init", "lchown", "link", "lstat", "mkdir", "mknod", "open", "pause",
    "pipe", "poll", "readlink", "rename", "rmdir", "select", "signalfd", "stat", "symlink", "time", "unlink",
    "utime", "utimes", "vfork",
))  # fmt: skip
FORBIDDEN = (
    "acct", "add_key", "bpf", "chroot", "delete_module", "execveat", "fanotify_init", "fork", "fsopen",
    "init_module", "inotify_init1", "io_uring_enter", "io_uring_register", "io_uring_setup", "kexec_load", "keyctl",
    "memfd_create", "memfd_secret", "mount", "move_mount", "mq_open", "msgget", "name_to_handle_at",
    "open_by_handle_at", "open_tree", "perf_event_open", "personality", "pidfd_getfd", "pivot_root",
    "process_vm_readv", "process_vm_writev", "ptrace", "quotactl", "reboot", "request_key", "semget", "setgid",
    "setns", "setuid", "shmget", "swapon", "symlink", "timerfd_create", "umount2", "unshare", "userfaultfd",
    "vfork",
)  # fmt: skip


def matches(rule: Mapping[str, int | str], arguments: Mapping[int, int]) -> bool:
    value = arguments.get(int(rule["index"]), 0)
    if rule["op"] == "SCMP_CMP_EQ":
        return value == rule["value"]
    assert rule["op"] == "SCMP_CMP_MASKED_EQ"
    return value & int(rule["value"]) == rule["valueTwo"]


def answer(call: str, *arguments: int) -> int:
    """Return the error of a *call*; 0 when it is allowed."""
    found = profile()
    assert found["defaultAction"] == "SCMP_ACT_ERRNO"
    for rule in found["syscalls"]:
        if call in rule["names"] and all(matches(item, dict(enumerate(arguments))) for item in rule.get("args", ())):
            return 0 if rule["action"] == "SCMP_ACT_ALLOW" else int(rule.get("errnoRet", EPERM))
    return EPERM


def test_what_was_recorded_is_allowed() -> None:
    names = {name for names in RECORDED.values() for name in names} - {"clone", "clone3", "socket", "socketpair"}
    assert {name for name in names if answer(name)} == set()


def test_what_librespot_never_calls_is_refused() -> None:
    assert {name: answer(name) for name in FORBIDDEN} == dict.fromkeys(FORBIDDEN, EPERM)


def test_a_call_is_in_one_kind_of_rule_alone() -> None:
    found = profile()["syscalls"]
    plain = found[0]["names"]
    assert plain == sorted(set(plain))
    others = {name for rule in found[1:] for name in rule["names"]}
    assert others == {"clone", "clone3", "mmap", "mmap2", "mprotect", "socket", "socketpair"}
    assert not others & set(plain)


@given(st.integers(0, 2**32 - 1))
def test_threads_can_be_made_and_neither_processes_nor_namespaces(flags: int) -> None:
    right = bool(flags & CLONE_THREAD) and not flags & CLONE_NAMESPACES
    assert (answer("clone", flags) == 0) == right


def test_threads_are_made_by_the_call_whose_flags_can_be_seen() -> None:
    sigchld = 17
    assert (answer("clone3"), answer("clone", PTHREAD), answer("clone", sigchld)) == (ENOSYS, 0, EPERM)


@given(st.integers(0, 64), st.integers(0, 30))
def test_sockets_are_of_the_network_the_host_and_the_list_of_interfaces(family: int, protocol: int) -> None:
    right = family in (1, 2, 10) or (family == 16 and protocol == 0)
    assert (answer("socket", family, 1, protocol) == 0) == right
    assert (answer("socketpair", family, 1, protocol) == 0) == (family == 1)


@given(st.integers(0, 7))
def test_nothing_is_writable_and_code_at_once_or_one_after_the_other(protection: int) -> None:
    code, written = bool(protection & 4), bool(protection & 2)
    for call in ("mmap", "mmap2"):
        assert (answer(call, 0, 4096, protection) == 0) == (not (code and written))
    assert (answer("mprotect", 0, 4096, protection) == 0) == (not code)


def test_it_is_for_each_architecture_of_images_without_a_second_table_of_calls() -> None:
    assert profile()["archMap"] == [
        {"architecture": f"SCMP_ARCH_{name}", "subArchitectures": []} for name in ("X86_64", "AARCH64", "ARM")
    ]


def test_what_other_architectures_lack_is_allowed_there_by_another_name() -> None:
    assert {name for name in called() & LEGACY if name not in ELSEWHERE} == set()
    assert {name: answer(name) for name in ("fstatat64", "mmap2", "_llseek", "set_tls", "faccessat", "ppoll")} == (
        dict.fromkeys(("fstatat64", "mmap2", "_llseek", "set_tls", "faccessat", "ppoll"), 0)
    )


def test_no_row_is_for_a_call_that_nobody_makes() -> None:
    assert set(ELSEWHERE) - called() == set()


def test_its_text_is_the_same_each_time() -> None:
    assert profile_text() == profile_text()
    assert json.loads(profile_text()) == profile()
    assert "\n" not in profile_text()
