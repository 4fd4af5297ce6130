# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The formal review: what audits found of one host or many, as one value that every form of the report is made of."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from .comparison import Comparison, Key, worst
from .environments import Difference
from .errors import shown
from .finding import ERROR, RED, STATUSES, WAIVED, Finding, summary
from .settings import Setting, read_settings
from .timestamp import seconds, utc

AUDIT = "audit"
REVIEW = "review"
KINDS = (AUDIT, REVIEW)

FLEET = "fleet"
"""The scope of a finding that is about all hosts together, and where such findings stand in a report."""

_TEXTS = tuple(item.name for item in fields(Finding))
_REQUIRED = ("id", "check", "status", "scope", "expected", "observed", "evidence", "remedy")


@dataclass(frozen=True)
class HostReport:
    """What is known of one host. *at* is when it was audited (RFC 3339, by its own clock), *source* its inventory file.

    Without findings that can be read it is not *audited*. *settings* are None where nobody asked for them. *profiles*
    are what was measured of its instances.
    """

    findings: tuple[Finding, ...]
    audited: bool = True
    at: str = ""
    environment: str = ""
    source: str = ""
    settings: tuple[Setting, ...] | None = None
    profiles: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Report:
    """All hosts, and what is found of them together.

    *made* is when the last of them was audited; empty when none says so.
    """

    hosts: Mapping[str, HostReport]
    fleet: tuple[Finding, ...] = ()
    kind: str = AUDIT
    version: str = ""
    made: str = ""
    environments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()
    comparison: Comparison | None = None

    @property
    def findings(self) -> list[Finding]:
        """All of them, those of the fleet first."""
        return [*self.fleet, *(item for host in self.hosts.values() for item in host.findings)]

    @property
    def located(self) -> list[tuple[str, Finding]]:
        """All findings, each with the name of its host, which is empty for those of the fleet."""
        own = [("", item) for item in self.fleet]
        return own + [(name, item) for name, host in self.hosts.items() for item in host.findings]

    @property
    def waived(self) -> list[tuple[str, Finding]]:
        """What is accepted, each with the name of its host."""
        return [(name, item) for name, item in self.located if item.status == WAIVED]

    @property
    def summary(self) -> dict[str, int]:
        """How many findings have each status."""
        return summary(self.findings)

    @property
    def red(self) -> int:
        """How many findings make it fail."""
        return sum(item.status in RED for item in self.findings)


def fingerprint(host: str, finding: Finding) -> str:
    """Return what names a finding of *host*, or of the fleet where that is empty, in every report that has it."""
    return fingerprint_of(host, finding.id, finding.check, finding.scope)


def fingerprint_of(host: str, control: str, check: str, scope: str) -> str:
    """Return the fingerprint of a finding by what tells it from all others."""
    return hashlib.sha256("\0".join((host, control, check, scope)).encode("utf-8", "surrogatepass")).hexdigest()


def not_audited(reason: str) -> Finding:
    """Return the finding for a host that gave none: it is red, since nothing is known of it."""
    return Finding(
        "CFG-06", "audit", ERROR, "host", "was audited", reason, "the controller", "Reach the host, and audit it"
    )


def read_host(given: Any, **more: Any) -> HostReport:
    """Return what the result of an audit says; *more* are other attributes of the host.

    It comes from a host, which may be in anybody's hands: what is no finding makes the host one that was not audited.
    """
    if not isinstance(given, Mapping) or not isinstance(given.get("findings"), (list, tuple)):
        reason = "the audit gave no findings: the host was not reached, or the module failed"
        return HostReport((not_audited(reason),), audited=False, **more)
    try:
        findings = [_finding(item) for item in given["findings"]]
        settings = read_settings(given["settings"]) if given.get("settings") is not None else None
        at = utc(seconds(given["at"])) if given.get("at") else ""
    except (ValueError, TypeError, OverflowError, OSError) as error:
        reason = f"the audit gave findings that cannot be read: {error}"
        return HostReport((not_audited(reason),), audited=False, **more)
    if not findings:
        return HostReport((not_audited("the audit gave no finding at all"),), audited=False, **more)
    return HostReport(tuple(findings), at=at, settings=settings, **more)


def _finding(item: Any) -> Finding:
    if not isinstance(item, Mapping):
        raise ValueError(f"{shown(item)} is no finding")
    if set(item) - set(_TEXTS) or set(_REQUIRED) - set(item):
        raise ValueError(f"a finding has the keys {shown(sorted(map(str, item)))}")
    if not all(isinstance(text, str) for text in item.values()):
        raise ValueError(f"a finding of {shown(item['id'])} has something that is no text")
    if item["status"] not in STATUSES:
        raise ValueError(f"{shown(item['status'])} is no status")
    return Finding(**{name: str(text) for name, text in item.items()})


def statuses(report: Report) -> dict[Key, str]:
    """Return the status of each finding of *report*, of several that cannot be told apart the worst."""
    return worst([(Key(host, item.id, item.check, item.scope), item.status) for host, item in report.located])
