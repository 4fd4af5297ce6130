# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What follows a verb that makes systemd reload."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.command import Commands, Result
from ansible_collections.hardened.librespot.plugins.module_utils.host.systemd import Systemd
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError


class Recorded(Commands):
    """A systemd whose slice is in *slice_state*, with what it is told, in order."""

    def __init__(self, slice_state: str) -> None:
        self.told: list[str] = []
        self._state = slice_state

    def run(self, argv: Sequence[str], *_args: Any, **_options: Any) -> Result:
        self.told.append(" ".join(argv))
        return Result(tuple(argv), 0, f"ActiveState={self._state}\n", "")


RELOADING: list[Callable[[Systemd], None]] = [
    lambda systemd: systemd.daemon_reload(),
    lambda systemd: systemd.enable(["a.service"]),
    lambda systemd: systemd.disable(["a.service"]),
]


@pytest.mark.parametrize("verb", RELOADING)
@pytest.mark.parametrize(("slice_state", "starts"), [("active", 1), ("inactive", 0)])
def test_a_unit_starts_in_the_slice_when_one_runs_there(
    verb: Callable[[Systemd], None], slice_state: str, starts: int
) -> None:
    commands = Recorded(slice_state)
    verb(Systemd(commands))
    assert commands.told.count("systemd-run --quiet --collect --slice=librespot.slice /bin/true") == starts
    assert commands.told[0].startswith("systemctl ")


EVENTS = {
    "257": """  Original form: hourly
Normalized form: *-*-* *:00:00
    Next elapse: Sat 2026-11-28 05:00:00 UTC
       From now: 52min left
   Iteration #2: Sat 2026-11-28 06:00:00 UTC
       From now: 1h 52min left
""",
    "252, elsewhere": """  Original form: Mon,Fri 03:00
Normalized form: Mon,Fri *-*-* 03:00:00
    Next elapse: Mon 2026-11-30 03:00:00 CET
       (in UTC): Mon 2026-11-30 02:00:00 UTC
       From now: 1 day 22h left
       Iter. #2: Fri 2026-12-04 03:00:00 CET
       (in UTC): Fri 2026-12-04 02:00:00 UTC
       From now: 5 days left
       Iter. #3: Mon 2026-12-07 03:00:00 CET
       (in UTC): Mon 2026-12-07 02:00:00 UTC
       From now: 1 week 1 day left
""",
}


class Telling(Commands):
    """A systemd that says *text* of every calendar event."""

    def __init__(self, text: str) -> None:
        self.text = text

    def run(self, argv: Sequence[str], *_args: Any, **_options: Any) -> Result:
        return Result(tuple(argv), 0, self.text, "")


@pytest.mark.parametrize(("text", "seconds"), list(zip(EVENTS.values(), (3600, 4 * 86400), strict=True)), ids=EVENTS)
def test_the_longest_time_between_two_events(text: str, seconds: int) -> None:
    assert Systemd(Telling(text)).longest_interval("any") == seconds


@pytest.mark.parametrize("text", ["    Next elapse: never\n", "    Next elapse: Mon 2026-11-30 03:00:00 UTC\n", ""])
def test_an_event_that_does_not_come_again_has_none(text: str) -> None:
    with pytest.raises(HostError, match="2026-11-30 is no event that comes again"):
        Systemd(Telling(text)).longest_interval("2026-11-30")
