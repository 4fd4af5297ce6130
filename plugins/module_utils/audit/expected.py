# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is expected of a host besides its specification: that it is kept up, reviews itself, tells, and was measured."""

from __future__ import annotations

from dataclasses import dataclass

from ..model.schedule import Schedule
from .alerted import NOBODY_ASKED, Telling
from .attested import AS_DEPLOYED, Upkeep
from .monitored import Watched
from .profiled import UNASKED, Profiling
from .scheduled_audit import NOT_REVIEWED, Review


@dataclass(frozen=True)
class Expected:
    """What nobody asks for is shown as not enforced, and is not red.

    *upkeep* is what is expected of what is attested, *scheduled* how the check runs, on the host that checks, *review*
    how the host audits itself, *telling* how someone is told what happens on it, *profiling* what is expected of the
    profiles that it has kept, and *watched* how it is monitored.
    """

    upkeep: Upkeep = AS_DEPLOYED
    scheduled: Schedule | None = None
    review: Review = NOT_REVIEWED
    telling: Telling = NOBODY_ASKED
    profiling: Profiling = UNASKED
    watched: Watched | None = None


AS_DESCRIBED = Expected()
