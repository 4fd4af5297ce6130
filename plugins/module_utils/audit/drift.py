# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Drift: the plans of all planners, as findings. A host that needs no change has none."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ..model.finding import Finding
from ..model.plan import Difference, Plan
from ..planners.base import HOST, Planner
from ..planners.file import KIND, MODE, OWNER, DirectoryPlanner, FilePlanner
from ..planners.registry import undeclared
from ..render.unit import UNITS
from .context import Context, finding, guarded

_LONGEST = 80
_REPLACED = "Find out who put it there, and remove it; then run hardened.librespot.site against this host"


def look(context: Context) -> Iterator[Finding]:
    """Yield CFG-04 (modes and owners) and CFG-06 (anything at all) for the host and each instance."""
    # An instance that is sealed off is not described, and has plans.
    scopes = (HOST, *(item.name for item in context.spec.instances), *(item.scope for item in context.planners))
    for scope in dict.fromkeys(scopes):
        chosen = [planner for planner in context.planners if planner.scope == scope]
        yield from guarded("CFG-06", "drift", scope, partial(_scope, context, scope, chosen))
    yield from guarded("CFG-06", "undeclared", HOST, partial(_undeclared, context))


def _scope(context: Context, scope: str, planners: list[Planner]) -> Iterator[Finding]:
    plans = [(planner, context.plan(planner)) for planner in planners]
    yield _modes(scope, plans)
    differences = [item for _planner, plan in plans for item in _differences(plan)]
    words = [said(item) for item in differences]
    subjects = ", ".join(plan.subject for _planner, plan in plans)
    yield finding(
        "CFG-06",
        "drift",
        scope,
        not words,
        "as described",
        "; ".join(words) or "as described",
        f"compared: {subjects}",
        remedy=_remedy(differences),
    )


def _differences(plan: Plan) -> list[Difference]:
    """Return what differs; of what is something else altogether, as a link, only that."""
    found = plan.differences()
    other = [item for item in found if item.attribute == KIND]
    return other if other and plan.before and plan.after else found


def _remedy(differences: list[Difference]) -> str:
    """Return what to do: a run does not replace what stands in the place of a file, and says so. Empty: the usual."""
    return (
        _REPLACED
        if any(item.attribute == KIND and "(absent)" not in (item.before, item.after) for item in differences)
        else ""
    )


def _undeclared(context: Context) -> Iterator[Finding]:
    names = undeclared(context.host, context.spec)
    yield finding(
        "CFG-06",
        "undeclared",
        HOST,
        not names,
        "no instances of ours but those of the inventory",
        f"also on the host: {', '.join(names)}" if names else "no others of ours",
        f"units of ours in {UNITS}",
        remedy="Describe it in librespot_instances; with state: absent when it is not wanted",
    )


def _modes(scope: str, plans: list[tuple[Planner, Plan]]) -> Finding:
    files = [(planner, plan) for planner, plan in plans if isinstance(planner, (FilePlanner, DirectoryPlanner))]
    loose = [
        said(item)
        for _planner, plan in files
        for item in _differences(plan)
        if item.attribute in (KIND, MODE, OWNER) and plan.before and plan.after
    ]
    checked = ", ".join(f"{plan.subject} {plan.after[MODE]}" for _planner, plan in files if plan.after)
    return finding(
        "CFG-04",
        "modes",
        scope,
        not loose,
        "written by root alone; settings and credentials read by root alone",
        "; ".join(loose) or "as expected",
        f"lstat: {checked}",
        remedy=_remedy([item for _planner, plan in files for item in _differences(plan)]),
    )


def said(item: Difference) -> str:
    """Return a difference in words; of long texts, from a little before the place where they begin to differ."""
    if item.attribute == "content":
        return f"{item.subject}: content differs"
    before, after = (" ".join(text.split()) for text in (item.before, item.after))
    alike = next((place for place, (one, other) in enumerate(zip(before, after)) if one != other), None)
    alike = min(len(before), len(after)) if alike is None else alike
    skipped = max(0, alike - _LONGEST // 4) if max(len(before), len(after)) > _LONGEST else 0
    return f"{item.subject}: {item.attribute} is {_short(before, skipped)}, not {_short(after, skipped)}"


def _short(text: str, skipped: int) -> str:
    shown = text[skipped : skipped + _LONGEST]
    return f"{'...' if skipped else ''}{shown}{'...' if len(text) > skipped + _LONGEST else ''}"
