# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file by which the monitor tells the notifier."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.breach_file import BreachFile
from ansible_collections.hardened.librespot.plugins.module_utils.model.metrics import Sample


def kills(count: int) -> list[Sample]:
    return [Sample("librespot_memory_events_total", count, {"name": "kitchen", "event": "oom_kill"})]


def alerts(path: Path) -> list[str]:
    return [item["alert"] for item in json.loads(path.read_text(encoding="utf-8"))["breaches"]]


def test_it_is_written_at_first_and_when_something_happens(tmp_path: Path) -> None:
    path = tmp_path / "breaches.json"
    file = BreachFile(str(path))
    file.look(kills(0), 0)
    assert alerts(path) == []
    before = path.stat().st_ino
    file.look(kills(0), 5)
    assert path.stat().st_ino == before
    file.look(kills(1), 10)
    assert alerts(path) == ["LibrespotOutOfMemory"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["breaches.json"]


def test_what_was_open_is_known_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "breaches.json"
    file = BreachFile(str(path))
    file.look(kills(0), 0)
    file.look(kills(1), 5)
    text = path.read_text(encoding="utf-8")
    BreachFile(str(path)).look(kills(0), 10)
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("text", ["", "nonsense", '{"format": 1, "breaches": [{"alert": "Unknown"}]}'])
def test_a_file_that_is_none_is_written_anew(tmp_path: Path, text: str) -> None:
    path = tmp_path / "breaches.json"
    path.write_text(text, encoding="utf-8")
    file = BreachFile(str(path))
    file.look(kills(0), 0)
    assert alerts(path) == []
    file.look(kills(1), 5)
    assert alerts(path) == ["LibrespotOutOfMemory"]


def test_what_other_programs_keep_is_judged_too(tmp_path: Path) -> None:
    other = tmp_path / "audit.prom"
    file = BreachFile(str(tmp_path / "breaches.json"), [str(other), str(tmp_path / "none.prom")])
    file.look([], 0)
    other.write_text('librespot_audit_red{control="CFG-04",severity="High"} 1\n', encoding="utf-8")
    file.look([], 5)
    assert alerts(tmp_path / "breaches.json") == ["LibrespotHighControlRed"]


def test_what_cannot_be_written_is_written_later(tmp_path: Path) -> None:
    place = tmp_path / "gone"
    file = BreachFile(str(place / "breaches.json"))
    with pytest.raises(FileNotFoundError):
        file.look(kills(0), 0)
    place.mkdir()
    file.look(kills(0), 5)
    assert alerts(place / "breaches.json") == []
