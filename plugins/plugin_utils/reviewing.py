# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of one host or many, put together on the controller from what their audits returned."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import yaml

from ..module_utils.model import formal_review
from ..module_utils.model.comparison import compare
from ..module_utils.model.environments import Difference, Member, differences, judged, read_statements
from ..module_utils.model.errors import SpecificationError, why
from ..module_utils.model.finding import Finding, ordered
from ..module_utils.model.limits_review import judged as judged_limits
from ..module_utils.model.profile_record import PROMETHEUS_SOURCE
from ..module_utils.model.reading import integer, sequence
from ..module_utils.model.report import REVIEW, HostReport, Report, read_host, statuses
from ..module_utils.render.profile_svg import profile_svg
from .earlier import read_report

_COLLECTION = Path(__file__).resolve().parents[2]
_FORMS = ("path", "html")
"""What makes a review one for machines and one for people."""


def version() -> str:
    """Return the version of the collection, as it was installed or from its checkout; empty when neither says it."""
    for name, find in (("MANIFEST.json", _of_manifest), ("galaxy.yml", _of_galaxy)):
        try:
            return str(find((_COLLECTION / name).read_text(encoding="utf-8")))
        except (OSError, ValueError, LookupError, TypeError, yaml.YAMLError):
            continue
    return ""


def _of_manifest(text: str) -> Any:
    return json.loads(text)["collection_info"]["version"]


def _of_galaxy(text: str) -> Any:
    return yaml.safe_load(text)["version"]


def assemble(asked: Mapping[str, Any], now: float) -> Report:
    """Return the report that the arguments of a task ask for, at the time *now*, in seconds since 1970.

    Raises `SpecificationError` for arguments that are none.
    """
    today = datetime.fromtimestamp(now, timezone.utc).date()
    environments = _environments(asked["environments"], asked["results"])
    where = {host: name for name, hosts in environments.items() for host in hosts}
    hosts = {}
    for name, given in sorted(asked["results"].items()):
        profiles = _profiles(asked["profiles"].get(name), f"profiles[{name}]")
        source = str(asked["sources"].get(name) or "")
        host = read_host(given, environment=where.get(name, ""), source=source, profiles=profiles)
        hosts[name] = replace(host, findings=(*host.findings, *_measured(profiles)))
    made = max((host.at for host in hosts.values()), default="")
    report = Report(hosts, kind=asked["kind"], version=version(), made=made, environments=environments)
    found, fleet = _compared(hosts, environments, asked["differences"], today)
    fleet += _reviewed(asked, hosts, now)
    report = replace(report, fleet=tuple(ordered(fleet)), differences=tuple(found))
    if not asked["previous"]:
        return report
    earlier = read_report(asked["previous"], "previous")
    changes = compare(
        earlier.statuses, statuses(report), list(earlier.hosts), list(hosts), asked["previous"], earlier.made
    )
    return replace(report, comparison=changes)


def _environments(given: Mapping[str, Any], there: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return those of the hosts that are *there* of each environment that has some.

    Raises `SpecificationError` for a host in two of them.
    """
    found: dict[str, tuple[str, ...]] = {}
    seen: dict[str, str] = {}
    for name, hosts in given.items():
        listed = tuple(str(item) for item in sequence(hosts, f"environments.{name}") if item in there)
        for host in listed:
            if host in seen:
                raise SpecificationError(
                    f"environments.{name}",
                    host,
                    f"is in {seen[host]} as well",
                    "Put each host into one of the groups that are environments, or name other groups",
                )
            seen[host] = name
        if listed:
            found[name] = listed
    return found


def _compared(
    hosts: Mapping[str, HostReport],
    environments: Mapping[str, Sequence[str]],
    stated: Mapping[str, Any],
    today: date,
) -> tuple[list[Difference], list[Finding]]:
    known = {name: read_statements(given or [], f"differences[{name}]") for name, given in stated.items()}
    members = {
        name: Member(environment, hosts[name].settings, known.get(name, ()))
        for environment, names in environments.items()
        for name in names
        if name in hosts
    }
    if not environments or not members:
        return [], []
    found = differences(members, today)
    return found, judged(members, found, today)


def _reviewed(asked: Mapping[str, Any], hosts: Mapping[str, HostReport], now: float) -> list[Finding]:
    """Return what is to be said of CFG-09; nothing when nobody asked for it."""
    audited = {name: host.audited for name, host in hosts.items()}
    if asked["kind"] == REVIEW:
        lacking = [{"path": "JSON", "html": "HTML"}[name] for name in _FORMS if not asked[name]]
        return [formal_review.itself(audited, lacking, asked["path"] or "")]
    path = asked["review"]
    if path is None:
        return []
    if not path:
        return [formal_review.unnamed()]
    max_age = integer(asked["review_max_age"], "review_max_age", 1, 3650, "days")
    if not Path(path).exists():
        return [formal_review.never(path)]
    try:
        earlier = read_report(path, "review")
    except SpecificationError as error:
        return [formal_review.unreadable(path, str(error))]
    return [formal_review.judged(earlier, REVIEW, sorted(hosts), now, max_age, path)]


def _profiles(given: Any, option: str) -> tuple[dict[str, Any], ...]:
    """Return what was measured of the instances of a host. Raises `SpecificationError` for what is no list of it."""
    return tuple(_profile(item, f"{option}[{number}]") for number, item in enumerate(sequence(given or [], option)))


def _profile(given: Any, option: str) -> dict[str, Any]:
    """Return a profile that can be drawn and judged: it comes from a host, or from its user."""
    try:
        profile_svg(given)
        judged_limits(given, "")
        return {**given, "source": str(given["source"])}
    except (ValueError, LookupError, TypeError, AttributeError, StopIteration) as error:
        right = "Give what the module resource_profile returned as profiles"
        raise SpecificationError(option, given, f"is no profile: {why(error)}", right) from None


def _measured(profiles: Sequence[Mapping[str, Any]]) -> tuple[Finding, ...]:
    """Return what is to be said of limits by what a Prometheus recorded over weeks (RES-08)."""
    recorded = [item for item in profiles if item["source"] == PROMETHEUS_SOURCE]
    return tuple(one for item in recorded for one in judged_limits(item, f"Prometheus, asked on {item['at']}"))
