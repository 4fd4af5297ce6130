# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Figures of the last check, as the textfile collector of Prometheus' node_exporter reads them."""

from __future__ import annotations

from collections.abc import Mapping

from ..model.check_record import Record


def check_metrics(record: Record) -> str:
    """Return the text of the file. The age of a moment is ``time() -`` it, which stays true while nothing runs."""
    severities = {f'{{severity="{name}"}}': number for name, number in record.open.items()}
    families = (
        ("last_run_timestamp_seconds", "When the check last ran.", {"": record.at}),
        ("complete", "Whether the check looked at all that it should.", {"": int(record.complete)}),
        ("last_complete_timestamp_seconds", "When it last looked at all, 0 for never.", {"": record.complete_at}),
        ("last_delivery_timestamp_seconds", "When all was last told, 0 for never.", {"": record.delivered_at}),
        ("undelivered", "Channels that could not tell what they had to.", {"": len(record.undelivered)}),
        ("open_advisories", "Advisories that are open.", severities),
        ("newer_releases", "Releases newer than what runs.", {"": record.releases}),
    )
    return "".join(_family(f"librespot_check_{name}", about, values) for name, about, values in families)


def _family(name: str, about: str, values: Mapping[str, int]) -> str:
    lines = [f"# HELP {name} {about}", f"# TYPE {name} gauge"]
    return "\n".join([*lines, *(f"{name}{labels} {value}" for labels, value in values.items())]) + "\n"
