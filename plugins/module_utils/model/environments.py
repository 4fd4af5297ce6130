# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RES-07 and CFG-08: what an instance is given in one environment and not in another.

Environments are groups of the inventory. What differs between them is tried nowhere before it comes to production, so
each difference has its reason in the inventory, or is red.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

from .controls import CONTROLS
from .errors import SpecificationError, missing, shown
from .finding import ERROR, FAILED, NOT_APPLICABLE, PASSED, WAIVED, Finding
from .reading import line, mapping, sequence
from .settings import ACCESS, LIMIT, OPTION, RELAXATION, Setting
from .waivers import day

FLEET = "fleet"
VARIABLE = "librespot_audit_differences"

_KEYS = ("path", "reason", "until")
_SHORTEST_REASON = 10
_ABSENT = "(not set)"
_GRANTED = "granted"
"""What is compared of a relaxation; its reason is for people."""

COMPARED = {LIMIT: "RES-07", OPTION: "CFG-08", ACCESS: "CFG-08", RELAXATION: "CFG-08"}
"""The kinds of settings that are compared, with the control that they are compared for.

The rest of what is in force follows from these, or from the host: a version of systemd, a kernel.
"""

OWN: Mapping[str, str] = {
    "options.name": "what people see of a speaker, and each has its own",
    "bind": "the interfaces and addresses of a host are its own",
    "segment": "so are those of a segment",
}
"""Settings that are by their nature a host's own, and why. They are not compared."""


@dataclass(frozen=True)
class Statement:
    """What an inventory says: that the settings *path*, a pattern, differ on purpose, why, and until when, if ever."""

    path: str
    reason: str
    until: date | None = None

    def covers(self, path: str, today: date) -> bool:
        """Tell whether it is about the setting *path*, and still holds."""
        return fnmatchcase(path, self.path) and (self.until is None or self.until >= today)


@dataclass(frozen=True)
class Difference:
    """A setting of an *instance* that is not the same everywhere. *values* has the hosts by environment and value.

    It is *stated* when the inventory says why. *hosts* are those of which it says so.
    """

    instance: str
    path: str
    control: str
    values: Mapping[str, Mapping[str, tuple[str, ...]]]
    stated: bool
    reason: str = ""
    until: str = ""
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Member:
    """A host of an *environment* with its *settings*, None when they are not known, and what its inventory states."""

    environment: str
    settings: Sequence[Setting] | None
    statements: tuple[Statement, ...] = ()


def read_statements(given: Any, option: str) -> tuple[Statement, ...]:
    """Return what a user wrote of differences. Raises `SpecificationError`."""
    return tuple(_statement(item, f"{option}[{number}]") for number, item in enumerate(sequence(given, option)))


def _statement(item: Any, path: str) -> Statement:
    entry = {key: value for key, value in mapping(item, path, _KEYS).items() if value is not None}
    for key, example in (("path", "limits.memory"), ("reason", "why the environments differ in it")):
        if key not in entry:
            raise missing(f"{path}.{key}", f"Write it, as {example}")
    reason = line(entry["reason"], f"{path}.reason", 200)
    if len(reason.strip()) < _SHORTEST_REASON:
        raise SpecificationError(f"{path}.reason", reason, "says too little", "Write why the environments differ in it")
    until = day(entry["until"], f"{path}.until") if "until" in entry else None
    return Statement(line(entry["path"], f"{path}.path", 100), reason, until)


def differences(members: Mapping[str, Member], today: date) -> list[Difference]:
    """Return what differs between environments, by the hosts of each.

    Several hosts of an environment may have several values, as two kinds of devices do: then these are to be the same
    in each. A host whose inventory states a difference is left out of the comparison, and listed.
    """
    there = {name: item for name, item in members.items() if item.settings is not None}
    found = []
    for control, instance, path in sorted(_places(there.values())):
        values = {name: _value(item, control, instance, path) for name, item in there.items() if _has(item, instance)}
        if len(set(values.values())) < 2:
            continue
        said = {name: _said(there[name], path, today) for name in values}
        rest = {name: value for name, value in values.items() if said[name] is None}
        open_ones = _differ(rest, there)
        if not open_ones and not _differ(values, there):
            continue
        statements = list(dict.fromkeys(item for item in said.values() if item is not None))
        found.append(
            Difference(
                instance,
                path,
                control,
                _grouped(values, there),
                not open_ones,
                "; ".join(dict.fromkeys(item.reason for item in statements)),
                min((item.until.isoformat() for item in statements if item.until), default=""),
                tuple(name for name, item in said.items() if item is not None),
            )
        )
    return found


def _places(members: Iterable[Member]) -> set[tuple[str, str, str]]:
    return {
        (COMPARED[item.kind], item.scope, item.name)
        for member in members
        for item in member.settings or ()
        if item.kind in COMPARED and not _own(item.name)
    }


def _own(name: str) -> bool:
    return any(name == own or name.startswith(f"{own}.") for own in OWN)


def _has(member: Member, instance: str) -> bool:
    return any(item.scope == instance for item in member.settings or ())


