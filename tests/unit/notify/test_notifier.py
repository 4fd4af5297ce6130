# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run of the notifier: what it takes in, tells, remembers, and gets over."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.model.breaches import METRICS, PATH, Breach, encode
from ansible_collections.hardened.librespot.plugins.module_utils.model.notify_options import asked_notify
from ansible_collections.hardened.librespot.plugins.module_utils.model.outbox import OUTBOX
from ansible_collections.hardened.librespot.plugins.module_utils.notify import notifier
from ansible_collections.hardened.librespot.plugins.module_utils.notify.channel import Channel, UndeliveredError
from ansible_collections.hardened.librespot.plugins.module_utils.notify.notifier import Notifier, run
from ansible_collections.hardened.librespot.plugins.module_utils.render.notice import Message
from ansible_collections.hardened.librespot.plugins.module_utils.render.notify_units import configuration

ASKED = {"webhooks": [{"url": "https://hook.example.org/x"}], "retries": 0}


class Heard:
    """A channel that keeps what it is told, or refuses it."""

    name = "channel"
    unencrypted = ""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.down = False
        self.meanwhile: Callable[[], None] = lambda: None

    def send(self, message: Message) -> None:
        if self.down:
            raise UndeliveredError("it is down", "Start it", again=True)
        self.messages.append(message)
        self.meanwhile()

    @property
    def titles(self) -> list[str]:
        return [item.title for message in self.messages for item in message.items]


class Machine:
    """A host with a notifier, in a directory."""

    def __init__(self, root: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.heard = heard
        self.said: list[str] = []
        for path in (OUTBOX, PATH, "/credentials/x"):
            (root / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        notify = asked_notify(ASKED, "notify")
        assert notify
        self.put("/credentials/notify.json", configuration(notify))
        monkeypatch.setattr(notifier, "channels", self._channels)
        monkeypatch.setattr(notifier, "STATE", str((root / OUTBOX.lstrip("/")).parent))

    def _channels(self, _mail: object, _hooks: object, _timeout: int) -> list[Channel]:
        return [self.heard]

    def put(self, path: str, text: str) -> None:
        (self.root / path.lstrip("/")).write_text(text, encoding="utf-8")

    def runs(self, *failed: str) -> bool:
        return Notifier("/credentials", self.said.append, Files(str(self.root))).run(failed)

    def breach(self, count: int, until: int = 0) -> None:
        now = int(time.time())
        self.put(PATH, encode([Breach("LibrespotOutOfMemory", (("name", "kitchen"),), now, until, count, 1)], now))

    def kept(self) -> Mapping[str, Any]:
        said: dict[str, Any] = json.loads((self.root / OUTBOX.lstrip("/")).read_text(encoding="utf-8"))
        return said


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path, Heard(), monkeypatch)
    assert made.runs()
    assert len(made.heard.titles) == 1
    assert "is told here" in made.heard.titles[0]
    made.heard.messages.clear()
    return made


def test_nothing_new_is_nothing_told(machine: Machine) -> None:
    assert machine.runs()
    assert machine.heard.messages == []


def test_a_breach_is_told_once(machine: Machine) -> None:
    machine.breach(1)
    assert [machine.runs(), machine.runs()] == [True, True]
    assert len(machine.heard.titles) == 1
    assert "out of memory" in machine.heard.titles[0]
    assert machine.heard.messages[0].program == "hardened-librespot-notify"


def test_a_unit_that_failed_is_told_each_time(machine: Machine) -> None:
    machine.runs("some.service")
    assert "some.service failed on" in machine.heard.titles[0]


def test_what_was_not_taken_is_told_later(machine: Machine) -> None:
    machine.heard.down = True
    machine.breach(1)
    assert not machine.runs("some.service")
    assert machine.kept()["channels"]["channel"]["error"] == "it is down. Start it"
    machine.heard.down = False
    # It is left alone for a while.
    assert not machine.runs()
    kept = machine.kept()
    kept["channels"]["channel"]["next_at"] = 0
    machine.put(OUTBOX, json.dumps(kept))
    assert machine.runs()
    assert len(machine.heard.titles) == 2
    assert machine.kept()["entries"] == []


def test_what_happens_while_it_tells_is_told_by_the_same_run(machine: Machine) -> None:
    def meanwhile() -> None:
        machine.heard.meanwhile = lambda: None
        now = int(time.time())
        more = Breach("LibrespotTasksRefused", (("name", "office"),), now, 0, 1, 1)
        machine.put(PATH, encode([more], now))

    machine.heard.meanwhile = meanwhile
    machine.breach(1)
    machine.runs()
    assert len(machine.heard.titles) == 2


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 9}', '{"format": 1, "breaches": [3]}'])
def test_breaches_that_cannot_be_read_keep_nothing_else(machine: Machine, text: str) -> None:
    machine.put(PATH, text)
    assert machine.runs("some.service")
    assert len(machine.heard.titles) == 1


def test_a_damaged_memory_is_said_and_all_is_told_again(machine: Machine) -> None:
    machine.breach(1)
    machine.runs()
    machine.put(OUTBOX, "nonsense")
    machine.runs()
    assert sum("out of memory" in title for title in machine.heard.titles) == 2
    assert any("all is told again" in line for line in machine.said)


