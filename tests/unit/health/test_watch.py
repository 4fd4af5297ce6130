# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which word follows from what is seen, in a time that is played."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.health import watch
from ansible_collections.hardened.librespot.plugins.module_utils.health.running import Run
from ansible_collections.hardened.librespot.plugins.module_utils.health.watch import (
    REMEDIES,
    Course,
    Edges,
    Watch,
    as_data,
    failure,
    outcome,
)
from ansible_collections.hardened.librespot.plugins.module_utils.host.asking import Question, Reply
from ansible_collections.hardened.librespot.plugins.module_utils.model import health as words
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.module_utils.model.health import WELL, Judgement, Terms
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import Instance, parse_specification

BODY: Mapping[str, object] = {"status": 101, "remoteName": "Kitchen", "libraryVersion": "0.8.0"}
UP = Run(7, "active (running)", ("a", "7", "0"), 0, True, artifact="0.8.0-of-the-test")
GONE = Run(0, "inactive (dead)")
DOWN = Run(0, "activating (auto-restart)", ("a", "0", "0"), 0, True)
AGAIN = Run(8, "active (running)", ("b", "8", "1"), 1, True)
REFUSED = Reply(0.0, error="Connection refused")


def instances(*names: str, discovery: bool = True) -> list[Instance]:
    written: list[dict[str, Any]] = [{"name": name, "port": 4000 + at} for at, name in enumerate(names)]
    if discovery:
        return parse_specification("0.8.0", written).present
    logins = dict.fromkeys(names, '{"auth_type": 1, "auth_data": "eA=="}')
    return parse_specification("0.8.0", [{**x, "bind": {"discovery": False}} for x in written], logins).present


@dataclass
class World:
    """A host on which it is *now* some seconds after the begin. *runs* and *replies* say what there is by then.

    The process of `UP` *ends* at some time.
    """

    runs: Callable[[str, float], Run] = lambda _name, _now: UP
    replies: Callable[[str, float], Reply] = lambda _name, _now: Reply(0.01, BODY)
    program: Judgement | Exception = WELL
    nowhere: Exception | None = None
    ends: float = math.inf
    now: float = 0.0
    asked: list[float] = field(default_factory=list)
    programs: int = 0

    def run(self, instance: Instance) -> Run:
        return self.runs(instance.name, self.now)

    def log(self, instance: Instance) -> str:
        return f"I am {instance.name}\nand said so"

    def reading(self, instance: Instance) -> str:
        return f"journalctl --unit {instance.unit}"

    def places(self, instance: Instance, _run: Run) -> list[Question]:
        if self.nowhere:
            raise self.nowhere
        return [Question(f"{instance.name}-{number}", instance.port) for number in (1, 2)]

    def ask(self, questions: Sequence[Question], _patience: float) -> list[Reply]:
        self.asked.append(self.now)
        found = [self.replies(item.address, self.now) for item in questions]
        self.now += max(reply.seconds for reply in found)
        return found

    def judged(self, _run: Run) -> Judgement:
        self.programs += 1
        if isinstance(self.program, Exception):
            raise self.program
        return self.program

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def ended(self, pid: int) -> bool:
        return pid == UP.pid and self.now >= self.ends

    def watch(self, *names: str, discovery: bool = True, **asked: Any) -> dict[str, Course]:
        edges = Edges(self, self.places, self.judged, self.ask, lambda: self.now, self.sleep, self.ended)
        terms = replace(Terms("0.8.0"), **asked)
        found = Watch(edges, instances(*(names or ("kitchen",)), discovery=discovery), terms).run()
        return {item.instance.name: item for item in found}


def test_all_is_well_from_the_begin_to_the_end_of_the_soak() -> None:
    world = World()
    found = world.watch("kitchen", "bath", soak=5)
    assert {item.judgement for item in found.values()} == {WELL}
    assert world.now == pytest.approx(5, abs=0.2)
    # Both addresses of each, once a second, and at the end.
    assert found["kitchen"].answered == 2 * len(world.asked) >= 12
    assert (found["kitchen"].version, found["kitchen"].restarts) == ("0.8.0", 0)
    assert world.programs == 2


@pytest.mark.parametrize(
    ("reply", "word", "seen"),
    [
        (REFUSED, words.SILENT, "kitchen-1:4000: Connection refused"),
        (Reply(10.0, error="no whole answer within 10 s"), words.SILENT, "no whole answer"),
        (Reply(0.1, error="not HTTP", garbage=True), words.GARBAGE, "kitchen-1:4000: not HTTP"),
        (Reply(0.1, {"remoteName": "x"}), words.GARBAGE, "an answer without status 101"),
        (Reply(0.1, {**BODY, "libraryVersion": 8}), words.GARBAGE, "an answer without libraryVersion"),
        (Reply(2.5, BODY), words.LATE, "one after 2.5 s"),
        (Reply(0.1, {**BODY, "libraryVersion": "0.7.1"}), words.VERSION, "librespot '0.7.1'"),
        (Reply(2.5, {**BODY, "libraryVersion": "0.7.1"}), words.VERSION, "librespot '0.7.1'"),
    ],
)
def test_what_comes_instead_of_a_good_answer(reply: Reply, word: str, seen: str) -> None:
    world = World(replies=lambda _where, _now: reply)
    (found,) = world.watch(timeout=5).values()
    assert found.judgement.reason == word
    assert seen in found.judgement.seen
    assert found.answered == 0
    # Another version is not waited for.
    assert (len(world.asked) == 1) == (word == words.VERSION or reply.seconds > 5)


