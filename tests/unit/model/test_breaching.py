# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A breach begins and ends once, however often what it is about comes and goes."""

from __future__ import annotations

import itertools

from ansible_collections.hardened.librespot.plugins.module_utils.model.breaches import Breach, decode, encode
from ansible_collections.hardened.librespot.plugins.module_utils.model.breaching import QUIET_S, Breaching
from ansible_collections.hardened.librespot.plugins.module_utils.model.growth import Key
from ansible_collections.hardened.librespot.plugins.module_utils.model.judging import Verdict

KILLED: Key = ("LibrespotOutOfMemory", (("name", "kitchen"),))
DOWN: Key = ("LibrespotInstanceDown", (("name", "kitchen"),))
NOW = 1_795_838_486


def looked(watch: Breaching, key: Key, boot: float, holds: bool, total: float = 0) -> bool:
    return watch.look({key: Verdict(holds, 1, total)}, NOW + boot, boot)


class TestBeginning:
    def test_what_has_to_hold_for_a_while(self) -> None:
        watch = Breaching()
        assert [looked(watch, DOWN, boot, holds=True) for boot in (0, 30, 59)] == [False] * 3
        assert looked(watch, DOWN, 60, holds=True)
        assert watch.breaches == (Breach(*DOWN, NOW + 60, 0, 1, 1),)

    def test_what_holds_for_a_moment_only(self) -> None:
        watch = Breaching()
        for boot in range(0, 600, 50):
            looked(watch, DOWN, boot, holds=boot % 100 == 0)
        assert watch.breaches == ()


class TestGoingOn:
    def test_more_of_the_same_is_worth_telling_once_a_minute(self) -> None:
        watch = Breaching()
        looked(watch, KILLED, 0, holds=False)
        said = [looked(watch, KILLED, 5 * number, holds=True, total=number) for number in range(1, 25)]
        assert [number for number, told in enumerate(said, 1) if told] == [1, 13]
        assert watch.breaches[0].count == 24

    def test_it_is_over_when_it_has_been_quiet(self) -> None:
        watch = Breaching()
        looked(watch, KILLED, 0, holds=True, total=1)
        for boot in itertools.count(5, 5):
            if looked(watch, KILLED, boot, holds=False, total=1):
                break
        assert boot == QUIET_S
        assert watch.breaches[0].until == NOW

    def test_it_flaps_within_the_quiet_time_and_stays_one(self) -> None:
        watch = Breaching()
        said = [looked(watch, KILLED, boot, holds=boot % 200 == 0, total=1) for boot in range(0, 10_000, 100)]
        assert said.count(True) == 1

    def test_it_comes_again_and_keeps_its_count(self) -> None:
        watch = Breaching()
        looked(watch, KILLED, 0, holds=True, total=1)
        looked(watch, KILLED, 1000, holds=False, total=1)
        looked(watch, KILLED, 2000, holds=True, total=2)
        (breach,) = watch.breaches
        assert (breach.until, breach.count, breach.since) == (0, 2, NOW + 2000)

    def test_an_instance_that_is_gone_has_none(self) -> None:
        watch = Breaching()
        looked(watch, KILLED, 0, holds=True, total=1)
        watch.look({}, NOW + 299, 299)
        assert not watch.breaches[0].until
        assert watch.look({}, NOW + 301, 301)
        assert watch.breaches[0].until


class TestRestart:
    def test_what_was_open_stays_open_until_it_was_quiet(self) -> None:
        before = Breach(*KILLED, NOW - 50, 0, 4, 1)
        watch = Breaching([before])
        assert not looked(watch, KILLED, 0, holds=False)
        assert watch.breaches == (before,)
        assert looked(watch, KILLED, QUIET_S, holds=False)
        assert watch.breaches[0].until

    def test_it_is_written_and_read(self) -> None:
        before = (Breach(*KILLED, NOW - 50, NOW, 4, 1.5), Breach(*DOWN, NOW, 0, 1, 0))
        assert decode(encode(before, NOW).encode(), "file") == before


def test_breaches_that_are_over_do_not_pile_up() -> None:
    old = [Breach("LibrespotControlRed", (("control", str(number)),), 1, NOW, 1, 1) for number in range(900)]
    watch = Breaching(old)
    watch.look({}, NOW, 0)
    assert len(watch.breaches) == 500
    watch.look({}, NOW + 8 * 86400, 5)
    assert watch.breaches == ()
