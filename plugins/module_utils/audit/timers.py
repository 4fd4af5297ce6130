# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with a timer of ours and with what it starts, as systemd knows it."""

from __future__ import annotations

from ..host.systemd import Systemd


def asleep(systemd: Systemd, timer: str, service: str) -> tuple[list[str], str]:
    """Return what is wrong with *timer* and the last run of its *service*, and in words when the next one is."""
    wrong = []
    shown = systemd.show(timer, ["ActiveState", "SubState", "NextElapseUSecRealtime"])
    coming = shown.get("NextElapseUSecRealtime", "")
    # systemd reckons the next run when this one has ended.
    runs = shown.get("SubState") == "running"
    if shown.get("ActiveState") != "active":
        wrong.append(f"{timer} is {shown.get('ActiveState')}")
    elif not coming and not runs:
        wrong.append(f"{timer} has no next run")
    result = systemd.show(service, ["Result"]).get("Result")
    if result != "success":
        wrong.append(f"{service} failed: {result}")
    # Of a timer that has just been set up, systemd has an earlier one by another clock.
    return wrong, "it runs now" if runs else f"the next run is on {coming} at the latest"
