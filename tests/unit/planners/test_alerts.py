# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files for Prometheus and the others: ours alone, judged before they are written, and read again once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.command import Commands, Result
from ansible_collections.hardened.librespot.plugins.module_utils.model.alert_files import MARK, contents_of, paths_of
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import (
    CommandError,
    HostError,
    SpecificationError,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.alerts import alert_planners, unread
from ansible_collections.hardened.librespot.plugins.module_utils.planners.base import converge
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host

from ..modules.machine import Tree

TEXT = f"# {MARK}\ngroups: []\n"
RULES = "/etc/prometheus/librespot.rules.yml"
UNIT = "prometheus.service"
JUDGE = ["/usr/bin/promtool", "check", "rules", "/dev/stdin"]


class Played(Commands):
    """Plays promtool, and a Prometheus that systemd runs."""

    def __init__(self) -> None:
        self.told: list[list[str]] = []
        self.refuses = ""
        self.read_at = 0
        self.active = True
        self.names = ""

    def run(self, argv: Sequence[str], *_args: Any, **options: Any) -> Result:
        said = ""
        if argv[0] == "systemctl" and argv[1] == "show":
            moment = time.strftime("%a %Y-%m-%d %H:%M:%S UTC", time.gmtime(self.read_at))
            assert options["env"] == {"TZ": "UTC"}
            said = f"ActiveState={'active' if self.active else 'inactive'}\nStateChangeTimestamp={moment}\n"
        else:
            self.told.append(list(argv))
        if argv[0] == "systemctl" and argv[1] == "reload":
            self.read_at = int(time.time())
        if list(argv) == JUDGE and self.refuses:
            assert options["stdin"]
            raise CommandError(tuple(argv), 1, self.refuses)
        if argv[1:3] == ["check", "config"]:
            said = f"Checking /etc/prometheus/prometheus.yml\n{self.names}"
        return Result(tuple(argv), 0, said, "")

    @property
    def reloads(self) -> int:
        return self.told.count(["systemctl", "reload", UNIT])


@pytest.fixture
def played() -> Played:
    return Played()


@pytest.fixture
def host(tmp_path: Path, played: Played) -> Host:
    (tmp_path / "etc/prometheus").mkdir(parents=True)
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "usr/bin/promtool").touch()
    return Host(files=Tree(str(tmp_path)), commands=played)


def changes(host: Host, text: str | None = TEXT, check: bool = False, service: str = UNIT) -> list[str]:
    texts = {} if text is None else {"rules": text}
    plans = converge(alert_planners(host, {"rules": RULES}, texts, service), check)
    return [plan.subject for plan in plans if plan.changed]


def test_a_file_is_judged_and_written_and_read_once(host: Host, played: Played, tmp_path: Path) -> None:
    assert changes(host, check=True) == [RULES, UNIT]
    assert played.told == [JUDGE]
    assert not (tmp_path / RULES[1:]).exists()
    assert changes(host) == [RULES, UNIT]
    assert (tmp_path / RULES[1:]).read_text(encoding="utf-8") == TEXT
    assert played.reloads == 1
    assert changes(host) == []
    assert played.reloads == 1


def test_what_a_run_that_was_killed_did_not_reload_the_next_one_does(host: Host, played: Played) -> None:
    changes(host)
    played.read_at = int(time.time()) - 100
    assert changes(host, check=True) == [UNIT]
    assert changes(host) == [UNIT]
    assert changes(host) == []


def test_what_does_not_run_or_is_not_named_is_not_reloaded(host: Host, played: Played) -> None:
    played.active = False
    assert changes(host) == [RULES]
    assert changes(host, TEXT + "\n", service="") == [RULES]
    assert played.reloads == 0


def test_what_its_reader_refuses_is_not_written(host: Host, played: Played, tmp_path: Path) -> None:
    changes(host)
    played.refuses = "line 3: unknown field"
    for check in (True, False):
        with pytest.raises(HostError, match="line 3: unknown field"):
            changes(host, TEXT + "# new\n", check)
    assert (tmp_path / RULES[1:]).read_text(encoding="utf-8") == TEXT


def test_without_its_reader_it_is_written_unjudged(host: Host, played: Played, tmp_path: Path) -> None:
    (tmp_path / "usr/bin/promtool").unlink()
    assert changes(host, service="") == [RULES]
    assert played.told == []


@pytest.mark.parametrize("check", [True, False])
def test_a_file_of_another_is_neither_replaced_nor_removed(host: Host, tmp_path: Path, check: bool) -> None:
    (tmp_path / RULES[1:]).write_text("groups: []\n", encoding="utf-8")
    with pytest.raises(HostError, match="has not made it"):
        changes(host, check=check)
    assert changes(host, None, check) == []
    assert (tmp_path / RULES[1:]).read_text(encoding="utf-8") == "groups: []\n"


def test_what_is_removed_is_forgotten_first(
    host: Host, played: Played, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes(host)
    assert changes(host, None, check=True) == [RULES]
    monkeypatch.setattr(Tree, "remove", lambda *_: pytest.fail("killed"))
    with pytest.raises(pytest.fail.Exception, match="killed"):
        changes(host, None)
    assert "groups: []" in (tmp_path / RULES[1:]).read_text(encoding="utf-8")
    assert played.reloads == 2
    monkeypatch.undo()
    assert changes(host, None) == [RULES]
    assert not (tmp_path / RULES[1:]).exists()
    assert changes(host, None) == []
    assert played.reloads == 3


def test_rules_that_nobody_reads_are_told(host: Host, played: Played, tmp_path: Path) -> None:
    config = "/etc/prometheus/prometheus.yml"
    assert "does not exist" in unread(host, config, RULES)
    (tmp_path / config[1:]).touch()
    assert "rule_files" in unread(host, config, RULES)
    played.names = f"  SUCCESS: 1 rule files found\n\nChecking {RULES}\n"
    assert unread(host, config, RULES) == ""


NOTHING: dict[str, Any] = {
    "state": "present",
    "rules": None,
    "dashboard": None,
    "alertmanager": None,
    "service": "",
    "contents": None,
}


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({}, "rules"),
        ({"rules": "rules.yml"}, "rules"),
        ({"rules": RULES, "dashboard": RULES}, "rules"),
        ({"rules": RULES, "service": "prometheus"}, "service"),
    ],
)
def test_a_wrong_path_is_named(given: dict[str, Any], path: str) -> None:
    with pytest.raises(SpecificationError) as found:
        paths_of({**NOTHING, **given})
    assert found.value.path == path


def test_the_module_alone_has_nothing_to_write() -> None:
    with pytest.raises(SpecificationError, match="its action makes them"):
        contents_of(NOTHING)
    assert contents_of({**NOTHING, "state": "absent"}) == {}
