# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Figures of the last scheduled audit for Prometheus."""

from __future__ import annotations

from collections.abc import Mapping

from ..model.audit_report import Report
from ..model.controls import CONTROLS
from ..model.finding import summary
from ..model.metrics import Sample
from .exposition import exposition

_PREFIX = "librespot_audit_"


def audit_metrics(report: Report, waivers: Mapping[str, int]) -> str:
    """Return the text of the file. Of each control that was looked at it says how many of its findings are red.

    *waivers* has the moment at which the first waiver of a control ends.
    """
    red = dict.fromkeys((item.id for item in report.findings), 0)
    first: dict[str, int] = {}
    for key, moment in report.since.items():
        red[key[0]] += 1
        first[key[0]] = min(moment, first.get(key[0], moment))
    samples = [
        Sample(f"{_PREFIX}last_run_timestamp_seconds", report.at),
        Sample(f"{_PREFIX}duration_seconds", round(report.duration, 3)),
        *(Sample(f"{_PREFIX}findings", count, {"status": name}) for name, count in summary(report.findings).items()),
        *(
            Sample(f"{_PREFIX}red", count, {"control": name, "severity": CONTROLS[name].severity})
            for name, count in red.items()
        ),
        *(Sample(f"{_PREFIX}red_since_timestamp_seconds", at, {"control": name}) for name, at in first.items()),
        *(Sample(f"{_PREFIX}waiver_expires_timestamp_seconds", at, {"control": name}) for name, at in waivers.items()),
    ]
    return exposition(samples)
