# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the checks of an audit share: the host, the plans, and each instance's live processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from ..host.engine import Engine
from ..host.proc import Process
from ..model.container import container_name
from ..model.controls import CONTROLS
from ..model.errors import LibrespotError
from ..model.finding import ERROR, FAILED, PASSED, Finding
from ..model.instance import CONTAINER, Instance, Specification
from ..model.plan import Plan
from ..planners.base import Planner
from ..planners.live import running as of_unit
from ..planners.registry import Host

_NO_DATA = (RecursionError, ArithmeticError)
"""What reading a file raises that was made up to end an audit: nested too deep, or with numbers without end."""


@dataclass
class Context:
    """One audit of one host. *live* allows probes that run something on the host; they leave nothing behind.

    *running* returns the live processes of an instance, librespot itself first; *reading* is how a person reads what a
    container said.
    """

    host: Host
    spec: Specification
    planners: list[Planner]
    live: bool
    running: Callable[[Instance], list[Process]] = of_unit
    reading: str = Engine.reading
    _processes: dict[str, list[Process]] = field(default_factory=dict)
    _plans: dict[int, tuple[Planner, Plan]] = field(default_factory=dict)

    def processes(self, instance: Instance) -> list[Process]:
        """Return the live processes of *instance*, read once."""
        if instance.name not in self._processes:
            self._processes[instance.name] = self.running(instance)
        return self._processes[instance.name]

    def plan(self, planner: Planner) -> Plan:
        """Return the plan of one of the planners, made once."""
        if id(planner) not in self._plans:
            # The planner is kept with it: Python gives the number of one that is gone to the next.
            self._plans[id(planner)] = planner, planner.plan()
        return self._plans[id(planner)][1]

    def main(self, instance: Instance) -> Process | None:
        """Return the oldest process of *instance*: librespot itself."""
        return next(iter(self.processes(instance)), None)


Check = Callable[[Context], Iterator[Finding]]


def finding(
    control: str,
    check: str,
    scope: str,
    right: bool,
    expected: str,
    observed: str,
    evidence: str,
    status: str = "",
    remedy: str = "",
) -> Finding:
    """Return a finding that is passed when *right*; *status* and *remedy* replace what follows from that."""
    said = status or (PASSED if right else FAILED)
    return Finding(control, check, said, scope, expected, observed, evidence, remedy or CONTROLS[control].remedy)


def not_running(context: Context, control: str, check: str, instance: Instance, expected: str) -> Finding:
    """Return the finding of an instance that has no process: nothing about it is as it should be."""
    contained = instance.deployment == CONTAINER
    place = f"container {container_name(instance.name)}" if contained else f"cgroup of {instance.unit}"
    read = context.reading.format(name=container_name(instance.name))
    why = read if contained else f"journalctl --unit {instance.unit} --lines 50"
    return finding(
        control,
        check,
        instance.name,
        False,
        expected,
        "the instance does not run",
        place,
        remedy=f"Read why: {why}; then run hardened.librespot.site against this host",
    )


def guarded(control: str, check: str, scope: str, look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Yield what *look* finds; what it could not see becomes a finding with the status error."""
    try:
        yield from look()
    except (LibrespotError, OSError, ValueError, LookupError, TypeError, AttributeError, *_NO_DATA) as error:
        said, remedy = str(error), "Mend what it says"
        if isinstance(error, OSError) and str(error.filename).startswith("/proc/"):
            said = f"a process ended while it was looked at: {said}"
            remedy = "Read why it ended: journalctl --unit 'librespot-*' --lines 50"
        yield Finding(control, check, ERROR, scope, "can be looked at", said, "the audit", remedy)


def each(
    context: Context, control: str, check: str, look: Callable[[Context, Instance], Iterator[Finding]]
) -> Iterator[Finding]:
    """Look at each present instance; an error of one does not hide another."""
    for item in context.spec.present:
        yield from guarded(control, check, item.name, partial(look, context, item))
