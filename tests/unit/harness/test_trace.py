# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Traces: each call is of the program whose thread made it, whatever the order of the lines."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from tests.harness import record
from tests.harness.record import difference, written
from tests.harness.recorder import Recording
from tests.harness.trace import read

TRACE = """\
10    execve("/usr/bin/env", ["env"], 0x7ffd /* 3 vars */) = 0
10    brk(NULL)                         = 0x55
10    execve("/usr/bin/librespot", ["librespot"], 0x7ffd /* 3 vars */ <unfinished ...>
10    <... execve resumed>)             = 0
12    uname( <unfinished ...>
10    clone3({flags=CLONE_VM|CLONE_THREAD, stack=0x7f} => {parent_tid=[2]}, 88) = 2 /* 12 in strace's PID NS */
12    <... uname resumed>{sysname="Linux", ...}) = 0
12    socket(AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC, NETLINK_ROUTE) = 4
10    --- SIGINT {si_signo=SIGINT} ---
10    exit_group(0)                     = ?
10    +++ exited with 0 +++
""".splitlines()
RUNTIME = """\
20    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) = -1 EFAULT (Bad address)
20    mount("proc", "/proc", "proc", 0, NULL) = 0
20    clone(child_stack=0xc0, flags=CLONE_VM|CLONE_THREAD, tls=0xc1) = 21
20    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, {len=970, filter=0xc0} <unfinished ...>
20    <... prctl resumed>)              = 0
21    futex(0x55, FUTEX_WAIT_PRIVATE, 0, NULL <unfinished ...>
20    execve("/usr/bin/librespot", ["librespot"], 0x7ffd) = -1 EPERM (Operation not permitted)
20    close(3)                          = 0
20    execve("/usr/bin/librespot", ["librespot"], 0x7ffd) = 0
20    brk(NULL)                         = 0x55
30    seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, {len=3, filter=0xc0}) = 0
30    fstatfs(3, {f_type=PROC_SUPER_MAGIC}) = 0
""".splitlines()


def test_a_call_is_of_the_program_that_runs_in_its_process() -> None:
    trace = read(TRACE)
    assert trace.of("librespot") == {"clone3", "uname", "socket", "exit_group"}
    assert trace.of("env") == {"brk", "execve"}
    assert trace.families["/usr/bin/librespot"] == {"AF_NETLINK"}


def test_a_program_that_did_not_run_is_no_program_without_calls() -> None:
    with pytest.raises(AssertionError, match="librespot-probe was not traced"):
        read(TRACE).of("librespot-probe")


def test_under_a_filter_is_what_follows_it_up_to_the_next_program() -> None:
    assert read(RUNTIME).filtered == {"futex", "execve", "close", "fstatfs"}


def test_what_was_recorded_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "system_calls.py"
    path.write_text(record.LIST.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(record, "LIST", path)
    found = Recording()
    found.calls["librespot"] |= {f"call_{number}" for number in range(60)}
    found.calls["probe"].add("read")
    path.write_text(written(found.calls), encoding="utf-8")
    again = runpy.run_path(str(path))["RECORDED"]
    assert difference(found.calls, again) == []
    assert max(map(len, path.read_text(encoding="utf-8").splitlines())) <= 120
    found.calls["probe"] = {"write", "close"}
    assert difference(found.calls, again) == ["+ probe: close write", "- probe: read"]
