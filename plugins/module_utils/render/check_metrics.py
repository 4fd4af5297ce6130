# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Figures of the last check, as the textfile collector of Prometheus' node_exporter reads them."""

from __future__ import annotations

from ..model.check_record import Record
from ..model.metrics import Sample
from .exposition import exposition


def check_metrics(record: Record) -> str:
    """Return the text of the file. The age of a moment is ``time() -`` it, which stays true while nothing runs."""
    values = {
        "last_run_timestamp_seconds": record.at,
        "complete": int(record.complete),
        "last_complete_timestamp_seconds": record.complete_at,
        "last_delivery_timestamp_seconds": record.delivered_at,
        "undelivered": len(record.undelivered),
        "newer_releases": record.releases,
    }
    samples = [Sample(f"librespot_check_{name}", value) for name, value in values.items()]
    by_severity = (Sample("librespot_check_open_advisories", n, {"severity": x}) for x, n in record.open.items())
    return exposition([*samples, *by_severity])
