# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many units, asked for at once, are shown as each of them alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.command import Commands, Result
from ansible_collections.hardened.librespot.plugins.module_utils.host.systemd import Systemd
from ansible_collections.hardened.librespot.plugins.module_utils.host.systemd_snapshot import SystemdSnapshot

KITCHEN, TIMER, GONE, STALE = "kitchen.service", "watchdog.timer", "gone.service", "stale.service"
UNITS = {
    KITCHEN: {"ActiveState": "active", "UnitFileState": "enabled", "DropInPaths": ""},
    TIMER: {"ActiveState": "inactive", "UnitFileState": "disabled", "DropInPaths": ""},
    GONE: {"ActiveState": "inactive", "UnitFileState": "", "DropInPaths": ""},
    # What systemd remembers of it is not what is on disk.
    STALE: {"ActiveState": "active", "UnitFileState": "enabled", "DropInPaths": "/a.conf /b.conf"},
}
ON_DISK = {KITCHEN: "enabled", STALE: "disabled"}
ASKED = ("ActiveState", "UnitFileState", "DropInPaths")


class Host(Commands):
    """A host with these units, of which systemd refuses the names *refused*, and says of all *more*."""

    def __init__(self, refused: Sequence[str] = (), more: str = "", on_disk: str = "") -> None:
        self.refused = refused
        self.more = more
        self.on_disk = on_disk
        self.calls: list[tuple[str, ...]] = []

    def run(self, argv: Sequence[str], *args: Any, **options: Any) -> Result:
        del args
        self.calls.append(tuple(argv))
        _systemctl, verb, *words = argv
        if verb == "is-enabled":
            said = "".join(f"{ON_DISK[unit]}\n" for unit in words) if len(words) == 1 or not self.on_disk else "odd\n"
            return Result(tuple(argv), 0, said, "")
        asked, units = words[1].split(","), words[2:]
        if set(units) & set(self.refused):
            assert options["ok"] == ()
            return Result(tuple(argv), 1, "", "Failed to get properties: Unit name is not valid")
        shown = [
            "".join(f"{name}={({**UNITS[unit], 'Names': unit}).get(name, self.more)}\n" for name in asked)
            for unit in units
        ]
        return Result(tuple(argv), 0, "\n".join(shown), "")


def alone(unit: str) -> dict[str, str]:
    return dict(Systemd(Host()).show(unit, ASKED))


def snapshot(host: Host) -> SystemdSnapshot:
    made = SystemdSnapshot(host)
    made.expect([*UNITS, KITCHEN])
    return made


def test_each_is_shown_as_it_is_alone_by_two_commands() -> None:
    host = Host()
    made = snapshot(host)
    assert {unit: dict(made.show(unit, ASKED)) for unit in UNITS} == {unit: alone(unit) for unit in UNITS}
    assert made.show(STALE, ["UnitFileState"]) == {"UnitFileState": "disabled"}
    assert [argv[1] for argv in host.calls] == ["show", "is-enabled"]
    assert host.calls[1][2:] == (KITCHEN, STALE)


def test_nothing_is_asked_before_the_first_question() -> None:
    host = Host()
    snapshot(host)
    assert host.calls == []


@pytest.mark.parametrize(
    "host",
    [
        # One that systemd refuses ends the command for all.
        Host(refused=[TIMER]),
        # A line that is none, as in the path of a drop-in, is not taken for the next unit.
        Host(more="a\n\nActiveState=active"),
        Host(on_disk="one line for two"),
    ],
)
def test_what_cannot_be_told_apart_is_asked_for_itself(host: Host) -> None:
    made = snapshot(host)
    shown = [dict(made.show(unit, ASKED)) for unit in (KITCHEN, GONE)]
    assert shown == [alone(KITCHEN), alone(GONE)]
    assert ("systemctl", "show", "--property", ",".join(ASKED), GONE) in host.calls


@pytest.mark.parametrize(("unit", "properties"), [("other.service", ASKED), (KITCHEN, ["ActiveState", "MainPID"])])
def test_what_was_not_expected_is_asked_for_itself(
    monkeypatch: pytest.MonkeyPatch, unit: str, properties: Sequence[str]
) -> None:
    host = Host()
    made = snapshot(host)
    monkeypatch.setitem(UNITS, "other.service", UNITS[GONE])
    made.show(unit, properties)
    assert host.calls[0] == ("systemctl", "show", "--property", ",".join(properties), unit)
