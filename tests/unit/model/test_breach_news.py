# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What begins is told at once; what goes on, comes and goes, no more often than someone reads."""

from __future__ import annotations

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.alert import INFO, WARNING
from ansible_collections.hardened.librespot.plugins.module_utils.model.alerts import ALERTS
from ansible_collections.hardened.librespot.plugins.module_utils.model.breach_news import Policy, news
from ansible_collections.hardened.librespot.plugins.module_utils.model.breaches import Breach
from ansible_collections.hardened.librespot.plugins.module_utils.model.notice import BREACH, RECOVERY, Item
from ansible_collections.hardened.librespot.plugins.module_utils.model.outbox import Outbox, Progress, decode, encode

NOW = 1_795_838_486
HOUR = 3600
POLICY = Policy(WARNING, HOUR, 0)
KEY = ("LibrespotOutOfMemory", (("name", "kitchen"),))
EMPTY = Outbox(channels={"mail": Progress()})


class Told:
    """One channel, which takes all at once."""

    def __init__(self, policy: Policy = POLICY) -> None:
        self.outbox = EMPTY
        self.policy = policy

    def hears(self, breach: Breach, at: int) -> list[Item]:
        self.outbox = news(self.outbox, [breach], self.policy, "host", NOW + at)
        items = self.outbox.due("mail", NOW + at)
        self.outbox = decode(encode(self.outbox.delivered("mail", items, NOW + at)).encode())
        return items


def breach(count: int = 1, until: int = 0, alert: str = KEY[0]) -> Breach:
    return Breach(alert, KEY[1], NOW, until and NOW + until, count, 1)


class TestPause:
    def test_what_begins_is_told_at_once_and_once(self) -> None:
        told = Told()
        (item,) = told.hears(breach(), 0)
        assert (item.kind, item.severity) == (BREACH, "critical")
        assert item.title == "kitchen on host was ended by the kernel: out of memory"
        assert "What to do: Measure what it needs" in item.text
        assert [told.hears(breach(), at) for at in (5, HOUR, 9 * HOUR)] == [[], [], []]

    def test_more_of_the_same_comes_as_a_digest(self) -> None:
        told = Told()
        told.hears(breach(), 0)
        assert told.hears(breach(4), 600) == []
        (item,) = told.hears(breach(6), HOUR)
        assert "; 5 more since 2026-11-28 04:01:26 UTC." in item.text

    def test_that_it_is_over_waits_for_the_pause(self) -> None:
        told = Told()
        told.hears(breach(), 0)
        assert told.hears(breach(3, until=300), 600) == []
        (item,) = told.hears(breach(3, until=300), HOUR)
        assert (item.kind, item.title.partition(":")[0]) == (RECOVERY, "over")
        assert "; over since 2026-11-28 04:06:26 UTC; 2 more since" in item.text
        assert "What to do" not in item.text
        # It begins again, right after one has read that it is over.
        (item,) = told.hears(breach(4), HOUR + 60)
        assert item.kind == BREACH

    def test_whatever_it_does_there_are_two_messages_in_a_pause_at_most(self) -> None:
        told, heard = Told(), 0
        for at in range(0, 24 * HOUR, 30):
            heard += len(told.hears(breach(at // 30 + 1, until=at if at % 60 else 0), at))
        assert 24 <= heard <= 48

    def test_what_came_and_went_while_nobody_looked_is_told(self) -> None:
        told = Told()
        (item,) = told.hears(breach(until=10), 60)
        assert item.kind == RECOVERY

    def test_a_clock_that_was_set_back(self) -> None:
        told = Told()
        told.hears(breach(), 0)
        assert len(told.hears(breach(2), -9 * HOUR)) == 1

    def test_a_reminder(self) -> None:
        told = Told(Policy(WARNING, HOUR, 24 * HOUR))
        heard = [len(told.hears(breach(), at)) for at in range(0, 72 * HOUR, HOUR)]
        assert [at for at, number in enumerate(heard) if number] == [0, 24, 48]


@pytest.mark.parametrize(("least", "number"), [(WARNING, 0), (INFO, 1)])
def test_what_is_below_the_wanted_severity_is_not_told(least: str, number: int) -> None:
    told = Told(Policy(least, HOUR, 0))
    assert len(told.hears(Breach("LibrespotGrantExpired", (("zone", "guests"),), NOW, 0, 1, 1), 0)) == number


def test_what_is_no_alert_of_ours_is_not_told() -> None:
    assert Told().hears(breach(alert="Anything"), 0) == []


@pytest.mark.parametrize("alert", ALERTS)
def test_each_alert_makes_a_message(alert: str) -> None:
    labels = dict.fromkeys(("name", "zone", "address", "control", "what", "result", "severity"), "x")
    told = Told(Policy(INFO, HOUR, 0))
    (item,) = told.hears(Breach(alert, tuple(labels.items()), NOW, 0, 1, 5), 0)
    assert "{" not in item.title + item.text


def test_labels_are_text_and_nothing_else() -> None:
    told = Told()
    (item,) = told.hears(Breach(KEY[0], (("name", "a\nb\x1b[2J{value}" + "x" * 999),), NOW, 0, 1, 7), 0)
    assert item.title.isprintable()
    assert len(item.title) <= 200


def test_what_is_remembered_is_bounded() -> None:
    outbox = EMPTY
    for look in range(5):
        made_up = [Breach(KEY[0], (("name", f"{look}-{number}"),), NOW, 0, 1, 1) for number in range(1000)]
        outbox = news(outbox, made_up, POLICY, "host", NOW + look)
    assert len(outbox.told) == 2000
    assert "LibrespotOutOfMemory name=4-999" in outbox.told
