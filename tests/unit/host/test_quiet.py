# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looking at a host only while no run of a playbook changes it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.lock import host_lock
from ansible_collections.hardened.librespot.plugins.module_utils.host.quiet import BusyError, Quiet
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError

CALM, PATIENCE = 60.0, 900.0


@dataclass
class Clock:
    """A host's clock, which may be set, and the time that passes; *events* happen at their seconds."""

    path: str
    set_by: float = 1_800_000_000
    passed: float = 0
    events: dict[float, Callable[[], None]] = field(default_factory=dict)

    @property
    def now(self) -> float:
        return self.set_by + self.passed

    def sleep(self, seconds: float) -> None:
        self.passed += seconds
        for moment in [moment for moment in self.events if moment <= self.passed]:
            self.events.pop(moment)()

    def quiet(self) -> Quiet:
        return Quiet(self.path, CALM, PATIENCE, self.sleep, lambda: self.now, lambda: self.passed)

    def touch(self) -> None:
        """Take the lock and give it back, as a module does."""
        with host_lock("a module", self.path):
            pass
        os.utime(self.path, (self.now, self.now))

    @contextmanager
    def held(self) -> Iterator[None]:
        with host_lock("a module", self.path):
            os.utime(self.path, (self.now, self.now))
            yield
        os.utime(self.path, (self.now, self.now))


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(str(tmp_path / "lock"))


def test_where_nothing_ever_ran_it_looks_at_once(clock: Clock) -> None:
    assert clock.quiet().look(lambda: "seen") == "seen"
    assert clock.passed == 0
    assert not Path(clock.path).exists()


def test_long_after_a_run_it_looks_at_once(clock: Clock) -> None:
    clock.touch()
    clock.sleep(CALM)
    before = clock.passed
    clock.quiet().look(lambda: None)
    assert clock.passed == before


def test_between_two_modules_of_a_run_it_waits(clock: Clock) -> None:
    clock.touch()
    clock.events = {10: clock.touch, 50: clock.touch}
    assert clock.quiet().look(lambda: clock.passed) == pytest.approx(50 + CALM, abs=1)


def test_while_a_module_runs_it_waits_however_long_ago_that_took_the_lock(clock: Clock) -> None:
    with ExitStack() as run:
        run.enter_context(clock.held())
        clock.events = {300: run.close}
        assert clock.quiet().look(lambda: clock.passed) == pytest.approx(300 + CALM, abs=1)


def test_what_was_seen_while_a_run_began_is_seen_again(clock: Clock) -> None:
    seen = []

    def look() -> float:
        seen.append(clock.passed)
        if len(seen) == 1:
            clock.sleep(3)
            clock.touch()
        return clock.passed

    assert clock.quiet().look(look) == seen[1] >= CALM
    assert len(seen) == 2


def test_it_gives_up_when_runs_never_end(clock: Clock) -> None:
    clock.touch()
    clock.events = {float(second): clock.touch for second in range(30, 2000, 30)}
    with pytest.raises(BusyError, match="again and again"):
        clock.quiet().look(lambda: pytest.fail("it looked"))
    assert clock.passed == pytest.approx(PATIENCE, abs=1)


def test_a_clock_that_was_set_back_does_not_stop_it(clock: Clock) -> None:
    clock.touch()
    clock.set_by -= 86400
    assert clock.quiet().look(lambda: clock.passed) == pytest.approx(CALM, abs=1)


def test_a_clock_that_was_set_forward_does_not_stop_it(clock: Clock) -> None:
    clock.touch()
    clock.set_by += 86400
    assert clock.quiet().look(lambda: clock.passed) == 0


def test_a_planted_link_is_not_followed(clock: Clock, tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to("/etc/passwd")
    with pytest.raises(HostError, match="cannot be read: Too many levels of symbolic links"):
        clock.quiet().look(lambda: pytest.fail("it looked"))


def test_it_keeps_nobody_from_the_lock(clock: Clock) -> None:
    clock.touch()
    clock.sleep(CALM)

    def look() -> None:
        with host_lock("a module", clock.path, patience=0):
            pass

    def once() -> None:
        if not done:
            done.append(1)
            look()

    done: list[int] = []
    clock.quiet().look(once)
    assert done


def test_a_run_that_fails_tells_when_it_has_ended(tmp_path: Path) -> None:
    path = tmp_path / "lock"

    def fails() -> None:
        with host_lock("a module", str(path)):
            os.utime(path, (1, 1))
            raise SystemExit(1)

    with pytest.raises(SystemExit):
        fails()
    assert path.stat().st_mtime > 1
