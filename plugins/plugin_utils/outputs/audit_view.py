# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a report shows to people: everything in the order of the page, short enough to be read, and printable.

All of it may come from a host that is in somebody else's hands. A template escapes what it shows; here it loses what
cannot be seen, and what nobody would read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...module_utils.model.comparison import OUTCOMES, UNCHANGED, Change, Comparison
from ...module_utils.model.controls import CONTROLS
from ...module_utils.model.finding import NOT_ENFORCED, RED, STATUSES, Finding, summary
from ...module_utils.model.report import FLEET, HostReport, Report
from ...module_utils.model.settings import KINDS, Setting
from ...module_utils.model.strategies import STRATEGIES, strategy_of

LONGEST = 2000
"""Of a longer text the beginning is shown; all of it is in the JSON."""

MOST_ROWS = 300
"""So many findings of a host or a control are shown, the worst first; all are in the JSON."""

SLUGS = {status: status.replace(" ", "-") for status in STATUSES}
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_WORST = {status: rank for rank, status in enumerate(STATUSES)}


def visible(text: str, longest: int = LONGEST) -> str:
    """Return *text* on one line, without what has no shape of its own, and cut when it is too long."""
    plain = "".join(
        character if character.isprintable() else " " if character.isspace() else _REPLACEMENT
        for character in text[: longest + 1]
    )
    return plain if len(text) <= longest else f"{plain[:longest]} … ({len(text)} characters)"


@dataclass(frozen=True)
class Row:
    """One finding as it is shown. *where* is its host, *place* the anchor of the control."""

    where: str
    id: str
    place: str
    check: str
    scope: str
    status: str
    slug: str
    expected: str
    observed: str
    evidence: str
    remedy: str
    reason: str
    until: str
    red: bool


@dataclass(frozen=True)
class Group:
    """Findings that belong together: those of a host, or of a control. *more* of them are not shown."""

    name: str
    anchor: str
    counts: list[tuple[str, str, int]]
    total: int
    red: int
    worst: str
    worst_slug: str
    rows: list[Row]
    quiet: list[Row]
    more: int
    facts: dict[str, Any] = field(default_factory=dict)


def _anchor(control: str) -> str:
    return f"control-{control}" if control in CONTROLS else "control-unknown"


def row(host: str, item: Finding) -> Row:
    """Return a finding of *host*, empty for the fleet, as it is shown."""
    return Row(
        visible(host, 100) or FLEET,
        visible(item.id, 20),
        _anchor(item.id),
        visible(item.check, 120),
        visible(item.scope, 100),
        item.status,
        SLUGS[item.status],
        visible(item.expected),
        visible(item.observed),
        visible(item.evidence),
        visible(item.remedy),
        visible(item.reason),
        visible(item.until, 20),
        item.status in RED,
    )


def counts(findings: Sequence[Finding]) -> list[tuple[str, str, int]]:
    """Return status, its name in styles, and number of each status that there is."""
    return [(status, SLUGS[status], number) for status, number in summary(findings).items() if number]


def group(name: str, anchor: str, found: Sequence[tuple[str, Finding]], **facts: Any) -> Group:
    """Return findings as a group, those that need a look first; *facts* are what else there is to say of it."""
    ranked = sorted(found, key=lambda item: _WORST[item[1].status])
    shown = [row(host, item) for host, item in ranked[:MOST_ROWS]]
    worst = ranked[0][1].status if ranked else ""
    return Group(
        visible(name, 100),
        anchor,
        counts([item for _host, item in found]),
        len(found),
        sum(item.status in RED for _host, item in found),
        worst,
        SLUGS.get(worst, ""),
        [item for item in shown if item.status not in ("passed", "not applicable")],
        [item for item in shown if item.status in ("passed", "not applicable")],
        max(0, len(found) - MOST_ROWS),
        facts,
    )


def _controls(report: Report) -> list[Group]:
    """Return the controls of the catalogue that were looked at, and what is said of any other."""
    by_control: dict[str, list[tuple[str, Finding]]] = {}
    for host, item in report.located:
        by_control.setdefault(item.id if item.id in CONTROLS else "", []).append((host, item))
    groups = [
        group(name, _anchor(name), by_control[name], control=CONTROLS[name])
        for name in sorted(by_control, key=_order)
        if name
    ]
    if by_control.get(""):
        groups.append(group("other", _anchor(""), by_control[""], control=None))
    return groups


def _order(control: str) -> tuple[int, str]:
    names = [item.id for item in STRATEGIES]
    family = strategy_of(control)
    return names.index(family) if family in names else len(names), control


def _strategies(controls: Sequence[Group], report: Report) -> list[dict[str, Any]]:
    found = []
    for item in STRATEGIES:
        mine = [one for one in controls if strategy_of(one.name) == item.id]
        findings = [one for one in report.findings if strategy_of(one.id) == item.id and one.id in CONTROLS]
        unseen = [one for one in CONTROLS.values() if strategy_of(one.id) == item.id and one.id not in _names(mine)]
        found.append(
            {"strategy": item, "controls": mine, "counts": counts(findings), "total": len(findings), "unseen": unseen}
        )
    return found


def _names(groups: Iterable[Group]) -> set[str]:
    return {item.name for item in groups}


def _hosts(report: Report) -> list[Group]:
    return [
        group(
            name,
            f"host-{number}",
            [(name, item) for item in host.findings],
            at=visible(host.at, 40),
            environment=visible(host.environment, 60),
            audited=host.audited,
        )
        for number, (name, host) in enumerate(sorted(report.hosts.items()), 1)
    ]


