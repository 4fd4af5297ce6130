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