def _value(member: Member, control: str, instance: str, path: str) -> str:
    return next(
        (
            _GRANTED if item.kind == RELAXATION else item.value
            for item in member.settings or ()
            if item.scope == instance and item.name == path and COMPARED.get(item.kind) == control
        ),
        _ABSENT,
    )


def _said(member: Member, path: str, today: date) -> Statement | None:
    return next((item for item in member.statements if item.covers(path, today)), None)


def _differ(values: Mapping[str, str], members: Mapping[str, Member]) -> bool:
    """Tell whether the environments of these hosts have not all the same set of values."""
    sets: dict[str, set[str]] = {}
    for name, value in values.items():
        sets.setdefault(members[name].environment, set()).add(value)
    return len({frozenset(item) for item in sets.values()}) > 1


def _grouped(values: Mapping[str, str], members: Mapping[str, Member]) -> dict[str, dict[str, tuple[str, ...]]]:
    grouped: dict[str, dict[str, tuple[str, ...]]] = {}
    for name, value in values.items():
        by_value = grouped.setdefault(members[name].environment, {})
        by_value[value] = (*by_value.get(value, ()), name)
    return grouped


def judged(members: Mapping[str, Member], found: Sequence[Difference], today: date) -> list[Finding]:
    """Return a finding for each control, for each difference, and for each host of which nothing is known."""
    findings = []
    environments = sorted({item.environment for item in members.values()})
    unknown = sorted(name for name, item in members.items() if item.settings is None)
    for control in sorted(set(COMPARED.values())):
        mine = [item for item in found if item.control == control]
        findings += [_judged(item) for item in mine]
        findings.append(_whole(control, environments, unknown, members, mine, today))
    return findings


def _whole(
    control: str,
    environments: Sequence[str],
    unknown: Sequence[str],
    members: Mapping[str, Member],
    found: Sequence[Difference],
    today: date,
) -> Finding:
    """Return whether all that is to be compared was there, and how much of it is the same."""
    what = "limits" if control == "RES-07" else "options, access and relaxations"
    evidence = f"the settings of {len(members)} hosts in {', '.join(environments) or 'no environment'}"
    remedy = "Audit these hosts with settings: true; put every host into one of librespot_audit_environments"
    expected = f"the {what} of each instance are compared over all environments"
    if len(environments) < 2:
        said = f"there is nothing to compare: all hosts are in {', '.join(environments) or 'no environment'}"
        return Finding(control, "compared", NOT_APPLICABLE, FLEET, expected, said, evidence, remedy)
    if unknown:
        said = f"of these hosts nothing is known: {', '.join(unknown)}"
        return Finding(control, "compared", ERROR, FLEET, expected, said, evidence, remedy)
    shared, single = _instances(members)
    places = {item for item in _places(members.values()) if item[0] == control and item[1] in shared}
    stale = _stale(members, today) if control == "CFG-08" else ""
    alone = f"; in one environment alone: {', '.join(single)}" if single else ""
    if not shared:
        said = f"no instance is in more than one environment, by its name{alone}"
        return Finding(control, "compared", NOT_APPLICABLE, FLEET, expected, said, evidence, remedy)
    said = f"{len(places)} settings of {', '.join(shared)} compared, {len(found)} differ{alone}{stale}"
    return Finding(control, "compared", PASSED, FLEET, expected, said, evidence, remedy)


def _instances(members: Mapping[str, Member]) -> tuple[list[str], list[str]]:
    """Return the instances that more than one environment has, and those that only one has."""
    where: dict[str, set[str]] = {}
    for member in members.values():
        for item in member.settings or ():
            if item.kind in COMPARED:
                where.setdefault(item.scope, set()).add(member.environment)
    return [name for name in sorted(where) if len(where[name]) > 1], [x for x in sorted(where) if len(where[x]) == 1]


def _stale(members: Mapping[str, Member], today: date) -> str:
    """Return which statements are about nothing any more, or have ended."""
    places = {path for _control, _instance, path in _places(members.values())}
    statements = list(dict.fromkeys(item for member in members.values() for item in member.statements))
    ended = [item.path for item in statements if item.until is not None and item.until < today]
    nothing = [item.path for item in statements if not any(fnmatchcase(path, item.path) for path in places)]
    said = f"; {VARIABLE} has ended for {shown(', '.join(ended))}" if ended else ""
    return said + (f"; it names what no instance has: {shown(', '.join(nothing))}" if nothing else "")


def _judged(item: Difference) -> Finding:
    said = "; ".join(
        f"{environment}: {' or '.join(f'{value} ({_listed(hosts)})' for value, hosts in values.items())}"
        for environment, values in item.values.items()
    )
    return Finding(
        item.control,
        f"{item.path} of {item.instance}",
        WAIVED if item.stated else FAILED,
        FLEET,
        f"the same in all environments, or a reason in {VARIABLE}",
        said,
        "the inventory, as the hosts were audited by it",
        CONTROLS[item.control].remedy,
        item.reason if item.stated else "",
        item.until if item.stated else "",
    )


def _listed(hosts: Sequence[str], most: int = 4) -> str:
    rest = len(hosts) - most
    return ", ".join(hosts[:most]) + (f" and {rest} more" if rest > 0 else "")
