# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit of one host: all planners asked for their plans, and the effects looked at where they show."""

from __future__ import annotations

from ..host.libraries import Libraries
from ..model.finding import Finding, ordered
from ..model.instance import Specification
from ..planners.registry import Host, settings_planners, unit_planners
from ..planners.releases import Releases
from . import drift, limits, network, options, privileges, provenance, secrets
from .context import Check, Context

CHECKS: tuple[Check, ...] = (
    drift.look,
    options.look,
    privileges.look,
    secrets.look,
    network.look,
    limits.look,
    provenance.look,
)


def audit(host: Host, spec: Specification, live: bool) -> list[Finding]:
    """Return all findings of this host, in order. It changes nothing; *live* probes start short-lived processes."""
    release = host.active_release()
    planners = [*settings_planners(host, spec), *unit_planners(host, spec, release)]
    if spec.present:
        planners += Releases(host.commands, host.files, Libraries(host.commands, host.files)).installed(release)
    context = Context(host, spec, planners, live)
    return ordered([item for check in CHECKS for item in check(context)])
