# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CFG-07: what is in force on a host, read from it, and whether there is a reason for each setting.

What was added by hand shows here as what nobody has a reason for. That a setting which has one has another value than
the inventory gives it is drift, and CFG-06.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from functools import partial

from ..host.engines import AnyEngine
from ..host.nftables import Nftables
from ..host.podman import Podman
from ..model.container import container_name
from ..model.counted import counted
from ..model.errors import LibrespotError
from ..model.finding import Finding
from ..model.instance import CONTAINER, Instance, Specification
from ..model.rationale import contained, decided, described, directives, firewall
from ..model.settings import Setting
from ..planners.base import HOST
from ..planners.overrides import for_this_unit
from ..planners.quadlet import SAID_ELSEWHERE
from ..planners.registry import Host
from ..planners.table import Listing
from ..render import container as rendered
from ..render.firewall import TABLE
from ..render.unit import UNITS, sandbox
from .context import Context, each, finding, guarded

_EXPECTED = "a reason for each setting"
_MOST = 8


def look(engine: AnyEngine | None, context: Context) -> Iterator[Finding]:
    """Yield whether each setting of each instance, and of the firewall, has a reason."""
    yield from each(context, "CFG-07", "rationale", partial(_of_instance, engine))
    yield from guarded("CFG-07", "rationale", HOST, partial(_of_host, context))


def settings(host: Host, spec: Specification, engine: AnyEngine | None) -> list[Setting]:
    """Return what the inventory says of each instance, and what is in force of it.

    What cannot be read is left out here; `look` makes a finding of it.
    """
    found = []
    for item in spec.present:
        found += described(item, spec.version)
        with contextlib.suppress(LibrespotError, OSError, ValueError, LookupError, TypeError):
            found += _in_force(host, item, engine)
    with contextlib.suppress(LibrespotError, OSError, ValueError, LookupError, TypeError):
        found += _table(host)
    return found


def _of_instance(engine: AnyEngine | None, context: Context, instance: Instance) -> Iterator[Finding]:
    found = [*described(instance, context.spec.version), *_in_force(context.host, instance, engine)]
    where = f"the container {container_name(instance.name)}" if engine else f"{instance.unit} with its drop-ins"
    yield _judged(found, instance.name, where)


def _of_host(context: Context) -> Iterator[Finding]:
    yield _judged(_table(context.host), HOST, f"nft list table inet {TABLE}")


def _judged(found: Sequence[Setting], scope: str, evidence: str) -> Finding:
    bare = list(dict.fromkeys(f"{item.kind}: {item.name}" for item in found if not item.reason))
    rest = f" and {len(bare) - _MOST} more" if len(bare) > _MOST else ""
    said = (
        f"nobody has a reason for {', '.join(bare[:_MOST])}{rest}" if bare else f"{len(found)} settings, each with one"
    )
    return finding("CFG-07", "rationale", scope, not bare, _EXPECTED, said, evidence)


def _in_force(host: Host, instance: Instance, engine: AnyEngine | None) -> list[Setting]:
    if engine is None:
        return _unit(host, instance) if instance.deployment != CONTAINER else []
    there = engine.container(container_name(instance.name))
    if there is None:
        return []
    said = rendered.described(there["Config"], there["HostConfig"], there["Image"])
    # Podman fills in more than was asked for; what was is in the Quadlet.
    elsewhere = SAID_ELSEWHERE if isinstance(engine, Podman) else ()
    return contained(instance, {name: text for name, text in said.items() if name not in elsewhere})


def _unit(host: Host, instance: Instance) -> list[Setting]:
    """Return the lines of the unit of *instance* as systemd has them, with those of drop-ins that were made for it."""
    shown = host.systemd.show(instance.unit, ["FragmentPath", "DropInPaths"])
    paths = [shown.get("FragmentPath") or f"{UNITS}/{instance.unit}", *for_this_unit(shown.get("DropInPaths", ""))]
    found: list[tuple[str, str]] = []
    for path in paths:
        entry = host.files.read(path)
        if entry is not None:
            found += lines_of(entry.content.decode("utf-8", "replace"))
    lines = list(dict.fromkeys(found))
    given = [item for name, value in lines if name == "EnvironmentFile" for item in _variables(host, value)]
    return [*directives(instance, lines, sandbox(instance, host.facts)), *decided(instance, given)]


def _variables(host: Host, path: str) -> list[tuple[str, str]]:
    """Return names and values of a file that gives a unit its environment."""
    entry = host.files.read(path.lstrip("-"))
    text = entry.content.decode("utf-8", "replace") if entry else ""
    return [(name, value.strip('"')) for name, value in lines_of(text)]


def lines_of(text: str) -> Iterator[tuple[str, str]]:
    """Yield name and value of each line of a unit (systemd.syntax(7))."""
    for line in text.replace("\\\n", " ").splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and not line.strip().startswith(("#", ";", "[")):
            yield name.rstrip(), value.strip()


def _table(host: Host) -> list[Setting]:
    listed = Nftables(host.commands).table(TABLE, terse=True)
    if listed is None:
        return []
    seen = Listing(listed)
    return firewall({name: _counted(len(seen.rules.get(name.partition(" ")[2], ()))) for name in seen.definitions})


def _counted(rules: int) -> str:
    return counted(rules, "rule") if rules else "in force"