def _work(report: Report) -> list[dict[str, Any]]:
    """Return what is to be done: each remedy once, with all that it mends."""
    remedies: dict[str, list[tuple[str, Finding]]] = {}
    for host, item in report.located:
        if item.status in RED:
            remedies.setdefault(item.remedy, []).append((host, item))
    ranked = sorted(remedies.items(), key=lambda item: -len(item[1]))
    return [
        {
            "remedy": visible(remedy) or "Nothing is known that mends it",
            "group": group("", "", found),
            "hosts": len({host for host, _item in found}),
        }
        for remedy, found in ranked[:MOST_ROWS]
    ]


def _comparison(found: Comparison | None) -> dict[str, Any] | None:
    if found is None:
        return None
    sections = []
    for outcome in OUTCOMES:
        changes = found.of(outcome)
        if changes and outcome != UNCHANGED:
            more = max(0, len(changes) - MOST_ROWS)
            sections.append({"outcome": outcome, "rows": [_change(item) for item in changes[:MOST_ROWS]], "more": more})
    return {
        "made": visible(found.made, 40),
        "path": visible(found.path, 300),
        "counts": [(outcome, number) for outcome, number in found.counts.items() if number],
        "sections": sections,
        "appeared": [visible(name, 100) for name in found.appeared],
        "vanished": [visible(name, 100) for name in found.vanished],
    }


def _change(item: Change) -> dict[str, str]:
    key = item.key
    return {
        "where": visible(key.host, 100) or FLEET,
        "id": visible(key.control, 20),
        "place": _anchor(key.control),
        "check": visible(key.check, 120),
        "scope": visible(key.scope, 100),
        "before": item.before,
        "before_slug": SLUGS.get(item.before, ""),
        "after": item.after,
        "after_slug": SLUGS.get(item.after, ""),
    }


def _differences(report: Report) -> list[dict[str, Any]]:
    return [
        {
            "path": visible(item.path, 120),
            "instance": visible(item.instance, 60),
            "control": item.control,
            "place": _anchor(item.control),
            "stated": item.stated,
            "reason": visible(item.reason),
            "until": visible(item.until, 20),
            "values": {
                visible(name, 60): [(visible(value, 300), _some(hosts)) for value, hosts in values.items()]
                for name, values in item.values.items()
            },
        }
        for item in report.differences[:MOST_ROWS]
    ]


def _some(names: Sequence[str], most: int = 6) -> str:
    rest = len(names) - most
    return ", ".join(visible(name, 60) for name in names[:most]) + (f" and {rest} more" if rest > 0 else "")


def rationale(hosts: dict[str, HostReport]) -> list[dict[str, Any]]:
    """Return what is in force, by instance and kind: each setting once, with the hosts that have it so."""
    known = {name: host.settings for name, host in hosts.items() if host.settings is not None}
    scopes: dict[str, dict[str, dict[Setting, list[str]]]] = {}
    for name, settings in sorted(known.items()):
        for item in settings:
            seen = scopes.setdefault(item.scope, {}).setdefault(item.kind, {}).setdefault(item, [])
            # A unit can have the same line twice.
            if name not in seen:
                seen.append(name)
    everywhere = {
        scope: {name for kinds in found.values() for names in kinds.values() for name in names}
        for scope, found in scopes.items()
    }
    return [
        {
            "scope": visible(scope, 60),
            "hosts": _some(sorted(everywhere[scope])),
            "kinds": [
                {
                    "kind": kind,
                    "settings": [
                        _setting(item, names, everywhere[scope])
                        for item, names in list(found[kind].items())[:MOST_ROWS]
                    ],
                    "more": max(0, len(found[kind]) - MOST_ROWS),
                }
                for kind in KINDS
                if kind in found
            ],
        }
        for scope, found in sorted(scopes.items(), key=lambda item: (item[0] == "host", item[0]))[:MOST_ROWS]
    ]


def _setting(item: Setting, hosts: Sequence[str], everywhere: set[str]) -> dict[str, Any]:
    control = CONTROLS.get(item.control)
    return {
        "name": visible(item.name, 120),
        "value": visible(item.value, 400),
        "control": visible(item.control, 20),
        "place": _anchor(item.control),
        "threat": control.threat if control else "",
        "reason": visible(item.reason),
        "hosts": "" if set(hosts) == everywhere else _some(hosts),
    }


def view(report: Report) -> dict[str, Any]:
    """Return all that the templates show of *report*."""
    controls = _controls(report)
    hosts = _hosts(report)
    return {
        "report": report,
        "review": report.kind == "review",
        "made": visible(report.made, 40),
        "version": visible(report.version, 40),
        "counts": counts(report.findings),
        "total": len(report.findings),
        "red": report.red,
        "unenforced": summary(report.findings)[NOT_ENFORCED],
        "red_hosts": sum(bool(item.red) for item in hosts),
        "statuses": [(status, SLUGS[status]) for status in STATUSES],
        "work": _work(report),
        "strategies": _strategies(controls, report),
        "hosts": hosts,
        "fleet": group(FLEET, "fleet", [("", item) for item in report.fleet]),
        "controls": controls,
        "environments": {visible(name, 60): len(names) for name, names in report.environments.items()},
        "differences": _differences(report),
        "comparison": _comparison(report.comparison),
        "waived": [row(host, item) for host, item in report.waived[:MOST_ROWS]],
        "rationale": rationale(dict(report.hosts)),
    }