def test_a_monitor_that_stopped_and_looks_again(machine: Machine) -> None:
    def last_look(ago: float) -> None:
        machine.put(METRICS, f"librespot_monitor_last_look_timestamp_seconds {time.time() - ago}\n")

    for ago in (5, 600, 700, 5, 5):
        last_look(ago)
        machine.runs()
    # That it looks again is told after the pause.
    (title,) = machine.heard.titles
    assert "has stopped looking" in title
    kept = machine.kept()
    kept["told"]["LibrespotMonitorStale"]["at"] -= 3600
    machine.put(OUTBOX, json.dumps(kept))
    machine.runs()
    assert machine.heard.titles[1].startswith("over: ")
    last_look(600)
    machine.runs()
    assert len(machine.heard.titles) == 3


def test_a_look_that_is_to_come_is_none(machine: Machine) -> None:
    machine.put(METRICS, f"librespot_monitor_last_look_timestamp_seconds {time.time() + 86400}\n")
    machine.runs()
    (title,) = machine.heard.titles
    assert "has stopped looking" in title


@pytest.mark.parametrize("left", ["", "garbage", "librespot_instance_up 1\n", None])
def test_a_monitor_whose_file_says_no_look_has_stopped_when_it_wrote_last(machine: Machine, left: str | None) -> None:
    machine.put(METRICS, left or "")
    place = machine.root / METRICS.lstrip("/")
    if left is None:
        place.unlink()
    machine.runs()
    assert machine.heard.titles == []
    for path in (place, place.parent):
        if path.exists():
            os.utime(path, (0, time.time() - 600))
    for _run in range(2):
        machine.runs()
    (title,) = machine.heard.titles
    assert "has stopped looking" in title


def test_a_file_of_breaches_that_is_empty_is_said(machine: Machine) -> None:
    machine.put(PATH, "")
    machine.runs()
    assert any("tells of no breaches" in line for line in machine.said)


def test_without_its_configuration_it_says_so(tmp_path: Path) -> None:
    said: list[str] = []
    assert run([], str(tmp_path), said.append) == 1
    assert "is no configuration" in said[0]


@pytest.mark.parametrize("last", ["NaN", "Inf", "-Inf", "1e300"])
@pytest.mark.parametrize("more", [{"since": 10**18}, {"value": float("nan")}, {"labels": {"name": "x" * 10_000}}])
def test_a_monitor_that_was_taken_over_silences_nothing_else(
    machine: Machine, last: str, more: Mapping[str, Any]
) -> None:
    machine.breach(1)
    said = json.loads((machine.root / PATH.lstrip("/")).read_text(encoding="utf-8"))
    said["breaches"][0].update(more)
    machine.put(PATH, json.dumps(said))
    machine.put(METRICS, f"librespot_monitor_last_look_timestamp_seconds {last}\n")
    assert machine.runs("some.service")
    (title,) = machine.heard.titles
    assert "some.service failed on" in title
    assert any("none that the monitor writes" in line for line in machine.said)


def test_a_file_that_is_too_large_is_not_read_as_a_whole(machine: Machine) -> None:
    machine.breach(1)
    text = (machine.root / PATH.lstrip("/")).read_text(encoding="utf-8")
    machine.put(PATH, " " * 1024 * 1024 + text)
    assert machine.runs("some.service")
    (title,) = machine.heard.titles
    assert "some.service failed on" in title


@pytest.fixture
def slow(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Heard:
    """Return a channel that is told before the other one, and has been told that it will be."""
    found = Heard()
    found.name = "slow"
    monkeypatch.setattr(notifier, "channels", lambda *_given: [found, machine.heard])
    machine.runs()
    return found


def test_who_never_comes_to_an_end_is_left_alone_while_others_are_told(machine: Machine, slow: Heard) -> None:

    def killed() -> None:
        raise SystemExit

    slow.meanwhile = killed
    machine.breach(1)
    with pytest.raises(SystemExit):
        machine.runs()
    assert machine.heard.titles == []
    assert not machine.runs()
    assert "out of memory" in machine.heard.titles[0]
    assert "ended before" in machine.kept()["channels"]["slow"]["error"]


def test_who_takes_one_message_and_never_ends_with_the_next_is_left_alone_too(machine: Machine, slow: Heard) -> None:
    slow.messages.clear()

    def killed() -> None:
        if len(slow.messages) > 1:
            raise SystemExit

    slow.meanwhile = killed
    with pytest.raises(SystemExit):
        # More than one message has room for.
        machine.runs(*(f"{number}.service" for number in range(30)))
    assert machine.heard.titles == []
    assert not machine.runs()
    assert len(machine.heard.titles) == 30
    assert len(slow.messages) == 2
    assert "ended before" in machine.kept()["channels"]["slow"]["error"]


def test_who_takes_several_messages_has_not_failed(machine: Machine) -> None:
    assert machine.runs(*(f"{number}.service" for number in range(30)))
    assert len(machine.heard.messages) == 2
    assert machine.kept()["channels"]["channel"]["error"] == ""
