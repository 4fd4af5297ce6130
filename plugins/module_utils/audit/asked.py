# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An audit by what was asked of it: as options of the module ``audit``, or as a description of them on the host."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..model.finding import Finding
from ..model.instance import Specification
from ..model.monitoring_options import read_monitoring
from ..model.notify_options import asked_notify
from ..model.reading import integer, mapping
from ..model.schedule import SCHEDULE_OPTIONS, read_schedule
from ..planners.monitoring import Archives
from ..planners.registry import Host
from .alerted import Telling
from .attested import Upkeep
from .audit import audit
from .expected import Expected
from .monitored import Watched
from .profiled import Profiling
from .scheduled_audit import Review

_DEFAULTS = {name: option.get("default") for name, option in SCHEDULE_OPTIONS.items()}


class Asked:
    """What is expected by the options *given*, read before anything is looked at. Raises `SpecificationError`.

    *archives* makes the programs by which a host is monitored.
    """

    def __init__(self, given: Mapping[str, Any], archives: Callable[[], Archives]) -> None:
        max_age = integer(given["scan_max_age"], "scan_max_age", 1, 3650, "days")
        asked = mapping(given["schedule"], "schedule", tuple(_DEFAULTS))
        interval, textfiles = read_monitoring(given["monitoring"], "monitoring")
        notify = asked_notify(given["notify"], "notify")
        self._expected = Expected(
            Upkeep(given["upkeep"], max_age, ci=given["ci"]),
            read_schedule({**_DEFAULTS, **asked}) if asked else None,
            telling=Telling(given["alerted"], given["prometheus"], notify),
            profiling=Profiling(
                given["profiled"], integer(given["profile_max_age"], "profile_max_age", 1, 3650, "days")
            ),
            watched=Watched(archives(), interval, textfiles, notify is not None) if given["monitored"] else None,
        )
        self._given = given

    def audit(self, host: Host, spec: Specification, live: bool, review: Review) -> list[Finding]:
        """Return all findings of *host*."""
        engine, announce = self._given["engine"], self._given["announce"]
        return audit(host, spec, live, engine, announce, replace(self._expected, review=review))