def test_one_address_that_is_silent_is_enough() -> None:
    world = World(replies=lambda where, _now: REFUSED if where == "kitchen-2" else Reply(0.1, BODY))
    (found,) = world.watch(timeout=0).values()
    assert found.judgement.reason == words.SILENT
    assert "kitchen-2" in found.judgement.seen


def test_it_may_come_up_slowly() -> None:
    world = World(
        runs=lambda _name, now: UP if now >= 3 else DOWN,
        replies=lambda _name, now: Reply(5.0, BODY) if now < 4 else Reply(0.2, BODY),
    )
    (found,) = world.watch(timeout=20, soak=2).values()
    assert found.judgement == WELL
    assert found.latency == pytest.approx(0.2)


def test_without_a_timeout_it_is_asked_once() -> None:
    world = World(replies=lambda _where, _now: REFUSED)
    world.watch(timeout=0)
    assert len(world.asked) == 1


@pytest.mark.parametrize(
    ("runs", "word", "restarts"),
    [
        (lambda _now: GONE, words.STOPPED, 0),
        (lambda _now: DOWN, words.EXITS, 0),
        (lambda _now: replace(DOWN, state="failed (failed)"), words.EXITS, 0),
        # Its manager counts what lies between two looks.
        (lambda now: replace(DOWN, counted=int(now)), words.EXITS, 3),
        # Whoever was there and is not any more was not stopped before.
        (lambda now: UP if now < 2 else GONE, words.EXITS, 0),
    ],
)
def test_what_does_not_run(runs: Callable[[float], Run], word: str, restarts: int) -> None:
    world = World(runs=lambda _name, now: runs(now), replies=lambda _where, _now: REFUSED)
    (found,) = world.watch(timeout=3).values()
    assert (found.judgement.reason, found.restarts) == (word, restarts)


def test_one_that_ends_while_it_is_asked_has_not_been_silent() -> None:
    world = World(replies=lambda _where, _now: Reply(1.0, error="reset"))
    world.runs = lambda _name, now: UP if int(now) % 2 == 0 else AGAIN
    (found,) = world.watch(timeout=0).values()
    assert found.judgement.reason == words.EXITS


