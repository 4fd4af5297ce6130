# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit in its sandbox sees what the one of a playbook sees, also of what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mutants.catalogue import MUTANTS
from tests.scheduled_audit.conftest import INSTANCES, TABLE
from tests.scheduled_audit.speaker import RARELY, Key, Speaker

# What tells of a moment: the next run, which of the two looks, and how long ago the monitor has.
_OF_THE_MOMENT = {("CFG-06", "scheduled", "host"), ("NET-06", "reviewed", "host"), ("RES-05", "told", "host")}

HIDDEN = (
    *("login-copied", "login-on-a-command-line", "capable-binary", "undeclared-instance", "one-more-network"),
    *("way-through-the-segment", "another-address-in-the-segment", "directory-for-all", "open-secrets"),
)
"""Mutants whose traces a sandbox could hide, all of them at once: files, processes, packets, namespaces."""


def differences(by_itself: dict[Key, dict[str, Any]], by_playbook: dict[Key, dict[str, Any]]) -> list[str]:
    """Return what one of them sees otherwise."""
    found = [f"only one of them: {key}" for key in by_itself.keys() ^ by_playbook.keys()]
    for key in by_itself.keys() & by_playbook.keys():
        one, other = dict(by_itself[key]), dict(by_playbook[key])
        # Since when it is red only the one knows, and of which host it is only the other.
        one.pop("since", None)
        other.pop("fingerprint")
        if key in _OF_THE_MOMENT:
            one, other = {"status": one["status"]}, {"status": other["status"]}
        if one != other:
            found.append(f"{key}: {one} and {other}")
    return found


@pytest.mark.parametrize("live", [False, True], ids=["passive", "live"])
def test_on_a_host_that_is_well(speaker: Speaker, live: bool) -> None:
    speaker.timer = {**RARELY, "live": live}
    speaker.converge()
    since = speaker.now()
    assert speaker.run() == "0 success", [item for key, item in speaker.findings().items() if key in speaker.red()]
    found = speaker.audit(librespot_audit_live=live)
    assert differences(speaker.findings(), found) == []
    assert not speaker.red()
    kind = "live" if live else "passive"
    TABLE.append(f"{kind}: {speaker.told(since)[-1]}")


def test_on_a_host_on_which_much_is_wrong(speaker: Speaker) -> None:
    speaker.timer = dict(RARELY)
    speaker.converge()
    chosen = [item for item in MUTANTS if item.name in HIDDEN]
    assert len(chosen) == len(HIDDEN)
    for mutant in chosen:
        speaker.host.out("sh", "-euc", mutant.command)
    # Some of them turn red for live probes alone.
    passive = {"CFG-04 read attempt", "NET-05 other ports", "NET-11 send", "CFG-05 journal"}
    declared = {key for item in chosen for key in item.declared(enforces=False) if f"{key[0]} {key[1]}" not in passive}
    # Its description is in the directory that is for all.
    declared.add(("CFG-06", "scheduled", "host"))
    assert speaker.run() == "3 success"
    assert differences(speaker.findings(), speaker.audit()) == []
    undeclared = [item for key, item in speaker.findings().items() if key in speaker.red() - declared]
    assert speaker.red() == declared, undeclared
    for mutant in chosen:
        speaker.host.run("sh", "-c", mutant.by_hand or "true")
    speaker.converge(librespot_instances=[*INSTANCES, *(item for mutant in chosen for item in mutant.more)])
    speaker.converge()
    assert speaker.run() == "0 success"
