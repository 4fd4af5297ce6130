# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Drift is noticed by the timer, within one interval, while nobody runs a playbook; and is well after the next run."""

from __future__ import annotations

from tests.scheduled_audit.conftest import TABLE
from tests.scheduled_audit.speaker import SERVICE, Speaker, keys

INTERVAL_S = 60
_LOOKS_S = 240
"""How long a run may take that looks twice, ten seconds apart, on a machine that has much else to do."""

_CALM_S = 60
"""For how long it waits after a playbook."""

TAMPERED = {
    "a loosened file mode": ("chmod 0666 /etc/librespot/kitchen.env", "CFG-04 modes kitchen, CFG-06 drift kitchen"),
    "a deleted rule": (
        "nft flush chain inet librespot from_kitchen_IN_home; nft add rule inet librespot from_kitchen_IN_home accept",
        "NET-09 table host, CFG-06 drift host",
    ),
    "a raised limit": (
        "systemctl set-property --runtime librespot-kitchen.service MemoryMax=1G",
        "CFG-06 drift kitchen",
    ),
    "a replaced binary": (
        "cd /opt/librespot/$(readlink /opt/librespot/current)/bin; cp librespot new; printf x >> new; mv new librespot",
        # What runs is still the program that was installed, until it is restarted.
        "CFG-06 drift host, CFG-06 drift kitchen, CFG-06 drift bedroom, CFG-06 drift studio",
    ),
}


def test_all_of_it_is_noticed_within_one_interval_and_well_after_the_next_run(speaker: Speaker) -> None:
    speaker.timer = {"calendar": "*-*-* *:*:00", "random_delay": 0}
    speaker.converge()
    began = speaker.now()
    speaker.settle()
    speaker.until(lambda: _green(speaker, began), 2 * INTERVAL_S + _LOOKS_S, "a report without anything red")
    assert speaker.told(began, "notice") == []
    declared = set()
    tampered = speaker.now()
    for script, red in TAMPERED.values():
        speaker.host.out("sh", "-euc", script)
        declared |= keys(red)
    speaker.until(speaker.red, INTERVAL_S + _LOOKS_S, "a red report")
    took = speaker.report()["at"] - float(tampered)
    started = speaker.host.out("systemctl", "show", "--value", "--property=ExecMainStartTimestamp", SERVICE)
    looked = float(speaker.host.out("date", "--date", started.strip(), "+%s"))
    assert looked - float(tampered) <= INTERVAL_S
    assert speaker.red() == declared
    lines = speaker.told(tampered, "warning")
    assert {tuple(line.partition(": ")[2].partition(": ")[0].split(" of ")) for line in lines} == {
        (f"{control} {check}", scope) for control, check, scope in declared
    }
    metrics = speaker.metrics()
    for control, _check, _scope in declared:
        count = len([key for key in declared if key[0] == control])
        (found,) = [value for name, value in metrics.items() if name[:2] == ("red", control)]
        assert found == count
        assert float(tampered) - 1 <= metrics["red_since_timestamp_seconds", control] <= speaker.report()["at"]
    TABLE.extend(f"noticed after {took:.0f} s, at an interval of {INTERVAL_S} s: {name}" for name in TAMPERED)

    speaker.converge()
    mended = speaker.now()
    speaker.until(lambda: not speaker.red(), _CALM_S + INTERVAL_S + _LOOKS_S, "a report that is well again")
    again = speaker.told(mended, "notice")
    assert len([line for line in again if line.startswith("well again: ")]) == len(declared)
    assert not [name for name in speaker.metrics() if name[0] == "red_since_timestamp_seconds"]


def _green(speaker: Speaker, since: str) -> bool:
    return bool(speaker.text()) and speaker.report()["at"] > float(since) and not speaker.red()
