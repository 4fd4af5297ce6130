# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The system call filter of a container, in the form that engines read (Docker's and Podman's seccomp profile)."""

from __future__ import annotations

import json
from typing import Any

from ..model.call_filter import (
    AF_NETLINK,
    CLONE_NAMESPACES,
    CLONE_THREAD,
    FAMILIES,
    NETLINK_ROUTE,
    NEWER,
    PROT_EXEC,
    PROT_WRITE,
    allowed,
)

_ALLOW, _REFUSE = "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO"
_ENOSYS = 38
_ARCHITECTURES = ("SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM")
_MAP = ("mmap", "mmap2")
_BY_ARGUMENTS = frozenset({"clone", "mprotect", "socket", "socketpair", *_MAP})


def profile() -> dict[str, Any]:
    """Return the profile: what is not named fails with EPERM, as an engine has it by default."""
    plain = [name for name in allowed() if name not in _BY_ARGUMENTS]
    return {
        "defaultAction": _REFUSE,
        # Without a second table of calls beside the native one (32 bits, or x32): their use ends the process.
        "archMap": [{"architecture": name, "subArchitectures": []} for name in _ARCHITECTURES],
        "syscalls": [
            {"names": plain, "action": _ALLOW},
            *(_sockets("socket", _is(0, number)) for number in FAMILIES.values()),
            _sockets("socket", _is(0, AF_NETLINK), _is(2, NETLINK_ROUTE)),
            _sockets("socketpair", _is(0, FAMILIES["AF_UNIX"])),
            # Threads alone: neither a process, so that a program that was taken over starts no other, nor a namespace.
            {"names": ["clone"], "action": _ALLOW, "args": [_masked(0, CLONE_THREAD | CLONE_NAMESPACES, CLONE_THREAD)]},
            {"names": [*_MAP, "mprotect"], "action": _ALLOW, "args": [_masked(2, PROT_EXEC, 0)]},
            {"names": [*_MAP], "action": _ALLOW, "args": [_masked(2, PROT_WRITE | PROT_EXEC, PROT_EXEC)]},
            {"names": [*NEWER], "action": _REFUSE, "errnoRet": _ENOSYS},
        ],
    }


def profile_text() -> str:
    """Return the profile as an engine's option ``seccomp=`` has it; the same bytes every time."""
    return json.dumps(profile(), sort_keys=True, separators=(",", ":"))


def _sockets(call: str, *arguments: dict[str, Any]) -> dict[str, Any]:
    return {"names": [call], "action": _ALLOW, "args": [*arguments]}


def _is(index: int, value: int) -> dict[str, Any]:
    return {"index": index, "value": value, "valueTwo": 0, "op": "SCMP_CMP_EQ"}


def _masked(index: int, mask: int, value: int) -> dict[str, Any]:
    return {"index": index, "value": mask, "valueTwo": value, "op": "SCMP_CMP_MASKED_EQ"}
