# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What could not be told is kept, tried ever more rarely, and told once."""

from __future__ import annotations

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.notice import BREACH, FAULT, NOTE, Item
from ansible_collections.hardened.librespot.plugins.module_utils.model.outbox import Outbox, decode, encode
from ansible_collections.hardened.librespot.plugins.module_utils.model.told import DamagedError

NOW = 1_795_838_486
ENDLESS = b'{"format": 1, "entries": [], "channels": {}, "told": {}, "at": 1e999, "lost": 0}'
ONE, TWO = Item("1", NOTE, "one"), Item("2", BREACH, "two")


@pytest.fixture
def outbox() -> Outbox:
    return Outbox().among(["mail", "hook"]).taking([ONE, TWO])


def test_each_channel_takes_all_the_most_urgent_first(outbox: Outbox) -> None:
    assert outbox.due("mail", NOW) == outbox.due("hook", NOW) == [TWO, ONE]
    after = outbox.delivered("mail", [TWO, ONE], NOW)
    assert (after.due("mail", NOW), after.due("hook", NOW)) == ([], [TWO, ONE])
    assert after.delivered("hook", [TWO, ONE], NOW).entries == ()


def test_a_channel_that_fails_is_left_alone_for_longer_each_time(outbox: Outbox) -> None:
    waits, at = [], NOW
    for _try in range(7):
        outbox = outbox.failed("mail", "down", at)
        assert outbox.due("mail", at) == []
        waits.append(outbox.channels["mail"].next_at - at)
        at = outbox.channels["mail"].next_at
        assert outbox.due("mail", at) == [TWO, ONE]
    assert waits == [240, 480, 960, 1920, 3600, 3600, 3600]
    progress = outbox.channels["mail"]
    assert (progress.failing_since, progress.tries, progress.error) == (NOW, 7, "down")
    assert outbox.delivered("mail", [TWO], at).channels["mail"].error == ""


def test_a_clock_that_was_set_back_keeps_nobody_waiting(outbox: Outbox) -> None:
    assert outbox.failed("mail", "down", NOW).due("mail", NOW - 99_999) == [TWO, ONE]


def test_a_channel_that_is_gone_takes_its_own_with_it(outbox: Outbox) -> None:
    left = outbox.delivered("hook", [ONE], NOW).among(["hook"])
    assert [entry.item for entry in left.entries] == [TWO]
    assert list(left.channels) == ["hook"]


def test_what_has_no_room_is_counted() -> None:
    full = Outbox().among(["mail"]).taking(Item(str(number), BREACH, "x") for number in range(600))
    assert (len(full.entries), full.lost) == (500, 100)


def test_it_is_written_and_read(outbox: Outbox) -> None:
    assert decode(encode(outbox.failed("mail", "down", NOW)).encode()) == outbox.failed("mail", "down", NOW)


@pytest.mark.parametrize("text", [b"", b"{}", b'{"format": 2}', b"[" * 9999, b'{"format": 1, "entries": 3}', ENDLESS])
def test_what_is_damaged_is_said(text: bytes) -> None:
    with pytest.raises(DamagedError):
        decode(text)


def test_no_number_of_breaches_pushes_out_what_failed() -> None:
    failed = Item("x", FAULT, "the audit failed")
    full = Outbox().among(["mail"]).taking([failed]).taking(Item(str(number), BREACH, "x") for number in range(600))
    assert (len(full.entries), full.lost, full.waiting("mail")[0]) == (500, 101, failed)