def test_one_that_its_watchdog_restarts_is_what_made_it_do_so() -> None:
    """In the moment of the restart it has no process, and a new one refuses connections."""
    told = replace(DOWN, state="deactivating (stop-sigterm)", told=True)
    runs = [UP, told, replace(UP, pid=9, identity=("b", "9", "0"))]
    world = World(
        runs=lambda _name, now: runs[min(2, int(now) // 4)],
        replies=lambda _where, now: Reply(3.0, BODY) if now < 4 else REFUSED,
    )
    for timeout in (0, 4, 5):
        world.now = 0.0
        (found,) = world.watch(timeout=timeout).values()
        assert found.judgement.reason == words.LATE


def test_one_that_is_stopped_when_it_has_answered_is_not_well() -> None:
    told = replace(DOWN, state="deactivating (stop-sigterm)", told=True)
    world = World(runs=lambda _name, now: UP if now == 0 else told)
    (found,) = world.watch(timeout=0).values()
    assert not found.judgement.healthy


@pytest.mark.parametrize("then", [AGAIN, DOWN, GONE, replace(UP, identity=("c", "7", "0"))])
def test_one_that_does_not_stay_the_same_in_the_soak(then: Run) -> None:
    """It answers all the time, as a new one at the same port does."""
    world = World(runs=lambda _name, now: UP if now < 4 else then)
    (found,) = world.watch(soak=30).values()
    assert found.judgement.reason == words.RESTARTS
    assert found.restarts == (1 if then.pid else 0)
    assert world.now < 6


@pytest.mark.parametrize("then", [AGAIN, DOWN])
def test_one_that_ended_before_its_manager_noticed(then: Run) -> None:
    world = World(
        runs=lambda _name, now: UP if now < 5 else then,
        replies=lambda _where, now: Reply(0.01, BODY) if now < 4 else Reply(0.0, error="Connection reset by peer"),
        ends=4,
    )
    (found,) = world.watch(soak=30).values()
    assert found.judgement.reason == words.RESTARTS
    assert world.now < 6


def test_one_whose_manager_does_not_notice_is_not_waited_for_long() -> None:
    (found,) = World(replies=lambda _where, _now: REFUSED, ends=0).watch(timeout=0).values()
    assert found.judgement.reason == words.SILENT


def test_one_that_is_back_before_the_next_look_is_seen_by_its_identity() -> None:
    world = World(runs=lambda _name, now: UP if now < 4 else AGAIN)
    (found,) = world.watch(soak=30, interval=10).values()
    assert (found.judgement.reason, found.restarts) == (words.RESTARTS, 1)


@pytest.mark.parametrize(
    ("reply", "word"),
    [(Reply(3.0, BODY), words.LATE), (REFUSED, words.SILENT), (Reply(0.1, error="x", garbage=True), words.GARBAGE)],
)
def test_what_comes_later(reply: Reply, word: str) -> None:
    world = World(replies=lambda _where, now: reply if now > 5 else Reply(0.01, BODY))
    (found,) = world.watch(soak=60).values()
    assert found.judgement.reason == word
    assert found.answered > 0
    assert world.now < 10


def test_the_first_one_that_is_not_well_ends_it_for_all() -> None:
    world = World(replies=lambda where, now: REFUSED if where.startswith("bath") and now > 3 else Reply(0.01, BODY))
    found = world.watch("kitchen", "bath", soak=600)
    assert (found["kitchen"].judgement.healthy, found["bath"].judgement.reason) == (True, words.SILENT)
    assert world.now < 6


def test_none_is_watched_before_all_are_there() -> None:
    world = World(runs=lambda name, _now: GONE if name == "bath" else UP)
    found = world.watch("kitchen", "bath", timeout=3, soak=100)
    assert (found["kitchen"].judgement.healthy, found["bath"].judgement.reason) == (True, words.STOPPED)
    assert world.now < 5


def test_another_program_is_not_waited_for() -> None:
    world = World(program=Judgement(words.BINARY, "this", "that"))
    (found,) = world.watch(timeout=60).values()
    assert found.judgement.reason == words.BINARY
    assert len(world.asked) == 1


def test_a_program_that_ended_before_it_was_looked_at() -> None:
    (found,) = World(program=FileNotFoundError("gone")).watch(timeout=0).values()
    assert found.judgement.reason == words.EXITS


@pytest.mark.parametrize("error", [HostError("eth0 has no address", "Wait"), OSError("it ended")])
def test_one_that_has_no_place_to_ask(error: Exception) -> None:
    world = World(nowhere=error)
    (found,) = world.watch(timeout=0).values()
    assert (found.judgement.reason, found.judgement.seen) == (words.SILENT, str(error))
    assert world.asked == []


class TestWithoutDiscovery:
    @pytest.mark.parametrize("soak", [0.0, 30.0])
    def test_it_is_not_asked_and_has_to_stay(self, monkeypatch: pytest.MonkeyPatch, soak: float) -> None:
        monkeypatch.setattr(watch, "can_run", lambda _pid: True)
        world = World()
        (found,) = world.watch(discovery=False, soak=soak).values()
        assert found.judgement == WELL
        assert (world.asked, found.answered, world.programs) == ([], 0, 1)
        assert world.now == pytest.approx(max(soak, 4), abs=0.1)

    def test_one_that_ends_after_a_moment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(watch, "can_run", lambda _pid: True)
        world = World(runs=lambda _name, now: UP if now < 2 else AGAIN)
        (found,) = world.watch(discovery=False, soak=0).values()
        assert found.judgement.reason == words.RESTARTS

    def test_one_that_is_stopped_by_a_signal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(watch, "can_run", lambda _pid: False)
        (found,) = World().watch(discovery=False, timeout=0).values()
        assert found.judgement.reason == words.SILENT

    def test_one_that_waits_for_its_disk_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        waits = iter([False, False, True])
        monkeypatch.setattr(watch, "can_run", lambda _pid: next(waits, True))
        (found,) = World().watch(discovery=False, timeout=0).values()
        assert found.judgement == WELL


def test_what_is_said_of_one_that_is_not_well() -> None:
    world = World(replies=lambda _where, _now: Reply(0.0421, error="refused"))
    said = [as_data(item, world) for item in world.watch(timeout=0).values()]
    (item,) = said
    assert item["seen"] == "kitchen-1:4000: refused; its last lines: I am kitchen / and said so"
    again = "or go back: hardened.librespot.rollback"
    assert item["remedy"] == f"Read why: journalctl --unit librespot-kitchen.service; {again}"
    assert (item["release"], item["image"], item["latency"]) == ("0.8.0-of-the-test", "", 42)
    result = outcome(said)
    assert (result["healthy"], result["unhealthy"], result["reasons"]) == (False, ["kitchen"], {"kitchen": "silent"})
    error = failure(said)
    assert error is not None
    assert str(error).startswith("kitchen is not healthy (silent): expected an answer to getInfo, seen kitchen-1:4000")


def test_nothing_is_said_against_those_that_are_well() -> None:
    world = World()
    said = [as_data(item, world) for item in world.watch(soak=0).values()]
    assert failure(said) is None
    assert outcome(said)["healthy"]
    assert (said[0]["remedy"], said[0]["seen"]) == ("", "")


def test_every_word_has_a_remedy() -> None:
    every = {value for name, value in vars(words).items() if name.isupper() and isinstance(value, str)}
    assert set(REMEDIES) == every - {words.HEALTHY}
