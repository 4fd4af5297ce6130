# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instances are waited for until they answer, and watched for a while: what is seen then is what their health is."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..host.asking import Question, Reply, ask
from ..host.liveness import can_run, ended
from ..model.errors import HostError, LibrespotError, joined
from ..model.health import (
    BINARY,
    EXITS,
    FINAL,
    GARBAGE,
    HEALTHY,
    LATE,
    RESTARTS,
    SILENT,
    STOPPED,
    UNSEEN,
    VERSION,
    WELL,
    Judgement,
    Terms,
    answer_judged,
)
from ..model.instance import Instance
from ..planners.service import DWELL
from .running import Looking, Run

_LOOKS, _BETWEEN_S = 3, 0.1
"""A process that waits for its disk is not stuck at once."""

_NOTICES = 30
"""How often its manager is asked of a process that has ended: an engine hears of it later than who talked to it."""

REMEDIES = {
    STOPPED: "Run hardened.librespot.site against this host",
    EXITS: "Read why: {reading}; or go back: hardened.librespot.rollback",
    SILENT: "Read why: {reading}; or go back: hardened.librespot.rollback",
    LATE: "Look at the load of this host, allow more with latency, or go back: hardened.librespot.rollback",
    GARBAGE: "Look who listens at port {port}: ss -tlnp; or go back: hardened.librespot.rollback",
    VERSION: "Deploy the version that is wanted with hardened.librespot.site, or name the one that runs",
    BINARY: "Deploy what is wanted with hardened.librespot.site, which puts it in the place of what runs",
    RESTARTS: "Read why: {reading}; or go back: hardened.librespot.rollback",
}
"""What to do next, by the word for what is wrong."""

_SAYS_WHY = (EXITS, SILENT, RESTARTS)


@dataclass
class Course:
    """What was seen of one instance."""

    instance: Instance
    judgement: Judgement = UNSEEN
    run: Run = field(default_factory=lambda: Run(0, "not looked at"))
    version: str = ""
    latency: float = 0.0
    answered: int = 0
    known: tuple[str, ...] = ()
    judged: tuple[str, ...] = ()
    """The identities of the run whose program has been looked at, and of the one that was asked last."""
    first: Run | None = None
    live: Run | None = None
    """The first one that was seen, and the last one that had a process."""
    others: int = 0
    """How often it was another one."""

    def seen(self, run: Run) -> None:
        """Take note of a *run*."""
        self.run = run
        self.first = self.first or run
        if run.pid:
            self.others += self.live is not None and self.live.identity != run.identity
            self.live = run

    @property
    def restarts(self) -> int:
        """How often it was started anew meanwhile. Its manager has counted also what lay between two looks."""
        return max(self.others, self.run.counted - self.first.counted if self.first else 0)


@dataclass(frozen=True)
class Edges:
    """The ways to the world. *places* returns where to ask an instance; *program* judges what a run was started from.

    Both raise `HostError` or `OSError` for what cannot be seen at this moment.
    """

    looking: Looking
    places: Callable[[Instance, Run], Sequence[Question]]
    program: Callable[[Run], Judgement]
    ask: Callable[[Sequence[Question], float], list[Reply]] = ask
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    ended: Callable[[int], bool] = ended


