# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""NET-08: an instance with a segment of its own lives in it, and nothing else does."""

from __future__ import annotations

from collections.abc import Iterator

from ..host.namespaces import exists, inode
from ..model.finding import Finding
from ..model.instance import Instance
from ..planners.segment import LinkPlanner
from ..render.unit import segment_unit
from .context import Context, each, finding, not_running

_CONTROL = "NET-08"


def look(context: Context) -> Iterator[Finding]:
    """Yield NET-08 of each instance with a segment."""
    yield from each(context, _CONTROL, "segment", _segment)
    yield from each(context, _CONTROL, "inside", _inside)


def _segment(context: Context, instance: Instance) -> Iterator[Finding]:
    """Judge the segment by what the kernel says of the interface in it."""
    for planner in context.planners:
        if not isinstance(planner, LinkPlanner) or planner.scope != instance.name:
            continue
        plan = context.plan(planner)
        said = "; ".join(f"{item.attribute} is {item.before}" for item in plan.differences())
        yield finding(
            _CONTROL,
            "segment",
            instance.name,
            not plan.changed,
            ", ".join(plan.after.values()),
            (said or ", ".join(plan.after.values()))
            if plan.before
            else f"there is no network namespace {instance.namespace}",
            f"ip -netns {instance.namespace} -details address show; {segment_unit(instance.name)}",
        )


def _inside(context: Context, instance: Instance) -> Iterator[Finding]:
    """Compare the network of each live process with the segment's and the host's."""
    if not instance.namespace:
        return
    expected = "every process is in the segment, and none of them on the host's network"
    processes = context.processes(instance)
    if not processes:
        yield not_running(context, _CONTROL, "inside", instance, expected)
        return
    right = inode(instance.namespace) if exists(instance.namespace) else ""
    wrong = [item for item in processes if item.namespaces["net"] != right]
    host = [item.pid for item in wrong if item.namespaces["net"] == inode()]
    yield finding(
        _CONTROL,
        "inside",
        instance.name,
        not wrong,
        expected,
        f"{len(host)} on the host's network, {len(wrong) - len(host)} elsewhere" if wrong else expected,
        ", ".join(f"/proc/{item.pid}/ns/net" for item in processes),
    )
