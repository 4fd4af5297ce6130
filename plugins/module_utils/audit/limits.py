# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RES-03 and RES-09: the limits that the kernel holds an instance to, read from its live cgroup and process."""

from __future__ import annotations

from collections.abc import Iterator

from ..host.proc import Process
from ..model.finding import NOT_ENFORCED, Finding
from ..model.instance import Instance
from ..model.limits import size_text
from ..model.sandbox import SCRATCH
from ..planners import live
from .context import Context, each, finding, not_running


def look(context: Context) -> Iterator[Finding]:
    """Yield a finding for each controller and resource of each instance."""
    yield from each(context, "RES-03", "limits", _resources)
    yield from each(context, "RES-09", "limits", _counts)


def _resources(context: Context, instance: Instance) -> Iterator[Finding]:
    main = context.main(instance)
    if main is None:
        yield not_running(context, "RES-03", "limits", instance, "runs within its limits")
        return
    yield from _held(context, main, instance, "RES-03")


def _counts(context: Context, instance: Instance) -> Iterator[Finding]:
    main = context.main(instance)
    if main is None:
        yield not_running(context, "RES-09", "limits", instance, "runs within its limits")
        return
    yield from _held(context, main, instance, "RES-09")
    wrong = live.wrong_files(main, instance)
    expected = f"at most {instance.limits.files} open files"
    yield finding(
        "RES-09",
        "files",
        instance.name,
        not wrong,
        expected,
        "; ".join(wrong) or expected,
        f"/proc/{main.pid}/limits",
    )
    yield _disk(instance, main)


def _held(context: Context, main: Process, instance: Instance, control: str) -> Iterator[Finding]:
    for limit in live.cgroup_limits(instance.limits):
        if limit.control != control:
            continue
        path, seen = live.limit_file(main, limit), live.limit_held(main, limit, context.host.facts)
        if seen is None:
            said = f"the host does not hold units to it: no {limit.controller} controller of cgroup v2"
            yield finding(control, limit.check, instance.name, False, limit.wanted, said, path, NOT_ENFORCED)
        else:
            yield finding(control, limit.check, instance.name, seen == limit.wanted, limit.wanted, seen, path)


def _disk(instance: Instance, main: Process) -> Finding:
    wrong, relaxed = live.wrong_space(main, instance), live.writable(instance)
    expected = f"{size_text(instance.limits.scratch)} of memory at {SCRATCH}, nothing else"
    return finding(
        "RES-09",
        "disk",
        instance.name,
        not wrong,
        f"{expected} but {', '.join(relaxed)} (relaxed)" if relaxed else expected,
        "; ".join(wrong) or "as expected",
        f"/proc/{main.pid}/mountinfo",
    )