class Watch:
    """One look at the *instances* of a host, by the terms *asked*."""

    def __init__(self, edges: Edges, instances: Sequence[Instance], asked: Terms) -> None:
        self._edges = edges
        self._asked = asked
        self.courses = [Course(item) for item in instances]

    def run(self) -> list[Course]:
        """Wait for all, and watch them when all are well. It ends with the first that is not."""
        if self._come_up():
            self._stay_up()
        return self.courses

    def _come_up(self) -> bool:
        deadline = self._edges.now() + self._asked.timeout
        waiting = self.courses
        while True:
            self._round(waiting)
            waiting = [item for item in waiting if not item.judgement.healthy]
            hopeless = any(item.judgement.reason in FINAL for item in waiting)
            if not waiting or hopeless or self._edges.now() >= deadline:
                return not waiting
            self._edges.sleep(min(self._asked.interval, max(0.0, deadline - self._edges.now())))

    def _stay_up(self) -> None:
        runs = {item.instance.name: item.run for item in self.courses}
        unasked = any(not item.instance.discovery for item in self.courses)
        deadline = self._edges.now() + max(self._asked.soak, DWELL if unasked else 0.0)
        while (left := deadline - self._edges.now()) > 0:
            self._edges.sleep(min(self._asked.interval, left))
            self._round(self.courses)
            for item in self.courses:
                began = runs[item.instance.name]
                # Whoever ended or was restarted may well answer again.
                if item.run.identity != began.identity or not item.run.pid:
                    how = "it is another one" if item.run.pid else f"it ended, and is {item.run.state}"
                    item.judgement = Judgement(RESTARTS, "the same process all the time", how)
            if not all(item.judgement.healthy for item in self.courses):
                return

    def _round(self, courses: Sequence[Course]) -> None:
        """Look at each of *courses*, ask all of them at once, and look again: which one has ended has said nothing."""
        asked: list[Question] = []
        mine: dict[int, range] = {}
        unasked: dict[int, str] = {}
        for number, course in enumerate(courses):
            course.seen(self._edges.looking.run(course.instance))
            if not course.run.pid or not course.instance.discovery:
                continue
            try:
                places = self._edges.places(course.instance, course.run)
            except (HostError, OSError) as error:
                unasked[number] = str(error)
                continue
            mine[number] = range(len(asked), len(asked) + len(places))
            asked += places
        replies = self._edges.ask(asked, self._asked.patience) if asked else []
        for number, course in enumerate(courses):
            before, said = course.run, course.judgement
            self._look_again(course)
            if number in unasked:
                found = Judgement(SILENT, "an answer to getInfo", unasked[number])
            else:
                found = self._judged(course, [(asked[index], replies[index]) for index in mine.get(number, ())])
            if not course.run.told and (not course.run.pid or course.run.counted > before.counted):
                found = self._ended(course)
            elif course.judged not in ((), course.run.identity) and not found.healthy and not said.healthy:
                # Somebody restarts it, as its watchdog does when it is silent: that stays what is wrong with it.
                found = said
            course.judgement = found
            if number in mine and not course.run.told:
                course.judged = course.run.identity

    def _look_again(self, course: Course) -> None:
        """Look at the run of *course*, until its manager has noticed when the process has ended."""
        for left in reversed(range(_NOTICES)):
            course.seen(self._edges.looking.run(course.instance))
            if not left or not course.run.pid or not self._edges.ended(course.run.pid):
                return
            self._edges.sleep(_BETWEEN_S)

    @staticmethod
    def _ended(course: Course) -> Judgement:
        run, again = course.run, course.restarts
        if not run.pid and not run.started and not again and course.live is None:
            return Judgement(STOPPED, "it runs", f"it does not: {run.state}")
        times = f"; it was started anew {again} times meanwhile" if again else ""
        return Judgement(EXITS, "it runs and stays", f"it ended, and is {run.state}{times}")

    def _judged(self, course: Course, heard: Sequence[tuple[Question, Reply]]) -> Judgement:
        """Judge what was *heard*, of a run without discovery its process; without either, nothing has been said."""
        if not course.run.pid or (course.instance.discovery and not heard):
            return UNSEEN
        if not course.instance.discovery and not self._can_run(course.run.pid):
            return Judgement(SILENT, "a process that can run", "one that is stopped")
        worst, found = 0.0, []
        for question, reply in heard:
            worst = max(worst, reply.seconds)
            found.append(self._reply_judged(course, question, reply))
        # While it is waited for, it may come up slowly.
        course.latency = max(course.latency, worst) if course.judgement.healthy else worst
        course.answered += sum(item.healthy for item in found)
        wrong = next((item for item in found if not item.healthy), WELL)
        return self._program(course) if wrong.healthy else wrong

    def _reply_judged(self, course: Course, question: Question, reply: Reply) -> Judgement:
        if reply.body is None:
            word, expected = (
                (GARBAGE, "an answer of librespot's") if reply.garbage else (SILENT, "an answer to getInfo")
            )
            return Judgement(word, expected, f"{question.where}: {reply.error}")
        version = reply.body.get("libraryVersion")
        course.version = version[:80] if isinstance(version, str) else ""
        return answer_judged(reply.body, reply.seconds, self._asked, question.where)

    def _program(self, course: Course) -> Judgement:
        """Judge the program of a run, once: it cannot change while the process is the same."""
        if course.known == course.run.identity:
            return WELL
        try:
            found = self._edges.program(course.run)
        except OSError:
            # It has ended since.
            return Judgement(EXITS, "it runs", "it ended when it had answered")
        if found.healthy:
            course.known = course.run.identity
        return found

    def _can_run(self, pid: int) -> bool:
        for left in reversed(range(_LOOKS)):
            if can_run(pid):
                return True
            if left:
                self._edges.sleep(_BETWEEN_S)
        return False


def as_data(course: Course, looking: Looking) -> dict[str, Any]:
    """Return what a module says of one instance; of one that is not well, also its last lines."""
    item, found = course.instance, course.judgement
    # Of one that is being restarted, what ran last.
    run = course.run if course.run.pid else course.live or course.run
    said = looking.log(item).replace("\n", " / ") if found.reason in _SAYS_WHY else ""
    remedy = REMEDIES.get(found.reason, "").format(reading=looking.reading(item), port=item.port)
    return {
        "name": item.name,
        "healthy": found.healthy,
        "reason": found.reason,
        "expected": found.expected,
        "seen": f"{found.seen}; its last lines: {said}" if said else found.seen,
        "remedy": remedy,
        "version": course.version,
        "release": run.artifact,
        "image": run.image,
        "latency": round(course.latency * 1000),
        "restarts": course.restarts,
        "answered": course.answered,
    }


def outcome(said: Sequence[Mapping[str, object]]) -> dict[str, Any]:
    """Return what a module says of all instances of a host."""
    wrong = {str(item["name"]): str(item["reason"]) for item in said if item["reason"] != HEALTHY}
    return {
        "changed": False,
        "healthy": not wrong,
        "unhealthy": list(wrong),
        "reasons": wrong,
        "instances": [dict(item) for item in said],
    }


def failure(said: Sequence[Mapping[str, object]]) -> LibrespotError | None:
    """Return the error that says what is wrong with each instance that is not well; None when all are."""
    wrong = [
        HostError(
            f"{item['name']} is not healthy ({item['reason']}): expected {item['expected']}, seen {item['seen']}",
            str(item["remedy"]),
        )
        for item in said
        if not item["healthy"]
    ]
    return joined(wrong) if wrong else None
