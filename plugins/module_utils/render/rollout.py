# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rollout for people and for machines: what its hosts have before it begins, and what became of each."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ..model.rollout import CANARY, GOOD, OUTCOMES, PROVE, RETURN, SWITCH, HostState, Release
from .table import table, wrapped

FORMAT = 1

_WIDTH = 60
_PLANNED = {
    SWITCH: "to be updated",
    PROVE: "has it, and is to be proved",
    RETURN: "goes back to what it had",
}


def plan_table(hosts: Mapping[str, HostState], run: str) -> str:
    """Return which hosts have what, and what is to be done with each."""
    rows = [
        (name, item.stage, _said(item.now), _said(item.target), wrapped(_intended(item, run), _WIDTH))
        for name, item in hosts.items()
    ]
    return "\n".join(table(("host", "stage", "has", "wants", "what is to be done"), rows))


def canary_lines(hosts: Mapping[str, HostState], named: Collection[str]) -> list[str]:
    """Return what is to be said of the canary that was chosen, where those that are *named* have nothing to do."""
    chosen = [name for name, item in hosts.items() if item.stage == CANARY and name not in named]
    if not named or not chosen:
        return []
    said = "; ".join(f"{name}: {hosts[name].outcome}" for name in named if name in hosts)
    return [f"No canary that is named tries what the others get ({said}), so {', '.join(chosen)} is the canary"]


def gone_lines(hosts: Mapping[str, HostState], gone: Iterable[str]) -> list[str]:
    """Return what is to be said of hosts that are *gone*: in no inventory, and left between two releases."""
    return [
        f"{name} is not in the inventory any more, and is left out; it was left {hosts[name].step} from "
        f"{_said(hosts[name].before)} to {_said(hosts[name].target)}"
        for name in gone
    ]


def _intended(item: HostState, run: str) -> str:
    left = f"left {item.step} from {_said(item.before)} by a run that ended; " if item.interrupted else ""
    if item.todo in _PLANNED:
        return f"{left}{_PLANNED[item.todo]}"
    earlier = "" if item.run == run else ", proved by an earlier run"
    return f"{left}{item.outcome}{earlier}{f': {item.reason}' if item.reason else ''}"


def _said(release: Release) -> str:
    """Return version and the end of the identifier, which tells builds of one version apart."""
    if not release.id:
        return release.version or "unknown"
    return f"{release.version} {release.id.rpartition('-')[2].rpartition(':')[2][:6]}"


def report_table(hosts: Mapping[str, HostState], closed: Mapping[str, str]) -> str:
    """Return what became of each host, and how many have each outcome; *closed* says what the gate refuses."""
    rows = [
        (
            name,
            item.stage,
            _said(item.before),
            _said(item.target),
            _said(item.now),
            item.outcome or "no outcome",
            f"{item.seconds:.0f}" if item.seconds else "",
            wrapped(_why(item, closed), _WIDTH),
        )
        for name, item in hosts.items()
    ]
    columns = ("host", "stage", "before", "wanted", "now", "outcome", "seconds", "reason")
    counts = summary(hosts)
    said = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    return "\n".join([*table(columns, rows), said or "no hosts"])


def summary(hosts: Mapping[str, HostState]) -> dict[str, int]:
    """Return how many hosts have each outcome."""
    return {name: sum(item.outcome == name for item in hosts.values()) for name in OUTCOMES}


def bad(hosts: Mapping[str, HostState], closed: Mapping[str, str]) -> list[str]:
    """Return the hosts that make the run red. One without an outcome is not known to be right.

    One that was proved before is neither, when the gate would not let its release pass any more.
    """
    return [name for name, item in hosts.items() if item.outcome not in GOOD or _refused(item, closed)]


def _refused(item: HostState, closed: Mapping[str, str]) -> str:
    """Return why the gate would refuse what the host has; the others it has stopped already, with that reason."""
    return closed.get(item.target.id, "") if item.proved else ""


def _why(item: HostState, closed: Mapping[str, str]) -> str:
    return "; ".join(filter(None, (_refused(item, closed), item.reason)))


def as_data(hosts: Mapping[str, HostState], run: str, closed: Mapping[str, str]) -> dict[str, Any]:
    """Return the report as plain data."""
    return {
        "format": FORMAT,
        "run": run,
        "gate": dict(closed),
        "summary": summary(hosts),
        "hosts": {name: _row(item, closed) for name, item in hosts.items()},
    }


def _row(item: HostState, closed: Mapping[str, str]) -> dict[str, Any]:
    return {
        "stage": item.stage,
        "before": item.before.id,
        "before_version": item.before.version,
        "wanted": item.target.id,
        "wanted_version": item.target.version,
        "now": item.now.id,
        "now_version": item.now.version,
        "outcome": item.outcome,
        "reason": _why(item, closed),
        "interrupted": item.interrupted,
        "seconds": round(item.seconds, 1),
        "rollback_seconds": round(item.back, 1),
        "run": item.run,
    }


def as_json(hosts: Mapping[str, HostState], run: str, closed: Mapping[str, str]) -> str:
    """Return the report as JSON text."""
    return json.dumps(as_data(hosts, run, closed), indent=2, ensure_ascii=True) + "\n"
