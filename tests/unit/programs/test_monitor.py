# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The monitor, look by look, on a clock of the test's."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.journal import Journal
from ansible_collections.hardened.librespot.plugins.module_utils.host.nftables import Nftables
from ansible_collections.hardened.librespot.plugins.module_utils.model.ends import Entry
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.module_utils.model.granted import listing
from ansible_collections.hardened.librespot.plugins.module_utils.model.monitored import (
    Seen,
    Settings,
    Target,
    settings_text,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.samples import samples
from ansible_collections.hardened.librespot.plugins.module_utils.model.usage import Usage
from ansible_collections.hardened.librespot.plugins.module_utils.programs import grants as lister
from ansible_collections.hardened.librespot.plugins.module_utils.programs import monitor as program

UNIT = "librespot-kitchen.service"
TARGET = Target("kitchen", "systemd", "g", "u", UNIT, "w.service", 37879, "eth0")
UP = Seen(os.getpid(), 900.0, Usage(moment=0, group=("g", 1), cpu_s=1))
FAILED: Entry = {"_PID": "1", "UNIT": UNIT, "MESSAGE_ID": "d9b373ed55a64feb8242e02dbe79a49c", "UNIT_RESULT": "signal"}


@dataclass
class World:
    """What the monitor sees; *boot* is the time."""

    directory: Path
    boot: float = 1000.0
    seen: Seen = UP
    answer: tuple[bool, str] | None = (True, "0.8.0")
    entries: list[Entry] = field(default_factory=list)
    readable: bool = True
    fails: int = 0
    hidden: bool = False
    asked: int = 0
    read: int = 0

    @property
    def path(self) -> Path:
        return self.directory / "librespot.prom"

    def begin(self) -> None:
        if not self.readable:
            raise HostError("nothing may be read", "")

    def journal(self) -> list[Entry]:
        self.read += 1
        if self.fails:
            self.fails -= 1
            raise HostError("it takes too long", "")
        found, self.entries = self.entries, []
        return found

    def sign(self, _target: Target, _pid: int) -> tuple[bool, str] | None:
        self.asked += 1
        return self.answer

    def values(self) -> dict[str, float]:
        found = samples(self.path.read_text())
        return {"/".join([x.name, *(v for k, v in x.labels.items() if k != "name")]): x.value for x in found}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(tmp_path)
    monkeypatch.setattr(program, "look", lambda _target: made.seen)
    monkeypatch.setattr(program, "hidden", lambda: made.hidden)
    monkeypatch.setattr(program, "sign_of_life", made.sign)
    monkeypatch.setattr(program, "can_run", lambda _pid: True)
    monkeypatch.setattr(Journal, "begin", lambda _self: made.begin())
    monkeypatch.setattr(Journal, "read", lambda _self: made.journal())
    monkeypatch.setattr(time, "clock_gettime", lambda _clock: made.boot)
    return made


def monitor(world: World, grants: str = "") -> program.Monitor:
    return program.Monitor(Settings((TARGET,)), str(world.path), grants)


def looks(made: program.Monitor, world: World, *steps: float) -> None:
    for step in steps:
        made.look()
        world.boot += step


def test_it_asks_and_writes_no_more_often_than_it_must(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    made = monitor(world)
    monkeypatch.setattr(made, "_write", written.append)
    looks(made, world, *[5.0] * 12)
    assert (len(written), world.asked, world.read) == (4, 4, 0)


def test_what_happens_is_written_at_once_with_what_systemd_says_of_it(world: World) -> None:
    made = monitor(world)
    looks(made, world, 5)
    world.seen, world.entries = Seen(), [FAILED]
    looks(made, world, 5)
    found = world.values()
    assert (found["librespot_instance_up"], found["librespot_instance_failures_total/signal"]) == (0, 1)
    assert "librespot_instance_healthy" not in found


def test_what_systemd_says_late_is_heard(world: World) -> None:
    made = monitor(world)
    looks(made, world, 5)
    world.seen = Seen()
    looks(made, world, 5)
    world.entries = [FAILED]
    looks(made, world, 5)
    assert world.values()["librespot_instance_failures_total/signal"] == 1


def test_one_that_never_stays_up_is_heard_of_now_and_then(world: World) -> None:
    world.seen = Seen()
    looks(monitor(world), world, *[5.0] * 12)
    assert world.read == 4


def test_silence_is_counted_at_each_look_once_there_was_some(world: World) -> None:
    made = monitor(world)
    looks(made, world, 20)
    world.answer = (False, "")
    looks(made, world, 5, 5, 5)
    found = world.values()
    assert (found["librespot_instance_healthy"], found["librespot_instance_health_failures_total"]) == (0, 3)


@pytest.mark.parametrize(("started", "answer"), [(995.0, (False, "")), (900.0, None)])
def test_one_that_cannot_answer_yet_is_not_silent(
    world: World, started: float, answer: tuple[bool, str] | None
) -> None:
    world.seen, world.answer = Seen(1, started, UP.usage), answer
    looks(monitor(world), world, 1)
    found = world.values()
    assert "librespot_instance_healthy" not in found
    assert found["librespot_instance_health_failures_total"] == 0


def test_without_the_journal_it_goes_on_and_says_so(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.readable = False
    made = monitor(world)
    world.seen = Seen()
    looks(made, world, 5, 5)
    assert world.read == 0
    assert world.values()["librespot_monitor_unreadable/journal"] == 1
    world.readable = True
    world.seen = UP
    looks(made, world, 5)
    assert "librespot_monitor_unreadable/journal" not in world.values()
    assert capsys.readouterr().err == "<4>the journal: nothing may be read\n<5>the journal: well again\n"


def test_what_could_not_be_heard_is_asked_for_again(world: World) -> None:
    made = monitor(world)
    looks(made, world, 5)
    world.seen, world.fails = Seen(), 2
    looks(made, world, 5, 5)
    world.entries = [FAILED]
    looks(made, world, 5)
    assert world.values()["librespot_instance_failures_total/signal"] == 1


def test_what_cannot_be_written_is_told_once_and_so_is_its_end(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world.directory = tmp_path / "later"
    made = monitor(world)
    looks(made, world, *[20.0] * 3)
    world.directory.mkdir()
    looks(made, world, 20)
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("<4>")
    assert "No such file" in first
    assert second == f"<5>{world.path}: well again"
    assert [item.name for item in world.directory.iterdir()] == ["librespot.prom"]


def test_where_processes_are_hidden_nothing_is_told_to_have_ended(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    made = monitor(world)
    looks(made, world, 20)
    before = world.path.read_text()
    world.hidden, world.seen = True, Seen()
    looks(made, world, 20, 20)
    assert world.path.read_text() == before
    world.hidden, world.seen = False, UP
    looks(made, world, 20)
    assert world.values()["librespot_instance_starts_total"] == 0
    first, second = capsys.readouterr().err.splitlines()
    assert "hidepid" in first
    assert second == "<5>/proc: well again"


def test_the_end_of_a_grant_is_written_at_once(world: World, tmp_path: Path) -> None:
    grants = tmp_path / "grants.json"
    grants.write_text(listing(1000, ["guests"], [{"zone": "guests", "address": "10.0.0.1", "seconds": 7}]))
    made = monitor(world, str(grants))
    looks(made, world, 5, 5)
    assert world.values()["librespot_grants_expired_total/guests"] == 0
    looks(made, world, 5)
    assert world.values()["librespot_grants_expired_total/guests"] == 1


def test_a_list_of_grants_that_makes_no_sense_is_told(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "grants.json").write_text("{")
    looks(monitor(world, str(tmp_path / "grants.json")), world, 5, 5)
    assert capsys.readouterr().err.startswith("<4>grants: ")
    assert world.path.exists()


def test_it_starts_from_its_settings(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def once(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", once)
    (tmp_path / "settings.json").write_text(settings_text(Settings((TARGET,))))
    with pytest.raises(KeyboardInterrupt):
        program.main(["--settings", str(tmp_path / "settings.json"), "--output", str(world.path)])
    assert world.values()["librespot_instance_up"] == 1


class TestLister:
    def test_it_lists_each_zone(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        kept: dict[str, dict[str, int]] = {"grant_guests_4": {"10.0.0.1": 9}}
        monkeypatch.setattr(Nftables, "timed", lambda _self, _table, name: kept.get(name))
        monkeypatch.setattr(time, "clock_gettime", lambda _clock: 5.0)
        path = tmp_path / "grants.json"
        assert lister.main(["--output", str(path), "guests=grant_guests_4", "guests=grant_guests_6"]) == 0
        assert path.read_text() == listing(5.0, ["guests"], [{"zone": "guests", "address": "10.0.0.1", "seconds": 9}])

    def test_what_it_cannot_do_leaves_the_list_as_it_is(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refused(*_args: Any) -> None:
            raise HostError("not permitted", "")

        monkeypatch.setattr(Nftables, "timed", refused)
        path = tmp_path / "grants.json"
        path.write_text("before")
        assert lister.main(["--output", str(path), "guests=grant_guests_4"]) == 1
        assert path.read_text() == "before"
