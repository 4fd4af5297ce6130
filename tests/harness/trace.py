# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``strace -f -qq --pidns-translation -o`` wrote, read for the calls of each program."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_CALL = re.compile(r"(\d+) +(?:<\.\.\. )?([a-z_0-9]+)(\(| resumed>)(.*)")
_UNFINISHED = "<unfinished ...>"
_TAKEN = re.compile(r"SECCOMP_(SET_)?MODE_FILTER, .*\{len=")
"""How a filter is taken: by seccomp(2) or, by runc without flags, by prctl(2)."""
_PROGRAM = re.compile(r'"([^"]+)"')
_RESULT = re.compile(r"\) += (?:\d+ /\* )?(-?\d+)")
"""What a call answered; a thread of another namespace as strace itself knows it (``--pidns-translation``)."""
_MAKES = frozenset({"clone", "clone3", "fork", "vfork"})
_FAMILY = re.compile(r"AF_[A-Z0-9]+")


@dataclass(frozen=True)
class _Call:
    """A call of a *thread*: *name*, all that was *given* and answered as text, whether it *begins* or *ends* here."""

    thread: int
    name: str
    given: str
    begins: bool
    ends: bool

    @property
    def result(self) -> int | None:
        found = _RESULT.findall(self.given)
        return int(found[-1]) if found and self.ends else None


@dataclass
class Trace:
    """Calls by what made them: *programs* by path, *filtered* between taking a filter and becoming another program.

    A filter is taken to be of all threads of a process. *families* are those of the sockets that each program made.
    """

    programs: dict[str, set[str]] = field(default_factory=dict)
    filtered: set[str] = field(default_factory=set)
    families: dict[str, set[str]] = field(default_factory=dict)

    def of(self, program: str) -> set[str]:
        """Return the calls of a *program*, by the last part of its path; there must be some."""
        found = [calls for path, calls in self.programs.items() if path.rpartition("/")[2] == program]
        assert found, f"{program} was not traced, but {sorted(self.programs)}"
        return set().union(*found)


def _calls(lines: Iterable[str]) -> Iterator[_Call]:
    pending: dict[int, str] = {}
    for line in lines:
        found = _CALL.match(line)
        if found is None:
            continue
        thread, begins = int(found[1]), found[3] == "("
        given = found[4] if begins else pending.pop(thread, "") + found[4]
        ends = not given.endswith(_UNFINISHED)
        if not ends:
            pending[thread] = given.removesuffix(_UNFINISHED)
        yield _Call(thread, found[2], given, begins, ends)


def read(lines: Iterable[str]) -> Trace:
    """Return what the lines of a trace tell."""
    calls = list(_calls(lines))
    # First, since a thread can be seen to call before the call that made it is seen to return.
    makers = {call.result: call for call in calls if call.name in _MAKES and (call.result or 0) > 0}

    def leader_of(thread: int) -> int:
        made = makers.get(thread)
        return leader_of(made.thread) if made is not None and "CLONE_THREAD" in made.given else thread

    trace = Trace()
    runs: dict[int, str] = {}
    under: set[int] = set()
    for call in calls:
        leader = leader_of(call.thread)
        made = makers.get(leader)
        if leader not in runs:
            runs[leader] = runs.get(leader_of(made.thread), "") if made else ""
        program = runs[leader]
        if call.begins:
            trace.programs.setdefault(program, set()).add(call.name)
            if leader in under:
                trace.filtered.add(call.name)
            if call.name in ("socket", "socketpair"):
                trace.families.setdefault(program, set()).update(_FAMILY.findall(call.given)[:1])
        if not call.ends:
            continue
        if call.name in ("prctl", "seccomp") and _TAKEN.search(call.given) and call.result == 0:
            under.add(leader)
        elif call.name == "execve" and call.result == 0:
            runs[leader] = _PROGRAM.findall(call.given)[0]
            under.discard(leader)
    return trace
