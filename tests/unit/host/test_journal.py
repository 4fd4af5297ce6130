# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal is read on from where it was read before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.command import Commands, Result
from ansible_collections.hardened.librespot.plugins.module_utils.host.journal import Journal
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError


class Said:
    """journalctl, which says one thing after the other."""

    def __init__(self, *said: tuple[int, str, str]) -> None:
        self._said = list(said)
        self.asked: list[Sequence[str]] = []

    def run(self, argv: Sequence[str], **_options: Any) -> Result:
        self.asked.append(argv)
        status, out, err = self._said.pop(0)
        return Result(tuple(argv), status, out, err)


def journal(said: Said) -> Journal:
    return Journal(cast(Commands, said), ["a.service"], ["w.service"])


def test_it_goes_on_behind_the_last_entry() -> None:
    said = Said(
        (0, '{"__CURSOR": "one", "_PID": "1"}\n', ""),
        (0, '{"__CURSOR": "two", "UNIT": "a.service", "MESSAGE": [1, 2]}\n', ""),
        (1, "", ""),
        (0, "", ""),
    )
    here = journal(said)
    here.begin()
    assert here.read() == [{"__CURSOR": "two", "UNIT": "a.service"}]
    assert (here.read(), here.read()) == ([], [])
    assert [word for argv in said.asked for word in argv if "cursor" in word] == [
        "--after-cursor=one",
        "--after-cursor=two",
        "--after-cursor=two",
    ]
    matches = list(said.asked[1])[6:]
    assert matches[:2] == ["_PID=1", "UNIT=a.service"]
    assert matches[-2:] == ["+", "_SYSTEMD_UNIT=w.service"]


@pytest.mark.parametrize("said", [(0, "", ""), (1, "", "Permission denied"), (0, "nonsense\n", "")])
def test_what_cannot_be_read_is_told(said: tuple[int, str, str]) -> None:
    with pytest.raises(HostError):
        journal(Said(said)).begin()


def test_without_anyone_to_ask_about_nothing_is_asked() -> None:
    said = Said()
    assert Journal(cast(Commands, said), [], []).read() == []
    assert said.asked == []
